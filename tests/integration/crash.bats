#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# crash: kill -9 of the engine at random moments of create, start, run, exec, stop and rm, and of the
# monitor.  The moments are system calls: a first run is recorded by strace, later ones are killed on entering
# a call chosen at random.  After each: `ps -a` shows legal states, `rm -fa` removes everything, and nothing
# is left: mounts, namespaces, cgroups, processes, files, veths, nft rules.
#
#	CRASH_ROUNDS=N		kills per operation (default 30)
#	CRASH_SEED=N		repeat a run

bats_require_minimum_version 1.5.0
load ../harness/wait

: "${BUILD:=build}"
: "${CORACLE:=$BUILD/src/cmd/coracle}"
: "${CRASH_ROUNDS:=30}"
: "${CRASH_NETWORK:=bridge}"

setup_file() {
	export CR_GRAPH=$BATS_FILE_TMPDIR/graph CR_RUN
	local root=$BATS_FILE_TMPDIR/root applet

	CR_RUN=$(mktemp -d /run/coracle-crash.XXXXXX)
	mkdir -p "$root"/{bin,etc,tmp,proc,sys,dev}
	cp /bin/busybox "$root/bin/busybox"
	for applet in sh sleep true cat echo; do
		ln -s busybox "$root/bin/$applet"
	done
	echo root:x:0:0:root:/:/bin/sh >"$root/etc/passwd"
	tar -C "$root" -cf "$BATS_FILE_TMPDIR/root.tar" .
	c import -q "$BATS_FILE_TMPDIR/root.tar" localhost/crash
	c run --rm --network "$CRASH_NETWORK" localhost/crash true
	wait_for_ours # its monitor removes its files
	find "$CR_GRAPH" | grep -v -e sqlite -e "^$CR_GRAPH/mountpoints" | sort >"$BATS_FILE_TMPDIR/files"
}

teardown_file() {
	c rm -f -a -t 0 >/dev/null 2>&1
	rm -rf "$CR_RUN"
}

setup() {
	RANDOM=${CRASH_SEED:-$$}
	echo "CRASH_SEED=${CRASH_SEED:-$$}"
}

teardown() {
	c rm -f -a -t 0 >/dev/null 2>&1
}

c() {
	"$CORACLE" --root "$CR_GRAPH" --runroot "$CR_RUN" "$@"
}

# The calls of a successful run, one name per line, into $CALLS.
record() {
	CALLS=$BATS_TEST_TMPDIR/calls
	strace -qq -o "$BATS_TEST_TMPDIR/strace" "$CORACLE" --root "$CR_GRAPH" --runroot "$CR_RUN" "$@" >/dev/null
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$BATS_TEST_TMPDIR/strace" | grep -v exit_group >"$CALLS"
	[ "$(wc -l <"$CALLS")" -gt 100 ]
}

# Run a command and kill it on entering a call chosen at random from those recorded (the first of them
# belong to the dynamic loader: nothing of ours happens there).
run_killed() {
	local total line name nth

	total=$(wc -l <"$CALLS")
	line=$((RANDOM % (total - 40) + 41))
	name=$(sed -n "${line}p" "$CALLS")
	nth=$(head -n "$line" "$CALLS" | grep -cx "$name")
	LAST="$* (killed at $name #$nth)"
	strace -qq -o /dev/null -e trace="$name" -e inject="$name:signal=KILL:when=$nth" \
		"$CORACLE" --root "$CR_GRAPH" --runroot "$CR_RUN" "$@" </dev/null >/dev/null 2>&1 || true
}

ids_seen() {
	{
		c ps -aq --no-trunc 2>/dev/null
		ls "$CR_RUN"/{containers,exits,netns,runtime} "$CR_GRAPH/containers" 2>/dev/null |
			grep -oE '^[0-9a-f]{64}'
	} | sort -u
}

