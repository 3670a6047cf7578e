#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Exit statuses: the program's own, 128+signal, 125 ours, 126 and 127 the program's lack.

load helpers

@test "the program's own" {
	local n

	for n in 0 1 2 42 125 126 127 255; do
		run "-$n" co run --rm --network none "$IMAGE" sh -c "exit $n"
	done
}

@test "a signal gives 128 and its number" {
	run -137 co run --rm --init --network none "$IMAGE" sh -c 'kill -9 $$; sleep 5'
	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	co kill "$C"
	run -0 co wait "$C"
	[ "$output" = 137 ]
	[ "$(field "$C" '{{.State.ExitCode}} {{.State.OOMKilled}}')" = "137 false" ]
}

@test "127 the program is not there" {
	run -127 co run --rm --network none "$IMAGE" /nope
	[[ $output == *'"/nope"'* ]]
	[[ $output == *"OCI runtime attempted to invoke a command that was not found"* ]]
	run -127 co run --rm --network none "$IMAGE" nope
	run -127 co run --name "$C" --network none "$IMAGE" nope
	[ "$(state "$C")" = created ]
}

@test "126 it cannot be executed" {
	run -126 co run --rm --network none "$IMAGE" /etc/passwd
	[[ $output == *"permission denied"* || $output == *"Permission denied"* ]]
	run -126 co run --rm --network none "$IMAGE" /etc
}

@test "125 the engine's own errors" {
	run -125 co run --frob "$IMAGE"
	run -125 co run --pull never localhost/nosuch
	run -125 co run
	run -125 co frob
	run -125 co start nosuch
	run -125 co run --rm --network none -v /nonexistent:/x "$IMAGE" true
	[[ $output == *"/nonexistent"* ]]
	run -125 co create --network none --device /dev/nonexistent "$IMAGE" true
	[[ $output == *"/dev/nonexistent"* ]]
	run -125 co run --rm --dns x "$IMAGE" true
	[[ $output == *"x is not an ip address"* ]]
	run -125 co run --rm --network nosuch "$IMAGE" true
	[[ $output == *"unable to find network with name or ID nosuch: network not found"* ]]
}

@test "run: what was made and cannot be started is 126, or 127 when something was not found; start: 125" {
	run -126 co run --rm --network none -u nosuch "$IMAGE" true
	[[ $output == *"unable to find user nosuch: no matching entries in passwd file"* ]]
	run -126 co run --rm --network none -w /etc/passwd "$IMAGE" true
	run -127 co run --rm --network none --sysctl net.nosuch=1 "$IMAGE" true
	co create --name "$C" --network none "$IMAGE" nope
	run -125 co start "$C"
	[[ $output == *"unable to start container \"$C\": "*"command that was not found"* ]]
	run -125 co start -a "$C"
	run -125 co start "$C" nosuch
	[[ $output == *'no container with name or ID "nosuch" found: no such container'* ]]
}

@test "rm: 1 no such container, 2 it runs, silence with --force and --ignore" {
	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	run -1 co rm nosuch
	run -2 co rm "$C"
	[[ $output == *"running or paused containers cannot be removed without force"* ]]
	run -1 co rm nosuch "$C"
	run -0 co rm -f nosuch
	[ -z "$output" ]
	run -0 co rm --ignore nosuch
	[ -z "$output" ]
	run -0 co rm -f -t 0 "$C" nosuch
	[ "$output" = "$C" ]
}

@test "detached, by wait and inspect" {
	co run -d --name "$C" --network none "$IMAGE" sh -c 'exit 9'
	run -0 co wait "$C"
	[ "$output" = 9 ]
	# Cleaned up in the background.
	until_ok state_is "$C" exited
	[ "$(field "$C" '{{.State.ExitCode}} {{.State.Running}}')" = "9 false" ]
}

@test "nothing is left of a container that did not start" {
	run -127 co run --rm --network none --name "$C" "$IMAGE" /nope
	run -1 co container exists "$C"
}
