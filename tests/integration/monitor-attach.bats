#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Attach clients, stdin, terminals, exec, control fifo, log limits.

bats_require_minimum_version 1.5.0
load monitor

setup() {
	monitor_setup
}

teardown() {
	monitor_teardown
	if mountpoint -q "$M/small"; then umount "$M/small"; fi
}

# So many clients are connected.
clients() {
	connected() { [ "$(ls -l "/proc/$(monitor_pid)/fd" | grep -c socket:)" -eq "$(($1 + 1))" ]; }
	until_ok connected "$1"
}

interactive() {
	runtime_args sh -c 'echo out1; echo err1 >&2; read x; echo "got $x"; cat; exit 4'
	monitor_start -i
	printf 'line\nrest\n' | "$MC" attach -i "$BUNDLE" >"$M/one" &
	"$MC" attach "$BUNDLE" >"$M/two" &
	clients 2
	rt start "$ID"
	wait
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = 4 ]
	grep -q '^3:err1' "$M/one"
	[ "$(sort "$M/one")" = "$(sort "$M/two")" ]
	[ "$(grep '^2:' "$M/one" | tr -d '\n' | sed 's/2://g')" = 'out1\ngot line\nrest\n' ]
}

@test "attach: packets, stdin and its end" {
	each_runtime interactive
}

@test "attach: the short link to the bundle" {
	runtime_args sleep 1000
	monitor_run
	[ "$(readlink "$M/sock/$UUID")" = "$BUNDLE" ]
	[ "$(stat -c %a "$BUNDLE/attach")" = 700 ]
}

@test "attach: stdin left open for the next client" {
	runtime_args sh -c 'read a; read b; echo "$a and $b"'
	monitor_run -i --leave-stdin-open
	echo first | "$MC" attach -i -s 0 "$BUNDLE" >/dev/null &
	echo second | "$MC" attach -i "$BUNDLE" >/dev/null &
	wait
	monitor_wait
	[[ $(monitor_log) == "stdout F first and second" || $(monitor_log) == "stdout F second and first" ]]
}

@test "attach: a client that does not read holds up nobody, and loses nothing" {
	runtime_args sh -c 'read go; yes 0123456789abcde | head -c 20000000'
	monitor_run -i
	"$MC" attach -c "$BUNDLE" >"$M/fast" &
	fast=$!
	"$MC" attach -s 1 "$BUNDLE" >"$M/stalled" &
	stalled=$!
	# The stalled one is stopped altogether until the container has ended.
	"$MC" attach -c "$BUNDLE" >"$M/slow" &
	slow=$!
	clients 3
	kill -STOP "$slow"
	echo go | "$MC" attach -i -c "$BUNDLE" >/dev/null
	wait "$fast"
	[ "$(cat "$M/fast")" = 20000000 ]
	"$MC" wait-file "$M/exits/$ID"
	[ "$(cat "$M/exits/$ID")" = 0 ]
	# Not under a sanitizer, which has memory of its own.
	grep -qa __asan_init "$MONITOR" ||
		[ "$(awk '/^Private_Dirty/ { print $2 }' "/proc/$(monitor_pid)/smaps_rollup")" -le 336 ]
	kill -CONT "$slow"
	wait "$slow"
	[ "$(cat "$M/slow")" = 20000000 ]
	kill "$stalled"
	wait "$stalled" || true
	"$MC" wait-exit "$(monitor_pid)"
}

@test "attach: without a log the only client is waited for" {
	runtime_args sh -c 'mkfifo /dev/go; read go </dev/go; yes 0123456789abcde | head -c 5000000; exit 6'
	monitor_words
	"$MC" start -- "${WORDS[@]}" -l none -i
	rt start "$ID"
	"$MC" attach -c "$BUNDLE" >"$M/slow" &
	slow=$!
	clients 1
	kill -STOP "$slow"
	until_ok rt exec "$ID" test -p /dev/go
	rt exec "$ID" sh -c 'echo go >/dev/go'
	# The container fills the socket and the pipe, then it waits.
	blocked() { grep -q pipe_write "/proc/$(pgrep -P "$(cat "$M/pid")" head)/stack"; }
	until_ok blocked
	kill -CONT "$slow"
	wait "$slow"
	[ "$(cat "$M/slow")" = 5000000 ]
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = 6 ]
}

