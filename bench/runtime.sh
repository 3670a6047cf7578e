#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The runtime against crun, runc and the floor program, with the limits that it has to keep.
#
#	BUILD=DIR bench/runtime.sh [SECTION]...	sections: one many crowd exec size (default: all)
#	ROUNDS=N (default 30), CROWD=N containers already there (default 500), COPIES=N (default 16)
#	RUNTIME=PATH another build of ours to measure beside (A/B); it enters no limit
#
# Root is needed.  Two specs: "minimal" mounts what the floor program mounts; "full" is what podman
# itself writes for `podman create`, seccomp profile and all, with a root and sources of our own.
# Ours and the floor program run as a package puts them on disk, stripped and written in one go: a
# file that the linker wrote piece by piece lies in small pieces in the page cache, too, which costs
# 0.1 ms a start.  All are called by their full path.
# Each section is one interleaved run; the table at the end has every ratio beside its limit, and
# the status is 1 when one is beyond it.  Figures count on a quiet machine only.
set -u

here=$(cd "$(dirname "$0")" && pwd)
ROUNDS=${ROUNDS:-30}
CROWD=${CROWD:-500}
COPIES=${COPIES:-16}
# shellcheck source=bench/setup.sh
. "$here/setup.sh"

results=$tmp/results
mkdir "$tmp/bin"
# installed FILE NAME: a copy of a program as it would be installed
installed() {
	strip -o "$tmp/bin/$2" "$1" || exit 1
}
installed "$floor" floor
floor=$tmp/bin/floor
installed "$BUILD/src/cmd/coracle-runtime" coracle-runtime
runtimes="coracle-runtime"
for program in crun runc; do
	if have "$program"; then
		runtimes="$runtimes $program"
	else
		skip "$program" "it is missing"
	fi
done
if [ -n "${RUNTIME:-}" ]; then
	installed "$RUNTIME" coracle-other
	runtimes="$runtimes coracle-other"
fi
PATH=$tmp/bin:$PATH

# State lies on a tmpfs, as below /run.
for program in $runtimes; do
	mkdir "$tmp/$program" && mount -t tmpfs tmpfs "$tmp/$program" || exit 1
done

# Every container its own default cgroup: many of one bundle live at the same time.
without_cgroup() {
	jq -c 'del(.linux.cgroupsPath)' "$1/config.json" >"$1/new" && mv "$1/new" "$1/config.json"
}

# full_bundle NAME: podman's own spec with our root, and the files that it binds
full_bundle() {
	id=$($podman create --network none "$image" true) && $podman init "$id" >/dev/null || return
	mkdir -p "$tmp/$1/shm" &&
		cp "$tmp/podman/overlay-containers/$id/userdata/config.json" "$tmp/$1/podman.json"
	$podman rm -f "$id" >/dev/null
	for file in hosts resolv.conf hostname .containerenv; do
		echo bench >"$tmp/$1/$file"
	done
	jq --arg bundle "$tmp/$1" --arg root "$tmp/rootfs" '.root.path = $root
		| .process.args = ["/bin/true"]
		| .linux.namespaces |= map(if .type == "network" then { type } else . end)
		| .mounts |= map(if .type == "bind"
			then .source = $bundle + "/" + (.source | split("/") | last) else . end)' \
		"$tmp/$1/podman.json" >"$tmp/$1/config.json"
}

make_bundles() {
	bundle minimal /bin/true
	without_cgroup "$tmp/minimal"
	specs=minimal
	if ! have podman || ! have jq; then
		skip "full spec" "podman or jq is missing"
		return
	fi
	make_config
	if ! $podman import "$tmp/rootfs.tar" "$image" >"$tmp/log" 2>&1 ||
		! full_bundle full >"$tmp/log" 2>&1; then
		skip "full spec" "podman: $(tail -1 "$tmp/log")"
		return
	fi
	without_cgroup "$tmp/full"
	specs="minimal full"
	for spec in $specs; do
		mkdir "$tmp/$spec-sleep"
		jq '.process.args = ["/bin/sleep", "1000000"]' "$tmp/$spec/config.json" \
			>"$tmp/$spec-sleep/config.json"
	done
}

# lives LABEL ROUNDS INTERLEAVE-OPTION...: create+start+delete with each spec by each runtime
lives() {
	label=$1 rounds=$2
	shift 2
	set -- "$@" -- "$label floor" "$floor" "$tmp/rootfs" /bin/true
	for spec in $specs; do
		for runtime in $runtimes; do
			r="$(command -v "$runtime") --root $tmp/$runtime"
			# shellcheck disable=SC2086
			set -- "$@" -- "$label $spec $runtime" \
				$r create -b "$tmp/$spec" "$label-$spec-%r" ++ \
				$r start "$label-$spec-%r" ++ $r delete -f "$label-$spec-%r"
		done
	done
	"$interleave" -n "$rounds" -o "$results" -t "create+start+delete of true: $label" "$@"
}

section_one() {
	lives one "$ROUNDS"
}

