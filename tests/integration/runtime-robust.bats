#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What disturbs the runtime: kill -9 at every system call, two commands at once, reused pids, descriptors
# of the caller, tiny limits.
#
#	FULL=1			kill at every call, not at some from a random one on (two minutes)
#	CRASH_FIRST=N		repeat such a run
#	RACE_ROUNDS=N		rounds of each race (default 30); RACE_SEED=N repeats one

bats_require_minimum_version 1.5.0
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-600}
load runtime

setup() {
	runtime_setup
	CGROUP=/coracle-test-$ID
	runtime_config ".linux.cgroupsPath = \"$CGROUP\""
	STRIDE=11
	[ -z "${FULL:-}" ] || STRIDE=1
}
teardown() { runtime_teardown; }

# Kill OPERATION's WHO at its calls.
crash() {
	local first=${CRASH_FIRST:-$((RANDOM % STRIDE + 1))}

	echo "$* from call $first by $STRIDE"
	"$BUILD/tests/harness/runtime_crash" "$RUNTIME" "$RT_ROOT" "$BUNDLE" "$ID" "$CGROUP" "$1" "$2" \
		"$first" "$STRIDE"
}

race() {
	"$BUILD/tests/harness/runtime_races" "$RUNTIME" "$RT_ROOT" "$BUNDLE" "$ID" "$CGROUP" "$1" \
		"${RACE_ROUNDS:-30}" ${RACE_SEED:+"$RACE_SEED"}
}

# All that a container can have: a filter, limits, hooks, a user namespace.
everything() {
	runtime_config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["reboot"],"action":"SCMP_ACT_ERRNO"}]}' \
		'.linux.resources.memory = {"limit":67108864}' '.linux.resources.pids = {"limit":50}' \
		'.process.rlimits = [{"type":"RLIMIT_NOFILE","soft":64,"hard":64}]' \
		'.hooks = {"createRuntime":[{"path":"/bin/true"}],"createContainer":[{"path":"/bin/true"}],"poststop":[{"path":"/bin/true"}]}' \
		'.linux.namespaces |= map(select(.type != "user"))' '.linux.namespaces += [{"type":"user"}]' \
		'.linux.uidMappings = [{"containerID":0,"hostID":0,"size":65536}]' '.linux.gidMappings = .linux.uidMappings'
}

@test "create, killed at its system calls, leaves what delete removes" {
	runtime_args sleep 1000
	crash create runtime
	crash create init
	crash create both
}

@test "create with everything, killed" {
	everything
	runtime_args sleep 1000
	[ -n "${FULL:-}" ] || STRIDE=23
	crash create runtime
	crash create init
	crash create both
}

@test "run, start, exec and delete, killed" {
	runtime_args sleep 1000
	crash run runtime
	crash start runtime
	crash exec both
	# Init has a handful of calls left when it is started.
	[ -n "${FULL:-}" ] || STRIDE=3
	crash start init
	crash start both
	crash delete runtime
}

@test "mounts add, killed" {
	runtime_args sleep 1000
	jq -cn --arg s "$BUNDLE" '[{destination: "/mnt/b", source: $s, options: ["bind"]}, {destination: "/mnt/t", type: "tmpfs"}]' \
		>"$BUNDLE/mounts.json"
	crash mounts runtime
	crash mounts init
	crash mounts both
}

@test "two commands at the same container at once" {
	local name

	runtime_args sleep 1000
	for name in start-start start-delete start-plain start-death create-create create-delete \
		delete-delete exec-delete; do
		race "$name"
	done
	runtime_args true
	race kill-exit
}

# Field 22 of /proc/PID/stat.
start_time() {
	awk '{ print $22 }' "/proc/$1/stat"
}

