#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# .linux.seccomp from inside: actions, errno, arguments, flags, architectures, the notify listener.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

inside() {
	runtime_args sh -c "$1"
	rt run -b "$BUNDLE" "$ID"
}

# A rule for mkdir and mkdirat; all else by the default $2 (ALLOW).
rule() { # ACTION [DEFAULT] [MORE MEMBERS OF THE RULE]
	runtime_config ".linux.seccomp = {\"defaultAction\":\"SCMP_ACT_${2:-ALLOW}\",\"syscalls\":[
		{\"names\":[\"mkdir\",\"mkdirat\",\"no_such_call\"],\"action\":\"SCMP_ACT_$1\"${3:+,$3}}]}"
}

@test "actions" {
	local action

	for action in KILL KILL_PROCESS KILL_THREAD TRAP; do
		rule "$action"
		run -0 inside 'mkdir /tmp/a 2>/dev/null; echo $?' # 128 + SIGSYS
		[[ ${lines[-1]} = 159 ]]
	done
	rule ERRNO
	run -0 inside 'mkdir /tmp/a 2>&1; true'
	[[ $output == *"not permitted"* ]]
	rule TRACE # and nobody traces
	run -0 inside 'mkdir /tmp/a 2>&1; true'
	[[ $output == *"unction not"* ]]
	rule LOG
	run -0 inside 'mkdir /tmp/a && echo made'
	[ "$output" = made ]
	rule ALLOW LOG
	run -0 inside 'mkdir /tmp/b && echo made; grep Seccomp: /proc/self/status'
	[[ ${lines[0]} = made && ${lines[1]} == *2 ]]
}

@test "errnoRet, defaultErrnoRet" {
	rule ERRNO ALLOW '"errnoRet":28'
	run -0 inside 'mkdir /tmp/a 2>&1; true'
	[[ $output == *"No space left"* ]]
	# everything that busybox needs here, and mkdir is left to the default
	rule ALLOW
	runtime_config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' \
		'.linux.seccomp.syscalls[0].errnoRet = 0'
	run -0 inside 'mkdir /tmp/a; test -e /tmp/a || echo pretended'
	[ "$output" = pretended ]
	rule ALLOW ERRNO
	runtime_config '.linux.seccomp.defaultErrnoRet = 38' \
		'.linux.seccomp.syscalls[0].names += ["execve","brk","mmap","arch_prctl","set_tid_address","set_robust_list","rseq","prlimit64","readlink","getrandom","mprotect","ioctl","write","writev","read","exit_group","prctl","capset","getuid","geteuid","getpid","getppid","rt_sigaction","rt_sigprocmask","rt_sigreturn","fcntl","fork","vfork","clone","wait4","stat","lstat","newfstatat","fstat","open","openat","close","dup2","getcwd","uname","setuid","setgid","getgid","getegid","sysinfo","readlinkat","exit","futex","poll","sendto","recvfrom"]'
	run -0 inside 'sync; chmod 700 /tmp 2>&1; true'
	[[ $output == *"unction not"* ]]
	rule ALLOW ALLOW '"errnoRet":1'
	run ! inside true
	[[ $output == *errnoRet* ]]
}

@test "arguments: every operator" {
	local op value two want

	# kill(2)'s second argument; kill -0 is a probe with signal 0, -USR1 is 10, to nobody
	while read -r op value two want; do
		runtime_config ".linux.seccomp = {\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"kill\"],
			\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":28,\"args\":[{\"index\":1,\"value\":$value,\"valueTwo\":$two,\"op\":\"SCMP_CMP_$op\"}]}]}"
		run -0 inside 'for s in 0 10 12; do kill -$s 99999 2>&1 | grep -c space; done; true'
		echo "$op $value $two: ${lines[*]}"
		[ "${lines[*]}" = "${want//,/ }" ]
	done <<-END
		NE 10 0 1,0,1
		LT 10 0 1,0,0
		LE 10 0 1,1,0
		EQ 10 0 0,1,0
		GE 10 0 0,1,1
		GT 10 0 0,0,1
		MASKED_EQ 6 4 0,0,1
	END
}

@test "flags: taken, unknown ones refused" {
	rule ERRNO
	runtime_config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_TSYNC"]'
	runtime_args sh -c 'grep Seccomp: /proc/self/status'
	strace -fqe trace=seccomp -o "$BATS_TEST_TMPDIR/trace" "$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out"
	grep -q 2 "$BATS_TEST_TMPDIR/out"
	grep 'TSYNC.*LOG.*SPEC_ALLOW.* = 0' "$BATS_TEST_TMPDIR/trace"
	runtime_config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_MAGIC"]'
	run ! inside true
	[[ $output == *seccomp.flags*SECCOMP_FILTER_FLAG_MAGIC* ]]
}

@test "architectures: each of the specification is taken or refused by name" {
	local arch known=0

	for arch in X86 X86_64 X32 ARM AARCH64 LOONGARCH64 M68K MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 \
		MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X SH SHEB PARISC PARISC64 RISCV64; do
		rule ERRNO
		runtime_config ".linux.seccomp.architectures = [\"SCMP_ARCH_$arch\"]"
		run inside true
		# another byte order cannot stand in one filter with ours
		[ "$status" = 0 ] && known=$((known + 1)) || [[ $output == *seccomp.architectures*"SCMP_ARCH_$arch'"* ]]
	done
	echo "$known"
	[ "$known" -ge 8 ]
}

@test "notify: the listener gets state, metadata and descriptor" {
	local got=$BATS_TEST_TMPDIR/got

	rule NOTIFY
	runtime_config ".linux.seccomp.listenerPath = \"$BATS_TEST_TMPDIR/s\"" '.linux.seccomp.listenerMetadata = "a \"b\""' \
		'.annotations.key = "value"' '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	agent "$BATS_TEST_TMPDIR/s" "$got" 28
	run -0 inside 'mkdir /tmp/a 2>&1; true'
	[[ $output == *"No space left"* ]]
	wait "$AGENT"
	head -1 "$got" | jq -e --arg id "$ID" --arg b "$BUNDLE" '.ociVersion != "" and .fds == ["seccompFd"] and .pid > 0 and
		.metadata == "a \"b\"" and .state.id == $id and .state.bundle == $b and
		.state.pid == .pid and .state.status != "" and .state.annotations.key == "value"'
	sed -n 2p "$got" | grep -q seccomp
	[ "$(wc -l <"$got")" = 2 ]
}

@test "notify: exec has a listener of its own" {
	rule NOTIFY
	runtime_config ".linux.seccomp.listenerPath = \"$BATS_TEST_TMPDIR/s\""
	runtime_args sleep 1000
	agent "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/got" 28
	first=$AGENT
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rm "$BATS_TEST_TMPDIR/s"
	agent "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/got2" 17
	run rt exec "$ID" mkdir /tmp/a
	[[ $output == *"File exists"* ]]
	wait "$AGENT"
	jq -se '.[0].pid != .[0].state.pid' <(head -1 "$BATS_TEST_TMPDIR/got2")
	rt delete -f "$ID"
	wait "$first"
}

@test "notify: annotation and environment name the listener" {
	rule NOTIFY
	agent "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/got" 28
	runtime_config ".annotations[\"run.oci.seccomp.receiver\"] = \"$BATS_TEST_TMPDIR/s\""
	run -0 inside 'mkdir /tmp/a 2>&1; true'
	[[ $output == *"No space left"* ]]
	wait "$AGENT"
	runtime_config 'del(.annotations)'
	rm "$BATS_TEST_TMPDIR/s"
	agent "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/got" 17
	export RUN_OCI_SECCOMP_RECEIVER=$BATS_TEST_TMPDIR/s
	run -0 inside 'mkdir /tmp/a 2>&1; true'
	[[ $output == *"File exists"* ]]
	wait "$AGENT"
}

@test "notify: refusals" {
	rule NOTIFY
	run ! inside true
	[[ $output == *listenerPath* ]]
	runtime_config ".linux.seccomp.listenerPath = \"$BATS_TEST_TMPDIR/nobody\""
	run ! inside true
	[[ $output == *"$BATS_TEST_TMPDIR/nobody"* ]]
	runtime_config '.linux.seccomp.syscalls[0].names += ["write"]'
	run ! inside true
	[[ $output == *NOTIFY*write* ]]
	rule ALLOW NOTIFY
	run ! inside true
	[[ $output == *defaultAction*NOTIFY* ]]
	rule ERRNO
	runtime_config '.linux.seccomp.listenerMetadata = "x"'
	run ! inside true
	[[ $output == *listenerMetadata*listenerPath* ]]
}

# Files that a start puts into the cache of filters.
written() {
	strace -fqe trace=renameat,renameat2,linkat -o "$BATS_TEST_TMPDIR/trace" "$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID"
	grep -c '[.]bpf".* = 0$' "$BATS_TEST_TMPDIR/trace" || true
}

@test "compiled once" {
	[ "$RUNTIME" = "$BUILD/src/cmd/coracle-runtime" ] || skip "a cache is ours"
	# A rule that nobody had before.  The cache is everybody's: what is done there tells, not how much is in it.
	rule ERRNO ALLOW "\"args\":[{\"index\":1,\"value\":$(date +%s%N),\"op\":\"SCMP_CMP_EQ\"}]"
	runtime_args true
	[ "$(written)" = 1 ]
	[ "$(written)" = 0 ]
}
