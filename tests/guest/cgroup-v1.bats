#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The systemd driver where systemd mounts the v1 hierarchies beside an empty v2 tree (hybrid).

bats_require_minimum_version 1.5.0
DRIVER=systemd
load guest

setup() {
	guest_setup
	SUB=/coracle.slice/coracle-test.slice/co-$ID.scope
}
teardown() { runtime_teardown; }

v1() { # CONTROLLER FILE
	cat "$CGROUPS/$1$SUB/$2"
}

gone() {
	[ -z "$(find "$CGROUPS" -name "co-$ID.scope" -print -quit)" ]
}

@test "the machine is hybrid" {
	[ "$(stat -fc %T /sys/fs/cgroup)" = tmpfs ]
	[ "$(stat -fc %T /sys/fs/cgroup/unified)" = cgroup2fs ]
}

@test "limits are in the hierarchies, outlast a reload, and go with the container" {
	runtime_config '.linux.resources.memory = {"limit":67108864,"swappiness":60}' '.linux.resources.pids = {"limit":33}' \
		'.linux.resources.cpu = {"shares":512,"quota":50000,"period":100000,"cpus":"0"}' \
		'.linux.resources.network = {"classID":1048577}'
	start
	systemctl daemon-reload
	[ "$(v1 memory memory.limit_in_bytes)" = 67108864 ]
	[ "$(v1 memory memory.swappiness)" = 60 ]
	[ "$(v1 pids pids.max)" = 33 ]
	[ "$(v1 cpu cpu.shares)" = 512 ]
	[ "$(v1 cpu cpu.cfs_quota_us)" = 50000 ]
	[ "$(v1 cpuset cpuset.cpus)" = 0 ]
	[ "$(v1 net_cls net_cls.classid)" = 1048577 ]
	run ! grep -vE ":$SUB\$" "/proc/$(init_pid)/cgroup"
	rt update --memory 33554432 --pids-limit 22 "$ID"
	systemctl daemon-reload
	[ "$(v1 memory memory.limit_in_bytes)" = 33554432 ]
	[ "$(v1 pids pids.max)" = 22 ]
	rt pause "$ID"
	[ "$(v1 freezer freezer.state)" = FROZEN ]
	rt resume "$ID"
	rt delete -f "$ID"
	gone
}

@test "device rules outlast a reload" {
	runtime_config '.linux.resources.devices = [{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rw"}]'
	start
	systemctl daemon-reload
	v1 devices devices.list >"$BATS_TEST_TMPDIR/list"
	cat "$BATS_TEST_TMPDIR/list"
	grep -qx 'c 10:229 rw.*' "$BATS_TEST_TMPDIR/list"
	grep -qx 'c 1:3 rwm' "$BATS_TEST_TMPDIR/list"
	run ! grep -q '^a' "$BATS_TEST_TMPDIR/list"
}
