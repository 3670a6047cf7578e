#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A container whose monitor is killed: the engine's side of it.  (takeover.bats: the monitor's.)

load ../helpers

setup_file() { engine_setup_file; }
setup() { engine_setup; }
teardown() { engine_teardown; }
teardown_file() { engine_teardown_file; }

conmon_pid() {
	cat "$ENGINE_RUN/containers/$(field "$1" '{{.Id}}')/conmon.pid"
}

another_monitor() {
	[ "$(conmon_pid "$C")" != "$1" ]
}

# Monitor and keeper, so that neither can follow the other.
kill_both() {
	local monitor keeper

	monitor=$(conmon_pid "$1")
	keeper=$(pgrep -f "^coracle-keeper $(field "$1" '{{.Id}}')")
	kill -STOP "$keeper"
	kill -KILL "$monitor"
	kill -KILL "$keeper"
	until_ok gone "$monitor"
	until_ok gone "$keeper"
}

gone() {
	[ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

logged() {
	[[ $(co logs "$C" 2>&1) == *"$1"* ]]
}

@test "the monitor killed: output, exit status and the next command do not notice" {
	local monitor

	co run -d -i --name "$C" --network none "$IMAGE" sh -c 'read x; echo "got $x"; exit 7'
	monitor=$(conmon_pid "$C")
	kill -KILL "$monitor"
	until_ok another_monitor "$monitor"
	echo word | co attach "$C" || [ $? = 7 ]
	run -0 --separate-stderr co wait "$C"
	[ "$output" = 7 ]
	[ -z "$stderr" ]
	run -0 co logs "$C"
	[ "$output" = "got word" ]
	[ "$(field "$C" '{{.State.ConmonPid}}')" = 0 ]
}

@test "the monitor killed: stop, exec and inspect find the next one" {
	local monitor

	co run -d --name "$C" --network none "$IMAGE" sh -c 'trap "exit 3" TERM; while :; do sleep 1 & wait; done'
	monitor=$(conmon_pid "$C")
	kill -KILL "$monitor"
	run -0 co exec "$C" echo inside
	[ "$output" = inside ]
	until_ok another_monitor "$monitor"
	[ "$(field "$C" '{{.State.ConmonPid}}')" = "$(conmon_pid "$C")" ]
	run -0 --separate-stderr co stop "$C"
	[ -z "$stderr" ]
	[ "$(field "$C" '{{.State.ExitCode}}')" = 3 ]
}

@test "the monitor killed under an attached run: it goes on" {
	local go=$BATS_TEST_TMPDIR/go monitor

	mkdir "$go"
	co run --name "$C" --network none -v "$go:/go" "$IMAGE" \
		sh -c 'echo first; until [ -e /go/on ]; do :; done; echo second; exit 9' \
		>"$go/out" 2>"$go/err" 3>&- &
	until_ok grep -q first "$go/out"
	monitor=$(conmon_pid "$C")
	kill -KILL "$monitor"
	until_ok grep -q 'another one follows' "$go/err"
	: >"$go/on"
	wait $! || [ $? = 9 ]
	grep -q first "$go/out"
	run -0 co logs "$C"
	[ "$output" = $'first\nsecond' ]
	[ "$(field "$C" '{{.State.ExitCode}}')" = 9 ]
}

@test "monitor and keeper killed: reattach takes the streams from the container" {
	co run -d --name "$C" --network none "$IMAGE" \
		sh -c 'trap "" PIPE; until [ -e /tmp/on ]; do :; done; echo out; echo err >&2; exit 6'
	kill_both "$C"
	[ "$(co ps --format '{{.State}}' --filter "name=$C")" = running ]
	run -0 --separate-stderr co container reattach -a
	[[ $stderr == *"its monitor was killed; another one has taken it over"* ]]
	co exec "$C" touch /tmp/on
	run -0 --separate-stderr co wait "$C"
	[ "$output" = 6 ]
	logged out
	logged err
}

@test "monitor and keeper killed: the next command that opens the container reattaches it" {
	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	kill_both "$C"
	run -0 --separate-stderr co exec "$C" true
	[[ $stderr == *"another one has taken it over"* ]]
	run -0 --separate-stderr co stop -t 0 "$C"
	[ -z "$stderr" ]
	[ "$(field "$C" '{{.State.ExitCode}}')" = 137 ]
}

@test "reattach: a container with a monitor is left alone, one that does not run is an error" {
	local monitor

	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	monitor=$(conmon_pid "$C")
	run -0 --separate-stderr co container reattach "$C"
	[ -z "$stderr" ]
	[ "$(conmon_pid "$C")" = "$monitor" ]
	co kill "$C"
	co wait "$C"
	refused 125 'is not running' container reattach "$C"
}