@test "a record whose pid is somebody else's: nobody is signalled, the container is stopped" {
	local victim

	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt start "$ID"
	kill -KILL "$(rt state "$ID" | jq .pid)"
	until_ok runtime_status_is "$ID" stopped
	tail -f /dev/null 3>&- &
	victim=$!
	jq ".pid = $victim" "$RT_ROOT/$ID/state.json" >"$BATS_TEST_TMPDIR/forged"
	# As if it had the start time of the victim: the control that the forgery works.
	jq ".startTime = $(start_time "$victim")" "$BATS_TEST_TMPDIR/forged" >"$RT_ROOT/$ID/state.json"
	runtime_status_is "$ID" running
	cp "$BATS_TEST_TMPDIR/forged" "$RT_ROOT/$ID/state.json"
	runtime_status_is "$ID" stopped
	run ! rt kill "$ID" KILL
	run ! rt start "$ID"
	run ! rt exec "$ID" true
	rt delete --force "$ID"
	kill -0 "$victim"
	kill -KILL "$victim"
	run ! rt state "$ID"
}

@test "a pid that the kernel has given again is not signalled" {
	runtime_args sleep 1000
	# Its own pid namespace, in which the next pid can be chosen.
	run -0 unshare --pid --fork --mount-proc env RUNTIME="$RUNTIME" RT_ROOT="$RT_ROOT" BUNDLE="$BUNDLE" \
		ID="$ID" bash -euc '
		rt() { "$RUNTIME" --root "$RT_ROOT" "$@"; }
		rt run --detach --pid-file "$BUNDLE/pid" -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
		pid=$(cat "$BUNDLE/pid")
		rt kill "$ID" KILL
		# We are pid 1 and its parent now.
		wait "$pid" 2>/dev/null || true
		while [ -e "/proc/$pid" ]; do read -rt 0.02 <> <(:) || :; done
		started=$(sed -n "s/.*\"startTime\": *\([0-9]*\).*/\1/p" "$RT_ROOT/$ID/state.json")
		for try in $(seq 1000); do
			echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
			/bin/sleep 1000 &
			[ $! = "$pid" ] && [ "$(awk "{print \$22}" "/proc/$pid/stat")" != "$started" ] && break
			kill -KILL $!
			wait $! 2>/dev/null || true
		done
		[ $! = "$pid" ]
		if rt kill "$ID" KILL; then exit 1; fi
		rt delete --force "$ID"
		kill -0 "$pid"
		echo alive'
	[[ ${lines[-1]} == alive ]]
}

