#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What either driver must do on pure cgroup v2 with systemd; run once with DRIVER=cgroupfs, once with
# DRIVER=systemd.

bats_require_minimum_version 1.5.0
: "${DRIVER:=cgroupfs}"
load guest

setup() { guest_setup; }
teardown() { runtime_teardown; }

@test "the machine is pure v2" {
	[ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]
	[ "$(ps -o comm= -p 1)" = systemd ]
}

@test "every limit is in its file" {
	local dev
	dev=$(lsblk -dno MAJ:MIN /dev/vda | tr -d ' ')
	runtime_config '.linux.resources.memory = {"limit":67108864,"swap":134217728,"reservation":33554432}' \
		'.linux.resources.pids = {"limit":33}' \
		'.linux.resources.cpu = {"shares":512,"quota":50000,"period":100000,"burst":10000,"cpus":"0","mems":"0"}' \
		".linux.resources.blockIO = {\"weight\":500,\"throttleReadBpsDevice\":[{\"major\":${dev%:*},\"minor\":${dev#*:},\"rate\":1048576}],\"throttleWriteIOPSDevice\":[{\"major\":${dev%:*},\"minor\":${dev#*:},\"rate\":77}]}" \
		'.linux.resources.hugepageLimits = [{"pageSize":"2MB","limit":4194304}]' \
		'.linux.resources.unified = {"memory.high":"50331648","memory.oom.group":"1"}'
	# Debian's kernel has neither BFQ nor iocost: a weight names what is missing.
	if [ ! -e "$CGROUPS/system.slice/io.weight" ] && [ ! -e "$CGROUPS/system.slice/io.bfq.weight" ]; then
		run ! start
		[[ $output == *"blockIO.weight"* ]]
		gone
		runtime_config 'del(.linux.resources.blockIO.weight)'
	fi
	start
	[ "$(knob memory.max)" = 67108864 ]
	[ "$(knob memory.swap.max)" = 67108864 ]
	[ "$(knob memory.low)" = 33554432 ]
	[ "$(knob memory.high)" = 50331648 ]
	[ "$(knob memory.oom.group)" = 1 ]
	[ "$(knob pids.max)" = 33 ]
	[ "$(knob cpu.max)" = "50000 100000" ]
	[ "$(knob cpu.max.burst)" = 10000 ]
	[ "$(knob cpu.weight)" = 59 ]
	[ "$(knob cpuset.cpus)" = 0 ]
	[ "$(knob cpuset.mems)" = 0 ]
	[ "$(knob io.max)" = "$dev rbps=1048576 wbps=max riops=max wiops=77" ]
	[ "$(knob hugetlb.2MB.max)" = 4194304 ]
	[ "$(knob hugetlb.2MB.rsvd.max)" = 4194304 ]
	[ "$(cat "/proc/$(init_pid)/cgroup")" = "0::${CG#"$CGROUPS"}" ]
	rt delete -f "$ID"
	gone
}

@test "limits outlast a reload of systemd" {
	runtime_config '.linux.resources.memory = {"limit":67108864}' '.linux.resources.pids = {"limit":33}' \
		'.linux.resources.cpu = {"idle":1}'
	start
	systemctl daemon-reload
	[ "$(knob memory.max)" = 67108864 ]
	[ "$(knob pids.max)" = 33 ]
	[ "$(knob cpu.idle)" = 1 ]
}

@test "no limit is no limit" {
	start
	[ "$(knob pids.max)" = max ]
	[ "$(knob memory.max)" = max ]
	[ "$(knob cpu.max)" = "max 100000" ]
}

@test "a pids limit of 1 holds the container's process" {
	runtime_config '.linux.resources.pids = {"limit":1}'
	start
	[ "$(knob pids.max)" = 1 ]
	[ "$(knob pids.current)" = 1 ]
}

@test "update changes, and puts back when one value is refused" {
	runtime_config '.linux.resources.memory = {"limit":67108864}' '.linux.resources.pids = {"limit":33}' \
		'.linux.resources.cpu = {"shares":1024}'
	start
	rt update --memory 33554432 --pids-limit 22 --cpu-quota 25000 --cpu-share 512 "$ID"
	[ "$(knob memory.max)" = 33554432 ]
	[ "$(knob pids.max)" = 22 ]
	[ "$(knob cpu.max)" = "25000 100000" ]
	[ "$(knob cpu.weight)" = 59 ]
	# One that the kernel refuses, after others were written.
	run ! rt update -r - "$ID" <<<'{"memory":{"limit":50331648},"cpu":{"shares":2048},"pids":{"limit":11},"unified":{"cpu.max":"7 nonsense"}}'
	[[ $output == *cpu.max* ]]
	[ "$(knob memory.max)" = 33554432 ]
	[ "$(knob pids.max)" = 22 ]
	[ "$(knob cpu.weight)" = 59 ]
	systemctl daemon-reload
	[ "$(knob memory.max)" = 33554432 ]
	[ "$(knob pids.max)" = 22 ]
	[ "$(knob cpu.weight)" = 59 ]
	[ "$(knob cpu.max)" = "25000 100000" ]
}

@test "a limit below the use is refused when that is asked for" {
	runtime_config '.linux.resources.memory = {"limit":67108864}'
	start
	run ! rt update -r - "$ID" <<<'{"memory":{"limit":4096,"checkBeforeUpdate":true}}'
	[[ $output == *checkBeforeUpdate* ]]
	[ "$(knob memory.max)" = 67108864 ]
}

