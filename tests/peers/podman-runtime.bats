#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's podman with --runtime coracle-runtime.

bats_require_minimum_version 1.5.0
load ../integration/runtime
load ../harness/podman

setup_file() {
	command -v podman >/dev/null || skip "podman"
	export ROOTFS=$BATS_FILE_TMPDIR/rootfs
	runtime_rootfs "$ROOTFS"
	# For infra containers, which take no --ulimit.
	printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' \
		>"$BATS_FILE_TMPDIR/containers.conf"
}

setup() {
	STORE=$BATS_TEST_TMPDIR/store
	# The machine may not let us raise limits, as podman's defaults do.
	ARGS=(--network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --rootfs "$ROOTFS")
}

teardown() {
	pm rm -f -t 0 -a >/dev/null || true
	podman_store_release "$STORE"
}

pm() {
	CONTAINERS_CONF=$BATS_FILE_TMPDIR/containers.conf podman --cgroup-manager cgroupfs --root "$STORE" --runroot "$STORE.run" --runtime \
		"$RUNTIME" "$@" 2>"$BATS_TEST_TMPDIR/err"
}

@test "run: output and exit statuses" {
	[ "$(pm run --rm "${ARGS[@]}" echo hello)" = hello ]
	run -9 pm run --rm "${ARGS[@]}" sh -c 'exit 9'
	run -127 pm run --rm "${ARGS[@]}" nosuch
	run -126 pm run --rm "${ARGS[@]}" /etc/passwd
	run -137 pm run --rm --init=false "${ARGS[@]}" sh -c 'kill -KILL $$; sleep 5' ||
		[ "$status" = 0 ] # pid 1 is not killed by itself
}

@test "exec" {
	pm run -d --name c "${ARGS[@]}" sleep 1000
	[ "$(pm exec c echo hello)" = hello ]
	run -3 pm exec c sh -c 'exit 3'
	run -127 pm exec c nosuch
	[ "$(pm exec -u 1000:1000 -w /tmp -e A=b c sh -c 'id -u; pwd; echo $A' | tr '\n' ' ')" = "1000 /tmp b " ]
	pm rm -f -t 0 c
}

@test "terminals" {
	run -0 script -qec "podman --cgroup-manager cgroupfs --root '$STORE' --runroot '$STORE.run' --runtime '$RUNTIME' run --rm -t ${ARGS[*]} sh -c 'tty; stat -c %t:%T /dev/console'" /dev/null
	[[ $output == *"/dev/pts/0"* && $output == *"88:0"* ]]
}

is_ready() {
	pm logs "$1" | grep -qx ready
}

@test "pause, stats, top, kill, stop, inspect" {
	pm run -d --name c "${ARGS[@]}" sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
	until_ok is_ready c
	pm pause c
	[ "$(pm inspect -f '{{.State.Status}}' c)" = paused ]
	pm unpause c
	pm stats --no-stream --format '{{.PIDs}}' c | grep -q '^[12]$'
	pm top c | grep -q sleep
	pm stop -t 60 c
	[ "$(pm inspect -f '{{.State.ExitCode}}' c)" = 5 ]
}

@test "limits, users, volumes, read-only, privileged" {
	mkdir "$BATS_TEST_TMPDIR/vol"
	[ "$(pm run --rm -m 64m "${ARGS[@]}" sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max' 2>/dev/null)" = 67108864 ]
	[[ $(pm run --rm --user 1000 "${ARGS[@]}" grep CapEff /proc/self/status) == *0000000000000000 ]]
	pm run --rm -v "$BATS_TEST_TMPDIR/vol:/v" "${ARGS[@]}" touch /v/x
	[ -e "$BATS_TEST_TMPDIR/vol/x" ]
	run -1 pm run --rm --read-only "${ARGS[@]}" touch /x
	pm run --rm --privileged "${ARGS[@]}" test -e /dev/full
}

@test "a user namespace, a pod" {
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR"
	[ "$(pm run --rm --uidmap 0:100000:65536 "${ARGS[@]}" sh -c 'cat /proc/self/uid_map | tr -s " "')" = \
		" 0 100000 65536" ]
	pm run -d --name a "${ARGS[@]}" sleep 1000
	[[ $(pm run --rm --pid container:a --ipc container:a "${ARGS[@]}" ps) == *"sleep 1000"* ]]
}

updates() {
	pm run -d --name c -m 64m "${ARGS[@]}" sleep 1000
	pm update -m 128m --memory-swap 128m --cpus 0.5 c
	[ "$(pm exec c sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max' 2>/dev/null)" = 134217728 ]
	pm kill -s KILL c
	[ "$(pm wait c)" = 137 ]
}

pods() {
	pm pod create --name p --network none --share ipc,uts,net
	pm run -d --pod p --name p1 --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --rootfs "$ROOTFS" sleep 1000
	[ "$(pm run --rm --pod p --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --rootfs "$ROOTFS" readlink /proc/self/ns/net)" = \
		"$(pm exec p1 readlink /proc/self/ns/net)" ]
	pm pod pause p
	[ "$(pm inspect -f '{{.State.Status}}' p1)" = paused ]
	pm pod unpause p
	pm pod stop -t 0 p
	pm pod rm -f -t 0 p
}

@test "update, kill" { updates; }
@test "a pod with infra container" { pods; }
@test "control, runc: update, kill" { RUNTIME=/usr/sbin/runc updates; }
@test "control, runc: a pod with infra container" { RUNTIME=/usr/sbin/runc pods; }
