#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A container's life under the monitor: start, log, exit, failures, signals.

bats_require_minimum_version 1.5.0
load monitor

setup() {
	monitor_setup
}

teardown() {
	monitor_teardown
}

life() {
	runtime_args sh -c 'echo out1; printf partial; echo err1 >&2; exit 7'
	monitor_run
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = 7 ]
	[ "$(cat "$M/persist/exit")" = 7 ]
	[ "$(monitor_log | sort)" = "$(printf '%s\n' 'stderr F err1' 'stdout F out1' 'stdout P partial')" ]
	# What conmon leaves, and nothing else.
	[ ! -e "$BUNDLE/attach" ]
	[ -p "$BUNDLE/ctl" ]
	[ "$(ls "$M/exits")" = "$ID" ]
}

@test "monitor: start, log, exit in both places" {
	each_runtime life
}

failure() {
	runtime_config '.root.path = "/nonexistent"'
	monitor_start --exit-command /bin/touch --exit-command-arg "$M/cleaned"
	[[ $output == *'sync: {"data": -1, "message": "'*nonexistent*'"}'* ]]
	"$MC" wait-file "$M/cleaned"
	"$MC" wait-exit "$(monitor_pid)"
	[ ! -e "$M/exits/$ID" ]
	[ -z "$(rt list -q 2>/dev/null)" ]
}

@test "monitor: the runtime's words reach the engine when it fails" {
	each_runtime failure
}

@test "monitor: a stay as child ends with the container's status" {
	runtime_args sh -c 'kill -KILL $$; exit 3'
	monitor_words
	"$MC" start -n 9 -- "${WORDS[@]}" -l none --sync >"$M/out" &
	"$MC" wait-file "$M/pid"
	until_ok runtime_status_is "$ID" created
	rt start "$ID"
	wait $!
	[[ $(cat "$M/out") == *"status: 3"* || $(cat "$M/out") == *"status: 137"* ]]
	[[ $(cat "$M/out") == *"status: $(cat "$M/exits/$ID")"* ]]
}

@test "monitor: killed by a signal is 128 and its number" {
	runtime_args sleep 1000
	monitor_run
	rt kill "$ID" KILL
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = 137 ]
}

@test "monitor: signals are passed on to the container" {
	runtime_args sh -c 'trap "echo got; exit 42" TERM; echo ready; while :; do sleep 0.05; done'
	monitor_run
	until_ok grep -q ready "$LOG"
	kill -TERM "$(monitor_pid)"
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = 42 ]
	grep -q 'stdout F got' "$LOG"
}

timeouts() {
	runtime_args sleep 1000
	monitor_run --timeout 1
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = -1 ]
}

@test "monitor: timeout kills and records -1" {
	each_runtime timeouts
}

@test "monitor: exit command gets its words, after the exit file, without descriptors" {
	runtime_args sh -c 'exit 5'
	monitor_run --exit-command /bin/sh --exit-command-arg -c --exit-command-arg \
		"cat $M/exits/$ID >$M/tmp; ls /proc/self/fd | wc -l >>$M/tmp; cat /proc/self/oom_score_adj >>$M/tmp; mv $M/tmp $M/done"
	"$MC" wait-file "$M/done"
	[ "$(cat "$M/done")" = "$(printf '5%d\n%s' 4 "$(cat /proc/self/oom_score_adj)")" ]
}

# Milliseconds.
modified() {
	date -r "$1" +%s%3N
}

@test "monitor: exit delay comes between exit file and command" {
	runtime_args true
	monitor_run --exit-delay 1 --exit-command /bin/touch --exit-command-arg "$M/done"
	"$MC" wait-file "$M/done"
	# By the files' own times: how soon anybody looks does not matter.  Their clock may be a tick behind.
	[ $(($(modified "$M/done") - $(modified "$M/exits/$ID"))) -ge 900 ]
}

fds() {
	runtime_args sh -c 'cd /proc/self/fd && echo *; cat /proc/1/cmdline >/dev/null'
	monitor_run
	monitor_wait
	# 0, 1, 2 and perhaps the one of the listing itself.
	[[ $(monitor_log) == 'stdout F 0 1 2' || $(monitor_log) == 'stdout F 0 1 2 3' ]]
}

@test "monitor: the container gets no descriptor of the monitor" {
	each_runtime fds
}

@test "monitor: an engine that dies before the start byte starts nothing" {
	monitor_words
	run bash -c 'exec 5< <(:); _OCI_STARTPIPE=5 "$@"' -- "${WORDS[@]}" -l none --sync
	[ "$status" -eq 1 ]
	[[ $output == *"nothing was started"* ]]
	[ ! -e "$M/pid" ]
	[ -z "$(rt list -q 2>/dev/null)" ]
}

