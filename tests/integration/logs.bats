#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# logs and log drivers.

load helpers

setup_file() {
	engine_setup_file
	mkdir "$BATS_FILE_TMPDIR/journal"
	journal_up "$BATS_FILE_TMPDIR/journal"
	export JOURNAL_PID
}

teardown_file() {
	journal_down
	engine_teardown_file
}

# coracle where the journal is.
jco() {
	in_journal "$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" "$@"
}

# A container of the journal.
jrun() {
	jco run --network none --log-driver journald "$@"
}

@test "both streams, apart" {
	co run --name "$C" --network none "$IMAGE" sh -c 'echo out; echo err >&2' >/dev/null 2>&1
	run -0 --separate-stderr co logs "$C"
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "--tail, -t, --since, --until" {
	co run --name "$C" --network none "$IMAGE" sh -c 'for i in 1 2 3 4 5; do echo line $i; done' >/dev/null
	run -0 co logs --tail 2 "$C"
	[ "$output" = $'line 4\nline 5' ]
	run -0 co logs --tail 0 "$C"
	[ -z "$output" ]
	run -0 co logs -t --tail 1 "$C"
	[[ $output =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)\ line\ 5$ ]]
	run -0 co logs --since 1h "$C"
	[ "${#lines[@]}" -eq 5 ]
	run -0 co logs --since 2200-01-01T00:00:00Z "$C"
	[ -z "$output" ]
	run -0 co logs --until 1h "$C"
	[ -z "$output" ]
	refused 125 whenever logs --since whenever "$C"
	refused 125 -5x logs --tail -5x "$C"
}

@test "-f follows to the end" {
	co run -d --name "$C" --network none "$IMAGE" sh -c 'echo first; read x </tmp/never 2>/dev/null; until [ -e /go ]; do sleep 0.02; done; echo last'
	co logs -f "$C" >"$BATS_TEST_TMPDIR/out" 3>&- &
	local pid=$!
	until_ok grep -q first "$BATS_TEST_TMPDIR/out"
	co exec "$C" touch /go
	wait "$pid"
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = $'first\nlast' ]
}

@test "lines longer than a record and without an end" {
	co run --name "$C" --network none "$IMAGE" sh -c 'head -c 100000 /dev/zero | tr "\0" x; echo; printf end' >"$BATS_TEST_TMPDIR/out"
	co logs "$C" >"$BATS_TEST_TMPDIR/logs"
	[ "$(head -1 "$BATS_TEST_TMPDIR/logs" | wc -c)" -eq 100001 ]
	[ "$(tail -1 "$BATS_TEST_TMPDIR/logs")" = end ]
}

@test "the file has the form that others read" {
	co run --name "$C" --network none --log-opt path="$BATS_TEST_TMPDIR/log" "$IMAGE" echo hello
	grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{10,18}(Z|[+-][0-9]{2}:[0-9]{2}) stdout F hello$' "$BATS_TEST_TMPDIR/log"
	[ "$(field "$C" '{{.HostConfig.LogConfig.Type}} {{.HostConfig.LogConfig.Path}}')" = "k8s-file $BATS_TEST_TMPDIR/log" ]
}

@test "--log-opt max-size bounds the file" {
	co run --name "$C" --network none --log-opt max-size=10k --log-opt path="$BATS_TEST_TMPDIR/log" "$IMAGE" sh -c 'for i in $(seq 1000); do echo "line $i of a log that is too long for its file"; done' >/dev/null
	[ "$(stat -c %s "$BATS_TEST_TMPDIR/log")" -le 10240 ]
	run -0 co logs "$C"
	[ "${lines[-1]}" = "line 1000 of a log that is too long for its file" ]
}

@test "--log-driver json-file writes what Docker writes, and is read back" {
	co run --name "$C" --network none --log-driver json-file --log-opt 'tag={{.Name}}' --log-opt label=a=b \
		--log-opt path="$BATS_TEST_TMPDIR/log" "$IMAGE" sh -c 'echo "say \"hi\""; echo err >&2; printf end' >/dev/null 2>&1
	[ "$(jq -c 'select(.stream == "stderr") | [.log, .attrs]' "$BATS_TEST_TMPDIR/log")" = '["err\n",{"tag":"'"$C"'","a":"b"}]' ]
	run -0 --separate-stderr co logs "$C"
	[ "$output" = $'say "hi"\nend' ]
	[ "$stderr" = err ]
	run -0 --separate-stderr co logs --tail 1 "$C"
	[ "$output$stderr" = enderr ]
	[ "$(field "$C" '{{.HostConfig.LogConfig.Type}} {{.HostConfig.LogConfig.Path}}')" = "json-file $BATS_TEST_TMPDIR/log" ]
}