# Processes of this test: monitors, cleanup commands.
ours() {
	pgrep -f -- "$CR_RUN" | while read -r p; do
		[ "$p" = $$ ] || [ "$p" = "$BASHPID" ] || grep -qs coracle "/proc/$p/comm" && echo "$p"
	done
}

none_of_ours() {
	[ -z "$(ours)" ]
}

# One may start another while it ends.
wait_for_ours() {
	local p

	until_ok none_of_ours || {
		for p in $(ours); do
			echo "process $p does not end: $(tr '\0' ' ' <"/proc/$p/cmdline")"
		done
		return 1
	}
}

assert_nothing_left() {
	local bad="" id

	wait_for_ours || return 1
	bad=$(
		grep -e "$CR_RUN" -e "$CR_GRAPH" /proc/self/mountinfo
		find "$CR_RUN"/{containers,exits,netns,runtime,locks/exit,locks/container} \
			-mindepth 1 -maxdepth 1 2>/dev/null
		find "$CR_RUN/networks" -type f -path '*ipam*' 2>/dev/null | grep -E '/[0-9]+\.[0-9.]+$'
		find "$CR_GRAPH" | grep -v -e sqlite -e "^$CR_GRAPH/mountpoints" | sort | diff "$BATS_FILE_TMPDIR/files" -
		for id in $1; do
			find /sys/fs/cgroup -maxdepth 4 -name "$id" 2>/dev/null
			ip -o link | grep -i "cr${id:0:12}"
			nft list ruleset 2>/dev/null | grep "$id"
		done
		true
	)
	[ -z "$bad" ] || {
		echo "left after: $LAST"
		echo "$bad"
		return 1
	}
}

# Also while nobody has taken its status.
gone() { # PID
	[ ! -e "/proc/$1/ns/pid" ]
}

# What the next commands must see and do.
check_after() {
	local states ids

	states=$(c ps -a --format '{{.State}}' 2>/dev/null) || {
		echo "ps failed after: $LAST"
		c ps -a
		return 1
	}
	if grep -vxE 'created|running|exited|paused|stopping|stopped|removing|' <<<"$states"; then
		echo "illegal state after: $LAST"
		return 1
	fi
	ids=$(ids_seen)
	run c rm -f -a -t 0
	[ "$status" -eq 0 ] || {
		echo "rm failed after: $LAST"
		echo "$output"
		return 1
	}
	# A lock file without a record is in nobody's list: the next command that changes containers
	# removes it.
	[ -z "$(ls "$CR_RUN/locks/container")" ] || c rm "$(c create --network none localhost/crash true)"
	assert_nothing_left "$ids"
}

@test "create" {
	record create --network "$CRASH_NETWORK" --name rec localhost/crash sleep 1000
	c rm rec
	for _ in $(seq "$CRASH_ROUNDS"); do
		run_killed create --network "$CRASH_NETWORK" localhost/crash sleep 1000
		check_after
	done
}

@test "start" {
	c create --network "$CRASH_NETWORK" --name rec localhost/crash sleep 1000
	record start rec
	c rm -f -t 0 rec
	for _ in $(seq "$CRASH_ROUNDS"); do
		c create --network "$CRASH_NETWORK" --name one localhost/crash sleep 1000
		run_killed start one
		check_after
	done
}

@test "run --rm -d" {
	record run --rm -d --network "$CRASH_NETWORK" --name rec localhost/crash sleep 1000
	c rm -f -t 0 rec
	for _ in $(seq "$CRASH_ROUNDS"); do
		run_killed run --rm -d --network "$CRASH_NETWORK" localhost/crash sleep 1000
		check_after
	done
}

@test "run --rm, attached" {
	record run --rm --network "$CRASH_NETWORK" localhost/crash true
	for _ in $(seq "$CRASH_ROUNDS"); do
		run_killed run --rm --network "$CRASH_NETWORK" localhost/crash true
		check_after
	done
}

