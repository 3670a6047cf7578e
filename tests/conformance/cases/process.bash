# SPDX-License-Identifier: Apache-2.0
# config.md: process and user.

# A run in the foreground on a terminal of its own.
on_terminal() { # FILTER SCRIPT
	conf ".process.terminal = true | $1" sh -c "$2"
	timeout -k 5 60 script -qec "'$RUNTIME' --root '$STATE' run -b '$B' '$ID'" /dev/null </dev/null >"$T/out" 2>&1 || {
		cat "$T/out" >&2
		return 1
	}
}

# C-092: terminal: a pseudoterminal on the three standard streams
t_terminal() {
	on_terminal . 'tty; for i in 0 1 2; do readlink /proc/self/fd/$i; done; test -t 2 && echo yes'
	grep -q /dev/pts/0 "$T/out"
	grep -q yes "$T/out"
}

# C-093: no terminal when it is not asked for
t_terminal_not() {
	inside . 'test -t 0 || test -t 1 || test -t 2 || echo none'
	out_is none
}

# C-094: consoleSize is the terminal's
t_console_size() {
	on_terminal '.process.consoleSize = {"height":33,"width":77}' 'stty size'
	grep -q '33 77' "$T/out"
}

# C-095: consoleSize is ignored without terminal
t_console_size_ignored() {
	inside '.process.consoleSize = {"height":33,"width":77}' 'echo ok'
	out_is ok
}

# C-096: cwd is there
t_cwd_required() {
	refused 'del(.process.cwd)'
}

# C-097: cwd is absolute
t_cwd_absolute() {
	refused '.process.cwd = "tmp"'
}

# C-098: cwd is the program's working directory
t_cwd() {
	inside '.process.cwd = "/home/user"' pwd
	out_is /home/user
}

# C-099: env is the program's environment, nothing of the caller's in it
t_env() {
	export CONFORM_LEAK=1
	inside '.process.env = ["PATH=/bin","A=b=c","EMPTY="]' 'env'
	grep -qx 'A=b=c' "$T/out"
	grep -qx 'EMPTY=' "$T/out"
	if grep -q CONFORM_LEAK "$T/out"; then return 1; fi
}

# C-100: args has at least one entry
t_args_required() {
	conf 'del(.process.args)'
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1; then fails rt start "$ID"; fi
	test_end
	test_begin args_required
	conf '.process.args = []'
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1; then fails rt start "$ID"; fi
}

# C-101: the first entry is looked up as execvp does, in the container's PATH
t_args_execvp() {
	mkdir "$B/rootfs/here"
	printf '#!/bin/sh\necho found\n' >"$B/rootfs/here/prog"
	chmod 755 "$B/rootfs/here/prog"
	conf '.process.env = ["PATH=/nosuch:/here:/bin"]' prog
	rt run -b "$B" "$ID" </dev/null >"$T/out"
	out_is found
}

# C-102: an entry with a slash is not looked up
t_args_slash() {
	conf '.process.cwd = "/bin"' ./busybox echo here
	rt run -b "$B" "$ID" </dev/null >"$T/out"
	out_is here
}

# C-105: a limit that the kernel does not have is an error
t_rlimit_unknown() {
	refused '.process.rlimits = [{"type":"RLIMIT_NOSUCH","soft":1,"hard":1}]'
}

# C-106: soft and hard limits are those given
t_rlimit_values() {
	inside '.process.rlimits = [{"type":"RLIMIT_NOFILE","soft":99,"hard":101},{"type":"RLIMIT_CORE","soft":0,"hard":4096}]' \
		'grep -E "open files|core file" /proc/self/limits | tr -s " "'
	grep -q 'files 99 101 ' "$T/out"
	grep -q 'size 0 4096 ' "$T/out"
}

# C-107: each limit of getrlimit(2) is known
t_rlimit_all() {
	local l filter=.

	for l in AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK; do
		# What is there already can always be set.
		filter="$filter | .process.rlimits += [{\"type\":\"RLIMIT_$l\",$(limit_now "$l")}]"
	done
	conf "$filter" sh -c 'echo ok'
	# jq counts in doubles.
	sed -i 's/"INFINITY"/18446744073709551615/g' "$B/config.json"
	rt run -b "$B" "$ID" </dev/null >"$T/out"
	out_is ok
}

limit_now() {
	prlimit "--${1,,}" --noheadings --raw --output SOFT,HARD -p $$ |
		sed 's/unlimited/"INFINITY"/g; s/\([^ ]*\) \([^ ]*\)/"soft":\1,"hard":\2/'
}

# C-108: a limit named twice is an error
t_rlimit_twice() {
	refused '.process.rlimits = [{"type":"RLIMIT_CORE","soft":0,"hard":0},{"type":"RLIMIT_CORE","soft":0,"hard":0}]'
}

