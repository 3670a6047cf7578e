#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# exec into running containers.

load helpers

start() {
	co run -d --name "$C" --network none "$@" "$IMAGE" sleep 1000
}

@test "output and status come through" {
	start
	run -3 --separate-stderr co exec "$C" sh -c 'echo out; echo err >&2; exit 3'
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "-i" {
	start
	run -0 co exec -i "$C" cat <<<"typed"
	[ "$output" = typed ]
	run -0 co exec "$C" cat <<<"typed"
	[ -z "$output" ]
}

@test "-it" {
	start
	run -4 pty size:20x70 'expect:# ' 'send:stty size\n' 'expect:20 70' 'expect:# ' size:21x71 \
		'send:stty size\n' 'expect:21 71' 'expect:# ' 'send:exit 4\n' -- exec -it -e 'PS1=# ' "$C" sh
}

@test "-d runs on its own" {
	start
	run -0 co exec -d "$C" sh -c 'echo done >/tmp/x'
	[[ $output =~ ^[0-9a-f]{64}$ ]]
	until_ok co exec "$C" test -s /tmp/x
}

@test "-e, --env-file, -w, -u" {
	start -e OUTER=1
	echo FROM=file >"$BATS_TEST_TMPDIR/env"
	run -0 co exec -e A=1 --env-file "$BATS_TEST_TMPDIR/env" "$C" sh -c 'echo $A $FROM $OUTER'
	[ "$output" = "1 file 1" ]
	run -0 co exec -w /home/user -u user "$C" sh -c 'pwd; id -u; echo $HOME'
	[ "$output" = $'/home/user\n1000\n/home/user' ]
	run -0 co exec -u 5:6 "$C" id -u
	[ "$output" = 5 ]
	run -0 co exec -u 1 "$C" id -u
	[ "$output" = 1 ]
	refused 125 nobody exec -u nobody "$C" true
}

@test "--privileged" {
	start
	run -0 co exec "$C" grep CapEff /proc/self/status
	local plain=$output
	run -0 co exec --privileged "$C" grep CapEff /proc/self/status
	[ "$output" != "$plain" ]
	run -0 co exec "$C" grep CapInh /proc/self/status
	[[ $output == *0000000000000000 ]]
}

@test "a user's exec has no capabilities" {
	start
	run -0 co exec -u user "$C" grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status
	[ "$(grep -c 0000000000000000 <<<"$output")" -eq 4 ]
}

@test "the program is missing, is no program" {
	start
	run -127 co exec "$C" /nope
	[[ $output == *nope* ]]
	run -126 co exec "$C" /etc
	run -127 co exec "$C" nope
}

@test "signals give 128 and more" {
	start
	run -137 co exec "$C" sh -c 'kill -9 $$'
	run -143 co exec "$C" sh -c 'kill -15 $$'
}

@test "only in running containers" {
	co create --name "$C" --network none "$IMAGE" true
	refused 255 "$C" exec "$C" true || refused 125 "state improper" exec "$C" true
	refused 125 "no container with name or ID \"nosuch\" found" exec nosuch true
}

@test "it joins all namespaces and the cgroup" {
	start
	local pid ns

	pid=$(field "$C" '{{.State.Pid}}')
	for ns in ipc mnt net pid uts; do
		[ "$(co exec "$C" readlink "/proc/self/ns/$ns")" = "$(readlink "/proc/$pid/ns/$ns")" ]
	done
	co exec "$C" cat /proc/self/cgroup | sort >"$BATS_TEST_TMPDIR/a"
	co exec "$C" cat /proc/1/cgroup | sort >"$BATS_TEST_TMPDIR/b"
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "much output, both ways" {
	start
	head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	co exec -i "$C" cat <"$BATS_TEST_TMPDIR/data" >"$BATS_TEST_TMPDIR/back"
	cmp "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/back"
}

@test "many at once" {
	start
	local i pids=()

	for i in {1..10}; do
		co exec "$C" sh -c "exit $i" 3>&- &
		pids+=($!)
	done
	for i in {1..10}; do
		local status=0
		wait "${pids[i - 1]}" || status=$?
		[ "$status" -eq "$i" ]
	done
	[ -z "$(field "$C" '{{range .ExecIDs}}{{.}}{{end}}')" ]
}

@test "the container's end ends the exec" {
	start
	co exec "$C" sleep 1000 3>&- &
	local pid=$! status=0
	until_ok co exec "$C" sh -c '[ "$(ps | grep -c "[s]leep 1000")" -ge 2 ]'
	co stop -t 0 "$C"
	wait "$pid" || status=$?
	[ "$status" -eq 137 ]
}

# Private memory of all monitors of the container, in kB; the largest one's.
monitors_kb() {
	local pid

	for pid in $(pgrep -f -- "coracle-monitor .*$1"); do
		awk '/^Private_Dirty/ { print $2 }' "/proc/$pid/smaps_rollup"
	done | sort -n | tail -1
}

@test "a client that does not read holds up its own program only, and costs no memory" {
	local id pid fifo=$BATS_TEST_TMPDIR/fifo

	id=$(co run -d --name "$C" --network none "$IMAGE" sh -c 'while :; do echo tick; sleep 0.02; done')
	mkfifo "$fifo"
	co exec "$C" sh -c 'yes 0123456789abcde | head -c 100000000' >"$fifo" 3>&- &
	pid=$!
	exec 4<"$fifo"
	# The program fills all that is between it and us, then it waits: yes, head, and our command.
	blocked() { [ "$(pgrep -f 'head -c 100000000|yes 0123456789abcde' | xargs -I{} cat '/proc/{}/stack' 2>/dev/null | grep -c pipe_write)" -ge 3 ]; }
	until_ok blocked
	grep -qa __asan_init "$BUILD/src/cmd/coracle-monitor" || [ "$(monitors_kb "$id")" -le 700 ]
	# The container's own output goes on, and so do other sessions.
	[ "$(co exec "$C" echo other)" = other ]
	lines=$(co logs "$C" | wc -l)
	more_lines() { [ "$(co logs "$C" | wc -l)" -gt "$lines" ]; }
	until_ok more_lines
	# All of it is there for who reads at last.
	[ "$(sha256sum <&4)" = "$(yes 0123456789abcde | head -c 100000000 | sha256sum)" ]
	wait "$pid"
	exec 4<&-
}