@test "stop" {
	c run -d --network "$CRASH_NETWORK" --name rec localhost/crash sleep 1000
	record stop -t 0 rec
	c rm rec
	for _ in $(seq "$CRASH_ROUNDS"); do
		c run -d --network "$CRASH_NETWORK" --name one localhost/crash sleep 1000
		run_killed stop -t 0 one
		check_after
	done
}

@test "rm -f" {
	c run -d --network "$CRASH_NETWORK" --name rec localhost/crash sleep 1000
	record rm -f -t 0 rec
	for _ in $(seq "$CRASH_ROUNDS"); do
		c run -d --network "$CRASH_NETWORK" --name one localhost/crash sleep 1000
		run_killed rm -f -t 0 one
		check_after
	done
}

@test "exec" {
	c run -d --network none --name one localhost/crash sleep 1000
	record exec one true
	for _ in $(seq "$CRASH_ROUNDS"); do
		run_killed exec one true
		run -0 c ps --format '{{.Names}} {{.State}}'
		[ "$output" = "one running" ]
	done
	run -0 c exec one true
	check_after
	assert_nothing_left ""
}

@test "the attached command dies while its container runs: the monitor cleans up" {
	local fifo=$BATS_TEST_TMPDIR/fifo pid id

	mkfifo "$fifo"
	"$CORACLE" --root "$CR_GRAPH" --runroot "$CR_RUN" run --rm --name one --network "$CRASH_NETWORK" \
		localhost/crash sh -c 'echo up; sleep 1000' >"$fifo" 3>&- &
	pid=$!
	read -r line <"$fifo"
	[ "$line" = up ]
	id=$(c ps -q --no-trunc)
	kill -9 "$pid"
	LAST="kill -9 of the attached run"
	run -0 c ps --format '{{.State}}'
	[ "$output" = running ]
	c kill one
	assert_nothing_left "$id"
	run -0 c ps -aq
	[ -z "$output" ]
}

# The monitor of a container, its keeper, and what else is named: none of them can follow another.
kill_monitor() {
	local keeper

	keeper=$(pgrep -f "^coracle-keeper $1")
	kill -STOP "$keeper"
	kill -9 "$(cat "$CR_RUN/containers/$1/conmon.pid")" "$keeper" "${@:2}"
}

@test "the monitor dies while its container runs" {
	local id
	for _ in $(seq $((CRASH_ROUNDS / 4 + 1))); do
		id=$(c run -d --network "$CRASH_NETWORK" --name one localhost/crash sleep 1000)
		kill -9 "$(cat "$CR_RUN/containers/$id/conmon.pid")"
		LAST="kill -9 of the monitor"
		run -0 c ps --format '{{.State}}'
		[ "$output" = running ]
		run -0 c exec one true
		run -0 --separate-stderr c stop -t 0 one
		[ -z "$stderr" ]
		run -0 c ps -a --format '{{.State}} {{.ExitCode}}'
		[ "$output" = "exited 137" ]
		check_after
	done
}

@test "container and monitor die together: ps says exited, the next writer tells and cleans up" {
	local id pid
	id=$(c run -d --network "$CRASH_NETWORK" --name one localhost/crash sleep 1000)
	pid=$(c inspect --format '{{.State.Pid}}' one)
	kill_monitor "$id" "$pid"
	until_ok gone "$pid"
	LAST="kill -9 of init and monitor"
	run -0 c ps -a --format '{{.State}}'
	[[ "$output" =~ ^(exited|stopped)$ ]]
	run -0 --separate-stderr c create --name two localhost/crash true
	[[ "$stderr" == *"container one has ended"* ]]
	run ! grep "$id" /proc/self/mountinfo
	check_after
}

@test "system check --repair finds what belongs to no container" {
	local id
	id=$(c create --network none localhost/crash true)
	c rm "$id"
	mkdir -p "$CR_RUN/containers/$id" "$CR_GRAPH/containers/$id"
	echo 0 >"$CR_RUN/exits/$id"
	run c system check
	[[ "$output" == *"${id:0:12}"* ]]
	run c system check --repair
	LAST="planted files"
	assert_nothing_left "$id"
}
