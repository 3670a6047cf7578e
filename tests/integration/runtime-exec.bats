#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec: flags, process.json, terminals, statuses.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
}
teardown() { runtime_teardown; }

@test "exit statuses" {
	rt exec "$ID" true
	run -5 rt exec "$ID" sh -c 'exit 5'
	run -255 rt exec "$ID" nosuch
	[[ $output == *'executable file not found in $PATH'* ]]
	run -255 rt exec "$ID" /nosuch
	[[ $output == *"no such file or directory"* ]]
	run -255 rt exec "$ID" /etc/passwd
	[[ $output == *"ermission denied"* ]]
	run -255 rt exec "$ID"
	run -255 rt exec nosuch true
}

@test "user, groups, cwd, environment" {
	[ "$(rt exec -u 1000:1001 -g 5 -g 6 "$ID" sh -c 'id -u; id -g; id -G' | tr '\n' ' ')" = \
		"1000 1001 1001 5 6 " ]
	[ "$(rt exec --cwd /tmp "$ID" pwd)" = /tmp ]
	[ "$(rt exec -e A=b=c "$ID" sh -c 'echo $A')" = b=c ]
	run -255 rt exec -e A "$ID" true
}

@test "every form of a user string" {
	local form

	for form in 1x x 0x1 +1 -1 "" : 1: :1 1:2:3 4294967295 4294967296 4294968296 " 1"; do
		run -255 rt exec -u "$form" "$ID" id
		[[ $output == *--user* ]]
	done
	[ "$(rt exec -u 1 "$ID" id -u)" = 1 ]
	[ "$(rt exec -u 010 "$ID" id -u)" = 10 ]
}

@test "all namespaces and cgroups are the container's" {
	local ns pid
	pid=$(rt state "$ID" | jq .pid)
	for ns in mnt pid net ipc uts cgroup user; do
		[ "$(rt exec "$ID" readlink /proc/self/ns/$ns)" = "$(readlink "/proc/$pid/ns/$ns")" ]
	done
	[ "$(rt exec "$ID" cat /proc/self/cgroup)" = "$(rt exec "$ID" cat /proc/1/cgroup)" ]
}

@test "--cap adds one, without inheritable" {
	[[ $(rt exec --cap CAP_NET_ADMIN "$ID" grep CapEff /proc/self/status) == *0000000020001420 ]]
	[[ $(rt exec --cap CAP_NET_ADMIN "$ID" grep CapInh /proc/self/status) == *0000000000000000 ]]
	run -255 rt exec --cap CAP_NOPE "$ID" true
}

@test "process.json" {
	echo '{"user":{"uid":7,"gid":8},"args":["sh","-c","id -u; id -g; pwd; exit 3"],"cwd":"/tmp","env":["PATH=/bin"]}' \
		>"$BATS_TEST_TMPDIR/p.json"
	run -3 rt exec -p "$BATS_TEST_TMPDIR/p.json" "$ID"
	[ "${lines[*]}" = "7 8 /tmp" ]
	echo '{"args":["true"],"cwd":7}' >"$BATS_TEST_TMPDIR/p.json"
	run -255 rt exec -p "$BATS_TEST_TMPDIR/p.json" "$ID"
	[[ $output == *cwd* ]]
}

@test "detach, pid file" {
	rt exec -d --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 500 </dev/null >/dev/null 2>&1
	grep -q "sleep" "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/cmdline"
}

@test "a terminal" {
	run -0 script -qec "'$RUNTIME' --root '$RT_ROOT' exec -t '$ID' sh -c 'tty; test -t 0 && test -t 1'" /dev/null
	[[ $output == *"/dev/pts/"* ]]
}

@test "preserved descriptors and no others" {
	[ "$(rt exec --preserve-fds 1 "$ID" sh -c 'cat <&3' 3<<<hello)" = hello ]
	run -255 sh -c "'$RUNTIME' --root '$RT_ROOT' exec --preserve-fds 2 '$ID' true 3</dev/null 4<&-"
	[[ $output == *"not open"* ]]
	[ "$(rt exec "$ID" sh -c 'cd /proc/self/fd; echo *' 5</etc/passwd 9</)" = "0 1 2 3" ] ||
		[ "$(rt exec "$ID" sh -c 'ls /proc/$$/fd | tr "\n" " "' 5</etc/passwd 9</)" = "0 1 2 " ]
}

@test "a seccomp filter also holds for exec" {
	rt delete -f "$ID"
	runtime_config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}' \
		'.process.noNewPrivileges = false'
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run -1 rt exec "$ID" mkdir /tmp/x
	[[ $output == *"ermission denied"* ]]
	[[ $(rt exec "$ID" grep Seccomp: /proc/self/status) == *2 ]]
	run -1 rt exec --no-new-privs "$ID" mkdir /tmp/x
	[[ $(rt exec --no-new-privs "$ID" grep NoNewPrivs: /proc/self/status) == *1 ]]
}
