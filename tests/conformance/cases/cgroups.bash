# SPDX-License-Identifier: Apache-2.0
# config-linux.md: cgroups.  Values are read from the cgroup's files, v1 or v2.

# has V1CONTROLLER/FILE V2FILE: the kernel offers it here; else the matter cannot be tried.
has() {
	if [ -n "$V2" ]; then
		grep -qw "${2%%.*}" /sys/fs/cgroup/cgroup.controllers || lacks "cgroup controller ${2%%.*}"
	else
		[ -e "/sys/fs/cgroup/${1%%/*}" ] || lacks "cgroup controller ${1%%/*}"
	fi
}

# limit RESOURCES V1FILE V1VALUE V2FILE V2VALUE
limit() {
	has "$2" "$4"
	up ".linux.resources += $1" sleep 1000
	if [ -n "$V2" ]; then same "$(cg "$2" "$4")" "$5"; else same "$(cg "$2" "$4")" "$3"; fi
}

# L-053: an absolute path is taken from the cgroup mount point
t_cgroup_path_absolute() {
	local p

	up . sleep 1000
	p=$(pid)
	[ -n "$(cgroup_dirs "$CG")" ]
	grep -q ":$CG\$" "/proc/$p/cgroup"
}

# L-054: a relative path is taken (where it leads is the runtime's matter)
t_cgroup_path_relative() {
	local rel=${CG#/}

	up '.linux.cgroupsPath = ($CG | ltrimstr("/"))' sleep 1000
	grep -q "$rel" "/proc/$(pid)/cgroup"
}

# L-055: the same value always leads to the same place
t_cgroup_path_consistent() {
	local first

	up . sleep 1000
	first=$(grep "$CG" "/proc/$(pid)/cgroup")
	rt delete --force "$ID"
	up . sleep 1000
	same "$(grep "$CG" "/proc/$(pid)/cgroup")" "$first"
}

# L-056: without one the runtime has a place of its own
t_cgroup_path_default() {
	up 'del(.linux.cgroupsPath)' sleep 1000
	grep -q "$ID" "/proc/$(pid)/cgroup"
}

# L-057: a value that the runtime holds for invalid is an error: one does not get out of the hierarchy
t_cgroup_path_dots() {
	conf '.linux.cgroupsPath = $CG + "/../../../../../tmp/conform-out"' sleep 1000
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1; then
		[ ! -e /tmp/conform-out ]
		find /sys/fs/cgroup -depth -type d -path '*/tmp/conform-out' | grep -q .
		rt delete --force "$ID"
		find /sys/fs/cgroup -depth -type d -path '*/tmp/conform-out' -exec rmdir {} + 2>/dev/null || :
		find /sys/fs/cgroup -maxdepth 2 -type d -name tmp -exec rmdir {} + 2>/dev/null || :
	else
		no_container
	fi
}

# L-058: cgroups that do not exist are made
t_cgroup_made() {
	up '.linux.cgroupsPath = $CG + "/deep/er"' sleep 1000
	[ -n "$(cgroup_dirs "$CG/deep/er")" ]
}

# L-051: on cgroup v1 the owner of the cgroup is not changed
t_cgroup_owner_v1() {
	local d

	[ -z "$V2" ] || lacks "cgroup v1"
	up '.linux.namespaces += [{"type":"user"},{"type":"cgroup"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] |
		.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}] |
		.mounts += [{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["rw"]}]' sleep 1000
	for d in $(cgroup_dirs "$CG"); do
		[[ $d == /sys/fs/cgroup/unified/* ]] || same "$(stat -c %u "$d" "$d/cgroup.procs" | tr '\n' ' ')" '0 0 '
	done
}

tun() { # RULES: can /dev/net/tun's node be opened?  Another error than the cgroup's says that it may be.
	inside ".linux.resources.devices = [{\"allow\":false,\"access\":\"rwm\"}] + $1 |
		.linux.devices = [{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":10,\"minor\":229,\"fileMode\":438}]" \
		'if m=$( (: <>/dev/x) 2>&1); then echo open; else case $m in *"not permitted"*) echo denied;; *) echo open;; esac; fi'
}

# L-064: rules are applied in the order listed: deny, then allow
t_device_rules_allow_last() {
	tun '[{"allow":false,"type":"c","major":10,"minor":229,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rwm"}]'
	out_is open
}

# L-065: rules are applied in the order listed: allow, then deny
t_device_rules_deny_last() {
	tun '[{"allow":true,"type":"c","major":10,"minor":229,"access":"rwm"},{"allow":false,"type":"c","major":10,"minor":229,"access":"rwm"}]'
	out_is denied
}

# L-066: major and minor not given mean all
t_device_rules_any_number() {
	tun '[{"allow":true,"type":"c","access":"rw"}]'
	out_is open
}

# L-067: type not given means all
t_device_rules_any_type() {
	tun '[{"allow":true,"access":"rwm"}]'
	out_is open
}

# L-068: access is what is allowed and no more
t_device_rules_access() {
	tun '[{"allow":true,"type":"c","major":10,"minor":229,"access":"m"}]'
	out_is denied
}

# L-069: a rule says allow
t_device_rules_allow_required() {
	refused '.linux.resources.devices = [{"access":"rwm"}]'
}

# L-070: limit
t_memory_limit() { limit '{"memory":{"limit":67108864}}' memory/memory.limit_in_bytes 67108864 memory.max 67108864; }
# L-071: reservation
t_memory_reservation() { limit '{"memory":{"reservation":33554432}}' memory/memory.soft_limit_in_bytes 33554432 memory.low 33554432; }
# L-072: swap: memory and swap together
t_memory_swap() {
	if [ -z "$V2" ]; then
		[ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || lacks "swap accounting"
	fi
	limit '{"memory":{"limit":67108864,"swap":134217728}}' memory/memory.memsw.limit_in_bytes 134217728 memory.swap.max 67108864
}
# L-073: -1 is without limit
t_memory_unlimited() { limit '{"memory":{"limit":-1}}' memory/memory.limit_in_bytes 9223372036854771712 memory.max max; }
# L-074: swappiness
t_memory_swappiness() {
	[ -z "$V2" ] || lacks "cgroup v1"
	limit '{"memory":{"swappiness":33}}' memory/memory.swappiness 33 - -
}
# L-075: disableOOMKiller
t_memory_oom_killer() {
	[ -z "$V2" ] || lacks "cgroup v1"
	has memory/x -
	up '.linux.resources.memory = {"limit":67108864,"disableOOMKiller":true}' sleep 1000
	cg memory/memory.oom_control - | grep -q 'oom_kill_disable 1'
}
# L-076: checkBeforeUpdate: a limit below what is used is rejected
t_memory_check_before_update() {
	has memory/x memory.max
	started '.linux.resources.memory = {"limit":67108864}' sh -c 'dd if=/dev/zero of=/dev/shm/f bs=1M count=16 2>/dev/null; echo >/ready; exec sleep 1000'
	until_ok test -e "$B/rootfs/ready"
	echo '{"memory":{"limit":4194304,"checkBeforeUpdate":true}}' >"$T/resources"
	fails rt update -r "$T/resources" "$ID"
	status_is running
	if [ -n "$V2" ]; then same "$(cg - memory.max)" 67108864; else same "$(cg memory/memory.limit_in_bytes -)" 67108864; fi
}

# L-079: shares
t_cpu_shares() {
	local weight=59

	# The specification leaves the conversion open: the newest runc's is ours, Debian's have the older, linear one.
	[[ $NAME != runc && $NAME != crun ]] || weight=20
	limit '{"cpu":{"shares":512}}' cpu/cpu.shares 512 cpu.weight "$weight"
}
# L-080: quota and period
t_cpu_quota() { limit '{"cpu":{"quota":30000,"period":60000}}' cpu/cpu.cfs_quota_us 30000 cpu.max '30000 60000'; }
# L-081: period
t_cpu_period() { limit '{"cpu":{"quota":30000,"period":60000}}' cpu/cpu.cfs_period_us 60000 cpu.max '30000 60000'; }
# L-082: burst
t_cpu_burst() {
	[ -e /sys/fs/cgroup/cpu/cpu.cfs_burst_us ] || [ -n "$V2" ] || lacks "cpu burst"
	limit '{"cpu":{"quota":30000,"period":60000,"burst":10000}}' cpu/cpu.cfs_burst_us 10000 cpu.max.burst 10000
}
# L-083: burst above quota is an error
t_cpu_burst_above_quota() {
	[ -e /sys/fs/cgroup/cpu/cpu.cfs_burst_us ] || [ -n "$V2" ] || lacks "cpu burst"
	refused '.linux.resources.cpu = {"quota":30000,"period":60000,"burst":40000}'
}
# L-084: idle
t_cpu_idle() {
	[ -e /sys/fs/cgroup/cpu/cpu.idle ] || [ -n "$V2" ] || [ -n "$(find /sys/fs/cgroup/cpu/ -mindepth 2 -name cpu.idle -print -quit)" ] || lacks "cpu idle"
	limit '{"cpu":{"idle":1}}' cpu/cpu.idle 1 cpu.idle 1
}
# L-085: realtimeRuntime and realtimePeriod
t_cpu_realtime() {
	[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || lacks "real-time cgroups"
	mkdir -p "/sys/fs/cgroup/cpu$(dirname "$CG")"
	echo 1000 >"/sys/fs/cgroup/cpu$(dirname "$CG")/cpu.rt_runtime_us"
	limit '{"cpu":{"realtimeRuntime":500,"realtimePeriod":1000000}}' cpu/cpu.rt_runtime_us 500 - -
}
# L-086: cpus
t_cpu_cpus() { limit '{"cpu":{"cpus":"0"}}' cpuset/cpuset.cpus 0 cpuset.cpus 0; }
# L-087: mems
t_cpu_mems() { limit '{"cpu":{"mems":"0"}}' cpuset/cpuset.mems 0 cpuset.mems 0; }

# The disk of /, for limits of a device.
disk() {
	local d

	d=$(lsblk -ndo MAJ:MIN 2>/dev/null | tr -d ' ' | grep -v '^[17]:' | head -1)
	[ -n "$d" ] || lacks "a disk"
	MAJOR=${d%:*} MINOR=${d#*:}
}

throttle() { # PROPERTY V1FILE V2KEY
	disk
	has "blkio/$2" io.max
	[ -n "$V2" ] || [ -e "/sys/fs/cgroup/blkio/$2" ] || lacks "cgroup controller blkio"
	up ".linux.resources.blockIO.$1 = [{\"major\":$MAJOR,\"minor\":$MINOR,\"rate\":1048576}]" sleep 1000
	if [ -n "$V2" ]; then
		cg - io.max | grep -q "$MAJOR:$MINOR .*$3=1048576"
	else
		cg "blkio/$2" - | grep -q "$MAJOR:$MINOR 1048576"
	fi
}

# L-088: throttleReadBpsDevice
t_blkio_read_bps() { throttle throttleReadBpsDevice blkio.throttle.read_bps_device rbps; }
# L-089: throttleWriteBpsDevice
t_blkio_write_bps() { throttle throttleWriteBpsDevice blkio.throttle.write_bps_device wbps; }
# L-090: throttleReadIOPSDevice
t_blkio_read_iops() { throttle throttleReadIOPSDevice blkio.throttle.read_iops_device riops; }
# L-091: throttleWriteIOPSDevice
t_blkio_write_iops() { throttle throttleWriteIOPSDevice blkio.throttle.write_iops_device wiops; }
# L-092: weight is applied or an error
t_blkio_weight() {
	local f

	conf '.linux.resources.blockIO = {"weight":300}' sleep 1000
	if ! create; then
		no_container
		return
	fi
	for f in "/sys/fs/cgroup/blkio$CG/blkio.weight" "/sys/fs/cgroup/blkio$CG/blkio.bfq.weight" "/sys/fs/cgroup$CG/io.bfq.weight" "/sys/fs/cgroup$CG/io.weight"; do
		if [ -e "$f" ] && grep -Eq '(^|default )(300|2980|2930)' "$f"; then return; fi
	done
	return 1
}

# L-093: an entry of weightDevice has weight or leafWeight
t_blkio_weight_device_empty() {
	refused '.linux.resources.blockIO = {"weightDevice":[{"major":8,"minor":0}]}'
}

# L-098: a limit for a page size that the kernel has is applied, or an error without the controller
t_hugepage_limit() {
	if [ -d /sys/fs/cgroup/hugetlb ] || { [ -n "$V2" ] && grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers; }; then
		up '.linux.resources.hugepageLimits = [{"pageSize":"2MB","limit":4194304}]' sleep 1000
		same "$(cg hugetlb/hugetlb.2MB.limit_in_bytes hugetlb.2MB.max)" 4194304
	else
		conf '.linux.resources.hugepageLimits = [{"pageSize":"2MB","limit":4194304}]' sleep 1000
		if ! create; then
			no_container
			return
		fi
		# A hybrid machine may have it on v2.
		same "$(cat "/sys/fs/cgroup/unified$CG/hugetlb.2MB.max")" 4194304
	fi
}

# L-099: a page size that no machine has is an error
t_hugepage_size_unknown() {
	refused '.linux.resources.hugepageLimits = [{"pageSize":"3MB","limit":4194304}]'
}

# L-102: classID is applied, or an error without the controller
t_network_class() {
	if [ -d /sys/fs/cgroup/net_cls ]; then
		up '.linux.resources.network = {"classID":1048577}' sleep 1000
		same "$(cg net_cls/net_cls.classid -)" 1048577
	else
		refused '.linux.resources.network = {"classID":1048577}'
	fi
}

# L-103: priorities are applied, or an error without the controller
t_network_priorities() {
	if [ -d /sys/fs/cgroup/net_prio ]; then
		up '.linux.resources.network = {"priorities":[{"name":"lo","priority":5}]}' sleep 1000
		cg net_prio/net_prio.ifpriomap - | grep -q 'lo 5'
	else
		refused '.linux.resources.network = {"priorities":[{"name":"lo","priority":5}]}'
	fi
}

# L-106: limit
t_pids_limit() { limit '{"pids":{"limit":44}}' pids/pids.max 44 pids.max 44; }
# L-107: -1 is without limit
t_pids_unlimited() { limit '{"pids":{"limit":-1}}' pids/pids.max max pids.max max; }

# L-109: limits are applied, or an error without the controller
t_rdma_limit() {
	if [ -d /sys/fs/cgroup/rdma ] || { [ -n "$V2" ] && grep -qw rdma /sys/fs/cgroup/cgroup.controllers; }; then lacks "a machine without rdma"; fi
	refused '.linux.resources.rdma = {"mlx5_1":{"hcaHandles":3,"hcaObjects":10}}'
}

# L-110: an entry has hcaHandles or hcaObjects
t_rdma_empty() {
	refused '.linux.resources.rdma = {"mlx5_1":{}}'
}

# L-111: a controller that is not there is an error
t_unified_absent() {
	refused '.linux.resources.unified = {"nosuch.max":"1"}'
}

# L-112: on v1, where the v2 file has no place, an error
t_unified_on_v1() {
	[ -z "$V2" ] || lacks "cgroup v1"
	refused '.linux.resources.unified = {"memory.max":"67108864"}'
}

# L-113: on v2 the value is in the file
t_unified_applied() {
	[ -n "$V2" ] || lacks "cgroup v2"
	up '.linux.resources.unified = {"memory.high":"67108864"}' sleep 1000
	same "$(cg - memory.high)" 67108864
}
