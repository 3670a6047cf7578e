#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's podman with our runtime, its own systemd cgroup manager, on pure cgroup v2.

bats_require_minimum_version 1.5.0
load guest

setup_file() {
	guest_image
}

teardown_file() {
	podman rm -fa -t 0 >/dev/null
}

p() {
	podman --runtime "$BUILD/src/cmd/coracle-runtime" --cgroup-manager systemd "$@"
}

@test "run, and its exit status" {
	run -7 p run --rm --network none "$IMAGE" sh -c 'echo hello; exit 7'
	[ "$output" = hello ]
	run -127 p run --rm --network none "$IMAGE" /nowhere
	run -126 p run --rm --network none "$IMAGE" /tmp
}

@test "limits in a scope, exec, pause, update of systemd's values, stats, remove" {
	local id cg

	id=$(p run -d --network none -m 64m --pids-limit 33 --cpus 0.5 "$IMAGE" sleep 1000)
	cg=/sys/fs/cgroup/machine.slice/libpod-$id.scope
	[ "$(cat "$cg/memory.max")" = 67108864 ]
	[ "$(cat "$cg/pids.max")" = 33 ]
	[ "$(cat "$cg/cpu.max")" = "50000 100000" ]
	[ "$(systemctl show -P MemoryMax "libpod-$id.scope")" = 67108864 ]
	[ "$(p exec "$id" echo in)" = in ]
	p pause "$id" >/dev/null
	grep -qx 'frozen 1' "$cg/cgroup.events"
	p unpause "$id" >/dev/null
	[ "$(p stats --no-stream --format '{{.PIDS}}' "$id")" = 1 ]
	[[ $(p top "$id") == *sleep* ]]
	p rm -f -t 0 "$id" >/dev/null
	[ ! -e "$cg" ]
	run ! systemctl -q is-active "libpod-$id.scope"
}

@test "a pod" {
	p pod create --infra=false --name pod1 >/dev/null
	[ "$(p run --rm --pod pod1 --network none "$IMAGE" echo in)" = in ]
	p pod rm -f pod1 >/dev/null
}

# With Debian's conmon podman 4.3 never says so on v2, whatever the runtime (seen with runc and crun).
@test "out of memory is seen, with our monitor" {
	local id

	id=$(p --conmon "$BUILD/src/cmd/coracle-monitor" create --network none -m 16m --memory-swap 16m "$IMAGE" \
		sh -c 'head -c 100m /dev/zero | tail -c 90m >/dev/null; exit 1')
	run -1 p --conmon "$BUILD/src/cmd/coracle-monitor" start -a "$id"
	[ "$(p inspect --format '{{.State.OOMKilled}}' "$id")" = true ]
	p rm -f "$id" >/dev/null
}
