#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What scripts and engines read from an OCI runtime: words of errors, exit statuses, tables, log lines.  Each
# expectation is held against Debian's runc first, as the control.

bats_require_minimum_version 1.5.0
load ../integration/runtime

setup() {
	runtime_setup
	OURS=$(realpath "$RUNTIME")
	PEER_ROOT=$BATS_TEST_TMPDIR/peer
}

teardown() {
	local id

	for id in $(runc --root "$PEER_ROOT" list -q 2>/dev/null); do
		runc --root "$PEER_ROOT" delete -f "$id" || true
	done
	runtime_teardown
}

# FUNCTION ARG...: with runc, then with ours; r ARG... runs the one in turn.
both() {
	r() { runc --root "$PEER_ROOT" "$@"; }
	WHO=runc "$@"
	runc --root "$PEER_ROOT" delete -f "$ID"
	r() { "$OURS" --root "$RT_ROOT" "$@"; }
	WHO=ours "$@"
}

# STATUS WORDS ARG...
says() {
	local want=$1 words=$2

	shift 2
	run r "$@" </dev/null
	echo "$WHO $*: want $want '$words', got $status '$output'"
	[ "$status" = "$want" ]
	[[ $output == *"$words"* ]]
}

missing() {
	local command

	for command in state start kill delete pause resume ps "events --stats" "update --memory 100000000"; do
		# shellcheck disable=SC2086 # options of their own
		says 1 "container does not exist" $command nosuch
	done
	says 255 "container does not exist" exec nosuch true
	says 0 "" delete --force nosuch
}

@test "a container that is not there" {
	both missing
}

is_stopped() {
	[ "$(r state "$ID" | jq -r .status)" = stopped ]
}

states() {
	r create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	says 1 "container with given ID already exists" create --bundle "$BUNDLE" "$ID"
	says 1 "container not paused" resume "$ID"
	says 0 "" start "$ID"
	says 1 "cannot start an already running container" start "$ID"
	says 1 "that is not stopped: running" delete "$ID"
	says 0 "" kill "$ID" 0
	says 0 "" pause "$ID"
	says 1 "container not running" pause "$ID"
	says 255 "cannot exec in a paused container (use --ignore-paused to override)" exec "$ID" true
	says 0 "" resume "$ID"
	r kill "$ID" KILL
	until_ok is_stopped
	# Also when nobody has reaped it: a zombie.
	says 1 "container not running" kill "$ID" KILL
	says 255 "cannot exec in a stopped container" exec "$ID" true
	says 1 "container not running" pause "$ID"
	says 1 "container not running" update --pids-limit 30 "$ID"
	says 1 "is not running" events --stats "$ID"
	says 1 "cannot start a container that has stopped" start "$ID"
	says 0 "" delete "$ID"
}

@test "a container in a wrong state" {
	runtime_args sleep 1000
	both states
}

programs() {
	local how

	printf '#!/bin/sh\n' >"$BUNDLE/rootfs/tmp/plain"
	chmod 644 "$BUNDLE/rootfs/tmp/plain"
	runtime_args sleep 1000
	r run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	says 255 'executable file not found in $PATH' exec "$ID" nosuch
	says 255 'stat /nosuch: no such file or directory' exec "$ID" /nosuch
	says 255 'permission denied' exec "$ID" /tmp/plain
	says 255 'permission denied' exec "$ID" /etc
	says 255 'no such file or directory' exec --cwd /nosuch "$ID" true
	[ ! -e "$BUNDLE/rootfs/nosuch" ]
	says 42 '' exec "$ID" sh -c 'exit 42'
	says 137 '' exec "$ID" sh -c 'kill -9 $$'
	says 1 '' exec --nosuch "$ID" true
	r delete --force "$ID"
	runtime_args nosuch
	says 1 'unable to start container process: exec: \"nosuch\": executable file not found in $PATH' \
		--log-format text run --bundle "$BUNDLE" "$ID"
	runtime_args /nosuch
	says 1 'stat /nosuch: no such file or directory' run --bundle "$BUNDLE" "$ID"
	runtime_args /tmp/plain
	says 1 'permission denied' run --bundle "$BUNDLE" "$ID"
	runtime_args sh -c 'exit 3'
	says 3 '' run --bundle "$BUNDLE" "$ID"
}

@test "programs that cannot be executed: the words that become 126 and 127" {
	both programs
}

executes() { # NAME
	[ "$(cat "/proc/$(r state "$ID" | jq .pid)/comm")" = "$1" ]
}

