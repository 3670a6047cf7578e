# SPDX-License-Identifier: Apache-2.0
# config-linux.md: seccomp.  chmod is the call that the rules are about: nothing else in a test needs it.

# chmods MODE: how chmod ends, "ok" or its message.
chmods='c() { if m=$(chmod "$1" /tmp/f 2>&1); then echo ok; else echo "${m##*: }"; fi; }; touch /tmp/f;'

filtered() { # SECCOMP SCRIPT
	inside ".linux.seccomp = $1" "$chmods $2"
}

rule() { # ACTION [EXTRA]: a profile that has it for chmod
	echo "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"chmod\",\"fchmodat\"],\"action\":\"$1\"${2:-}}]}"
}

# L-134: a filter is loaded when there is a profile
t_seccomp_loaded() {
	filtered '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["swapon"],"action":"SCMP_ACT_ERRNO"}]}' 'grep Seccomp: /proc/self/status'
	out_is "$(printf 'Seccomp:\t2')"
}

# L-135: defaultAction is there
t_seccomp_default_required() {
	refused '.linux.seccomp = {"syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO"}]}'
}

# L-136: defaultAction is for the calls without a rule
t_seccomp_default_action() {
	# Everything that a shell may need, less chmod: taken from the kernel's table by number would be no test.
	filtered '{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["chmod","fchmodat"],"action":"SCMP_ACT_ERRNO"}]}' 'c 600; echo ran'
	out_is 'Operation not permitted
ran'
}

# L-137: defaultErrnoRet is the number of a default SCMP_ACT_ERRNO
t_seccomp_default_errno() {
	allowed_shell 13
	out_is 'Permission denied'
}

# L-138: which is EPERM when not given
t_seccomp_default_errno_eperm() {
	allowed_shell ''
	out_is 'Operation not permitted'
}

# A profile that allows by name what busybox needs, and not chmod.
allowed_shell() {
	local names

	names='"access","arch_prctl","brk","capget","capset","chdir","clone","clone3","close","dup","dup2","dup3","epoll_create1","epoll_ctl","epoll_pwait","execve","exit","exit_group","faccessat","faccessat2","fchdir","fcntl","fstat","fstatfs","futex","getcwd","getdents64","getegid","geteuid","getgid","getgroups","getpgrp","getpid","getppid","getrandom","gettid","getuid","ioctl","lseek","lstat","madvise","mmap","mount","mprotect","munmap","nanosleep","newfstatat","open","openat","openat2","pipe","pipe2","pivot_root","poll","ppoll","prctl","prlimit64","pread64","read","readlink","readlinkat","restart_syscall","rseq","rt_sigaction","rt_sigprocmask","rt_sigreturn","rt_sigsuspend","sched_getaffinity","sched_yield","seccomp","sendto","recvfrom","sendmsg","recvmsg","set_robust_list","set_tid_address","setgid","setgroups","setuid","setresuid","setresgid","setsid","sigaltstack","stat","statfs","statx","tgkill","umask","uname","unlink","unlinkat","utimensat","utimes","vfork","fork","wait4","write","writev","accept4","connect","socket","bind","listen","close_range","getsockopt","setsockopt","shutdown","pidfd_open","kill","clock_gettime","sync","eventfd2","dup","time","gettimeofday","getpgid","setpgid","getsid","tkill","timer_create","timer_settime","timer_delete","mincore","get_robust_list","flock","fadvise64"'
	filtered "{\"defaultAction\":\"SCMP_ACT_ERRNO\"${1:+,\"defaultErrnoRet\":$1},\"syscalls\":[{\"names\":[$names],\"action\":\"SCMP_ACT_ALLOW\"}]}" 'c 600'
}

# L-139: defaultErrnoRet with an action that has no errno is an error
t_seccomp_default_errno_wrong() {
	refused '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":13,"syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO"}]}'
}

# L-140: errnoRet is the number of a rule's SCMP_ACT_ERRNO
t_seccomp_errno() {
	filtered "$(rule SCMP_ACT_ERRNO ',"errnoRet":28')" 'c 600'
	out_is 'No space left on device'
}

# L-141: which is EPERM when not given
t_seccomp_errno_eperm() {
	filtered "$(rule SCMP_ACT_ERRNO)" 'c 600'
	out_is 'Operation not permitted'
}

