#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# logs and log drivers.

load helpers

setup_file() { engine_setup_file; }
teardown_file() { engine_teardown_file; }
setup() { engine_setup; }
teardown() { engine_teardown; }

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

@test "--log-driver json-file is k8s-file, others are refused by name" {
	co run --name "$C" --network none --log-driver json-file "$IMAGE" echo x
	[ "$(co logs "$C")" = x ]
	refused 125 journald run --log-driver journald "$IMAGE" true
	refused 125 frob run --log-driver frob "$IMAGE" true
	refused 125 frob run --log-opt frob=1 "$IMAGE" true
}

@test "several containers, with names" {
	co run --name "$C-a" --network none "$IMAGE" echo one
	co run --name "$C-b" --network none "$IMAGE" echo two
	run -0 co logs --names "$C-a" "$C-b"
	[[ $output == *"$C-a one"* ]]
	[[ $output == *"$C-b two"* ]]
	refused 125 nosuch logs nosuch
}
