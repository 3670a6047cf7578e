#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line of coracle-runtime where runc's and crun's forms meet; what is compared with runc itself is
# in tests/peers/runc-words.bats, the table of options in tests/unit/runtime/test_command_line.c.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

@test "help of the program and of every command, in each spelling" {
	local command form

	for form in --help -h -help '-?' --usage help h; do
		rt "$form" | grep -q '^  create '
	done
	for command in create start run exec kill delete state list ps pause resume update events spec features; do
		rt "$command" --help | grep -q "^Usage: coracle-runtime $command"
		[ "$(rt help "$command")" = "$(rt "$command" -h)" ]
	done
	run -1 rt help frobnicate
	[[ $output == *frobnicate* ]]
	run -1 rt
	[[ $output == *Commands:* ]]
}

@test "--version in runc's and crun's lines" {
	local form

	for form in --version -v -V; do
		run -0 rt "$form"
		[[ ${lines[0]} == "coracle-runtime version "* ]]
		[[ $output == *$'\n'"commit: "* && $output == *$'\n'"spec: 1."* ]]
		[[ $output == *$'\n'"rundir: "* && $output == *$'\n'"+"*"+SECCOMP"* ]]
	done
}

@test "a terminal adds no carriage returns" {
	runtime_config '.process.terminal = true'
	runtime_args sh -c 'echo one; echo two'
	rt run -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out"
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = $'one\ntwo' ]
	runtime_args sleep 1000
	runtime_config '.process.terminal = false'
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt exec -t "$ID" sh -c 'test -t 1 && echo three' </dev/null >"$BATS_TEST_TMPDIR/out"
	[ "$(od -An -c "$BATS_TEST_TMPDIR/out" | tr -d ' ')" = 'three\n' ]
}

@test "where the log goes" {
	run ! rt --log "file:$BATS_TEST_TMPDIR/log" state nosuch
	grep -q 'level=error msg="container does not exist' "$BATS_TEST_TMPDIR/log"
	run ! rt --log-format yaml state nosuch
	[[ $output == *yaml* ]]
	run ! rt --log-level loud state nosuch
	[[ $output == *loud* ]]
	run ! rt --log syslog: state nosuch
	[[ $output == *"needs a name"* ]]
	run ! rt --log "$BATS_TEST_TMPDIR/none/log" state nosuch
	[[ $output == *none/log* ]]
	rt --debug --log "$BATS_TEST_TMPDIR/debug" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	grep -q 'level=debug msg="runtime cgroup"' "$BATS_TEST_TMPDIR/debug"
	rt --log-level error --log "$BATS_TEST_TMPDIR/quiet" delete "$ID"
	[ ! -s "$BATS_TEST_TMPDIR/quiet" ]
}

# A log daemon for one message: what came in on the datagram socket $1.
listen_once() {
	python3 - "$1" <<-'END' &
		import socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.settimeout(60)
		s.bind(sys.argv[1])
		sys.stdout.write(s.recv(65536).decode())
	END
	until_ok test -S "$1"
}

@test "journald: and syslog: send one datagram a message" {
	local dir=$BATS_TEST_TMPDIR/run

	# /run and /dev of this test only: the sockets have fixed names.
	mkdir -p "$dir/journal"
	unshare -m --propagation private bash -s "$OLDPWD" <<-END
		set -eu
		$(declare -f listen_once until_ok)
		mkdir -p "$dir/dev" "$dir/systemd"
		mount -t tmpfs none "$dir/systemd"
		mkdir "$dir/systemd/journal"
		[ -d /run/systemd ] || { mount -t tmpfs none /run; mkdir /run/systemd; }
		mount --bind "$dir/systemd" /run/systemd
		listen_once /run/systemd/journal/socket >"$dir/journal.text"
		if "$RUNTIME" --root "$RT_ROOT" --log journald:ct1 state nosuch; then exit 1; fi
		wait
		mount -t tmpfs none /dev
		listen_once /dev/log >"$dir/syslog.text"
		if "$RUNTIME" --root "$RT_ROOT" --log syslog:ct1 state nosuch; then exit 1; fi
		wait
	END
	grep -qx 'PRIORITY=3' "$dir/journal.text"
	grep -qx 'ID=ct1' "$dir/journal.text"
	grep -q '^MESSAGE=container does not exist' "$dir/journal.text"
	grep -q '^<27>ct1\[[0-9]*\]: container does not exist' "$dir/syslog.text"
}

@test "values that are wrong are named" {
	run -1 rt --rootless maybe list
	[[ $output == *maybe* ]]
	run -1 rt --cgroup-manager other list
	[[ $output == *other* ]]
	run -1 rt list --format yaml
	[[ $output == *yaml* ]]
	run -1 rt create --detach x
	[[ $output == *--detach* ]]
	rt --rootless auto list
	rt --criu /usr/sbin/criu --rootless=false --systemd-cgroup=false list
}
