#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The monitor is killed while the container runs: nothing of it is lost.

bats_require_minimum_version 1.5.0
load ../monitor

setup() {
	monitor_setup
}

teardown() {
	monitor_teardown
}

another_monitor() {
	[ "$(monitor_pid)" != "$1" ] && [ "$(cat "/proc/$(monitor_pid)/comm")" = coracle-monitor ]
}

# kill -9 to the monitor; until another one has taken over.
replace_monitor() {
	local old

	old=$(monitor_pid)
	kill -KILL "$old" || [ -e "$M/exits/$ID" ]
	taken_over() { [ -e "$M/exits/$ID" ] || another_monitor "$old"; }
	until_ok taken_over
}

keeper_pid() {
	pgrep -x -P "$(monitor_pid)" coracle-keeper
}

# Kills from now to the container's end: at least so many.
kill_to_the_end() {
	for ((kills = 0; kills < 1000; kills++)); do
		[ ! -e "$M/exits/$ID" ] || break
		replace_monitor
	done
	"$MC" wait-file "$M/exits/$ID"
	[ "$kills" -ge "$1" ]
}

# The texts of all files of the log, oldest first, are 1..$1, each once, none cut.
numbered() {
	for n in 9 8 7 6 5 4 3 2 1; do
		[ ! -e "$LOG.$n" ] || cat "$LOG.$n"
	done | cat - "$LOG" | awk -v last="$1" '
		$3 != "F" || $4 != NR { print "line " NR ": " $0; bad = 1; exit }
		END { if (!bad && NR != last) { print NR " lines instead of " last; bad = 1 } exit bad }'
}

# A container that prints 1..$1.
counting() {
	runtime_args sh -c "i=0; while [ \$i -lt $1 ]; do i=\$((i + 1)); echo \$i; done; exit 7"
}

killed_often() {
	counting 20000
	monitor_run
	kill_to_the_end 1
	[ "$(cat "$M/exits/$ID")" = 7 ]
	[ "$(cat "$M/persist/exit")" = 7 ]
	numbered 20000
	"$MC" wait-exit "$(monitor_pid)"
}

@test "takeover: killed again and again, no line is lost or repeated" {
	each_runtime killed_often
}

@test "takeover: while log files are rotated" {
	counting 20000
	monitor_run --log-size-max 150000 --log-rotate --log-max-files 9
	kill_to_the_end 1
	numbered 20000
}

@test "takeover: the container's streams stay open, stdin too" {
	runtime_args sh -c 'read a; echo "got $a"; read b; echo "got $b" >&2; cat; exit 5'
	monitor_run -i --leave-stdin-open
	replace_monitor
	echo one | "$MC" attach -i "$BUNDLE" >/dev/null &
	until_ok grep -q 'got one' "$LOG"
	replace_monitor
	echo two | "$MC" attach -i "$BUNDLE" >/dev/null &
	until_ok grep -q 'got two' "$LOG"
	kill -KILL "$(cat "$M/pid")"
	"$MC" wait-file "$M/exits/$ID"
	[ "$(cat "$M/exits/$ID")" = 137 ]
	wait
	[ "$(monitor_log)" = $'stdout F got one\nstderr F got two' ]
}

@test "takeover: an end of stdin reaches the container through the keeper" {
	runtime_args sh -c 'cat; exit 6'
	monitor_run -i
	replace_monitor
	echo word | "$MC" attach -i "$BUNDLE" >/dev/null
	"$MC" wait-file "$M/exits/$ID"
	[ "$(cat "$M/exits/$ID")" = 6 ]
	[ "$(monitor_log)" = "stdout F word" ]
}

@test "takeover: a terminal is not hung up" {
	runtime_config '.process.terminal = true' '.process.env += ["PS1=> "]'
	runtime_args sh -c 'trap "echo hangup" HUP; read x; echo "got $x"; stty size; exit 3'
	monitor_run -t -i
	replace_monitor
	echo '1 41 101' >"$BUNDLE/ctl"
	printf 'word\n' | "$MC" attach -i "$BUNDLE" >"$M/client"
	"$MC" wait-file "$M/exits/$ID"
	[ "$(cat "$M/exits/$ID")" = 3 ]
	grep -q 'got word' "$LOG"
	grep -q '41 101' "$LOG"
	run ! grep -q hangup "$LOG"
}

@test "takeover: a killed keeper is replaced" {
	runtime_args sh -c 'read x; echo "$x"; exit 8'
	monitor_run -i
	for i in 1 2 3; do
		until_ok keeper_pid
		old=$(keeper_pid)
		kill -KILL "$old"
		another_keeper() { new=$(keeper_pid) && [ "$new" != "$old" ]; }
		until_ok another_keeper
	done
	replace_monitor
	echo word | "$MC" attach -i "$BUNDLE" >/dev/null
	"$MC" wait-file "$M/exits/$ID"
	[ "$(cat "$M/exits/$ID")" = 8 ]
	[ "$(monitor_log)" = "stdout F word" ]
}

@test "takeover: nothing is left when the container has ended" {
	runtime_args true
	monitor_run
	monitor_wait
	run ! pgrep -f -- "-u $UUID"
}

@test "takeover: without keeper and monitor the next one finds the streams again" {
	runtime_args sh -c 'trap "" PIPE; until [ -e /tmp/go ]; do :; done 2>/dev/null; echo out; echo err >&2; exit 9'
	runtime_config '.mounts += [{"destination": "/tmp", "type": "bind", "source": "'"$M"'/exits", "options": ["bind"]}]'
	monitor_run
	keeper=$(keeper_pid)
	kill -STOP "$keeper"
	kill -KILL "$(monitor_pid)"
	kill -KILL "$keeper"
	"$MC" wait-exit "$keeper"
	monitor_words
	old=$(monitor_pid)
	"${WORDS[@]}" --sync -l "k8s-file:$LOG" --takeover "$(cat "$M/pid")" 3>&- 4>&- &
	until_ok another_monitor "$old"
	touch "$M/exits/go"
	"$MC" wait-file "$M/exits/$ID"
	[ "$(cat "$M/exits/$ID")" = 9 ]
	[ "$(monitor_log | sort)" = $'stderr F err\nstdout F out' ]
}
