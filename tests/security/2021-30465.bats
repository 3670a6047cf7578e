#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2021-30465 (and 2024-45310, 2019-18837): a mount target swapped for a symbolic link.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	VOLUME=$BATS_TEST_TMPDIR/volume HOST=$BATS_TEST_TMPDIR/host
	mkdir -p "$VOLUME/dir" "$HOST"
	# Deep enough to leave any root.
	ln -s "/../../../../../../../../../..$HOST" "$VOLUME/link"
	gcc -O1 -o "$BATS_TEST_TMPDIR/swap" "$BATS_TEST_DIRNAME/programs/swap.c"
	runtime_config ".mounts += [
		{\"destination\":\"/vol\",\"type\":\"bind\",\"source\":\"$VOLUME\",\"options\":[\"rbind\"]},
		{\"destination\":\"/vol/dir\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"size=1m\"]},
		{\"destination\":\"/vol/dir/deeper/still\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}]"
}
teardown() {
	[ -z "${SWAP:-}" ] || kill "$SWAP"
	runtime_teardown
}

attack() {
	local i n=$1

	"$BATS_TEST_TMPDIR/swap" "$VOLUME/dir" "$VOLUME/link" 3>&- &
	SWAP=$!
	for ((i = 0; i < n; i++)); do
		rt run -b "$BUNDLE" "$ID" || true
		if [ -n "$(ls -A "$HOST")" ] || grep -q " $HOST" /proc/self/mountinfo; then
			echo "the host was reached in round $i: $(ls -lA "$HOST")"
			return 1
		fi
	done
	kill "$SWAP"
	SWAP=
	echo "the host was not reached in $n rounds"
}

@test "a swapped mount target reaches nothing of the host" {
	# What is seen from inside is recorded too: the host's directory has a mark.
	runtime_args sh -c 'ls /vol/dir /vol/link 2>/dev/null'
	attack 150
}

@test "a link as mount destination stays inside the root" {
	mkdir "$BUNDLE/rootfs/in"
	ln -s "../../../../../../../../../..$HOST" "$BUNDLE/rootfs/out"
	runtime_config '.mounts |= map(select(.destination | startswith("/vol") | not))' \
		'.mounts += [{"destination":"/out/made","type":"tmpfs","source":"tmpfs"}]'
	run rt run -b "$BUNDLE" "$ID"
	[ -z "$(ls -A "$HOST")" ]
}

@test "control" {
	control attack 20
	[ -z "${SWAP:-}" ] || kill "$SWAP"
	SWAP=
}
