#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2026-41579, 2026-47766: `/dev -> /host/path` of the image is followed before pivot_root.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	HOST=$BATS_TEST_TMPDIR/host
	mkdir "$HOST"
	rm -rf "$BUNDLE/rootfs/dev"
}
teardown() { runtime_teardown; }

@test "/dev is a link to the host" {
	local to

	for to in "$HOST" "../../../../../../../../../../../..$HOST"; do
		ln -sfn "$to" "$BUNDLE/rootfs/dev"
		run ! rt run -b "$BUNDLE" "$ID"
		[ -z "$(ls -A "$HOST")" ]
	done
}

@test "/dev is a link and no file system is mounted on it" {
	bare_dev
	ln -sfn "../../../../../../../../../../../..$HOST" "$BUNDLE/rootfs/dev"
	run ! rt run -b "$BUNDLE" "$ID"
	[ -z "$(ls -A "$HOST")" ]
}

@test "a link below /dev does not lead a device out" {
	mkdir "$BUNDLE/rootfs/dev"
	bare_dev
	ln -sfn "../../../../../../../../../../../..$HOST" "$BUNDLE/rootfs/dev/sub"
	runtime_config '.linux.devices = [{"path":"/dev/sub/node","type":"c","major":1,"minor":3}]'
	run ! rt run -b "$BUNDLE" "$ID"
	[ -z "$(ls -A "$HOST")" ]
}

@test "control" {
	ln -sfn "../../../../../../../../../../../..$HOST" "$BUNDLE/rootfs/dev"
	bare_dev
	control rt run -b "$BUNDLE" "$ID"
}