# C-113: apparmorProfile is applied or is an error (this kernel has no AppArmor)
t_apparmor_absent() {
	[ ! -d /sys/kernel/security/apparmor ] || lacks "a kernel without AppArmor"
	conf '.process.apparmorProfile = "some-profile"' true
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1; then fails rt start "$ID"; fi
}

# C-114: selinuxLabel is applied or is an error (this kernel has no SELinux)
t_selinux_absent() {
	[ ! -d /sys/fs/selinux ] || [ -z "$(ls /sys/fs/selinux)" ] || lacks "a kernel without SELinux"
	conf '.process.selinuxLabel = "system_u:system_r:container_t:s0"' true
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1; then fails rt start "$ID"; fi
}

caps() { # SET FIELD OF STATUS: only CAP_KILL (bit 5) in it, and CAP_CHOWN (bit 0) where it can be
	inside "$1" 'grep ^Cap /proc/self/status'
	grep -q "^$2:.*$3$" "$T/out" || {
		cat "$T/out" >&2
		return 1
	}
}

# C-115: capabilities.effective is kept
t_caps_effective() {
	caps '.process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL"],"permitted":["CAP_CHOWN","CAP_KILL"],"effective":["CAP_KILL"],"inheritable":[],"ambient":[]} | .process.user.uid = 1000 | .process.capabilities.inheritable = ["CAP_KILL"] | .process.capabilities.ambient = ["CAP_KILL"]' CapEff 0000000000000020
}

# C-116: capabilities.bounding is kept
t_caps_bounding() {
	caps '.process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL"]}' CapBnd 0000000000000021
}

# C-117: capabilities.inheritable is kept
t_caps_inheritable() {
	caps '.process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL"],"permitted":["CAP_CHOWN","CAP_KILL"],"inheritable":["CAP_KILL"]}' CapInh 0000000000000020
}

# C-118: capabilities.permitted is kept
t_caps_permitted() {
	caps '.process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL"],"permitted":["CAP_CHOWN","CAP_KILL"],"effective":["CAP_CHOWN","CAP_KILL"]}' CapPrm 0000000000000021
}

# C-119: capabilities.ambient is kept
t_caps_ambient() {
	caps '.process.user.uid = 1000 | .process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL"],"permitted":["CAP_CHOWN","CAP_KILL"],"effective":["CAP_KILL"],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]}' CapAmb 0000000000000020
}

# C-120: a capability that cannot be had is warned about
t_caps_unknown_warned() {
	conf '.process.capabilities.bounding += ["CAP_NOSUCH"]' true
	rt --log "$T/log" run -b "$B" "$ID" </dev/null >"$T/out" 2>"$T/err" || :
	cat "$T/err" "$T/log" 2>/dev/null | grep -q NOSUCH
}

# C-121: and is no failure
t_caps_unknown_no_failure() {
	inside '.process.capabilities.bounding += ["CAP_NOSUCH"]' 'echo ok'
	out_is ok
}

# C-122: noNewPrivileges
t_no_new_privileges() {
	inside '.process.noNewPrivileges = true' 'grep NoNewPrivs /proc/self/status'
	out_is "$(printf 'NoNewPrivs:\t1')"
}

# C-123: oomScoreAdj is set when given
t_oom_score() {
	inside '.process.oomScoreAdj = 777' 'cat /proc/self/oom_score_adj'
	out_is 777
}

# C-124: oomScoreAdj is left alone when not given
t_oom_score_left() {
	echo 55 >/proc/$BASHPID/oom_score_adj
	inside . 'cat /proc/self/oom_score_adj'
	out_is 55
}

scheduled() { # FILTER
	started "$1" sleep 1000
	until_ok grep -q sleep "/proc/$(pid)/cmdline"
	chrt -p "$(pid)" >"$T/chrt"
}

# C-125: scheduler.policy
t_scheduler_policy() {
	scheduled '.process.scheduler = {"policy":"SCHED_BATCH"}'
	grep -q SCHED_BATCH "$T/chrt"
}

# C-126: scheduler.nice
t_scheduler_nice() {
	scheduled '.process.scheduler = {"policy":"SCHED_OTHER","nice":7}'
	same "$(ps -o ni= -p "$(pid)" | tr -d ' ')" 7
}

# C-127: scheduler.nice is 0 when not given
t_scheduler_nice_zero() {
	conf '.process.scheduler = {"policy":"SCHED_BATCH"}' sleep 1000
	nice -n 5 timeout 60 "$RUNTIME" --root "$STATE" create -b "$B" "$ID" </dev/null >"$T/out" 2>&1
	rt start "$ID"
	until_ok grep -q sleep "/proc/$(pid)/cmdline"
	same "$(ps -o ni= -p "$(pid)" | tr -d ' ')" 0
}

