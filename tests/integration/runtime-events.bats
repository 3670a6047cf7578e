#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# events: what is printed as it happens.  The pressure of pure cgroup v2: tests/guest/cgroup.bats.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	runtime_args sleep 1000
	OUT=$BATS_TEST_TMPDIR/events
	EVENTS=
}
teardown() {
	[ -z "$EVENTS" ] || kill "$EVENTS" 2>/dev/null || true
	runtime_teardown
}

start() {
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
}

# events in the background; back when it waits.
follow() {
	"$RUNTIME" --root "$RT_ROOT" events "$@" "$ID" >"$OUT" 3>&- &
	EVENTS=$!
	until_ok grep -q poll "/proc/$EVENTS/wchan"
}

lines() {
	(($(wc -l <"$OUT") >= $1))
}

# Nothing of events outlives the container.
ended() {
	rt delete -f "$ID"
	wait "$EVENTS"
	EVENTS=
}

@test "--interval: a line of statistics each time, until the container ends" {
	start
	follow --interval 50ms
	until_ok lines 3
	ended
	jq -se --arg id "$ID" 'length >= 3 and all(.type == "stats" and .id == $id and .data.pids.current == 1)' "$OUT"
}

@test "--interval: what is no duration is refused" {
	local value

	start
	for value in 0 -1s soon 5parsecs 0.1us; do
		run -1 rt events --interval "$value" "$ID"
		[[ $output == *--interval*"$value"* ]]
	done
}

@test "a kill for want of memory is a line of its own" {
	runtime_config '.linux.resources.memory = {"limit":16777216,"swap":16777216}'
	start
	follow --interval 1h
	run ! rt exec "$ID" sh -c 'head -c 100m /dev/zero | tail -c 90m >/dev/null; exit 1'
	until_ok lines 1
	ended
	jq -se --arg id "$ID" 'length >= 1 and all(. == {type: "oom", id: $id})' "$OUT"
}

@test "the line is there when the container itself was killed" {
	runtime_config '.linux.resources.memory = {"limit":16777216,"swap":16777216}'
	mkfifo "$BUNDLE/rootfs/go"
	runtime_args sh -c 'read x </go; exec tail -c 90m /dev/zero'
	start
	follow --interval 1h
	echo >"$BUNDLE/rootfs/go"
	wait "$EVENTS"
	EVENTS=
	jq -se --arg id "$ID" '. == [{type: "oom", id: $id}]' "$OUT"
}

@test "--pressure: memory that is reclaimed is told" {
	runtime_config '.linux.resources.memory = {"limit":16777216}'
	mkfifo "$BUNDLE/rootfs/go"
	runtime_args sh -c 'read x </go; while :; do dd if=/dev/zero of=/file bs=1M count=48 2>/dev/null; done'
	start
	follow --interval 1h --pressure low
	[ ! -s "$OUT" ]
	echo >"$BUNDLE/rootfs/go"
	until_ok lines 1
	ended
	jq -se --arg id "$ID" 'all(. == {type: "memory-pressure", id: $id, data: {level: "low"}})' "$OUT"
	run -1 rt events --pressure high "$ID"
	[[ $output == *--pressure*high* ]]
}
