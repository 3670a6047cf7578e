# SPDX-License-Identifier: Apache-2.0
# lib.bash: what the cases share.  A test is a function t_NAME that runs in a subshell of its own with
# `set -eu`; it fails when a command fails, and exits with $NONE where the specification leaves the
# matter to the runtime and the runtime has nothing of it (no features command, say).
#
# Given: $RUNTIME, $TREE (a root file system of busybox, never written to), $T (a directory of the test),
# $B (its bundle), $STATE (its state root), $ID (its container), $CG (the container's cgroup path).

# shellcheck source=tests/harness/wait.bash
. "$HERE/../harness/wait.bash"

NONE=77
LACKS=78

# The machine has nothing to try it on: a skip, named.
lacks() {
	echo "$1" >"$RESULTS/${ID#conform-}.lacks"
	exit "$LACKS"
}

V2=
[ ! -e /sys/fs/cgroup/cgroup.controllers ] || V2=1

# The tree is made once: each test gets hard links.
make_tree() {
	local applet

	mkdir -p "$1"/{bin,proc,sys,dev,etc,tmp,root,var,run,home/user,cover/sub}
	cp /bin/busybox "$1/bin/busybox"
	for applet in sh true false sleep ls cat echo id ps mount env hostname dnsdomainname stat tty stty touch \
		mkdir rm ln readlink grep head printf kill wc pwd dd test umount nproc tr cut sort chmod mknod uname \
		nice sync sed; do
		ln -s busybox "$1/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
	echo covered >"$1/cover/file"
	chmod 1777 "$1/tmp"
}

test_names() { # NAME
	T=$SUITE/$1
	B=$T/bundle
	STATE=$T/state
	ID=conform-$1
	CG=$CGROUP/$1
}

test_begin() {
	test_names "$1"
	mkdir -p "$B" "$STATE"
	chmod 755 "$T" "$B"
	cp -al "$TREE" "$B/rootfs"
}

test_end() {
	local id

	for id in "$STATE"/*/; do
		[ -d "$id" ] || continue
		rt delete --force "$(basename "$id")" >/dev/null 2>&1 || true
	done
	rm -rf --one-file-system "$T"
}

rt() {
	timeout -k 5 60 "$RUNTIME" --root "$STATE" "$@"
}

# conf FILTER [ARG...]: config.json is base.json through the jq filter; ARG... are the process.
conf() {
	local filter=$1

	shift
	jq --arg T "$T" --arg B "$B" --arg CG "$CG" \
		".linux.cgroupsPath = \$CG | (if (\$ARGS.positional | length) > 0 then .process.args = \$ARGS.positional
			else . end) | $filter" "$HERE/base.json" --args -- "$@" >"$B/config.json"
}

create() {
	rt create -b "$B" "$ID" </dev/null >"$T/out" 2>"$T/err" || {
		cat "$T/err" >&2
		return 1
	}
}

state() {
	rt state "$ID"
}

status() {
	state | jq -r .status
}

pid() {
	state | jq .pid
}

# up FILTER [ARG...]: created, not started.
up() {
	conf "$@"
	create
}

# started FILTER [ARG...]
started() {
	up "$@"
	rt start "$ID"
}

# inside FILTER SCRIPT: run the shell script in a container; its output is in $T/out.
inside() {
	conf "$1" sh -c "$2"
	rt run -b "$B" "$ID" </dev/null >"$T/out" 2>"$T/err" || {
		cat "$T/out" "$T/err" >&2
		return 1
	}
}

out_is() {
	[ "$(cat "$T/out")" = "$1" ] || {
		echo "expected: $1" >&2
		echo "got: $(cat "$T/out")" >&2
		return 1
	}
}

# refused FILTER [ARG...]: create is an error, and there is no container.
refused() {
	conf "$@"
	create_refused
}

create_refused() {
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>"$T/err"; then
		echo "create did not fail" >&2
		return 1
	fi
	[ -z "${REVIEW:-}" ] || echo "$ID: $(tail -1 "$T/err")" >>"$REVIEW"
	no_container
}

no_container() {
	if rt state "$ID" >/dev/null 2>&1; then
		echo "there is a container" >&2
		return 1
	fi
}

fails() {
	if "$@" >"$T/fails" 2>&1; then
		echo "did not fail: $*" >&2
		return 1
	fi
}

status_is() {
	[ "$(status)" = "$1" ]
}

until_status() {
	until_ok status_is "$1"
}

gone() { # PID
	[ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null || [ ! -e "/proc/$1" ]
}

# The directories of a cgroup path in all hierarchies.
cgroup_dirs() {
	local top

	for top in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[ ! -e "$top/cgroup.procs" ] || [ ! -d "$top$1" ] || echo "$top$1"
	done
}

# cg V1FILE V2FILE: the value of a file of the container's cgroup; V1FILE is CONTROLLER/FILE.
cg() {
	if [ -n "$V2" ]; then
		cat "/sys/fs/cgroup$CG/$2"
	else
		cat "/sys/fs/cgroup/${1%%/*}$CG/${1#*/}"
	fi
}

same() {
	[ "$1" = "$2" ] || {
		echo "expected '$2', got '$1'" >&2
		return 1
	}
}

# A program for hooks: it notes its name, its state, its environment and its namespaces.
hook_program() {
	cat >"$T/hook" <<-'EOF'
		#!/bin/sh
		# hook DIRECTORY NAME [COMMAND]
		cat >"$1/$2.state"
		for n in mnt net uts ipc pid; do
			echo "$n $(readlink /proc/self/ns/$n)"
		done >"$1/$2.ns"
		echo "$2" >>"$1/order"
		dir=$1 name=$2
		shift 2
		[ $# = 0 ] || eval "$@"
	EOF
	chmod 755 "$T/hook"
}

# hook KIND NAME [COMMAND]: a jq filter that adds one.
hook() {
	local json

	json=$(jq -cn --arg p "$T/hook" --arg t "$T" --arg n "$2" --arg c "${3:-}" \
		'{path: $p, args: (["hook", $t, $n] + (if $c == "" then [] else [$c] end)), env: ["PATH=/usr/bin:/bin"]}')
	echo ".hooks.$1 += [$json]"
}
