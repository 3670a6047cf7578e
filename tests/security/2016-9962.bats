#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2016-9962: a process on its way into a container could be ptraced and its descriptors taken.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

# Look at every process but ourselves, for as long as the container lives; what could be read of
# the runtime's own (its executable reads "/" or is named coracle) goes to /seen.
WATCH='echo ready >/ready; while :; do for p in /proc/[0-9]*; do
	[ $p = /proc/$$ ] && continue
	e=$(readlink $p/exe) || continue
	case $e in /bin/busybox) ;; *) echo "$p $e $(ls -l $p/fd)" >>/seen;; esac
done; done 2>/dev/null'

@test "the process of exec cannot be looked into before it is the program" {
	local i

	runtime_args sh -c "$WATCH"
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	until_ok test -e "$BUNDLE/rootfs/ready"
	for i in {1..60}; do
		rt exec "$ID" true
	done
	run cat "$BUNDLE/rootfs/seen"
	[ "$status" = 1 ]
}

@test "a created init is not dumpable" {
	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID"
	local pid
	pid=$(rt state "$ID" | jq .pid)
	# Files of a non-dumpable process belong to root; ours would too: ask as the same user
	# without the capability.
	run ! setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace sh -c "readlink /proc/$pid/exe"
	run ! setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace sh -c "readlink /proc/$pid/fd/0"
}
