#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Operations of an OCI runtime and the states between them (spec 4).

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

@test "create, state, start, kill, delete" {
	runtime_args sleep 1000
	rt create -b "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	runtime_status_is "$ID" created
	[ "$(rt state "$ID" | jq .pid)" = "$(cat "$BATS_TEST_TMPDIR/pid")" ]
	[ "$(rt state "$ID" | jq -r .bundle)" = "$BUNDLE" ]
	rt start "$ID"
	runtime_status_is "$ID" running
	run ! rt delete "$ID"
	[[ $output == *"not stopped"* ]]
	rt kill "$ID" KILL
	until_ok runtime_status_is "$ID" stopped
	[ "$(rt state "$ID" | jq .pid)" = 0 ]
	rt delete "$ID"
	run ! rt state "$ID"
	[[ $output == *"does not exist"* ]]
	[ -z "$(ls "$RT_ROOT")" ]
	[ -z "$(find /sys/fs/cgroup -name "$ID" 2>/dev/null)" ]
}

@test "a second start is refused" {
	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID"
	rt start "$ID"
	run ! rt start "$ID"
	[[ $output == *"already running"* ]]
}

@test "start of a container whose init died says so and does not hang" {
	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID"
	rt kill "$ID" KILL
	run -1 timeout 60 "$RUNTIME" --root "$RT_ROOT" start "$ID"
	[[ $output == *"died"* ]]
}

@test "of many starts at once exactly one wins" {
	local i n=0 pids=()

	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID"
	for i in 1 2 3 4 5 6 7 8; do
		rt start "$ID" 2>/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		if wait "$i"; then n=$((n + 1)); fi
	done
	[ "$n" = 1 ]
	runtime_status_is "$ID" running
}

@test "an id can be used once" {
	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID"
	run ! rt create -b "$BUNDLE" "$ID"
	[[ $output == *"exists"* ]]
	runtime_status_is "$ID" created
}

@test "ids with slashes and dots are refused" {
	local id

	for id in ../x a/b . .. "" "a b"; do
		run ! rt create -b "$BUNDLE" "$id"
		[[ $output == *"invalid container id"* ]]
	done
}

@test "a failed create leaves nothing" {
	runtime_config '.mounts += [{"destination":"/x","type":"nosuchfs","source":"x"}]'
	run ! rt create -b "$BUNDLE" "$ID"
	[[ $output == *nosuchfs* ]]
	[ -z "$(ls "$RT_ROOT" 2>/dev/null)" ]
	[ -z "$(find /sys/fs/cgroup -name "$ID" 2>/dev/null)" ]
}

@test "run gives the exit status of the process" {
	runtime_args sh -c 'exit 42'
	run -42 rt run -b "$BUNDLE" "$ID"
	runtime_args sh -c 'kill -KILL $$'
	runtime_config '.linux.namespaces |= map(select(.type != "pid"))'
	run -137 rt run -b "$BUNDLE" "$ID"
	[ -z "$(rt list -q)" ]
}

@test "run --detach and --keep" {
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	runtime_status_is "$ID" running
	rt delete -f "$ID"
	runtime_args true
	rt run --keep -b "$BUNDLE" "$ID"
	runtime_status_is "$ID" stopped
}

@test "run forwards signals" {
	runtime_args sh -c 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'
	"$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	local pid=$!

	until_ok grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" = 7 ]
}

@test "delete --force kills, and is content without a container" {
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt delete --force "$ID"
	rt delete --force "$ID"
	run ! rt delete "$ID"
}

@test "delete of a created container" {
	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID"
	rt delete "$ID"
	[ -z "$(rt list -q)" ]
}

has_cgroup() {
	[ -n "$(find /sys/fs/cgroup -name "$ID" 2>/dev/null)" ]
}

@test "a killed create can be deleted" {
	runtime_config '.hooks.createRuntime = [{"path":"/bin/sleep","args":["sleep","1000"]}]'
	"$RUNTIME" --root "$RT_ROOT" create -b "$BUNDLE" "$ID" 3>&- &
	local pid=$!

	until_ok test -e "$RT_ROOT/$ID/state.json"
	until_ok has_cgroup
	kill -KILL "$pid"
	wait "$pid" || true
	until_ok runtime_status_is "$ID" stopped
	rt delete "$ID"
	[ -z "$(find /sys/fs/cgroup -name "$ID" 2>/dev/null)" ]
}