terminal() {
	runtime_config '.process.terminal = true' '.process.env += ["PS1=> "]'
	runtime_args sh -c 'echo one; stty size; read x; stty size; echo "got $x"; tty; exit 3'
	short=$(mktemp -d /tmp/ct.XXXXXX)
	TMPDIR=$short monitor_start -t -i
	[[ $output == 'sync: {"data": '* ]]
	rmdir "$short" # the console socket is gone already
	echo '1 40 100' >"$BUNDLE/ctl"
	rt start "$ID"
	until_ok grep -q '40 100' "$LOG"
	echo '1 41 101' >"$BUNDLE/ctl"
	printf 'word\n' | "$MC" attach -i "$BUNDLE" >"$M/client"
	monitor_wait
	[ "$(cat "$M/exits/$ID")" = 3 ]
	[[ $(monitor_log) == *'stdout F one'$'\r'* ]]
	[[ $(monitor_log) == *'41 101'* ]]
	[[ $(monitor_log) == *'got word'* ]]
	[[ $(monitor_log) == */dev/pts/0* ]]
	grep -q '^2:' "$M/client"
	! grep -q '^3:' "$M/client"
}

@test "attach: a terminal, resized through the fifo" {
	each_runtime terminal
}

execs() {
	runtime_args sleep 1000
	monitor_run
	monitor_exec -i -- sh -c 'echo from exec; echo err >&2; exit 5'
	[[ $output == *'attach: {"data": 0}'* ]]
	[[ $output == *'2:from exec\n'* ]]
	[[ $output == *'3:err\n'* ]]
	[[ $output == *'sync: {"data": '[1-9]*'}'*'sync: {"data": 5}'* ]]
	[ "$(cat "$M/session/exits/$ID")" = 5 ]
	TERMINAL=true monitor_exec -t -- sh -c 'test -t 0 && echo a terminal; exit 0'
	[[ $output == *'2:a terminal\r\n'*'sync: {"data": 0}'* ]]
	monitor_exec -- /nonexistent/program
	[[ $output == *'sync: {"data": -'*'"message": "'*nonexistent* ]]
	monitor_exec --timeout 1 -- sleep 1000
	[[ $output == *'sync: {"data": -1, "message": "command timed out"}'* ]]
	# An exit that comes before the monitor knows the pid.
	for i in 1 2 3 4 5 6 7 8 9 10; do
		monitor_exec -- sh -c 'exit 77'
		[[ $output == *'sync: {"data": 77}'* ]]
	done
}

@test "attach: exec sessions" {
	each_runtime execs
}

@test "attach: many short-lived clients leave nothing" {
	runtime_args sh -c 'while :; do echo tick; sleep 0.01; done'
	monitor_run
	before=$(ls "/proc/$(monitor_pid)/fd" | wc -l)
	for i in $(seq 100); do
		"$MC" attach -s 1 "$BUNDLE" >/dev/null &
		clients+=($!)
	done
	clients 100
	kill "${clients[@]}"
	wait "${clients[@]}" || true
	all_gone() { [ "$(ls "/proc/$(monitor_pid)/fd" | wc -l)" -eq "$before" ]; }
	until_ok all_gone
}

@test "log: rotation under load loses, repeats and splits nothing" {
	runtime_args sh -c 'i=0; while [ $i -lt 30000 ]; do echo "line $i"; i=$((i+1)); done'
	monitor_run --log-size-max 100000 --log-rotate --log-max-files 50
	monitor_wait
	[ -e "$LOG.1" ]
	for f in $(ls "$LOG" "$LOG".* | sort -t. -k4 -rn | sort -V -r); do
		[ "$(stat -c %s "$f")" -le 100000 ]
		monitor_log "$f"
	done | awk '
		{ tag = $2; sub(/^[a-z]+ [FP] /, ""); text = text $0; if (tag == "P") next; print text; text = "" }' >"$M/all"
	seq -f 'line %.0f' 0 29999 | cmp - "$M/all"
}

