#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Limits of the cgroup: applied, or refused; never dropped.

load helpers

# knob CONTROLLER FILE: of the container $C
knob() {
	local path=/coracle/$(field "$C" '{{.Id}}') f

	for f in "/sys/fs/cgroup/$1$path/$2" "/sys/fs/cgroup$path/$2"; do
		[ -e "$f" ] && cat "$f" && return 0
	done
	return 1
}

v1() {
	[ -d "/sys/fs/cgroup/$1/coracle" ]
}

run_limited() {
	co run -d --name "$C" --network none "$@" "$IMAGE" sleep 1000 >/dev/null
}

@test "-m" {
	run_limited -m 64m
	if v1 memory; then
		[ "$(knob memory memory.limit_in_bytes)" = 67108864 ]
		[ ! -e "/sys/fs/cgroup/memory/coracle/$(field "$C" '{{.Id}}')/memory.memsw.limit_in_bytes" ] ||
			[ "$(knob memory memory.memsw.limit_in_bytes)" = 134217728 ]
	else
		[ "$(knob memory memory.max)" = 67108864 ]
	fi
}

@test "--memory-reservation" {
	run_limited -m 64m --memory-reservation 32m
	if v1 memory; then
		[ "$(knob memory memory.soft_limit_in_bytes)" = 33554432 ]
	else
		[ "$(knob memory memory.low)" = 33554432 ]
	fi
	refused 125 memory-reservation run -m 1m --memory-reservation 2m "$IMAGE" true
}

@test "a program over the limit is killed, and inspect says so" {
	run -137 co run --name "$C" --network none -m 16m --memory-swap 16m "$IMAGE" sh -c 'head -c 100m /dev/zero | tail -c 90m >/dev/null & wait $!; exit $?'
	until_ok state_is "$C" exited
	[ "$(field "$C" '{{.State.OOMKilled}}')" = true ]
}

@test "--cpus, --cpu-shares, --cpuset-cpus" {
	run_limited --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0
	if v1 cpu; then
		[ "$(knob cpu cpu.cfs_quota_us)" = 50000 ]
		[ "$(knob cpu cpu.cfs_period_us)" = 100000 ]
		[ "$(knob cpu cpu.shares)" = 512 ]
	else
		[ "$(knob cpu cpu.max)" = "50000 100000" ]
	fi
	[ "$(knob cpuset cpuset.cpus)" = 0 ]
	[ "$(co exec "$C" nproc)" = 1 ]
}

@test "--pids-limit" {
	run_limited --pids-limit 20
	[ "$(knob pids pids.max)" = 20 ]
	run ! co exec "$C" sh -c 'for i in $(seq 40); do sleep 5 & done 2>&1; wait'
	[[ $output == *"ork"* ]]
	run -0 co run --rm --network none --pids-limit -1 "$IMAGE" true
}

@test "the default limit of processes" {
	run_limited
	[ "$(knob pids pids.max)" = 2048 ]
}

@test "what the kernel refuses is an error, and nothing is left" {
	refused 125 cpuset run --name "$C" --network none --cpuset-cpus 4095 "$IMAGE" true ||
		refused 126 cpuset run --name "$C" --network none --cpuset-cpus 4095 "$IMAGE" true
	co rm "$C" >/dev/null 2>&1 || true
	refused 125 invalid run -m nonsense "$IMAGE" true
	refused 125 cpus run --cpus 0 "$IMAGE" true
	refused 125 memory-swap run --memory-swap 1g "$IMAGE" true
	refused 125 cpus run --cpus 1 --cpu-quota 5000 "$IMAGE" true
}

@test "the cgroup is gone with the container" {
	local id

	run_limited -m 64m
	id=$(field "$C" '{{.Id}}')
	[ -n "$(find /sys/fs/cgroup -maxdepth 3 -name "$id" -print -quit)" ]
	co rm -f -t 0 "$C"
	[ -z "$(find /sys/fs/cgroup -maxdepth 3 -name "$id" -print -quit)" ]
}
