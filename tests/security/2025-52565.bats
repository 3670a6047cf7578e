#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2025-52565 (and 2026-88264, -88265): /dev/console and /dev/pts of the image are links.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	HOST=$BATS_TEST_TMPDIR/host
	mkdir "$HOST"
	echo secret >"$HOST/file"
	chown 5:5 "$HOST/file"
	runtime_config '.process.terminal = true' '.process.user.uid = 1000'
	runtime_args sh -c 'echo written >/dev/console'
}
teardown() { runtime_teardown; }

with_terminal() {
	script -qec "'$RUNTIME' --root '$RT_ROOT' run -b '$BUNDLE' '$ID'" /dev/null
}

untouched() {
	[ "$(cat "$HOST/file")" = secret ]
	[ "$(stat -c %u:%g "$HOST/file")" = 5:5 ]
	[ "$(ls "$HOST")" = file ]
}

@test "a link at /dev/console" {
	local to

	bare_dev
	runtime_config '.mounts += [{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666"]}]'
	for to in "../../../../../../../../..$HOST/file" "../../../../../../../../..$HOST/new" /proc/sysrq-trigger; do
		ln -sfn "$to" "$BUNDLE/rootfs/dev/console"
		run ! with_terminal
		untouched
	done
}

@test "a link at /dev/pts" {
	bare_dev
	ln -sfn "../../../../../../../../..$HOST" "$BUNDLE/rootfs/dev/pts"
	run ! with_terminal
	untouched
}

@test "a /dev/pts that is no devpts" {
	bare_dev
	mkdir -p "$BUNDLE/rootfs/dev/pts"
	mknod "$BUNDLE/rootfs/dev/pts/ptmx" c 5 2
	run ! with_terminal
	[[ $output == *devpts* ]]
	untouched
}

@test "pipes, sockets and files as stdio: files of the host keep their owner" {
	runtime_config '.process.terminal = false'
	runtime_args sh -c 'echo more; cat >/dev/null'
	rt run -b "$BUNDLE" "$ID" <"$HOST/file" >>"$HOST/file"
	[ "$(stat -c %u:%g "$HOST/file")" = 5:5 ]
	: | rt run -b "$BUNDLE" "$ID" | grep -q more
}
