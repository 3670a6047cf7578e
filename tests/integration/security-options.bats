#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Capabilities, seccomp, masked paths, no-new-privileges, privileged.

load helpers

caps() {
	r "$@" "$IMAGE" sed -n 's/^CapBnd:\t//p' /proc/self/status
}

has() { # MASK NUMBER
	(((0x$1 >> $2) & 1))
}

@test "the default set" {
	# chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service sys_chroot setfcap
	[ "$(caps)" = 00000000800405fb ]
	run -0 r "$IMAGE" grep Cap /proc/self/status
	[[ $output == *$'CapInh:\t0000000000000000'* ]]
	[[ $output == *$'CapEff:\t00000000800405fb'* ]]
	[[ $output == *$'CapAmb:\t0000000000000000'* ]]
}

@test "--cap-add, --cap-drop" {
	local set

	set=$(caps --cap-add net_raw --cap-add CAP_NET_ADMIN --cap-drop chown,KILL)
	has "$set" 13
	has "$set" 12
	run ! has "$set" 0
	run ! has "$set" 5
	[ "$(caps --cap-drop all)" = 0000000000000000 ]
	[ "$(caps --cap-drop ALL --cap-add KILL)" = 0000000000000020 ]
	has "$(caps --cap-add ALL)" 21
	run ! has "$(caps --cap-add ALL --cap-drop SYS_ADMIN)" 21
	refused 125 FLY run --cap-add FLY "$IMAGE" true
	refused 125 FLY run --cap-drop FLY "$IMAGE" true
}

@test "a user has none, but what is added by name" {
	run -0 r -u user "$IMAGE" grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status
	[ "$(grep -c 0000000000000000 <<<"$output")" -eq 4 ]
	run -0 r -u user --cap-add net_raw "$IMAGE" grep CapEff /proc/self/status
	[[ $output == *0000000000002000 ]]
}

@test "no-new-privileges" {
	run -0 r --security-opt no-new-privileges "$IMAGE" grep NoNewPrivs /proc/self/status
	[[ $output == *1 ]]
	run -0 r "$IMAGE" grep NoNewPrivs /proc/self/status
	[[ $output == *0 ]]
}

@test "seccomp: on by default, off, a profile of one's own, a missing and a broken one" {
	run -0 r "$IMAGE" grep '^Seccomp:' /proc/self/status
	[[ $output == *2 ]]
	run -0 r --security-opt seccomp=unconfined "$IMAGE" grep '^Seccomp:' /proc/self/status
	[[ $output == *0 ]]
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}' >"$BATS_TEST_TMPDIR/p.json"
	run -1 r --security-opt seccomp="$BATS_TEST_TMPDIR/p.json" "$IMAGE" mkdir /x
	[[ $output == *"Permission denied"* ]]
	run -1 r --privileged --security-opt seccomp="$BATS_TEST_TMPDIR/p.json" "$IMAGE" mkdir /x
	run -0 r --privileged "$IMAGE" mkdir /x
	refused 125 /nonexistent run --rm --network none --security-opt seccomp=/nonexistent "$IMAGE" true
	echo '{"defaultAction":"SCMP_ACT_FROB"}' >"$BATS_TEST_TMPDIR/p.json"
	refused 126 SCMP_ACT_FROB run --rm --network none --security-opt seccomp="$BATS_TEST_TMPDIR/p.json" "$IMAGE" true
	refused 125 frob run --security-opt frob=1 "$IMAGE" true
}

@test "the default filter refuses what it should" {
	run ! r "$IMAGE" unshare -m true
	run ! r "$IMAGE" mount -t tmpfs x /tmp
	run -0 r --cap-add SYS_ADMIN "$IMAGE" mount -t tmpfs x /tmp
}

@test "masked and read-only paths" {
	run -0 r "$IMAGE" sh -c 'cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware /proc/acpi 2>/dev/null'
	[ "${lines[0]}" = 0 ]
	run -1 r "$IMAGE" sh -c 'echo 1 >/proc/sys/kernel/hostname'
	run -1 r "$IMAGE" sh -c 'echo b >/proc/sysrq-trigger'
	run -1 r "$IMAGE" touch /sys/x
	run ! r "$IMAGE" sh -c 'mkdir /sys/fs/cgroup/x || mkdir /sys/fs/cgroup/memory/x'
}

@test "mask and unmask" {
	run -0 r --security-opt mask=/etc/passwd:/home "$IMAGE" sh -c 'wc -c </etc/passwd; ls /home'
	[ "$output" = 0 ]
	run -0 r --security-opt unmask=/proc/timer_list "$IMAGE" sh -c 'grep -c timer_list /proc/self/mountinfo || true'
	[ "$output" = 0 ]
	run -0 r --security-opt unmask=ALL "$IMAGE" grep -c -E '/proc/(kcore|sys) ' /proc/self/mountinfo || [ "$status" -eq 1 ]
}

@test "--privileged" {
	has "$(caps --privileged)" 21
	run -0 r --privileged "$IMAGE" sh -c 'mount -t tmpfs x /tmp; grep "^Seccomp:" /proc/self/status; ls /dev/fuse; touch /proc/sys/kernel/hostname'
	[[ $output == *$'Seccomp:\t0'* ]]
	[[ $output == */dev/fuse* ]]
}

@test "only the devices of a container" {
	run -0 r "$IMAGE" ls /dev
	for d in null zero full random urandom tty ptmx pts shm mqueue fd stdin stdout stderr; do
		grep -qx "$d" <<<"$output"
	done
	run ! grep -E '^(mem|kmsg|sda|loop0|fuse)$' <<<"$output"
	run ! r --cap-add MKNOD "$IMAGE" sh -c 'mknod /x c 1 1 && cat /x'
}
