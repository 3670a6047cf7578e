#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the runtime does with the cgroup of a container: each limit of config.json and each option of update in the
# kernel's file, events as they happen.  Pure cgroup v2: tests/guest/cgroup.bats.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	runtime_args sleep 1000
	OUT=$BATS_TEST_TMPDIR/events
	EVENTS=
}
teardown() {
	[ -z "$EVENTS" ] || kill "$EVENTS" 2>/dev/null || true
	runtime_teardown
	[ -z "${RT_CGROUP:-}" ] || find /sys/fs/cgroup -depth -type d -name "$RT_CGROUP" -exec rmdir {} \;
}

start() {
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
}

# events in the background; back when it waits.
follow() {
	"$RUNTIME" --root "$RT_ROOT" events "$@" "$ID" >"$OUT" 3>&- &
	EVENTS=$!
	until_ok grep -q poll "/proc/$EVENTS/wchan"
}

lines() {
	(($(wc -l <"$OUT") >= $1))
}

# Nothing of events outlives the container.
ended() {
	rt delete -f "$ID"
	wait "$EVENTS"
	EVENTS=
}

@test "--interval: a line of statistics each time, until the container ends" {
	start
	follow --interval 50ms
	until_ok lines 3
	ended
	jq -se --arg id "$ID" 'length >= 3 and all(.type == "stats" and .id == $id and .data.pids.current == 1)' "$OUT"
}

@test "--interval: what is no duration is refused" {
	local value

	start
	for value in 0 -1s soon 5parsecs 0.1us; do
		run -1 rt events --interval "$value" "$ID"
		[[ $output == *--interval*"$value"* ]]
	done
}

@test "a kill for want of memory is a line of its own" {
	runtime_config '.linux.resources.memory = {"limit":16777216,"swap":16777216}'
	start
	follow --interval 1h
	run ! rt exec "$ID" sh -c 'head -c 100m /dev/zero | tail -c 90m >/dev/null; exit 1'
	until_ok lines 1
	ended
	jq -se --arg id "$ID" 'length >= 1 and all(. == {type: "oom", id: $id})' "$OUT"
}

@test "the line is there when the container itself was killed" {
	runtime_config '.linux.resources.memory = {"limit":16777216,"swap":16777216}'
	mkfifo "$BUNDLE/rootfs/go"
	runtime_args sh -c 'read x </go; exec tail -c 90m /dev/zero'
	start
	follow --interval 1h
	echo >"$BUNDLE/rootfs/go"
	wait "$EVENTS"
	EVENTS=
	jq -se --arg id "$ID" '. == [{type: "oom", id: $id}]' "$OUT"
}

@test "--pressure: memory that is reclaimed is told" {
	runtime_config '.linux.resources.memory = {"limit":16777216}'
	mkfifo "$BUNDLE/rootfs/go"
	runtime_args sh -c 'read x </go; while :; do dd if=/dev/zero of=/file bs=1M count=48 2>/dev/null; done'
	start
	follow --interval 1h --pressure low
	[ ! -s "$OUT" ]
	echo >"$BUNDLE/rootfs/go"
	until_ok lines 1
	ended
	jq -se --arg id "$ID" 'all(. == {type: "memory-pressure", id: $id, data: {level: "low"}})' "$OUT"
	run -1 rt events --pressure high "$ID"
	[[ $output == *--pressure*high* ]]
}