@test "--log-driver syslog sends to the address that is named" {
	"$CLIENT" listen "$ENGINE_RUN/syslog" 2 >"$BATS_TEST_TMPDIR/entries" 3>&- &
	"$CLIENT" wait-file "$ENGINE_RUN/syslog"
	co run --name "$C" --network none --log-driver syslog --log-opt "syslog-address=unix://$ENGINE_RUN/syslog" \
		--log-opt 'tag={{.Name}}!' "$IMAGE" sh -c 'echo out; echo err >&2' >/dev/null 2>&1
	wait $!
	grep -q "<30>.* $C![[][0-9]*]: out" "$BATS_TEST_TMPDIR/entries"
	grep -q "<27>.* $C![[][0-9]*]: err" "$BATS_TEST_TMPDIR/entries"
}

@test "drivers without a log to read say so in podman's words" {
	local driver

	for driver in none syslog passthrough passthrough-tty; do
		co create --name "$C-$driver" --log-driver "$driver" "$IMAGE" true
		refused 125 "this container is using the '$driver' log driver, cannot read logs: this container is not logging output" logs "$C-$driver"
		refused 125 "this container is using the '$driver' log driver, cannot read logs" logs -f "$C-$driver"
		[ "$(field "$C-$driver" '{{.HostConfig.LogConfig.Type}} {{.HostConfig.LogConfig.Path}}')" = "$driver " ]
	done
}

@test "--log-driver passthrough: the container has our own streams" {
	printf 'in\n' >"$BATS_TEST_TMPDIR/in"
	run -4 --separate-stderr co run --name "$C" --network none --log-driver passthrough "$IMAGE" \
		sh -c 'read x; echo "got $x"; echo err >&2; exit 4' <"$BATS_TEST_TMPDIR/in"
	[ "$output" = 'got in' ]
	[ "$stderr" = err ]
	co run -d --name "$C-d" --network none --log-driver passthrough "$IMAGE" \
		sh -c 'echo detached; exec sleep 1000' >"$BATS_TEST_TMPDIR/out" 3>&-
	until_ok grep -qx detached "$BATS_TEST_TMPDIR/out"
	refused 125 "this container is using the 'passthrough' log driver, cannot attach: this container is not logging output" attach "$C-d"
	refused 125 "cannot attach" start -a "$C-d"
}

@test "passthrough refuses a terminal, passthrough-tty takes it" {
	run -125 pty expect:"Error: the '--log-driver passthrough' option cannot be used on a TTY" -- \
		run --rm --network none --log-driver passthrough "$IMAGE" true
	run -0 pty expect:'a terminal' -- run --rm --network none --log-driver passthrough-tty "$IMAGE" \
		sh -c 'test -c /proc/self/fd/1 && echo a terminal'
}

@test "unknown drivers and options are refused by name, and what a driver has no use for" {
	refused 125 frob run --log-driver frob "$IMAGE" true
	refused 125 frob run --log-opt frob=1 "$IMAGE" true
	refused 125 "log option tag: log driver k8s-file has none" run --log-opt tag=x "$IMAGE" true
	refused 125 "log option label: log driver k8s-file has none" run --log-opt label=x=y "$IMAGE" true
	refused 125 "log option syslog-address is for log driver syslog" run --log-opt syslog-address=udp://127.0.0.1:1 "$IMAGE" true
	refused 126 "'.Frob' is no field" run --rm --network none --log-driver json-file --log-opt 'tag={{.Frob}}' "$IMAGE" true
	refused 126 "'{{' without '}}'" run --rm --network none --log-driver json-file --log-opt 'tag={{.Name' "$IMAGE" true
	[ "$(co info --format json | jq -r '.plugins.log | join(" ")')" = "k8s-file none passthrough journald json-file passthrough-tty syslog" ]
}

