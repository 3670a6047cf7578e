#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2025-31133: /dev/null of the image is a link, and what it points to is bound on a masked path.
# The payload reads a bounded part: over a runtime with the hole its output goes into what it reads.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	bare_dev
	echo secret >"$BUNDLE/rootfs/target"
	runtime_args sh -c 'cat /proc/keys; echo written >/proc/keys; head -c 100 /target'
}
teardown() { runtime_teardown; }

@test "a link at /dev/null is refused" {
	ln -s /target "$BUNDLE/rootfs/dev/null"
	run ! rt run -b "$BUNDLE" "$ID"
	[ "$(cat "$BUNDLE/rootfs/target")" = secret ]
}

@test "a file at /dev/null is refused" {
	echo x >"$BUNDLE/rootfs/dev/null"
	run ! rt run -b "$BUNDLE" "$ID"
}

@test "a wrong device at /dev/null is refused" {
	mknod "$BUNDLE/rootfs/dev/null" c 1 5
	run ! rt run -b "$BUNDLE" "$ID"
}

@test "masks use the host's null device, whatever the image has" {
	runtime_config '.mounts += [{"destination":"/dev","type":"bind","source":"fakedev","options":["rbind"]}]'
	mkdir "$BUNDLE/fakedev"
	ln -s /target "$BUNDLE/fakedev/null"
	run rt run -b "$BUNDLE" "$ID"
	[ "$status" = 0 ]
	[ "$output" = secret ]
}

@test "control" {
	ln -sfn /target "$BUNDLE/rootfs/dev/null"
	control rt run -b "$BUNDLE" "$ID"
}
