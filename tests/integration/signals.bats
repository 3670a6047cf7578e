#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# stop, kill, signals to the attached engine.

load helpers

traps() {
	co run -d --name "$C" --network none "$@" "$IMAGE" sh -c 'trap "echo got TERM; exit 1" TERM; trap "echo got USR1; exit 2" USR1; trap "echo got HUP" HUP; echo ready; while :; do sleep 0.02; done'
	until_ok logs_have "$C" ready
}

@test "stop sends TERM and waits" {
	traps
	run -0 co stop -t 60 "$C"
	[ "$output" = "$C" ]
	[[ $(co logs "$C") == *"got TERM"* ]]
	[ "$(field "$C" '{{.State.ExitCode}} {{.State.StoppedByUser}}')" = "1 true" ]
}

@test "stop kills what does not listen" {
	co run -d --name "$C" --network none "$IMAGE" sh -c 'trap "" TERM; echo ready; while :; do sleep 0.02; done'
	until_ok logs_have "$C" ready
	run -0 --separate-stderr co stop -t 1 "$C"
	[[ $stderr == *"StopSignal SIGTERM failed to stop container $C in 1 seconds, resorting to SIGKILL"* ]]
	[ "$(field "$C" '{{.State.ExitCode}}')" = 137 ]
}

@test "--stop-signal, --stop-timeout" {
	traps --stop-signal USR1 --stop-timeout 60
	co stop "$C"
	[ "$(field "$C" '{{.State.ExitCode}} {{.Config.StopSignal}} {{.Config.StopTimeout}}')" = "2 SIGUSR1 60" ] ||
		[ "$(field "$C" '{{.State.ExitCode}} {{.Config.StopSignal}} {{.Config.StopTimeout}}')" = "2 10 60" ]
}

@test "stop of what does not run is fine, of a missing one not" {
	co run --name "$C" --network none "$IMAGE" true
	run -0 co stop "$C"
	refused 125 nosuch stop nosuch
	run -0 co stop --ignore nosuch
	co create --name "$C-2" --network none "$IMAGE" true
	run -0 co stop "$C-2"
}

@test "stop -a" {
	co run -d --name "$C-1" --network none "$IMAGE" sleep 1000
	co run -d --name "$C-2" --network none "$IMAGE" sleep 1000
	co stop -a -t 0
	[ "$(state "$C-1") $(state "$C-2")" = "exited exited" ]
}

@test "kill in its forms" {
	traps
	run -0 co kill -s HUP "$C"
	[ "$output" = "$C" ]
	until_ok logs_have "$C" "got HUP"
	co kill --signal SIGUSR1 "$C"
	run -0 co wait "$C"
	[ "$output" = 2 ]
	refused 125 "running" kill "$C"
	refused 125 FROB kill -s FROB "$C"
}

@test "signals to an attached run reach the program" {
	co run --name "$C" --network none "$IMAGE" sh -c 'trap "echo got TERM; exit 5" TERM; echo ready; while :; do sleep 0.02; done' >"$BATS_TEST_TMPDIR/out" 3>&- &
	local pid=$! status=0
	until_ok grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -TERM "$(pgrep -P "$pid" -x coracle || echo "$pid")"
	wait "$pid" || status=$?
	[ "$status" -eq 5 ]
	grep -q "got TERM" "$BATS_TEST_TMPDIR/out"
}

@test "--sig-proxy=false leaves the program alone" {
	co run --sig-proxy=false --name "$C" --network none "$IMAGE" sh -c 'echo ready; sleep 1000' >"$BATS_TEST_TMPDIR/out" 3>&- &
	local pid=$! status=0
	until_ok grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -TERM "$(pgrep -P "$pid" -x coracle || echo "$pid")"
	wait "$pid" || status=$?
	[ "$status" -ne 0 ]
	[ "$(state "$C")" = running ]
}