section_many() {
	lives many $(((ROUNDS + 3) / 4)) -w 1 -p "$COPIES"
}

section_crowd() {
	i=0
	while [ $i -lt "$CROWD" ]; do
		if ! coracle-runtime --root "$tmp/coracle-runtime" create -b "$tmp/minimal-sleep" \
			"crowd-$i" </dev/null >"$tmp/log" 2>&1; then
			break
		fi
		coracle-runtime --root "$tmp/coracle-runtime" start "crowd-$i" || break
		i=$((i + 1))
	done
	if [ $i -lt "$CROWD" ]; then
		skip crowd "container $i: $(tail -1 "$tmp/log")"
	else
		lives crowd "$ROUNDS"
	fi
	while [ $i -gt 0 ]; do
		i=$((i - 1))
		coracle-runtime --root "$tmp/coracle-runtime" delete -f "crowd-$i"
	done
}

# end_container ID RUNTIME...: crun's delete does not wait for the process that it has killed, and
# then finds the cgroup in use
end_container() {
	id=$1 looks=0
	shift
	"$@" kill "$id" KILL
	until "$@" state "$id" | grep -q '"status": *"stopped"'; do
		looks=$((looks + 1))
		[ $looks -lt 10000 ] || break
	done
	"$@" delete -f "$id"
}

section_exec() {
	for spec in $specs; do
		for runtime in $runtimes; do
			r="$runtime --root $tmp/$runtime"
			if ! $r create -b "$tmp/$spec-sleep" "exec-$spec-$runtime" </dev/null >"$tmp/log" 2>&1 ||
				! $r start "exec-$spec-$runtime" >"$tmp/log" 2>&1; then
				skip "exec" "$runtime: $(tail -1 "$tmp/log")"
				return
			fi
		done
	done
	for copies in 1 "$COPIES"; do
		label=exec rounds=$ROUNDS
		[ "$copies" -gt 1 ] && label=exec-many rounds=$(((ROUNDS + 3) / 4))
		set --
		for spec in $specs; do
			for runtime in $runtimes; do
				set -- "$@" -- "$label $spec $runtime" \
					"$(command -v "$runtime")" --root "$tmp/$runtime" \
					exec "exec-$spec-$runtime" /bin/true
			done
		done
		"$interleave" -n "$rounds" -w 1 -p "$copies" -o "$results" \
			-t "exec true, $copies at once" "$@"
	done
	for spec in $specs; do
		for runtime in $runtimes; do
			end_container "exec-$spec-$runtime" "$runtime" --root "$tmp/$runtime"
		done
	done
}

section_size() {
	printf 'size\t%d\t0\n' "$(stat -c %s "$tmp/bin/coracle-runtime")" >>"$results"
}

# One line per ratio that has a limit; status 1 when one is beyond it.
judge() {
	awk -F '\t' -v specs="$specs" '
	function row(what, n, d, limit) {
		if (n == "" || d == "" || d == 0)
			return
		printf "  %-44s %10.3f %10.3f %7.3f %6.2f %s\n", what, n, d, n / d, limit,
			n / d <= limit ? "" : "MISSED"
		missed = missed || n / d > limit
	}
	{ time[$1] = $2; rss[$1] = $3 }
	END {
		ours = "coracle-runtime"
		printf "  %-44s %10s %10s %7s %6s\n", "", "ours", "other", "ratio", "limit"
		split("one many crowd", label, " ")
		split(specs, spec, " ")
		for (l = 1; l in label; l++) for (s = 1; s in spec; s++) {
			at = label[l] " " spec[s] " "
			row(at "/ crun", time[at ours], time[at "crun"], 0.45)
			row(at "/ runc", time[at ours], time[at "runc"], 0.27)
			row(at "/ floor", time[at ours], time[label[l] " floor"],
				spec[s] == "full" ? 2.0 : 1.6)
			row(at "rss / crun", rss[at ours], rss[at "crun"], 1)
		}
		for (s = 1; s in spec; s++) {
			row("crowd " spec[s] " / one " spec[s], time["crowd " spec[s] " " ours],
				time["one " spec[s] " " ours], 1.1)
			row("exec " spec[s] " / crun", time["exec " spec[s] " " ours],
				time["exec " spec[s] " crun"], 0.5)
			row("exec-many " spec[s] " / crun", time["exec-many " spec[s] " " ours],
				time["exec-many " spec[s] " crun"], 0.5)
			row("exec " spec[s] " rss / crun", rss["exec " spec[s] " " ours],
				rss["exec " spec[s] " crun"], 1)
		}
		row("size of the stripped program (bytes) / 1.5 MB", time["size"], 1500000, 1)
		exit missed
	}' "$results"
}

make_bundles
[ $# -eq 0 ] && set -- one many crowd exec size
for section in "$@"; do
	case $section in
	one | many | crowd | exec | size) "section_$section" ;;
	*)
		echo "bench: unknown section '$section': one, many, crowd, exec, size" >&2
		exit 1
		;;
	esac
done
echo "against the limits"
judge
