#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Side-by-side benchmarks: ours, the peers, and the floor, interleaved; medians and ratios.
#
#	BUILD=DIR bench/run.sh [SECTION]...	sections: runtime run exec ps memory (default: all)
#	ROUNDS=N (default 20)
#
# Root is needed.  Everything runs in one mount namespace of its own in which a hybrid machine's v2
# cgroup tree is unmounted: Debian's crun knows no hybrid layout, and all shall meet the same.  State lives below a
# temporary directory; a section whose programs are missing says which and is passed over.
set -u

here=$(cd "$(dirname "$0")" && pwd)
ROUNDS=${ROUNDS:-20}
# shellcheck source=bench/setup.sh
. "$here/setup.sh"

section_runtime() {
	if ! have busybox; then
		skip runtime "busybox is missing (package busybox-static)"
		return
	fi
	set -- -- floor "$floor" "$tmp/rootfs" /bin/true
	if have bwrap; then
		set -- "$@" -- bwrap bwrap --unshare-all --bind "$tmp/rootfs" / --proc /proc --dev /dev \
			/bin/true
	else
		skip "runtime (bwrap)" "bwrap is missing (package bubblewrap)"
	fi
	for runtime in coracle-runtime crun runc; do
		if ! have "$runtime"; then
			skip "runtime ($runtime)" "$runtime is missing"
			continue
		fi
		bundle "b-$runtime" /bin/true
		r="$runtime --root $tmp/$runtime"
		# shellcheck disable=SC2086
		set -- "$@" -- "$runtime run" $r run -b "$tmp/b-$runtime" "run%r" -- \
			"$runtime create+start+delete" $r create -b "$tmp/b-$runtime" "c%r" ++ \
			$r start "c%r" ++ $r delete -f "c%r"
	done
	"$interleave" -n "$ROUNDS" -t "runtime: true in a new container" "$@"
}

# The image into both stores; 1 with a reason when one cannot.
engines() {
	if ! have podman; then
		skip "$1" "podman is missing"
		return 1
	fi
	if ! have coracle; then
		skip "$1" "coracle is missing in $BUILD"
		return 1
	fi
	[ -e "$tmp/engines" ] && return 0
	make_config
	if ! $podman import "$tmp/rootfs.tar" "$image" >"$tmp/log" 2>&1; then
		skip "$1" "podman import failed: $(tail -1 "$tmp/log")"
		return 1
	fi
	if ! $coracle import "$tmp/rootfs.tar" "$image" >"$tmp/log" 2>&1; then
		skip "$1" "coracle import failed: $(tail -1 "$tmp/log")"
		return 1
	fi
	: >"$tmp/engines"
}

section_run() {
	engines run || return
	# shellcheck disable=SC2086
	"$interleave" -n "$ROUNDS" -t "run --rm --network none IMAGE true" \
		-- podman $podman run --rm --network none "$image" true \
		-- coracle $coracle run --rm --network none "$image" true
	# shellcheck disable=SC2086
	set -- -- coracle $coracle run --rm --network bridge "$image" true
	if $podman run --rm --network bridge "$image" true >"$tmp/log" 2>&1; then
		# shellcheck disable=SC2086
		set -- -- podman $podman run --rm --network bridge "$image" true "$@"
	else
		skip "run (podman with bridge)" "$(tail -1 "$tmp/log") (is iptables installed?)"
	fi
	"$interleave" -n "$ROUNDS" -t "run --rm --network bridge IMAGE true" "$@"
}

# start_sleepers NAME: one idle container in each engine
start_sleepers() {
	for engine in "$podman" "$coracle"; do
		if ! $engine run -d --name "$1" --network none "$image" sleep 1000000 >"$tmp/log" 2>&1; then
			echo "${engine%% *} run failed: $(tail -1 "$tmp/log")"
			return 1
		fi
	done
}

section_exec() {
	engines exec || return
	if ! reason=$(start_sleepers exec-bench); then
		skip exec "$reason"
		return
	fi
	# shellcheck disable=SC2086
	"$interleave" -n "$ROUNDS" -t "exec CONTAINER true" \
		-- podman $podman exec exec-bench true \
		-- coracle $coracle exec exec-bench true
	$podman rm -f -t 0 exec-bench >/dev/null
	$coracle rm -f -t 0 exec-bench >/dev/null
}

section_ps() {
	engines ps || return
	i=0
	while [ $i -lt 100 ]; do
		for engine in "$podman" "$coracle"; do
			if ! $engine create --name "ps-$i" --network none "$image" true >"$tmp/log" 2>&1; then
				skip ps "${engine%% *} create failed: $(tail -1 "$tmp/log")"
				return
			fi
		done
		i=$((i + 1))
	done
	# shellcheck disable=SC2086
	"$interleave" -n "$ROUNDS" -t "ps -a with 100 containers" \
		-- podman $podman ps -a -- coracle $coracle ps -a
	$podman rm -fa -t 0 >/dev/null
	$coracle rm -fa -t 0 >/dev/null
}

# pss PID: "PSS kB, private dirty kB"
pss() {
	awk '/^Pss:/ { p = $2 } /^Private_Dirty:/ { d = $2 } END { printf "%d %d", p, d }' \
		"/proc/$1/smaps_rollup"
}

# settle PID: until its memory has been the same for two and a half seconds, at most a minute
settle() {
	same=0 before="" i=0
	while [ $same -lt 5 ] && [ $i -lt 120 ]; do
		now=$(pss "$1")
		if [ "$now" = "$before" ]; then same=$((same + 1)); else same=0; fi
		before=$now i=$((i + 1))
		timeout 0.5 tail -f /dev/null # what is waited for is that nothing happens
	done
}

section_memory() {
	engines memory || return
	if ! reason=$(start_sleepers mem-bench); then
		skip memory "$reason"
		return
	fi
	a=$($podman inspect --format '{{.State.ConmonPid}}' mem-bench)
	b=$($coracle inspect --format '{{.State.ConmonPid}}' mem-bench)
	settle "$a"
	settle "$b"
	echo "memory of one idle container's monitor"
	printf '  %-28s %11s %16s\n' "" "PSS kB" "private dirty kB"
	# shellcheck disable=SC2046,SC2183
	printf '  %-28s %11d %16d\n' conmon $(pss "$a")
	# shellcheck disable=SC2046,SC2183
	printf '  %-28s %11d %16d\n' coracle-monitor $(pss "$b")
	$podman rm -f -t 0 mem-bench >/dev/null
	$coracle rm -f -t 0 mem-bench >/dev/null
}

[ $# -eq 0 ] && set -- runtime run exec ps memory
for section in "$@"; do
	case $section in
	runtime | run | exec | ps | memory) "section_$section" ;;
	*)
		echo "bench: unknown section '$section': runtime, run, exec, ps, memory" >&2
		exit 1
		;;
	esac
done