@test "no descriptor of the caller reaches the payload, an exec or a hook" {
	local hook='for fd in /proc/self/fd/*; do n=${fd##*/}; [ "$n" -le 2 ] || [ "$n" = 255 ] || readlink "$fd"; done'

	# The shell's own: what it reads the directory by is closed when it looks.
	printf '#!/bin/bash\n{ %s; } | grep -v -e ^/proc -e ^pipe: >>"%s"\nexit 0\n' "$hook" "$BATS_TEST_TMPDIR/leaks" \
		>"$BATS_TEST_TMPDIR/hook"
	chmod +x "$BATS_TEST_TMPDIR/hook"
	runtime_config ".hooks = ([\"prestart\",\"createRuntime\",\"createContainer\",\"poststart\",\"poststop\"]
		| map({(.): [{path: \"$BATS_TEST_TMPDIR/hook\"}]}) | add)"
	runtime_args ls /proc/self/fd
	# The control: it sees what it gets.
	"$BATS_TEST_TMPDIR/hook" 7</ 8</etc
	[ "$(grep -cx -e / -e /etc "$BATS_TEST_TMPDIR/leaks")" = 2 ]
	: >"$BATS_TEST_TMPDIR/leaks"
	run -0 rt run -b "$BUNDLE" "$ID" 7</ 8</etc 30</proc 255</ 1000<"$BUNDLE"
	[ "$output" = $'0\n1\n2\n3' ]
	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID" 7</ 8</etc 30</proc </dev/null >/dev/null 2>&1
	run -0 ls "/proc/$(rt state "$ID" | jq .pid)/fd"
	# Waiting for start: the socket that it waits on.
	[ "$output" = $'0\n1\n2\n3' ]
	[[ $(readlink "/proc/$(rt state "$ID" | jq .pid)/fd/3") == socket:* ]]
	rt start "$ID" 7</ 8</etc
	run -0 ls "/proc/$(rt state "$ID" | jq .pid)/fd"
	[ "$output" = $'0\n1\n2' ]
	run -0 rt exec "$ID" ls /proc/self/fd 7</ 8</etc 30</proc
	[ "$output" = $'0\n1\n2\n3' ]
	rt delete --force "$ID" 7</ 8</etc
	run -0 cat "$BATS_TEST_TMPDIR/leaks"
	[ "$output" = "" ]
}

@test "preserved descriptors arrive, those behind them do not" {
	runtime_args sh -c 'cat <&3; cat <&4; ls /proc/self/fd'
	run -0 rt run --preserve-fds 2 -b "$BUNDLE" "$ID" 3<<<three 4<<<four 5</ 9</etc
	[ "$output" = $'three\nfour\n0\n1\n2\n3\n4\n5' ] # 5 is ls's own
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run -0 rt exec --preserve-fds 2 "$ID" sh -c 'cat <&3; cat <&4; ls /proc/self/fd' 3<<<three 4<<<four 5</ 9</etc
	[ "$output" = $'three\nfour\n0\n1\n2\n3\n4\n5' ]
}

@test "limits smaller than what the runtime itself needs" {
	runtime_config '.process.rlimits = [{"type":"RLIMIT_NOFILE","soft":4,"hard":4},
		{"type":"RLIMIT_FSIZE","soft":0,"hard":0}, {"type":"RLIMIT_NPROC","soft":1,"hard":1},
		{"type":"RLIMIT_AS","soft":4194304,"hard":4194304}]' \
		'.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["prlimit64"],"action":"SCMP_ACT_KILL_PROCESS",
			"args":[{"index":2,"value":0,"op":"SCMP_CMP_NE"}]}]}' \
		'.hooks.startContainer = [{"path":"/bin/true"}]'
	runtime_args cat /proc/self/limits
	run -0 rt run -b "$BUNDLE" "$ID"
	grep -q '^Max open files  *4  *4 ' <<<"$output"
	grep -q '^Max file size  *0  *0 ' <<<"$output"
	grep -q '^Max processes  *1  *1 ' <<<"$output"
	grep -q '^Max address space  *4194304  *4194304 ' <<<"$output"
	runtime_config '.process.rlimits[3].soft = 8192' '.process.rlimits[3].hard = 8192'
	# The kernel cannot execute anything in 8 kB: an end, not a hang.
	run ! rt run -b "$BUNDLE" "$ID"
	# Of exec, too.
	runtime_config '.process.rlimits = []'
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	jq '.process | .rlimits = [{"type":"RLIMIT_NOFILE","soft":3,"hard":3}] | .args = ["true"]' \
		"$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
	rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
}

@test "512 kB of memory are enough to run true (crun can, runc cannot)" {
	runtime_config '.linux.resources.memory = {"limit": 524288}'
	rt run -b "$BUNDLE" "$ID"
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run cat "/sys/fs/cgroup/memory$CGROUP/memory.limit_in_bytes" "/sys/fs/cgroup$CGROUP/memory.max"
	[[ ${lines[*]} == *524288* ]]
}

# Kernel memory charged to a container that sleeps, in bytes: the least of three.
kernel_memory() {
	local i now least=

	for i in 1 2 3; do
		rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
		now=$(cat "/sys/fs/cgroup/memory$CGROUP/memory.kmem.usage_in_bytes" 2>/dev/null ||
			sed -n 's/^kernel //p' "/sys/fs/cgroup$CGROUP/memory.stat")
		rt delete -f "$ID"
		[[ -n $least && $least -le $now ]] || least=$now
	done
	echo "$least"
}

@test "a network namespace of its own costs a container's memory limit nothing" {
	local with without

	runtime_args sleep 1000
	with=$(kernel_memory)
	runtime_config '.linux.namespaces |= map(select(.type != "network"))'
	without=$(kernel_memory)
	echo "with $with, without $without"
	((without > 0 && with - without < 60000))
}
