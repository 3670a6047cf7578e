# SPDX-License-Identifier: Apache-2.0
# runtime.bash: bundles from busybox-static for tests of coracle-runtime (and of its peers).
#
#	runtime_setup			state root, $BUNDLE with config.json and rootfs, $RT
#	runtime_config JQ...		change $BUNDLE/config.json by jq filters
#	runtime_args ARG...		the process of the container
#	rt ARG...			coracle-runtime on the test's state root
#	agent SOCKET FILE [ERRNO]	tests/harness/fd_agent takes what a runtime sends there; its pid is $AGENT
#	runtime_teardown		delete all containers of the test
#
# RUNTIME=/path runs the same tests over another runtime.

# shellcheck source=tests/harness/wait.bash
source "$(dirname "${BASH_SOURCE[0]}")/../harness/wait.bash"

: "${BUILD:=build}"
: "${RUNTIME:=$BUILD/src/cmd/coracle-runtime}"

rt() {
	${RT_TIMEOUT:+timeout "$RT_TIMEOUT"} "$RUNTIME" --root "$RT_ROOT" "$@"
}

# The tree is made once per file: nothing may write to it (rootfs is mounted read-only by default).
runtime_rootfs() {
	local dir=$1 applet

	mkdir -p "$dir"/{bin,proc,sys,dev,etc,tmp,root,var,run,home/user}
	cp /bin/busybox "$dir/bin/busybox"
	for applet in sh true false sleep ls cat echo id ps mount env hostname stat tty stty touch mkdir rm ln \
		readlink grep head tail printf kill wc pwd dd test umount nproc tr cut sort; do
		ln -sf busybox "$dir/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n' \
		>"$dir/etc/passwd"
	chmod 1777 "$dir/tmp"
}

runtime_setup() {
	RT_ROOT=$BATS_TEST_TMPDIR/state
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	# Ids and cgroups of parallel tests must not meet.
	ID=ct-$BASHPID-$BATS_TEST_NUMBER
	mkdir -p "$BUNDLE"
	runtime_rootfs "$BUNDLE/rootfs"
	"$BUILD/src/cmd/coracle-runtime" spec --bundle "$BUNDLE"
	runtime_config '.process.terminal = false' '.root.readonly = false' \
		".linux.cgroupsPath = \"/coracle-test/$ID\"" \
		'.process.rlimits = []'
	runtime_args true
}

runtime_teardown() {
	local id

	for id in $(rt list -q 2>/dev/null); do
		rt delete -f "$id" || true
	done
}

runtime_config() {
	local filter

	for filter in "$@"; do
		jq "$filter" "$BUNDLE/config.json" >"$BUNDLE/config.new"
		mv "$BUNDLE/config.new" "$BUNDLE/config.json"
	done
}

runtime_args() {
	local json

	json=$(jq -cn '$ARGS.positional' --args -- "$@")
	runtime_config ".process.args = $json"
}

agent() {
	"$BUILD/tests/harness/fd_agent" "$@" >"$BATS_TEST_TMPDIR/agent.log" 2>&1 3>&- &
	AGENT=$!
	until_ok test -S "$1"
}

runtime_status_is() {
	[ "$(rt state "$1" | jq -r .status)" = "$2" ]
}
