#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2025-52881, 2019-16884, 2019-19921, 2023-27561: writes to procfs led elsewhere by what the image
# or a volume puts in its place.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

@test "/proc of the image is a link" {
	rmdir "$BUNDLE/rootfs/proc"
	mkdir "$BUNDLE/rootfs/other"
	ln -s other "$BUNDLE/rootfs/proc"
	run ! rt run -b "$BUNDLE" "$ID"
	[[ $output == */proc* ]]
}

@test "/sys of the image is a link" {
	rmdir "$BUNDLE/rootfs/sys"
	ln -s tmp "$BUNDLE/rootfs/sys"
	run ! rt run -b "$BUNDLE" "$ID"
	[[ $output == */sys* ]]
}

@test "volumes and file systems over /proc and below are refused" {
	local m

	for m in '{"destination":"/proc","type":"tmpfs","source":"tmpfs"}' \
		'{"destination":"/proc","type":"bind","source":"/tmp","options":["bind"]}' \
		'{"destination":"/proc/self","type":"tmpfs","source":"tmpfs"}' \
		'{"destination":"/proc/sys/../self/attr","type":"bind","source":"/tmp","options":["rbind"]}' \
		'{"destination":"/proc/sys/kernel","type":"bind","source":"/tmp","options":["bind"]}'; do
		runtime_config "del(.extra)" ".mounts += [$m]"
		run ! rt run -b "$BUNDLE" "$ID"
		[[ $output == */proc* ]]
		runtime_config '.mounts |= .[:-1]'
	done
}

@test "a link of the image does not lead a mount into procfs" {
	ln -s /proc/self "$BUNDLE/rootfs/innocent"
	runtime_config '.mounts += [{"destination":"/innocent/attr","type":"tmpfs","source":"tmpfs"}]'
	run ! rt run -b "$BUNDLE" "$ID"
}

@test "sysctls are written to the kernel's files, not to what covers them" {
	local file=$BATS_TEST_TMPDIR/fake

	# Even a covered /proc/sys inside (by a bind of a bind) changes nothing: the handle is the host's.
	runtime_config '.linux.sysctl = {"kernel.msgmax":"4321"}' '.linux.readonlyPaths = []'
	echo 0 >"$file"
	runtime_args cat /proc/sys/kernel/msgmax
	run -0 rt run -b "$BUNDLE" "$ID"
	[ "$output" = 4321 ]
	[ "$(cat "$file")" = 0 ]
}

@test "a label without its security module is an error" {
	[ ! -e /sys/kernel/security/apparmor ] || skip "apparmor"
	runtime_config '.process.apparmorProfile = "some-profile"'
	run ! rt run -b "$BUNDLE" "$ID"
	[[ $output == *apparmorProfile* ]]
	runtime_config 'del(.process.apparmorProfile)' '.linux.mountLabel = "a:b:c:d"'
	run ! rt run -b "$BUNDLE" "$ID"
	[[ $output == *mountLabel* ]]
}