tables() {
	r run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	# runc does not wait until its init has become the program.
	until_ok executes sleep
	# Names, pid and times are each one's own, and a time is the shorter the more zeros end it: a
	# column is as wide as its own cells, so the cells are compared, and the columns for themselves.
	r list >"$BATS_TEST_TMPDIR/table"
	[ "$(head -1 "$BATS_TEST_TMPDIR/table" | grep -bo OWNER)" = "$(tail -1 "$BATS_TEST_TMPDIR/table" |
		grep -bo 'root$' | sed 's/root/OWNER/')" ]
	sed -E -e 's/ +/ /g' -e 's/ [0-9]+ / PID /' -e 's/20[0-9-]*T[0-9:.]*Z/TIME/' \
		"$BATS_TEST_TMPDIR/table" >"$BATS_TEST_TMPDIR/list.$WHO"
	r list -f json | jq -c '.[0] | [keys[], .status, .owner]' >"$BATS_TEST_TMPDIR/json.$WHO"
	[ "$(r list -q)" = "$ID" ]
	# The pid's digits are what its column is filled up for.
	r ps "$ID" -o comm,pid | sed -E -e 's/ +/ /g' -e 's/[0-9]+/PID/' >"$BATS_TEST_TMPDIR/ps.$WHO"
	[ "$(r ps -f json "$ID" | jq length)" = 1 ]
	[ "$(r ps -f json "$ID" | jq '.[0]')" = "$(r state "$ID" | jq .pid)" ]
	r state "$ID" | jq -c 'keys' >"$BATS_TEST_TMPDIR/state.$WHO"
}

@test "list, ps and state print what runc prints" {
	local form

	runtime_args sleep 1000
	both tables
	for form in list json ps state; do
		diff "$BATS_TEST_TMPDIR/$form.runc" "$BATS_TEST_TMPDIR/$form.ours"
	done
}

log_lines() {
	local log=$BATS_TEST_TMPDIR/log.$WHO

	run r --log "$log" --log-format json start nosuch
	[ "$status" = 1 ]
	jq -e 'select(.level == "error") | .msg | contains("container does not exist")' "$log"
	jq -e '.time | sub("\\.[0-9]+"; "") | sub("[+-]00:00$"; "Z") | fromdate > 1700000000' "$log"
	[[ $output == *"container does not exist"* && $output != *level* ]]
	run r --log "$log.text" start nosuch
	grep -E '^time="20[^"]*" level=error msg="?container does not exist' "$log.text"
	run r --debug --log "$log.debug" start nosuch
	grep -E '^time="20[^"]*" level=error msg="?container does not exist' "$log.debug"
	run r --log-format json start nosuch
	[ "$(jq -r .level <<<"$output")" = error ]
	run r --log-format text start nosuch
	[[ $output =~ ^time=\"20.*level=error.msg= ]]
}

@test "lines of --log, --log-format and --debug" {
	both log_lines
}

# What is meant to differ (docs/DIFFERENCES.md, spec): taken out of both, or put into runc's.
same_spec() { # OPTIONS...
	local change='del(.hostname, .ociVersion, .process.capabilities.ambient) | .mounts |= sort_by(.destination) |
		.linux.namespaces |= (map(select(.type != "cgroup")) | sort_by(.type))'

	rm -rf "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
	mkdir "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
	runc spec "$@" --bundle "$BATS_TEST_TMPDIR/theirs"
	rt spec "$@" --bundle "$BATS_TEST_TMPDIR/ours"
	[[ $* != *--rootless* ]] || change+=' | .mounts |= map(select(.destination != "/sys/fs/cgroup"))'
	diff <(jq -S "$change" "$BATS_TEST_TMPDIR/theirs/config.json") <(jq -S "$change" "$BATS_TEST_TMPDIR/ours/config.json")
	jq -e '.process.capabilities.ambient == null and (.linux.namespaces | any(.type == "cgroup"))' \
		"$BATS_TEST_TMPDIR/ours/config.json"
	# Neither is overwritten.
	run ! runc spec "$@" --bundle "$BATS_TEST_TMPDIR/theirs"
	run ! rt spec "$@" --bundle "$BATS_TEST_TMPDIR/ours"
}

@test "spec writes what runc writes, but for what is listed as different" {
	same_spec
	same_spec --rootless
}

@test "features has every field and word of runc's" {
	local text='[paths(scalars) as $p | ($p | map(if type == "number" then "[]" else . end) | join(".")) +
		" " + (getpath($p) | tostring)] | map(select(test("org.opencontainers|^ociVersion|libseccomp") | not)) | unique[]'

	runc features | jq -r "$text" | sort >"$BATS_TEST_TMPDIR/theirs"
	rt features | jq -r "$text" | sort >"$BATS_TEST_TMPDIR/ours"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/theirs")" -ge 100 ]
	[ -z "$(comm -23 "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours")" ] ||
		{ comm -23 "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours" && false; }
	[ "$(runc features | jq -c '.annotations["io.github.seccomp.libseccomp.version"]')" = \
		"$(rt features | jq -c '.annotations["io.github.seccomp.libseccomp.version"]')" ]
	rt features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.") and index("org.systemd.property.")'
}

@test "--version: the lines that engines look for" {
	local line

	for line in commit spec libseccomp; do
		runc --version | grep -q "^$line: "
		rt --version | grep -q "^$line: "
	done
	rt --version | grep -qE '^coracle-runtime version [0-9]+\.'
}