@test "-f misses no line over rotations" {
	co run -d --name "$C" --network none --log-opt max-size=20k --log-opt max-file=1000 "$IMAGE" \
		sh -c 'until [ -e /go ]; do sleep 0.02; done; i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'
	co logs -f "$C" >"$BATS_TEST_TMPDIR/out" 3>&- &
	local pid=$!
	co exec "$C" touch /go
	wait "$pid"
	seq -f 'line %.0f' 0 19999 | cmp - "$BATS_TEST_TMPDIR/out"
	[ -e "$ENGINE_DIR/root/containers/$(field "$C" '{{.Id}}')/ctr.log.5" ]
}

# Its follower sleeps in epoll_wait or epoll_pwait without a timeout.
follower_sleeps() { grep -qE '^(232|281) (0x[0-9a-f]+ ){3}0x(ffffffff)+ ' "/proc/$1/syscall"; }

# Voluntary context switches: how often the process has gone to sleep.
sleeps_of() { awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "/proc/$1/status"; }

@test "-f of twenty quiet containers sleeps through what others do" {
	local names=() i pid before program

	program='echo ready; until [ -e /go ]; do sleep 0.1; done; seq 2000; echo done; exec sleep 1000'
	for i in $(seq 20); do
		co run -d --name "$C-$i" --network none "$IMAGE" sh -c 'echo ready; exec sleep 1000' >/dev/null
		names+=("$C-$i")
	done
	co run -d --name "$C-other" --network none "$IMAGE" sh -c "$program" >/dev/null
	"$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" logs -f --names "${names[@]}" >"$BATS_TEST_TMPDIR/out" 3>&- &
	pid=$!
	all_ready() { [ "$(grep -c ready "$BATS_TEST_TMPDIR/out")" -eq 20 ]; }
	until_ok all_ready
	until_ok follower_sleeps "$pid"
	before=$(sleeps_of "$pid")
	# Others write, and are looked at; the database changes.
	co exec "$C-other" touch /go
	until_ok logs_have "$C-other" "done"
	co create --name "$C-new" "$IMAGE" true
	co ps -a >/dev/null
	[ "$(sleeps_of "$pid")" -eq "$before" ]
	# One of them ends: it is noticed, and the others are still followed.
	co rm -f -t 0 "$C-1"
	slept_again() { follower_sleeps "$pid" && [ "$(sleeps_of "$pid")" -gt "$before" ]; }
	until_ok slept_again
	co rm -f -t 0 "${names[@]:1}" >/dev/null
	wait "$pid"
}

@test "long logs are read in little memory, and their end at once" {
	local log=$BATS_TEST_TMPDIR/log stamp=2026-11-22T02:45:52.981065957+00:00

	co create --name "$C" --network none --log-opt path="$log" "$IMAGE" true
	# 3 GB in two files, holes but for their ends: whoever read all of them would not be done in time.
	truncate -s 2G "$log.1"
	printf '\n%s stdout F %s\n' "$stamp" one "$stamp" two >>"$log.1"
	truncate -s 1G "$log"
	printf '\n%s stdout F %s\n' "$stamp" three "$stamp" four >>"$log"
	run -0 co_small logs --tail 1 "$C"
	[ "$output" = four ]
	# 300 MB of lines, all of them read.
	yes "$stamp stdout F 0123456789012345678901234567890123456789012345678901234567890123456789" | head -n 2500000 >"$log"
	rm "$log.1"
	[ "$(co_small logs "$C" | wc -l)" -eq 2500000 ]
	[ "$(co_small logs --tail 2000000 "$C" | wc -l)" -eq 2000000 ]
}

# With an address space of 64 MB, shared libraries included.
co_small() { (
	ulimit -v 65536
	co "$@"
); }

@test "several containers, with names" {
	co run --name "$C-a" --network none "$IMAGE" echo one
	co run --name "$C-b" --network none "$IMAGE" echo two
	run -0 co logs --names "$C-a" "$C-b"
	[[ $output == *"$C-a one"* ]]
	[[ $output == *"$C-b two"* ]]
	refused 125 nosuch logs nosuch
}

@test "journald: both streams, apart; parts of a line together; times" {
	jrun --name "$C" "$IMAGE" sh -c 'echo out; echo err >&2; head -c 50000 /dev/zero | tr "\0" x; echo; printf end' >/dev/null 2>&1
	run -0 --separate-stderr jco logs "$C"
	[ "$stderr" = err ]
	[ "${lines[0]}" = out ]
	[ "${#lines[1]}" -eq 50000 ]
	[ "${lines[2]}" = end ]
	run -0 jco logs -t --tail 1 "$C"
	[[ $output =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{18}(Z|[+-][0-9:]+)\ x ]]
	[ "$(field "$C" '{{.HostConfig.LogConfig.Type}},{{.HostConfig.LogConfig.Path}}')" = journald, ]
}

