#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's podman with our monitor (--conmon), over runc and over our runtime; the same list with
# conmon as control.

bats_require_minimum_version 1.5.0
load ../harness/podman

: "${BUILD:=build}"
BUILD=$(realpath "$BUILD")
OURS=$BUILD/src/cmd/coracle-monitor
OUR_RUNTIME=$BUILD/src/cmd/coracle-runtime
MC=$BUILD/tests/harness/monitor_client

setup_file() {
	local applet tree

	# podman refuses long run directories.
	ROOT=$(mktemp -d /tmp/cpc.XXXXXX)
	export ROOT
	tree=$ROOT/tree
	mkdir -p "$tree"/{bin,proc,sys,dev,tmp,etc}
	cp /bin/busybox "$tree/bin/busybox"
	for applet in sh echo cat sleep true stty yes head wc grep; do
		ln -s busybox "$tree/bin/$applet"
	done
	# With conmon, whatever the test is about.
	tar -C "$tree" -c . | podman --root "$ROOT/s" --runroot "$ROOT/r" --tmpdir "$ROOT/t" \
		--cgroup-manager cgroupfs import - localhost/cpc
}

teardown_file() {
	podman --root "$ROOT/s" --runroot "$ROOT/r" --tmpdir "$ROOT/t" --cgroup-manager cgroupfs rm -fa -t 0 || true
	podman_store_release "$ROOT/s"
	rm -rf "$ROOT"
}

# conmon marks an OOM kill by a file "oom" in the directory where podman was started.
setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	pod rm -fa -t 0
}

pod() {
	timeout 120 podman --root "$ROOT/s" --runroot "$ROOT/r" --tmpdir "$ROOT/t" --cgroup-manager cgroupfs \
		--runtime "${RUNTIME:-/usr/sbin/runc}" --conmon "${MONITOR:-/usr/bin/conmon}" "$@"
}

# The same for a program that needs its words.
pod_words() {
	PODMAN=(podman --root "$ROOT/s" --runroot "$ROOT/r" --tmpdir "$ROOT/t" --cgroup-manager cgroupfs
		--runtime "$RUNTIME" --conmon "$MONITOR")
}

RUN=(--network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096)

log_lines() { # CONTAINER LINE COUNT
	[ "$(pod logs "$1" | grep -cx "$2")" -eq "$3" ]
}

# ---- the list ----

foreground() {
	run --separate-stderr pod run --rm "${RUN[@]}" localhost/cpc sh -c 'echo out; echo err >&2; exit 3'
	[ "$status" -eq 3 ]
	[ "$output" = out ]
	[ "$stderr" = err ]
	run pod run --rm -i "${RUN[@]}" localhost/cpc sh -c 'cat; echo end' <<<'from stdin'
	[ "$output" = "$(printf 'from stdin\nend')" ]
	run -127 pod run --rm "${RUN[@]}" localhost/cpc nonexistent
	run pod run --rm "${RUN[@]}" localhost/cpc sh -c 'yes | head -c 3000000'
	[ "$(wc -c <<<"$output")" -eq 3000000 ]
}

detached() {
	pod run -d --name web "${RUN[@]}" localhost/cpc sh -c 'trap "exit 8" TERM; echo started; while :; do sleep 0.1; done'
	until_ok log_lines web started 1
	pod stop -t 60 web
	[ "$(pod inspect web --format '{{.State.ExitCode}} {{.State.Status}}')" = '8 exited' ]
	pod start web
	# Both runs are in the log.
	until_ok log_lines web started 2
	pod kill -s KILL web
	[ "$(pod wait web)" = 137 ]
	pod rm web
}

execs() {
	pod run -d --name ex "${RUN[@]}" localhost/cpc sleep 1000
	run pod exec ex sh -c 'echo inside; exit 9'
	[ "$status" -eq 9 ]
	[ "$output" = inside ]
	run pod exec -i ex cat <<<'to exec'
	[ "$output" = 'to exec' ]
	run -127 pod exec ex nonexistent
	pod exec -d ex sh -c 'echo made >/tmp/made'
	run "$MC" pty -r 24 -c 80 'expect:#' 'send:stty size; echo st$?\n' 'expect:24 80' 'size:40x100' \
		'send:until stty size | grep 40; do :; done\n' 'expect:40 100' 'send:exit 4\n' -- "${PODMAN[@]}" exec -it ex sh
	[ "$status" -eq 4 ]
	pod rm -f -t 0 ex
}

terminal() {
	run "$MC" pty -r 25 -c 81 'expect:#' 'send:stty size\n' 'expect:25 81' 'size:41x101' \
		'send:until stty size | grep 41; do :; done\n' 'expect:41 101' 'send:exit 5\n' -- \
		"${PODMAN[@]}" run --rm -it "${RUN[@]}" localhost/cpc sh
	[ "$status" -eq 5 ]
}

attached() {
	pod run -dit --name at "${RUN[@]}" localhost/cpc sh
	# stdin of the terminal must survive the first client.  One detach key: podman knows its two
	# default ones only when each comes by a read of its own.
	run "$MC" pty 'send:echo one$((1+1))\n' 'expect:one2' 'send:\x18' -- "${PODMAN[@]}" attach --detach-keys ctrl-x at
	[ "$status" -eq 0 ]
	[ "$(pod inspect at --format '{{.State.Status}}')" = running ]
	run "$MC" pty 'send:echo two$((1+1))\n' 'expect:two2' 'send:exit 6\n' -- "${PODMAN[@]}" attach at
	[ "$(pod wait at)" = 6 ]
	[ "$(pod inspect at --format '{{.State.ExitCode}}')" = 6 ]
	pod rm at
}

oom() {
	run pod run --name oom -m 32m "${RUN[@]}" localhost/cpc sh -c 'a=0123456789; while :; do a=$a$a; done'
	[ "$status" -eq 137 ]
	pod rm oom
}

whole_list() {
	pod_words
	foreground
	detached
	execs
	terminal
	attached
	oom
}

@test "podman with our monitor over runc" {
	MONITOR=$OURS RUNTIME=/usr/sbin/runc whole_list
}

@test "podman with our monitor over our runtime" {
	MONITOR=$OURS RUNTIME=$OUR_RUNTIME whole_list
}

@test "control: podman with conmon over runc" {
	MONITOR=/usr/bin/conmon RUNTIME=/usr/sbin/runc whole_list
}