@test "log: the limit without rotation begins the file anew" {
	runtime_args sh -c 'i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done'
	monitor_run --log-size-max 10000
	monitor_wait
	[ "$(stat -c %s "$LOG")" -le 10000 ]
	[ "$(ls "$M" | grep -c '^ctr.log')" -eq 1 ]
	[ "$(monitor_log | tail -1)" = 'stdout F line 2999' ]
}

@test "log: reopened through the fifo" {
	runtime_args sh -c 'echo before; read x; echo after'
	monitor_run -i --log-rotate
	until_ok grep -q before "$LOG"
	echo '2 0 0' >"$BUNDLE/ctl"
	"$MC" wait-file "$LOG.1"
	echo | "$MC" attach -i "$BUNDLE" >/dev/null
	monitor_wait
	[ "$(monitor_log)" = 'stdout F after' ]
	[ "$(monitor_log "$LOG.1")" = 'stdout F before' ]
}

# Whole lines and the lines that the log says are missing: TEXT is what each whole line looks like.
account() {
	lost=$(sed -nE 's/.*coracle-monitor: ([0-9]+) lines of output were lost here$/\1/p' "$1" | awk '{ n += $1 } END { print n + 0 }')
	kept=$(monitor_log "$1" | awk '
		$1 == "stdout" { tag = $2; sub(/^[a-z]+ [FP] /, ""); text = text $0; if (tag == "P") next; print text; text = "" }' |
		grep -cE "$2")
	echo "# lost $lost, kept $kept"
}

@test "log: a full disk stops the log, not the container" {
	mkdir "$M/small"
	mount -t tmpfs -o size=64k tmpfs "$M/small"
	LOG=$M/small/log
	head -c 40000 /dev/zero >"$M/small/ballast"
	runtime_args sh -c 'i=0; while [ $i -lt 5000 ]; do echo "line $i."; i=$((i+1)); done; read x; echo last.'
	monitor_start -i
	# The monitor gets all lines but one pipe full at once, whatever the machine's speed.
	kill -STOP "$(monitor_pid)"
	rt start "$ID"
	waits() { grep -qE '^(0|1|7) ' "/proc/$(cat "$M/pid")/syscall"; } # read, write or poll
	until_ok waits
	kill -CONT "$(monitor_pid)"
	# All lines are written, the container waits for its stdin and the monitor (epoll_wait) for it:
	# a task that has been woken up shows as running.
	waits() {
		grep -qE '^(0|7) ' "/proc/$(cat "$M/pid")/syscall" &&
			grep -qE '^(232|281) ' "/proc/$(monitor_pid)/syscall"
	}
	until_ok waits
	rm "$M/small/ballast" # there is room again before the last line comes
	echo | "$MC" attach -i -c "$BUNDLE" >/dev/null
	monitor_wait
	cp "$LOG" "$M/copy"
	umount "$M/small"
	[ "$(cat "$M/exits/$ID")" = 0 ]
	# Whole lines only, in order, and the gap says how large it is.
	account "$M/copy" '^(line [0-9]+|last)[.]$'
	[ "$lost" -gt 0 ]
	[ "$((lost + kept))" -eq 5001 ]
	monitor_log "$M/copy" | grep -q '^stdout F last[.]$'
}

@test "log: journal entries over its own protocol" {
	CORACLE_JOURNAL_SOCKET=$M/journal
	export CORACLE_JOURNAL_SOCKET
	"$MC" listen "$M/journal" 1 >"$M/entries" &
	"$MC" wait-file "$M/journal"
	runtime_args echo hello
	monitor_words
	"$MC" start -- "${WORDS[@]}" -l journald --log-tag tag --log-label A=1
	rt start "$ID"
	wait $!
	grep -q 'hello' "$M/entries"
	grep -q 'PRIORITY=6' "$M/entries"
	grep -q 'CONTAINER_TAG' "$M/entries"
}
