#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# coracle-monitor beside conmon, interleaved in one run: medians and ratios.
#
#	BUILD=DIR bench/monitor.sh [SECTION]...		sections: memory flood stalled start echo (default: all)
#	ROUNDS=N (default 5)  SIZE=BYTES of a flood (default 200 MB; the goal is said for 2 GB)
#
# The runtime is a program that only starts the payload (bench/monitor_caller.c), so that what is
# measured is the monitor.
set -u

here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "${BUILD:-$here/../build}" && pwd) || exit 1
ROUNDS=${ROUNDS:-5}
SIZE=${SIZE:-200000000}
caller=$BUILD/bench/monitor_caller
ours=$BUILD/src/cmd/coracle-monitor
conmon=$(command -v conmon)
tmp=$(mktemp -d /tmp/coracle-bench-monitor-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

if [ ! -x "$caller" ] || [ ! -x "$ours" ]; then
	echo "bench: '$caller' or '$ours' is missing: build first, or set BUILD" >&2
	exit 1
fi
[ -n "$conmon" ] || {
	echo "bench: conmon is missing (package conmon)" >&2
	exit 1
}

within= # the mount namespace that the measurement runs in
median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# once KIND NUMBER MONITOR LOG...: one measurement in a directory of its own
once() {
	rm -rf "$tmp/run"
	mkdir "$tmp/run"
	kind=$1 number=$2
	shift 2
	# Words: nsenter and its options, or nothing.
	# shellcheck disable=SC2086
	$within "$caller" "$kind" "$tmp/run" "$number" "$@"
}

# What `yes TEXT | head -c` itself can do: into a reader that only throws away.
ceiling() {
	i=0
	while [ $i -lt "$ROUNDS" ]; do
		begin=$(date +%s%N)
		yes 'a line of output as programs print them, some sixty bytes long' 2>/dev/null |
			head -c "$SIZE" | "$caller" sink
		end=$(date +%s%N)
		echo $((SIZE * 1000 / (end - begin)))
		i=$((i + 1))
	done | median
}

# Throughput, and the time that the monitor itself needs: flood TITLE BYTES LOG...
flood() {
	title=$1 bytes=$2
	shift 2
	pair "$title" MB/s 1 flood "$bytes" "$@"
	pair "... the monitor's processor time" ms/GB 2 flood "$bytes" "$@"
}

# pair TITLE UNIT COLUMN KIND NUMBER LOG...
pair() {
	title=$1 unit=$2 column=$3 kind=$4 number=$5
	shift 5
	: >"$tmp/conmon" && : >"$tmp/ours"
	i=0
	while [ $i -lt "$ROUNDS" ]; do
		once "$kind" "$number" "$conmon" "$@" | awk -v c="$column" '{ print $c }' >>"$tmp/conmon"
		once "$kind" "$number" "$ours" "$@" | awk -v c="$column" '{ print $c }' >>"$tmp/ours"
		i=$((i + 1))
	done
	a=$(median <"$tmp/conmon") b=$(median <"$tmp/ours")
	awk -v t="$title" -v u="$unit" -v a="$a" -v b="$b" \
		'BEGIN { printf "  %-44s %10s %10s %-5s ratio %.2f\n", t, a, b, u, b / a }'
}

section_memory() {
	pair "PSS at rest" kB 1 idle 0 -l "k8s-file:$tmp/run/log"
	pair "private dirty at rest" kB 2 idle 0 -l "k8s-file:$tmp/run/log"
	pair "PSS after 1 GB" kB 1 idle 1000000000 -l "k8s-file:$tmp/run/log" --log-size-max 100000000
	pair "private dirty after 1 GB" kB 2 idle 1000000000 -l "k8s-file:$tmp/run/log" --log-size-max 100000000
}

# conmon stops the container for such a client, so there is nothing to compare with.
section_stalled() {
	echo "  PSS and private dirty, kB, of coracle-monitor with a client that never reads:"
	echo "    at rest $(once stalled 0 "$ours" -l "k8s-file:$tmp/run/log")"
	echo "    after $SIZE bytes $(once stalled "$SIZE" "$ours" -l "k8s-file:$tmp/run/log" --log-size-max 100000000 --log-rotate)"
}

section_flood() {
	echo "  the container's program alone: $(ceiling) MB/s; no monitor can be faster"
	flood none "$SIZE" -l none
	flood k8s-file "$SIZE" -l "k8s-file:$tmp/run/log"
	flood "k8s-file, 100 MB limit" "$SIZE" -l "k8s-file:$tmp/run/log" --log-size-max 100000000
	flood passthrough "$SIZE" -l passthrough
	section_journald
}

# Entries that are in the journal for each line that was sent.
section_journald() {
	mkdir -p "$tmp/etc"
	unshare -m sh "$here/../tests/harness/journald.sh" "$tmp/etc" 8G >/dev/null 2>&1 &
	journal=$!
	until nsenter -t "$journal" -m test -S /run/systemd/journal/io.systemd.journal 2>/dev/null; do
		kill -0 "$journal" 2>/dev/null || {
			echo "  journald: no journal can be started here" >&2
			return 1
		}
	done
	within="nsenter -t $journal -m --"
	flood journald "$((SIZE / 20))" -l journald
	within=
	kill "$journal"
	wait "$journal"
}

section_start() {
	pair "start to the answer" ms 1 start 0 -l none
}

section_echo() {
	pair "a byte to a terminal and back" us 1 echo 5000 -l none
	pair "... with a k8s-file log" us 1 echo 5000 -l "k8s-file:$tmp/run/log"
}

echo "$(nproc) processors, $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg)"
printf '  %-44s %10s %10s\n' "" conmon ours
[ $# -eq 0 ] && set -- memory flood stalled start echo
for section in "$@"; do
	case $section in
	memory | flood | stalled | start | echo) "section_$section" ;;
	*)
		echo "bench: unknown section '$section': memory, flood, stalled, start, echo" >&2
		exit 1
		;;
	esac
done
