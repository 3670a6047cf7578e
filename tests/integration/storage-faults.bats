#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The store under a full disk, under kill -9 in the middle of a load, and beside an unpacking that does
# not end.

bats_require_minimum_version 1.5.0
load ../harness/images

: "${BUILD:=build}"
TOOL=$BUILD/tests/harness/image_tool

setup_file() {
	export IMAGES_STORE=$BATS_FILE_TMPDIR/store IMG=$BATS_FILE_TMPDIR/img
	images_make "$IMG"
	skopeo copy -q "oci:$IMG/oci:bb" "oci-archive:$IMG/oci.tar:localhost/bb:1"
}

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config CONTAINERS_REGISTRIES_CONF=/dev/null
	mkdir "$ROOT"
}

teardown() {
	if mountpoint -q "$ROOT"; then
		umount "$ROOT"
	fi
}

tool() {
	timeout 60 "$TOOL" --root "$ROOT" "$@"
}

nothing_left() {
	local rest

	rest=$(find "$ROOT/storage/staging" "$ROOT/storage/overlay" "$ROOT/storage/images" -mindepth 1)
	[ -z "$rest" ] || {
		echo "left: $rest"
		return 1
	}
}

@test "a full disk: one error, nothing left, and it works when there is room" {
	local free

	mount -t tmpfs -o size=6m tmpfs "$ROOT"
	run -1 tool load "$IMG/oci.tar"
	echo "$output"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"No space left on device"* ]]
	nothing_left
	[ -z "$(tool list)" ]
	mount -o remount,size=64m "$ROOT"
	tool load "$IMG/oci.tar"
	[ "$(tool list | wc -l)" -eq 1 ]
	# Every size at which it may fit or not, down to where not even the index does.
	tool remove "$(tool list | cut -d' ' -f1)"
	nothing_left
	for free in 8000 7900 7850 7800 7750 7700 7650 7600 7550 7500 7450 7400 7350 7300 7200 7100 7000 5000 3000 2000 1500 1000 600 300 100 40 8 0; do
		rm -f "$ROOT/fill"
		fallocate -l $((64 * 1024 * 1024 - $(du -sk "$ROOT" | cut -f1) * 1024 - free * 1024)) \
			"$ROOT/fill" || continue
		run timeout 60 "$TOOL" --root "$ROOT" load "$IMG/oci.tar"
		echo "$free kB: $status: $output"
		[ "$status" -eq 0 ] || [ "${#lines[@]}" -eq 1 ]
		rm -f "$ROOT/fill"
		if [ "$status" -eq 0 ]; then
			tool remove "$(tool list | cut -d' ' -f1)"
		fi
		[ -z "$(tool list)" ]
		# What a removal without room left behind, the next writer takes along.
		tool load "$IMG/oci.tar"
		tool remove "$(tool list | cut -d' ' -f1)"
		nothing_left
	done
}

@test "kill -9 in the middle of loads: the next one cleans up" {
	local i pid

	for i in {1..25}; do
		"$TOOL" --root "$ROOT" load "$IMG/oci.tar" >/dev/null 2>&1 &
		pid=$!
		# The moment is random; the wait for it ends early when the load does.
		timeout "0.$((RANDOM % 4))$((RANDOM % 10))" tail -s 0.02 --pid="$pid" -s 0.01 -f /dev/null || :
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		if ((i % 5 == 0)); then
			tool load "$IMG/oci.tar"
			[ "$(tool list | wc -l)" -eq 1 ]
			[ -z "$(find "$ROOT/storage/staging" -mindepth 1)" ]
			[ "$(find "$ROOT/storage/overlay" -mindepth 1 -maxdepth 1 | wc -l)" -eq 3 ]
			tool remove "$(tool list | cut -d' ' -f1)"
			nothing_left
		fi
	done
}

@test "an unpacking that hangs stands in nobody's way" {
	local importer

	mkfifo "$BATS_TEST_TMPDIR/fifo"
	tool import "$BATS_TEST_TMPDIR/fifo" localhost/slow:1 >"$BATS_TEST_TMPDIR/import.out" &
	importer=$!
	# The importer has opened it when this returns; it waits for more than the first bytes.
	exec 9>"$BATS_TEST_TMPDIR/fifo"
	tar -C "$IMG" -c oci | head -c 20000 >&9
	tool load "$IMG/oci.tar"
	[ "$(tool list | wc -l)" -eq 1 ]
	tool remove "$(tool list | cut -d' ' -f1)"
	[ -z "$(tool list)" ]
	kill -0 "$importer"
	tar -C "$IMG" -c oci | tail -c +20001 >&9
	exec 9>&-
	wait "$importer"
	[ "$(tool list | wc -l)" -eq 1 ]
	tool remove "$(tool list | cut -d' ' -f1)"
	nothing_left
}