@test "journald: --tail, --since, --until" {
	jrun --name "$C" "$IMAGE" sh -c 'for i in 1 2 3 4 5; do echo line $i; done' >/dev/null
	run -0 jco logs --tail 2 "$C"
	[ "$output" = $'line 4\nline 5' ]
	run -0 jco logs --tail 0 "$C"
	[ -z "$output" ]
	run -0 jco logs --tail 100 "$C"
	[ "${#lines[@]}" -eq 5 ]
	run -0 jco logs --since 1h "$C"
	[ "${#lines[@]}" -eq 5 ]
	run -0 jco logs --since 2200-01-01T00:00:00Z "$C"
	[ -z "$output" ]
	run -0 jco logs --until 1h "$C"
	[ -z "$output" ]
}

@test "journald: -f of several, over a rotation of the journal, to their ends" {
	local i

	for i in a b; do
		jrun -d --name "$C-$i" "$IMAGE" sh -c 'echo first; until [ -e /go ]; do sleep 0.02; done; echo last; printf end.'
	done
	jco logs -f --names "$C-a" "$C-b" >"$BATS_TEST_TMPDIR/out" 3>&- &
	local pid=$!
	until_ok grep -q "$C-a first" "$BATS_TEST_TMPDIR/out"
	until_ok grep -q "$C-b first" "$BATS_TEST_TMPDIR/out"
	in_journal journalctl --rotate
	jco exec "$C-b" touch /go
	until_ok grep -q "$C-b end" "$BATS_TEST_TMPDIR/out"
	jco exec "$C-a" touch /go
	wait "$pid"
	[ "$(sed -n "s/^.*$C-a \(first\|last\)$/\1/p" "$BATS_TEST_TMPDIR/out")" = $'first\nlast' ]
	[ "$(grep -o "$C-[ab] [a-z]*" "$BATS_TEST_TMPDIR/out" | sort | uniq -c | awk '{ print $1 }' | sort -u)" = 1 ]
	[ "$(grep -o "$C-[ab] [a-z]*" "$BATS_TEST_TMPDIR/out" | wc -l)" -eq 6 ]
	# Nothing that was there before is shown; it has ended, so this ends.
	run -0 jco logs -f --tail 0 "$C-a"
	[ -z "$output" ]
}

@test "journald: a second run of the container follows the first" {
	jrun --name "$C" "$IMAGE" echo hello
	jco start -a "$C"
	run -0 jco logs "$C"
	[ "$output" = $'hello\nhello' ]
}

@test "journald: tag and labels are fields of the entries" {
	jrun --name "$C" --hostname box --log-opt 'tag={{.Name}} on {{ .Config.Hostname }}' --log-opt label=ROLE=test "$IMAGE" echo hello
	[ "$(in_journal journalctl -o json "CONTAINER_NAME=$C" | jq -r '[.MESSAGE, .CONTAINER_TAG, .SYSLOG_IDENTIFIER, .ROLE] | join("|")')" = "hello|$C on box|$C on box|test" ]
	[ "$(field "$C" '{{.HostConfig.LogConfig.Tag}}')" = '{{.Name}} on {{ .Config.Hostname }}' ]
}

@test "journald: the configuration chooses it; 20000 lines come back in order" {
	printf '[containers]\nlog_driver = "journald"\n' >"$BATS_TEST_TMPDIR/conf"
	CONTAINERS_CONF=$BATS_TEST_TMPDIR/conf jco run --name "$C" --network none "$IMAGE" seq 20000 >/dev/null
	[ "$(field "$C" '{{.HostConfig.LogConfig.Type}}')" = journald ]
	jco logs "$C" >"$BATS_TEST_TMPDIR/out"
	seq 20000 | cmp - "$BATS_TEST_TMPDIR/out"
}

@test "journald: no journal: refused when the container is made" {
	# Where there is no journal: the machine's own, if it has one, is hidden.
	run -125 unshare -m sh -c 'mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd && exec "$@"' - \
		"$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" run --log-driver journald "$IMAGE" true
	[[ $output == *"log driver journald: no journal listens at"* ]]
}