# L-142: errnoRet with an action that has no errno is an error
t_seccomp_errno_wrong() {
	refused ".linux.seccomp = $(rule SCMP_ACT_KILL ',"errnoRet":13')"
}

# L-143: an architecture of the list is taken
t_seccomp_architectures() {
	filtered "$(rule SCMP_ACT_ERRNO | sed 's/^{/{"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32","SCMP_ARCH_AARCH64","SCMP_ARCH_ARM"],/')" 'c 600'
	out_is 'Operation not permitted'
}

# L-144: an architecture outside of it is an error
t_seccomp_architecture_unknown() {
	refused ".linux.seccomp = $(rule SCMP_ACT_ERRNO | sed 's/^{/{"architectures":["SCMP_ARCH_NOSUCH"],/')"
}

with_flag() {
	filtered "$(rule SCMP_ACT_ERRNO | sed "s/^{/{\"flags\":[\"$1\"],/")" 'c 600'
	out_is 'Operation not permitted'
}

# L-145: flag SECCOMP_FILTER_FLAG_TSYNC
t_seccomp_flag_tsync() { with_flag SECCOMP_FILTER_FLAG_TSYNC; }
# L-146: flag SECCOMP_FILTER_FLAG_LOG
t_seccomp_flag_log() { with_flag SECCOMP_FILTER_FLAG_LOG; }
# L-147: flag SECCOMP_FILTER_FLAG_SPEC_ALLOW
t_seccomp_flag_spec_allow() { with_flag SECCOMP_FILTER_FLAG_SPEC_ALLOW; }
# L-148: a flag outside of the list is an error
t_seccomp_flag_unknown() {
	refused ".linux.seccomp = $(rule SCMP_ACT_ERRNO | sed 's/^{/{"flags":["SECCOMP_FILTER_FLAG_NOSUCH"],/')"
}

# L-149: names has at least one entry
t_seccomp_names_empty() {
	refused '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_ERRNO"}]}'
}

# L-150: a rule has names
t_seccomp_names_required() {
	refused '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ERRNO"}]}'
}

# L-151: a rule has an action
t_seccomp_action_required() {
	refused '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod"]}]}'
}

# L-152: action SCMP_ACT_ALLOW
t_seccomp_action_allow() {
	filtered '{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ALLOW"}]}' 'c 600'
	out_is ok
}
# L-153: action SCMP_ACT_LOG
t_seccomp_action_log() {
	filtered "$(rule SCMP_ACT_LOG)" 'c 600'
	out_is ok
}

killed() { # ACTION SIGNAL
	filtered "$(rule "$1")" 'chmod 600 /tmp/f; echo $?'
	out_is $((128 + $2))
}

# L-154: action SCMP_ACT_KILL
t_seccomp_action_kill() { killed SCMP_ACT_KILL 31; }
# L-155: action SCMP_ACT_KILL_PROCESS
t_seccomp_action_kill_process() { killed SCMP_ACT_KILL_PROCESS 31; }
# L-156: action SCMP_ACT_KILL_THREAD
t_seccomp_action_kill_thread() { killed SCMP_ACT_KILL_THREAD 31; }
# L-157: action SCMP_ACT_TRAP
t_seccomp_action_trap() { killed SCMP_ACT_TRAP 31; }
# L-158: action SCMP_ACT_TRACE: ENOSYS without a tracer
t_seccomp_action_trace() {
	filtered "$(rule SCMP_ACT_TRACE)" 'c 600'
	out_is "$(printf 'Function not %s' implemented)"
}

# mode is argument 1 of chmod(2).
compared() { # OP VALUE VALUE2 LOWER SAME HIGHER: for the modes 0600, 0640, 0644
	filtered "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"chmod\"],\"action\":\"SCMP_ACT_ERRNO\",
		\"args\":[{\"index\":1,\"value\":$2,\"valueTwo\":$3,\"op\":\"$1\"}]}]}" 'for m in 600 640 644; do c $m; done'
	same "$(sed 's/Operation.*/no/' "$T/out" | tr '\n' ' ')" "$4 $5 $6 "
}

# L-159: operator SCMP_CMP_NE
t_seccomp_op_ne() { compared SCMP_CMP_NE 416 0 no ok no; }
# L-160: operator SCMP_CMP_LT
t_seccomp_op_lt() { compared SCMP_CMP_LT 416 0 no ok ok; }
# L-161: operator SCMP_CMP_LE
t_seccomp_op_le() { compared SCMP_CMP_LE 416 0 no no ok; }
# L-162: operator SCMP_CMP_EQ
t_seccomp_op_eq() { compared SCMP_CMP_EQ 416 0 ok no ok; }
# L-163: operator SCMP_CMP_GE
t_seccomp_op_ge() { compared SCMP_CMP_GE 416 0 ok no no; }
# L-164: operator SCMP_CMP_GT
t_seccomp_op_gt() { compared SCMP_CMP_GT 416 0 ok ok no; }
# L-165: operator SCMP_CMP_MASKED_EQ, with valueTwo
t_seccomp_op_masked_eq() { compared SCMP_CMP_MASKED_EQ 4 4 ok ok no; }
# L-166: an operator outside of the list is an error
t_seccomp_op_unknown() {
	refused '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":1,"op":"SCMP_CMP_NOSUCH"}]}]}'
}

# L-167: several arguments of a rule hold together
t_seccomp_args_together() {
	filtered '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["chmod"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":416,"op":"SCMP_CMP_GE"},{"index":0,"value":0,"op":"SCMP_CMP_EQ"}]}]}' 'c 640'
	out_is ok
}

listening() { # SECCOMP
	"$BUILD/tests/harness/fd_agent" --print "$T/sock" >"$T/received" &
	RECEIVER=$!
	until_ok test -S "$T/sock"
	up ".annotations = {\"a.b\":\"c\"} | .linux.seccomp = ($1 | .listenerPath = \$T + \"/sock\")" sh -c 'echo ran >/ran'
	rt start "$ID"
	until_ok test -s "$T/received"
	wait "$RECEIVER"
	sed -n 's/^text //p' "$T/received" >"$T/agent.json"
}

notify='{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"some text","syscalls":[{"names":["chmod"],"action":"SCMP_ACT_NOTIFY"}]}'

# L-168: action SCMP_ACT_NOTIFY: the listener gets the notify descriptor, named in fds
t_seccomp_listener_fd() {
	listening "$notify"
	grep -q '^fds 1 anon_inode:seccomp notify' "$T/received"
	jq -e '.fds == ["seccompFd"]' "$T/agent.json"
}

# L-169: exactly one container process state on a connection
t_seccomp_listener_one_state() {
	listening "$notify"
	same "$(jq -c .fds "$T/agent.json" | wc -l)" 1
	same "$(grep -c '^fds' "$T/received")" 1
}

# L-170: the connection is closed then
t_seccomp_listener_closed() {
	listening "$notify"
	grep -q '^closed' "$T/received"
}

# L-171: a listener that cannot be reached is an error
t_seccomp_listener_absent() {
	conf ".linux.seccomp = ($notify | .listenerPath = \$T + \"/nosuch\")" sh -c 'echo ran >/ran; sleep 1000'
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1; then fails rt start "$ID"; fi
	[ ! -e "$B/rootfs/ran" ]
}

# L-172: without SCMP_ACT_NOTIFY listenerPath is ignored
t_seccomp_listener_ignored() {
	filtered "$(rule SCMP_ACT_ERRNO | sed 's/^{/{"listenerPath":"\/nosuch",/')" 'c 600'
	out_is 'Operation not permitted'
}

# L-173: listenerMetadata is handed on
t_seccomp_listener_metadata() {
	listening "$notify"
	jq -e '.metadata == "some text"' "$T/agent.json"
}

# L-174: listenerMetadata without listenerPath is an error
t_seccomp_metadata_alone() {
	refused ".linux.seccomp = ($(rule SCMP_ACT_ERRNO) | .listenerMetadata = \"x\")"
}

# L-178: the state is JSON, its descriptors come by SCM_RIGHTS with the first message
t_seccomp_state_json() {
	listening "$notify"
	head -1 "$T/received" | grep -q '^fds'
	jq -e 'type == "object"' "$T/agent.json"
}

# L-179: ociVersion, pid and state are there
t_seccomp_state_complete() {
	listening "$notify"
	jq -e --arg id "$ID" '(.ociVersion | type == "string") and (.pid > 0) and .state.id == $id and
		(.state.status | type == "string") and .state.annotations["a.b"] == "c" and (.state.bundle | type == "string")' "$T/agent.json"
}
