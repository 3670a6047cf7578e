#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# coracle itself on pure cgroup v2 under systemd, with both cgroup managers.

bats_require_minimum_version 1.5.0
load guest

setup_file() {
	guest_image
	podman save -q -o "$BATS_FILE_TMPDIR/image.tar" "$IMAGE"
	co load -q -i "$BATS_FILE_TMPDIR/image.tar" >/dev/null
}

co() {
	"$BUILD/src/cmd/coracle" ${MANAGER:+--cgroup-manager "$MANAGER"} "$@"
}

life() {
	local id cg

	run -7 co run --rm --network none "$IMAGE" sh -c 'echo hello; exit 7'
	[ "$output" = hello ]
	id=$(co run -d --network none -m 64m --pids-limit 33 --cpus 0.5 "$IMAGE" sleep 1000)
	cg=$(find /sys/fs/cgroup -type d -name "*$id*" -print -quit)
	[[ $cg == */$1 ]] || [[ $cg == */${1/ID/$id} ]]
	[ "$(cat "$cg/memory.max")" = 67108864 ]
	[ "$(cat "$cg/pids.max")" = 33 ]
	[ "$(cat "$cg/cpu.max")" = "50000 100000" ]
	[ "$(co exec "$id" echo in)" = in ]
	[[ $(co top "$id") == *sleep* ]]
	[ "$(co inspect --format '{{.State.CgroupPath}}' "$id")" = "${cg#/sys/fs/cgroup}" ]
	co pause "$id" >/dev/null
	grep -qx 'frozen 1' "$cg/cgroup.events"
	[ "$(co inspect --format '{{.State.Status}}' "$id")" = paused ]
	co unpause "$id" >/dev/null
	co rm -f -t 0 "$id" >/dev/null
	[ ! -e "$cg" ]
}

@test "cgroupfs: a container's life" {
	MANAGER=cgroupfs
	life coracle/ID
}

@test "systemd: a container's life" {
	MANAGER=systemd
	life machine.slice/coracle-ID.scope
	[ -z "$(systemctl list-units --all --plain --no-legend 'coracle-*.scope')" ]
}

@test "out of memory is seen" {
	local id

	id=$(co create --network none -m 16m --memory-swap 16m "$IMAGE" sh -c 'head -c 100m /dev/zero | tail -c 90m >/dev/null; exit 1')
	run ! co start -a "$id"
	[ "$(co inspect --format '{{.State.OOMKilled}}' "$id")" = true ]
	co rm "$id" >/dev/null
}