# C-128: scheduler.priority
t_scheduler_priority() {
	chrt -f 1 true 2>/dev/null || lacks "real-time scheduling"
	# Without processor time of its own a v1 cgroup has no real-time processes.
	[ -n "$V2" ] || realtime_cgroup
	scheduled '.process.scheduler = {"policy":"SCHED_RR","priority":7}'
	grep -q SCHED_RR "$T/chrt"
	grep -q 'priority: 7' "$T/chrt"
}

realtime_cgroup() {
	local dir=/sys/fs/cgroup/cpu$CG

	[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || return 0
	mkdir -p "$dir"
	echo 1000 >"$(dirname "$dir")/cpu.rt_runtime_us"
	echo 1000 >"$dir/cpu.rt_runtime_us"
}

# C-129: scheduler.flags
t_scheduler_flags() {
	scheduled '.process.scheduler = {"policy":"SCHED_BATCH","flags":["SCHED_FLAG_RESET_ON_FORK"]}'
	grep -q RESET_ON_FORK "$T/chrt"
}

# C-130: scheduler.runtime, deadline, period
t_scheduler_deadline() {
	chrt -d -T 1000000 -D 10000000 -P 10000000 0 true 2>/dev/null || lacks "deadline scheduling"
	scheduled '.process.scheduler = {"policy":"SCHED_DEADLINE","runtime":1000000,"deadline":20000000,"period":30000000}'
	grep -q '1000000/20000000/30000000' "$T/chrt"
}

# C-131: a scheduling policy that nobody knows is an error
t_scheduler_unknown() {
	refused '.process.scheduler = {"policy":"SCHED_NOSUCH"}'
}

# C-132: ioPriority
t_io_priority() {
	started '.process.ioPriority = {"class":"IOPRIO_CLASS_BE","priority":6}' sleep 1000
	until_ok grep -q sleep "/proc/$(pid)/cmdline"
	same "$(ionice -p "$(pid)")" 'best-effort: prio 6'
}

# C-133: an I/O class that nobody knows is an error
t_io_priority_unknown() {
	refused '.process.ioPriority = {"class":"IOPRIO_CLASS_NOSUCH","priority":0}'
}

exec_allowed() { # JSON OF execCPUAffinity: the processors that a process executed in the container may use
	started . sleep 1000
	jq "{args:[\"grep\",\"Cpus_allowed_list\",\"/proc/self/status\"],cwd:\"/\",env:[\"PATH=/bin\"],
		user:{uid:0,gid:0}$1}" -n >"$T/process.json"
	rt exec -p "$T/process.json" "$ID" </dev/null >"$T/out"
}

# C-134: execCPUAffinity.final: where a process of exec runs
t_exec_affinity_final() {
	(($(nproc) > 1)) || lacks "two processors"
	exec_allowed ',execCPUAffinity:{final:"1"}'
	out_is "$(printf 'Cpus_allowed_list:\t1')"
}

# C-135: without final the affinity is left to the kernel
t_exec_affinity_left() {
	exec_allowed ',execCPUAffinity:{initial:"0"}'
	[ -s "$T/out" ]
	exec_affinity_plain=$(cat "$T/out")
	rt delete --force "$ID"
	exec_allowed ''
	same "$(wc -l <"$T/out")" 1
	[ -n "$exec_affinity_plain" ]
}

# C-136: execCPUAffinity says nothing about the first process
t_exec_affinity_not_init() {
	inside '.process.execCPUAffinity = {"initial":"0","final":"0"}' 'grep Cpus_allowed_list /proc/self/status'
	out_is "$(grep Cpus_allowed_list /proc/self/status)"
}

# C-143: uid and gid are those of the process
t_user() {
	inside '.process.user = {"uid":1000,"gid":1001}' 'id -u; id -g'
	out_is '1000
1001'
}

# C-144: umask
t_umask() {
	inside '.process.user.umask = 63' umask
	out_is 0077
}

# C-145: the caller's umask is kept when none is given
t_umask_left() {
	umask 0037
	inside . umask
	out_is 0037
}

# C-146: additionalGids, and no group besides
t_additional_gids() {
	inside '.process.user.additionalGids = [5, 6]' 'grep ^Groups /proc/self/status | tr "\t" " " | tr -s " "'
	[[ $(cat "$T/out") == "Groups: 5 6"* || $(cat "$T/out") == "Groups: 0 5 6"* ]]
}

# C-149: hostname as the container sees it
t_hostname() {
	inside '.hostname = "some-name"' hostname
	out_is some-name
}

# C-150: domainname as the container sees it
t_domainname() {
	inside '.domainname = "some.domain"' 'cat /proc/sys/kernel/domainname'
	out_is some.domain
}