@test "while it is being created nothing enters it" {
	local dir=$BATS_TEST_TMPDIR

	# A hook of create sees the container without its root: an exec would run in the host's.
	cat >"$dir/hook" <<-EOF
		#!/bin/sh
		for what in state "exec $ID /bin/cat /etc/passwd" start "mounts remove $ID $dir/mounts" delete pause; do
			case \$what in *\ *) ;; *) what="\$what $ID" ;; esac
			$RUNTIME --root $RT_ROOT \$what 2>&1
			echo "status \$?"
		done >$dir/out
	EOF
	chmod +x "$dir/hook"
	echo '[{"destination":"/dev/shm"}]' >"$dir/mounts"
	runtime_args sleep 1000
	runtime_config ".hooks.createRuntime = [{\"path\":\"$dir/hook\"}]"
	rt create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ "$(grep -o '"status": *"[a-z]*"' "$dir/out" | tr -d ' ')" = '"status":"creating"' ]
	[ "$(grep '^status' "$dir/out" | tr '\n' ' ')" = 'status 0 status 255 status 1 status 1 status 1 status 1 ' ]
	[ "$(grep -c creat "$dir/out")" -ge 5 ]
	[ "$(rt state "$ID" | jq -r .status)" = created ]
	rt exec "$ID" true </dev/null
	rt start "$ID"
}

@test "pause and resume" {
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt pause "$ID"
	runtime_status_is "$ID" paused
	run ! rt pause "$ID"
	run -255 rt exec "$ID" true
	[[ $output == *paused* ]]
	rt resume "$ID"
	runtime_status_is "$ID" running
	run ! rt resume "$ID"
	rt pause "$ID"
	rt delete -f "$ID"
}

@test "ps, list, events --stats" {
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	local pid
	pid=$(rt state "$ID" | jq .pid)
	[ "$(rt ps --format json "$ID" | jq -c .)" = "[$pid]" ]
	rt ps "$ID" | grep -q "sleep 1000"
	rt list | grep -q "^$ID .* running "
	[ "$(rt list -f json | jq -r '.[0].status')" = running ]
	[ "$(rt events --stats "$ID" | jq .data.pids.current)" = 1 ]
}

@test "kill --all reaches every process" {
	runtime_config '.linux.namespaces |= map(select(.type != "pid"))'
	runtime_args sh -c 'sleep 1000 & sleep 1000 & wait'
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	until_ok sh -c "[ \$('$RUNTIME' --root '$RT_ROOT' ps -f json '$ID' | jq length) = 3 ]"
	rt kill --all "$ID" KILL
	until_ok sh -c "[ \$('$RUNTIME' --root '$RT_ROOT' ps -f json '$ID' | jq length) = 0 ]"
}

@test "kill and delete by regular expression" {
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID-a" </dev/null >/dev/null 2>&1
	runtime_config ".linux.cgroupsPath = \"/coracle-test/$ID-b\""
	rt run -d -b "$BUNDLE" "$ID-b" </dev/null >/dev/null 2>&1
	rt delete --force --regex "^$ID-[ab]\$"
	[ -z "$(rt list -q)" ]
}

@test "update changes a limit" {
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt update --pids-limit 33 "$ID"
	[ "$(rt events --stats "$ID" | jq .data.pids.limit)" = 33 ]
	echo '{"pids":{"limit":34}}' | rt update -r - "$ID"
	[ "$(rt events --stats "$ID" | jq .data.pids.limit)" = 34 ]
	run ! rt update --memory lots "$ID"
	[[ $output == *lots* ]]
}

@test "the errors of a log in JSON" {
	run ! rt --log "$BATS_TEST_TMPDIR/log" --log-format json start nosuch
	[ "$(jq -r .level "$BATS_TEST_TMPDIR/log")" = error ]
	[[ $(jq -r .msg "$BATS_TEST_TMPDIR/log") == *"does not exist"* ]]
	jq -e .time "$BATS_TEST_TMPDIR/log"
	[[ $output == *"does not exist"* ]]
}

@test "unknown commands and options are refused by name" {
	run ! rt frobnicate
	[[ $output == *frobnicate* ]]
	run ! rt create --frob x
	[[ $output == *--frob* ]]
	run ! rt checkpoint x
	[[ $output == *checkpoint* ]]
	run ! rt kill "$ID" SIGNOPE
	[[ $output == *SIGNOPE* ]]
}

@test "the state directory is closed to others" {
	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID"
	[ "$(stat -c %a "$RT_ROOT")" = 700 ]
	[ "$(stat -c %a "$RT_ROOT/$ID")" = 700 ]
	[ "$(stat -c %a "$RT_ROOT/$ID/state.json")" = 600 ]
}