killed() {
	local keeper

	runtime_args sh -c 'while :; do sleep 0.05; done'
	monitor_run
	# conmon has none.
	keeper=$(pgrep -f "^coracle-keeper $ID$") || true
	[ -z "$keeper" ] || kill -STOP "$keeper"
	kill -KILL "$(monitor_pid)" $keeper
	"$MC" wait-exit "$(monitor_pid)"
	runtime_status_is "$ID" running
	[ ! -e "$M/exits/$ID" ]
	rt kill "$ID" KILL
	until_ok runtime_status_is "$ID" stopped
	rt delete "$ID"
	rm -f "$M/monitor.pid"
}

@test "monitor: killed with SIGKILL, the container goes on and can be stopped and deleted" {
	each_runtime killed
}

@test "monitor: killed while the runtime works, nothing is left" {
	# A runtime that never ends: it must die with the monitor.
	printf '#!/bin/sh\necho $$ >%s/runtime.pid\nmv %s/runtime.pid %s/runtime\nexec sleep 1000\n' "$M" "$M" "$M" >"$M/rt"
	chmod +x "$M/rt"
	RUNTIME=$M/rt monitor_words
	"$MC" start -- "${WORDS[@]}" -l none >"$M/out" &
	"$MC" wait-file "$M/runtime"
	kill -KILL "$(monitor_pid)"
	wait $!
	"$MC" wait-exit "$(cat "$M/runtime")"
	rm "$M/monitor.pid"
}

oom() {
	runtime_config '.linux.resources.memory.limit = 33554432'
	runtime_args sh -c 'a=0123456789; while :; do a=$a$a; done'
	monitor_run
	monitor_wait
	[ -e "$M/persist/oom" ]
	[ -e "$BUNDLE/oom" ]
	[ "$(cat "$M/exits/$ID")" = 137 ]
	rm "$BUNDLE/oom"
}

@test "monitor: an OOM kill leaves its marker" {
	each_runtime oom
}

@test "monitor: passthrough gives the container our own stdio" {
	runtime_args sh -c 'read x; echo "got $x"; echo err >&2'
	monitor_words
	echo hello >"$M/in"
	"$MC" start -- "${WORDS[@]}" -l passthrough <"$M/in" >"$M/out" 2>"$M/err"
	rt start "$ID"
	monitor_wait
	grep -q '^got hello$' "$M/out"
	grep -q '^err$' "$M/err"
	[ ! -e "$BUNDLE/attach" ]
}

@test "monitor: notify messages are relayed, forbidden lines left out" {
	"$MC" listen "$M/host.sock" 2 >"$M/heard" &
	"$MC" wait-file "$M/host.sock"
	runtime_args sleep 1000
	monitor_run --sdnotify-socket "$M/host.sock"
	cd "$BUNDLE"
	"$MC" notify notify/notify.sock $'READY=1\nMAINPID=1\n'
	"$MC" notify notify/notify.sock $'STATUS=up'
	wait $!
	[ "$(cat "$M/heard")" = "$(printf '%s\n' 'READY=1\n' 'STATUS=up')" ]
}

@test "monitor: wrong words are refused by name" {
	run "$MONITOR" --bogus
	[ "$status" -eq 1 ]
	[[ $output == *"'--bogus'"* ]]
	monitor_words
	run "${WORDS[@]}" -l frob:/x
	[ "$status" -eq 1 ]
	[[ $output == *"no such log driver 'frob'"* ]]
	run "${WORDS[@]}" -l none --seccomp-notify-socket x
	[ "$status" -eq 1 ]
	[[ $output == *"--seccomp-notify-socket is not supported"* ]]
	run "$MONITOR" --version
	[ "$status" -eq 0 ]
	[[ $output == "conmon version 2."* ]]
}

@test "monitor: 50 containers at once" {
	local i pids=()
	runtime_args sh -c 'echo "I am $(hostname)"; exit 9'
	for i in $(seq 50); do
		monitor_words
		mkdir -p "$M/b$i"
		jq ".hostname = \"h$i\" | .linux.cgroupsPath = \"/coracle-test/$ID-$i\" | .root.path = \"$BUNDLE/rootfs\" | .root.readonly = true" \
			"$BUNDLE/config.json" >"$M/b$i/config.json"
		"$MC" start -- "$MONITOR" --api-version 1 -c "$ID-$i" -u "$UUID-$i" -b "$M/b$i" -r "$RUNTIME" \
			--runtime-arg --root --runtime-arg "$RT_ROOT" -P "$M/b$i/monitor.pid" -p "$M/b$i/pid" --full-attach \
			--exit-dir "$M/exits" -l "k8s-file:$M/b$i/log" >"$M/b$i/out" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in $(seq 50); do
		rt start "$ID-$i" &
	done
	wait
	for i in $(seq 50); do
		"$MC" wait-file "$M/exits/$ID-$i"
		[ "$(cat "$M/exits/$ID-$i")" = 9 ]
		[ "$(monitor_log "$M/b$i/log")" = "stdout F I am h$i" ]
		"$MC" wait-exit "$(cat "$M/b$i/monitor.pid")"
	done
}
