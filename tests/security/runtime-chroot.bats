#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A runtime called in a chroot: the container's namespace must not keep what lies above it, and nothing
# of ours may appear outside.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	HOUSE=$BATS_TEST_TMPDIR/house
	mkdir -p "$HOUSE"/{proc,dev,sys}
	mv "$BUNDLE" "$HOUSE/bundle"
	cp "$RUNTIME" "$HOUSE/coracle-runtime"
	cp /bin/busybox "$HOUSE/busybox"
	touch "$HOUSE/house" "$HOUSE/bundle/rootfs/container"
	BUNDLE=$HOUSE/bundle
}

# Commands of $1 in a chroot of $HOUSE, in a mount namespace whose mounts are shared as on an
# ordinary host, but not with the host: others mount there meanwhile.  The container is removed at the end of each.
in_house() {
	cat >"$HOUSE/script" <<-EOF
		rt() { /coracle-runtime --root /state --cgroup-manager disabled "\$@"; }
		$1
		rt delete -f $ID
	EOF
	unshare -m --propagation private sh -c '
		mount --make-rshared / && mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" || exit 1
		sort /proc/self/mountinfo >"$1/before"
		chroot "$1" /busybox sh /script </dev/null
		status=$?
		sort /proc/self/mountinfo >"$1/after"
		exit $status' sh "$HOUSE"
}

@test "exec in a chroot enters the container, not what the chroot lies in" {
	runtime_args sleep 1000
	in_house "rt create -b /bundle $ID && rt start $ID && rt exec $ID ls -d /container /house /work /root; :" \
		>"$HOUSE/out"
	grep -x /container "$HOUSE/out"
	run ! grep -x -e /house -e /work "$HOUSE/out"
	cmp "$HOUSE/before" "$HOUSE/after"
}

@test "init has one root, and nothing of the host below it" {
	runtime_args sh -c 'ls -d /container; cut -d " " -f 5 /proc/self/mountinfo'
	in_house "rt run -b /bundle $ID" >"$HOUSE/out"
	grep -x /container "$HOUSE/out"
	[ "$(grep -cx / "$HOUSE/out")" = 1 ]
	run ! grep -E -e house -e '^/(work|tmp|run)' "$HOUSE/out"
	cmp "$HOUSE/before" "$HOUSE/after"
}
