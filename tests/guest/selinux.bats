#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# SELinux labels on the process, on exec and on mounts.  (Debian's policy has no container types: the
# VM adds them, permissive.)

bats_require_minimum_version 1.5.0
DRIVER=cgroupfs
load guest

LABEL=system_u:system_r:container_t:s0:c1,c2
FILES=system_u:object_r:container_file_t:s0:c1,c2

setup() {
	guest_setup
	runtime_config ".process.selinuxLabel = \"$LABEL\"" ".linux.mountLabel = \"$FILES\""
}
teardown() { runtime_teardown; }

@test "the process has its label, exec too" {
	start
	[ "$(tr -d '\0' <"/proc/$(init_pid)/attr/current")" = "$LABEL" ]
	[ "$(rt exec "$ID" cat /proc/self/attr/current | tr -d '\0')" = "$LABEL" ]
}

@test "the mounts have theirs" {
	local dir

	start
	rt exec "$ID" cat /proc/self/mountinfo >"$BATS_TEST_TMPDIR/mounts"
	cat "$BATS_TEST_TMPDIR/mounts"
	grep -q " /dev .*context=\"\?$FILES" "$BATS_TEST_TMPDIR/mounts"
	for dir in dev dev/shm dev/mqueue dev/pts; do
		[ "$(stat -c %C "/proc/$(init_pid)/root/$dir")" = "$FILES" ]
	done
}

@test "a label that the policy does not know is refused" {
	runtime_config '.process.selinuxLabel = "system_u:system_r:no_such_t:s0"'
	run ! start
	[[ $output == *"SELinux label 'system_u:system_r:no_such_t:s0'"* ]]
	gone
	runtime_config '.process.selinuxLabel = "nonsense"'
	run ! start
	[[ $output == *"SELinux label 'nonsense'"* ]]
	gone
}
