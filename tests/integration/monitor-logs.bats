#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Log drivers of the monitor: formats, several at once, rate limits, much output.

bats_require_minimum_version 1.5.0
load monitor

setup() {
	monitor_setup
}

teardown() {
	monitor_teardown
}

# A monitor with the log drivers of the test, and its container.
logs_run() {
	monitor_words
	run --separate-stderr "$MC" start -- "${WORDS[@]}" "$@"
	[[ $output == 'sync: {"data": '[1-9]*'}'* ]] || {
		echo "monitor: $output $stderr"
		return 1
	}
	rt start "$ID"
}

@test "log: json-file has a line's text, stream, time and labels" {
	runtime_args sh -c 'echo "say \"hi\""; printf "tail\\t" >&2'
	logs_run -l "json-file:$LOG" --log-tag tag --log-label role=test
	monitor_wait
	[ "$(jq -r 'select(.stream == "stdout") | .log' "$LOG")" = 'say "hi"' ]
	[ "$(jq -c 'select(.stream == "stderr") | .log' "$LOG")" = '"tail\t"' ]
	[ "$(jq -c .attrs "$LOG" | sort -u)" = '{"tag":"tag","role":"test"}' ]
	[[ $(jq -r .time "$LOG" | head -1) == 20*T*Z ]]
}

@test "log: several drivers at once get the same lines" {
	"$MC" listen "$M/syslog" 201 >"$M/entries" &
	listener=$!
	"$MC" wait-file "$M/syslog"
	runtime_args sh -c 'i=0; while [ $i -lt 200 ]; do echo "line $i"; i=$((i+1)); done; echo end >&2'
	logs_run -l "k8s-file:$M/k8s" -l "json-file:$M/json" -l "$M/bare" -l "syslog:$M/syslog" -l none
	monitor_wait
	wait "$listener"
	seq -f 'line %.0f' 0 199 >"$M/want"
	monitor_log "$M/k8s" | sed -n 's/^stdout F //p' | cmp - "$M/want"
	cmp "$M/k8s" "$M/bare"
	jq -r 'select(.stream == "stdout") | .log' -j "$M/json" | cmp - "$M/want"
	grep -o 'line [0-9]*' "$M/entries" | cmp - "$M/want"
	grep -q '<27>.* name\[[0-9]*\]: end' "$M/entries"
}

@test "log: json-file rotation under load loses, repeats and splits nothing" {
	runtime_args sh -c 'i=0; while [ $i -lt 30000 ]; do echo "line $i"; i=$((i+1)); done'
	logs_run -l "json-file:$LOG" --log-size-max 100000 --log-rotate --log-max-files 50
	monitor_wait
	[ -e "$LOG.1" ]
	for f in $(ls "$LOG" "$LOG".* | sort -V -r); do
		[ "$(stat -c %s "$f")" -le 100000 ]
		jq -j .log "$f"
	done >"$M/all"
	seq -f 'line %.0f' 0 29999 | cmp - "$M/all"
}

# Milliseconds.
logged() { # LINE OF THE LOG
	date -d "${1%% *}" +%s%3N
}

@test "log: a rate limit holds the container up and loses nothing" {
	runtime_args sh -c 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'
	logs_run -l "k8s-file:$LOG" --log-rate 200000 --log-rate-burst 20000
	monitor_wait
	# By the times that the lines have in the log: 228890 bytes less the burst and what was read at once.
	echo "$(head -1 "$LOG") $(tail -1 "$LOG")"
	[ $(($(logged "$(tail -1 "$LOG")") - $(logged "$(head -1 "$LOG")"))) -ge 400 ]
	seq -f 'stdout F line %.0f' 0 19999 >"$M/want"
	monitor_log | cmp - "$M/want"
}

@test "log: a rate limit that drops lines counts them" {
	runtime_args sh -c 'i=0; while [ $i -lt 20000 ]; do echo "line $i."; i=$((i+1)); done'
	logs_run -l "k8s-file:$LOG" --log-rate 1000 --log-rate-burst 20000 --log-rate-policy drop
	monitor_wait
	dropped=$(sed -nE 's/.*coracle-monitor: ([0-9]+) lines of output were dropped here by the rate limit$/\1/p' "$LOG" | awk '{ n += $1 } END { print n + 0 }')
	kept=$(monitor_log | grep -cE '^stdout F line [0-9]+[.]$')
	[ "$dropped" -gt 0 ]
	[ "$((dropped + kept))" -eq 20000 ]
}

@test "log: a runtime that has much to say is not held up" {
	cat >"$M/runtime" <<-END
		#!/bin/sh
		case " \$* " in *" create "*) head -c 300000 /dev/zero | tr '\0' 'x' >&2 ;; esac
		exec "$RUNTIME" "\$@"
	END
	chmod +x "$M/runtime"
	runtime_args sh -c 'echo hello'
	RUNTIME=$M/runtime logs_run -l "k8s-file:$LOG"
	monitor_wait
	monitor_log | grep -q '^stdout F hello$'
	[ "$(monitor_log | grep -o x | wc -l)" -eq 300000 ]
}

@test "log: 300 MB of output with a client that does not read leaves the monitor small" {
	runtime_args sh -c 'read go; yes 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 | head -c 300000000; read end'
	logs_run -i --leave-stdin-open -l "k8s-file:$LOG" --log-size-max 20000000 --log-rotate
	"$MC" attach -s 1 "$BUNDLE" >/dev/null 3>&- &
	stalled=$!
	connected() { [ "$(ls -l "/proc/$(monitor_pid)/fd" | grep -c socket:)" -eq 2 ]; }
	until_ok connected
	"$MC" attach -i -s 0 "$BUNDLE" <<<go >/dev/null 3>&- &
	# All is written: the container reads again (or polls), the monitor waits.
	waits() {
		[ -e "$LOG.1" ] && grep -qE '^(0|7) ' "/proc/$(cat "$M/pid")/syscall" &&
			grep -qE '^(232|281) ' "/proc/$(monitor_pid)/syscall"
	}
	until_ok waits
	grep -qa __asan_init "$MONITOR" ||
		[ "$(awk '/^Private_Dirty/ { print $2 }' "/proc/$(monitor_pid)/smaps_rollup")" -le 700 ]
	kill "$stalled"
	wait "$stalled" || true
	"$MC" attach -i -c "$BUNDLE" <<<end >/dev/null
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = 0 ]
}

# memory_kb FIELD: of the monitor
memory_kb() { awk -v f="$1:" '$1 == f { print $2 }' "/proc/$(monitor_pid)/smaps_rollup"; }

# Small, and asleep until something happens: no timeout in epoll_wait or epoll_pwait.
at_rest() {
	grep -qE '^(232|281) (0x[0-9a-f]+ ){3}0x(ffffffff)+ ' "/proc/$(monitor_pid)/syscall" &&
		[ "$(memory_kb Rss)" -le 640 ]
}

@test "memory: a container that never writes leaves a small monitor, and one that wrote again" {
	grep -qa __asan_init "$MONITOR" && return
	runtime_args sh -c 'read go; yes 0123456789 | head -c 3000000; read end'
	logs_run -i --leave-stdin-open -l "k8s-file:$LOG"
	until_ok at_rest
	"$MC" attach -i -s 0 "$BUNDLE" <<<go >/dev/null 3>&- &
	written() { [ "$(grep -c 'stdout F' "$LOG")" -ge 272727 ]; }
	until_ok written
	until_ok at_rest
	"$MC" attach -i -c "$BUNDLE" <<<end >/dev/null
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = 0 ]
}
