# SPDX-License-Identifier: Apache-2.0
# Properties that the specification calls REQUIRED: without them the configuration is invalid, an error
# ("Runtimes MUST generate an error when invalid or unsupported values are encountered").

# C-147: user.uid
t_required_user_uid() { refused 'del(.process.user.uid)'; }
# C-148: user.gid
t_required_user_gid() { refused 'del(.process.user.gid)'; }
# C-103: consoleSize.height
t_required_console_height() { refused '.process.terminal = true | .process.consoleSize = {"width":80}'; }
# C-104: consoleSize.width
t_required_console_width() { refused '.process.terminal = true | .process.consoleSize = {"height":25}'; }
# C-109: rlimits[].type
t_required_rlimit_type() { refused '.process.rlimits = [{"soft":0,"hard":0}]'; }
# C-110: rlimits[].soft
t_required_rlimit_soft() { refused '.process.rlimits = [{"type":"RLIMIT_CORE","hard":0}]'; }
# C-111: rlimits[].hard
t_required_rlimit_hard() { refused '.process.rlimits = [{"type":"RLIMIT_CORE","soft":0}]'; }
# C-137: scheduler.policy
t_required_scheduler_policy() { refused '.process.scheduler = {"nice":1}'; }
# C-138: ioPriority.class
t_required_io_class() { refused '.process.ioPriority = {"priority":1}'; }
# C-139: ioPriority.priority
t_required_io_priority() { refused '.process.ioPriority = {"class":"IOPRIO_CLASS_BE"}'; }
# L-020: namespaces[].type
t_required_namespace_type() { refused '.linux.namespaces += [{"path":"/proc/self/ns/uts"}]'; }
mapping='.linux.namespaces += [{"type":"user"}] | .linux.gidMappings = [{"containerID":0,"hostID":100000,"size":1}]'
# L-023: uidMappings[].containerID
t_required_mapping_container() { refused "$mapping"' | .linux.uidMappings = [{"hostID":100000,"size":1}]'; }
# L-024: uidMappings[].hostID
t_required_mapping_host() { refused "$mapping"' | .linux.uidMappings = [{"containerID":0,"size":1}]'; }
# L-025: uidMappings[].size
t_required_mapping_size() { refused "$mapping"' | .linux.uidMappings = [{"containerID":0,"hostID":100000}]'; }
# L-037: devices[].type
t_required_device_type() { refused '.linux.devices = [{"path":"/dev/x","major":1,"minor":3}]'; }
# L-038: devices[].path
t_required_device_path() { refused '.linux.devices = [{"type":"c","major":1,"minor":3}]'; }
# L-039: devices[].major, unless type is p
t_required_device_major() { refused '.linux.devices = [{"path":"/dev/x","type":"c","minor":3}]'; }
# L-040: devices[].minor, unless type is p
t_required_device_minor() { refused '.linux.devices = [{"path":"/dev/x","type":"c","major":1}]'; }
# L-094: throttle devices: major
t_required_throttle_major() { refused '.linux.resources.blockIO = {"throttleReadBpsDevice":[{"minor":0,"rate":1}]}'; }
# L-095: throttle devices: minor
t_required_throttle_minor() { refused '.linux.resources.blockIO = {"throttleReadBpsDevice":[{"major":8,"rate":1}]}'; }
# L-096: throttle devices: rate
t_required_throttle_rate() { refused '.linux.resources.blockIO = {"throttleReadBpsDevice":[{"major":8,"minor":0}]}'; }
# L-100: hugepageLimits[].pageSize
t_required_hugepage_size() { refused '.linux.resources.hugepageLimits = [{"limit":1}]'; }
# L-101: hugepageLimits[].limit
t_required_hugepage_limit() { refused '.linux.resources.hugepageLimits = [{"pageSize":"2MB"}]'; }
# L-104: priorities[].name
t_required_priority_name() { refused '.linux.resources.network = {"priorities":[{"priority":1}]}'; }
# L-105: priorities[].priority
t_required_priority_value() { refused '.linux.resources.network = {"priorities":[{"name":"lo"}]}'; }
# L-108: pids.limit
t_required_pids_limit() { refused '.linux.resources.pids = {}'; }
seccomp_arg() { refused ".linux.seccomp = {\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"chmod\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[$1]}]}"; }
# L-131: args[].index
t_required_seccomp_index() { seccomp_arg '{"value":1,"op":"SCMP_CMP_EQ"}'; }
# L-132: args[].value
t_required_seccomp_value() { seccomp_arg '{"index":1,"op":"SCMP_CMP_EQ"}'; }
# L-133: args[].op
t_required_seccomp_op() { seccomp_arg '{"index":1,"value":1}'; }