@test "what has no counterpart on v2 is refused by name" {
	local limit
	for limit in 'memory.swappiness=60' 'memory.disableOOMKiller=true' 'memory.kernel=4096' \
		'cpu.realtimeRuntime=1000' 'network.classID=1'; do
		cp "$BUNDLE/config.json" "$BUNDLE/kept"
		runtime_config ".linux.resources.${limit%=*} = ${limit#*=}"
		run ! start
		[[ $output == *"${limit%=*}"* ]]
		cp "$BUNDLE/kept" "$BUNDLE/config.json"
	done
	gone
}

@test "device rules are a program: allowed opens, denied does not" {
	runtime_config '.linux.resources.devices = [{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rw"}]' \
		'.process.capabilities.bounding += ["CAP_MKNOD"]' '.process.capabilities.effective += ["CAP_MKNOD"]' \
		'.process.capabilities.permitted += ["CAP_MKNOD"]' \
		'(.mounts[] | select(.destination == "/dev").options) = ["nosuid","mode=755"]'
	ln -s busybox "$BUNDLE/rootfs/bin/mknod"
	start
	rt exec "$ID" mknod /dev/allowed c 10 229
	rt exec "$ID" mknod /dev/denied c 10 200
	rt exec "$ID" sh -c 'exec 3<>/dev/allowed'
	run ! rt exec "$ID" sh -c 'exec 3<>/dev/denied'
	[[ $output == *"not permitted"* ]]
	rt exec "$ID" sh -c 'echo >/dev/null'
	# By update the rules change.
	rt update -r - "$ID" <<<'{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":200,"access":"rw"}]}'
	rt exec "$ID" sh -c 'exec 3<>/dev/denied'
	run ! rt exec "$ID" sh -c 'exec 3<>/dev/allowed'
}

@test "pause and resume are the kernel's freezer" {
	start
	rt pause "$ID"
	grep -qx 'frozen 1' "$CG/cgroup.events"
	[ "$(rt state "$ID" | jq -r .status)" = paused ]
	rt resume "$ID"
	grep -qx 'frozen 0' "$CG/cgroup.events"
	rt pause "$ID"
	rt delete -f "$ID"
	gone
}

@test "running out of memory is an event" {
	local out=$BATS_TEST_TMPDIR/events pid

	runtime_config '.linux.resources.memory = {"limit":16777216,"swap":16777216}'
	start
	"$RUNTIME" --root "$RT_ROOT" events --interval 1h "$ID" >"$out" &
	pid=$!
	# The events command watches from when it has an inotify descriptor.
	until_ok sh -c "ls -l /proc/$pid/fd | grep -q inotify"
	run rt exec "$ID" sh -c 'head -c 100m /dev/zero | tail -c 90m >/dev/null'
	until_ok grep -q '"type":"oom"' "$out"
	rt delete -f "$ID"
	wait "$pid" || true
	jq -se '.[0].type == "oom" and .[0].id == "'"$ID"'"' "$out"
}

@test "memory pressure is an event" {
	local out=$BATS_TEST_TMPDIR/events pid level

	runtime_config '.linux.resources.memory = {"limit":33554432,"swap":33554432}' \
		'.linux.resources.unified = {"memory.high":"8388608"}'
	start
	"$RUNTIME" --root "$RT_ROOT" events --interval 1h --pressure medium "$ID" >"$out" 3>&- &
	pid=$!
	until_ok grep -q poll "/proc/$pid/wchan"
	[ ! -s "$out" ]
	# Above memory.high each allocation reclaims and is held up.
	"$RUNTIME" --root "$RT_ROOT" exec "$ID" sh -c 'head -c 30m /dev/zero | tail -c 20m >/dev/null' 3>&- &
	until_ok grep -q memory-pressure "$out"
	rt delete -f "$ID"
	wait "$pid"
	jq -se --arg id "$ID" 'all(. == {type: "memory-pressure", id: $id, data: {level: "medium"}})' "$out"
}

@test "statistics of all controllers" {
	runtime_config '.linux.resources.memory = {"limit":67108864}' '.linux.resources.pids = {"limit":33}'
	start
	rt exec "$ID" sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; dd if=/dev/zero of=/tmp/x bs=4k count=10 conv=fsync 2>/dev/null'
	rt events --stats "$ID" >"$BATS_TEST_TMPDIR/stats"
	cat "$BATS_TEST_TMPDIR/stats"
	jq -e '.type == "stats" and .data.cpu.usage.total > 0 and .data.memory.usage.limit == 67108864 and
		.data.memory.usage.usage > 0 and .data.memory.raw.anon >= 0 and .data.pids.current == 1 and
		.data.pids.limit == 33 and (.data.hugetlb["2MB"] | has("failcnt")) and
		(.data.cpu | has("psi")) == ("'"$(test -e "$CG/cpu.pressure" && cat "$CG/cpu.pressure" >/dev/null 2>&1 && echo y)"'" == "y")' \
		"$BATS_TEST_TMPDIR/stats"
}

@test "what was killed between leaves nothing that delete does not find" {
	runtime_args sh -c 'sleep 1000 & exec sleep 1001'
	start
	kill -KILL "$(init_pid)"
	until_ok runtime_status_is "$ID" stopped
	rt delete "$ID"
	gone
}

@test "a container manages its own cgroup where it is mounted for writing" {
	runtime_config '.linux.namespaces |= (. + [{"type":"cgroup"}] | unique)' \
		'(.mounts[] | select(.destination == "/sys/fs/cgroup").options) = ["rw","nosuid","noexec","nodev"]' \
		'.process.user = {"uid":1000,"gid":1000}'
	start
	[ "$(stat -c %u "$CG" "$CG/cgroup.procs" "$CG/cgroup.subtree_control" "$CG/cgroup.threads" | sort -u)" = 1000 ]
	[ "$(stat -c %u "$CG/memory.max")" = 0 ]
	rt exec --user 1000:1000 "$ID" mkdir /sys/fs/cgroup/inner
	rt delete -f "$ID"
	gone
}