# A parent that has realtime to give, where the kernel knows realtime groups.
realtime_parent() {
	RT_CGROUP=coracle-test-$ID
	runtime_config ".linux.cgroupsPath = \"/$RT_CGROUP/$ID\""
	mkdir -p "/sys/fs/cgroup/cpu/$RT_CGROUP"
	[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || echo 100000 >"/sys/fs/cgroup/cpu/$RT_CGROUP/cpu.rt_runtime_us"
}

# The container's file of that name, in whichever hierarchy has it; "a|b": of one of these names.
knob() {
	local name

	for name in ${1//|/ }; do
		cat /sys/fs/cgroup/*/"$RT_CGROUP/$ID/$name" 2>/dev/null && return
	done
	return 1
}

disk() {
	local dev

	for dev in /sys/block/*/dev; do
		[[ $dev == */loop* || $dev == */ram* || $dev == */zram* ]] || { cat "$dev"; return; }
	done
}

# LIMIT, its value, the file and what must stand in it (a line of it).  "either": the kernel may refuse the value
# (no device with such a scheduler) or it is set alone (an idle group has no shares); a limit without a file on this machine must be refused.  Both name it.
limits() {
	local d=$1

	cat <<-END
		memory.limit	67108864	memory.limit_in_bytes	67108864
		memory.reservation	33554432	memory.soft_limit_in_bytes	33554432
		memory.swap	134217728	memory.memsw.limit_in_bytes	134217728
		memory.kernel	67108864	memory.kmem.limit_in_bytes	67108864	either
		memory.kernelTCP	67108864	memory.kmem.tcp.limit_in_bytes	67108864
		memory.swappiness	70	memory.swappiness	70
		memory.disableOOMKiller	true	memory.oom_control	oom_kill_disable 1
		memory.useHierarchy	true	memory.use_hierarchy	1
		cpu.shares	512	cpu.shares	512
		cpu.quota	50000	cpu.cfs_quota_us	50000
		cpu.period	200000	cpu.cfs_period_us	200000
		cpu.burst	10000	cpu.cfs_burst_us	10000
		cpu.idle	1	cpu.idle	1	either
		cpu.realtimeRuntime	1000	cpu.rt_runtime_us	1000
		cpu.realtimePeriod	500000	cpu.rt_period_us	500000
		cpu.cpus	"0"	cpuset.cpus	0
		cpu.mems	"0"	cpuset.mems	0
		pids.limit	33	pids.max	33
		blockIO.weight	500	blkio.weight|blkio.bfq.weight	500
		blockIO.leafWeight	500	blkio.leaf_weight	500
		blockIO.weightDevice	[{"major":${d%:*},"minor":${d#*:},"weight":500}]	blkio.weight_device|blkio.bfq.weight_device	$d 500	either
		blockIO.throttleReadBpsDevice	[{"major":${d%:*},"minor":${d#*:},"rate":1001}]	blkio.throttle.read_bps_device	$d 1001
		blockIO.throttleWriteBpsDevice	[{"major":${d%:*},"minor":${d#*:},"rate":1002}]	blkio.throttle.write_bps_device	$d 1002
		blockIO.throttleReadIOPSDevice	[{"major":${d%:*},"minor":${d#*:},"rate":1003}]	blkio.throttle.read_iops_device	$d 1003
		blockIO.throttleWriteIOPSDevice	[{"major":${d%:*},"minor":${d#*:},"rate":1004}]	blkio.throttle.write_iops_device	$d 1004
		hugepageLimits	[{"pageSize":"2MB","limit":4194304}]	hugetlb.2MB.max|hugetlb.2MB.limit_in_bytes	4194304
		network.classID	1048577	net_cls.classid	1048577
		network.priorities	[{"name":"lo","priority":5}]	net_prio.ifpriomap	lo 5
		rdma	{"mlx5_1":{"hcaHandles":5}}	rdma.max	mlx5_1 hca_handle=5 hca_object=max	either
		unified	{"hugetlb.2MB.max":"4194304"}	hugetlb.2MB.max	4194304
		unified	{"memory.high":"4194304"}	memory.high	4194304
	END
}

@test "each limit of config.json is in its file, or refused by its name" {
	local path value file want either d taken=0

	d=$(disk)
	realtime_parent
	start
	cp "$BUNDLE/config.json" "$BUNDLE/base"
	limits "$d" >"$BUNDLE/limits"
	: >"$BUNDLE/alone"
	while IFS=$'\t' read -r path value file want either; do
		# The container without limits shows which files there are.
		if [ -z "$either" ] && knob "$file"; then
			runtime_config ".linux.resources.$path = $value"
			taken=$((taken + 1))
		else
			printf '%s\t%s\t%s\t%s\t%s\n' "$path" "$value" "$file" "$want" "$either" >>"$BUNDLE/alone"
		fi
	done <"$BUNDLE/limits"
	[ "$taken" -ge 10 ]
	rt delete -f "$ID"
	start
	while IFS=$'\t' read -r path value file want either; do
		grep -qF "$path	$value	" "$BUNDLE/alone" || knob "$file" | grep -qx "$want" ||
			{ echo "$path: $(knob "$file")" && false; }
	done <"$BUNDLE/limits"
	rt delete -f "$ID"
	while IFS=$'\t' read -r path value file want either; do
		cp "$BUNDLE/base" "$BUNDLE/config.json"
		runtime_config ".linux.resources.$path = $value"
		echo "alone: $path"
		if rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$BUNDLE/error"; then
			[ "$either" = either ]
			knob "$file" | grep -qx "$want"
		else
			grep -qF "$path" "$BUNDLE/error"
		fi
		rt delete -f "$ID"
	done <"$BUNDLE/alone"
}

@test "each option of update is in its file, or refused by its name" {
	local option value file want

	realtime_parent
	start
	cat >"$BUNDLE/options" <<-END
		--memory	64m	memory.limit_in_bytes	67108864
		--memory-swap	134217728	memory.memsw.limit_in_bytes	134217728
		--memory-reservation	33554432	memory.soft_limit_in_bytes	33554432
		--kernel-memory	67108864	memory.kmem.limit_in_bytes	67108864	either
		--kernel-memory-tcp	67108864	memory.kmem.tcp.limit_in_bytes	67108864
		--cpu-share	512	cpu.shares	512
		--cpu-quota	50000	cpu.cfs_quota_us	50000
		--cpu-period	200000	cpu.cfs_period_us	200000
		--cpu-burst	10000	cpu.cfs_burst_us	10000
		--cpu-rt-period	500000	cpu.rt_period_us	500000
		--cpu-rt-runtime	1000	cpu.rt_runtime_us	1000
		--cpu-idle	1	cpu.idle	1
		--cpuset-cpus	0	cpuset.cpus	0
		--cpuset-mems	0	cpuset.mems	0
		--pids-limit	55	pids.max	55
		--blkio-weight	500	blkio.weight|blkio.bfq.weight	500
		--l3-cache-schema	L3:0=f	-	-
		--mem-bw-schema	MB:0=50	-	-
		--resources	/dev/stdin	pids.max	66
	END
	# None is forgotten.
	diff <(cut -f 1 "$BUNDLE/options" | sort) <(awk -F '\t' '$1 == "flag" && $2 == "update" {print $3}' \
		"$BATS_TEST_DIRNAME/../data/runtime/command-line.tsv" | sort)
	while IFS=$'\t' read -r option value file want either; do
		echo "$option"
		if [ "$file" = - ] || ! knob "$file"; then
			run -1 rt update "$option" "$value" "$ID"
			[[ $output == *"${option#--}"* || $output == *"apply limit"* ]]
		elif rt update "$option" "$value" "$ID" <<<'{"pids":{"limit":66}}' 2>"$BUNDLE/error"; then
			knob "$file" | grep -qx "$want" || { knob "$file" && false; }
		else
			[ "$either" = either ]
			grep -q "apply limit" "$BUNDLE/error"
		fi
	done <"$BUNDLE/options"
	# Of the document only; v1 checks in any case.
	run -1 rt update -r - "$ID" <<<'{"memory":{"limit":4096,"checkBeforeUpdate":true}}'
	[[ $output == *checkBeforeUpdate* || $output == *"'memory.limit'"*"more than that is in use"* ]]
}

@test "device rules are in devices.list" {
	[ -d /sys/fs/cgroup/devices ] || skip "cgroup v1"
	RT_CGROUP=coracle-test-$ID
	runtime_config ".linux.cgroupsPath = \"/$RT_CGROUP/$ID\"" \
		'.linux.resources.devices = [{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rw"}]'
	runtime_args sleep 1000
	start
	knob devices.list >"$BUNDLE/list"
	grep -qx 'c 10:229 rw.*' "$BUNDLE/list"
	run ! grep -q '^a' "$BUNDLE/list"
}
