# SPDX-License-Identifier: Apache-2.0
# monitor.bash: drives the monitor through its protocol (tests/harness/monitor_client.c).
#
#	monitor_setup			as runtime_setup, and $M with exits/ persist/ sock/
#	monitor_start ARG...		a monitor for $ID; its answer in $output
#	monitor_run ARG...		... and the container is started
#	monitor_wait			until the exit file is there and the monitor has ended
#	monitor_teardown
#
# MONITOR=/usr/bin/conmon runs what is not ours alone over conmon; RUNTIME= as in runtime.bash.

# Also from a directory below.
# shellcheck source=tests/integration/runtime.bash
source "$(dirname "${BASH_SOURCE[0]}")/runtime.bash"

: "${MONITOR:=$BUILD/src/cmd/coracle-monitor}"
MC=$BUILD/tests/harness/monitor_client

monitor_setup() {
	runtime_setup
	M=$BATS_TEST_TMPDIR/m
	LOG=$M/ctr.log
	mkdir -p "$M"/{exits,persist,sock}
	UUID=uuid-$ID-0123456789
}

# The words that every monitor of a test gets.
monitor_words() {
	WORDS=("$MONITOR" --api-version 1 -c "$ID" -u "$UUID" -n name -b "$BUNDLE" -r "$RUNTIME"
		--runtime-arg --root --runtime-arg "$RT_ROOT" -P "$M/monitor.pid" -p "$M/pid"
		--exit-dir "$M/exits" --persist-dir "$M/persist" --socket-dir-path "$M/sock")
}

monitor_start() {
	monitor_words
	run --separate-stderr "$MC" start -- "${WORDS[@]}" -l "k8s-file:$LOG" "$@"
}

monitor_run() {
	monitor_start "$@"
	[[ $output == 'sync: {"data": '[1-9]*'}'* ]] || {
		echo "monitor: $output $stderr"
		return 1
	}
	rt start "$ID"
}

# exec in the container: monitor_exec SESSION_ARG... -- COMMAND...
monitor_exec() {
	local own=() spec=$M/session/process.json

	while [ "$1" != -- ]; do
		own+=("$1")
		shift
	done
	shift
	rm -rf "$M/session"
	mkdir -p "$M/session/exits"
	jq --argjson t "${TERMINAL:-false}" '.process | .terminal = $t | .args = $ARGS.positional' "$BUNDLE/config.json" \
		--args -- "$@" >"$spec"
	run --separate-stderr "$MC" start -n 2 -a "$M/session" -- "$MONITOR" --api-version 1 -c "$ID" -u "$UUID" \
		-b "$M/session" -r "$RUNTIME" --runtime-arg --root --runtime-arg "$RT_ROOT" -P "$M/session/monitor.pid" \
		-p "$M/session/pid" --exit-dir "$M/session/exits" --full-attach -l none --exec --exec-attach \
		--exec-process-spec "$spec" "${own[@]}"
}

monitor_pid() {
	cat "$M/monitor.pid"
}

monitor_wait() {
	"$MC" wait-file "$M/exits/$ID"
	"$MC" wait-exit "$(monitor_pid)"
}

# The log without its times.
monitor_log() {
	sed -E 's/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}[+-][0-9]{2}:[0-9]{2} //' "${1:-$LOG}"
}

monitor_teardown() {
	local pid

	# Clients of a test that failed, stopped ones too: they would hold up everything behind.
	for pid in $(jobs -p); do kill -KILL "$pid" 2>/dev/null || true; done
	runtime_teardown
	if [ -s "$M/monitor.pid" ] && [ "$(readlink "/proc/$(monitor_pid)/exe")" ]; then
		"$MC" wait-exit "$(monitor_pid)" || kill -KILL "$(monitor_pid)"
	fi
}

# Each test runs its body over both: ours in process, runc executed.
each_runtime() {
	local ours=$RUNTIME

	for RUNTIME in "$ours" /usr/sbin/runc; do
		[ -x "$RUNTIME" ] || continue
		echo "# over $RUNTIME"
		rm -rf "${M:?}" "$RT_ROOT" "$BUNDLE"
		monitor_setup
		"$@"
		monitor_teardown
	done
	RUNTIME=$ours
}
