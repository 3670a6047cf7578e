#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2024-21626: a working directory of /proc/self/fd/N leads to the host through a leaked descriptor.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

@test "run: no descriptor leads out" {
	local n

	runtime_args pwd
	for n in {3..40}; do
		runtime_config ".process.cwd = \"/proc/self/fd/$n\""
		run ! rt run -b "$BUNDLE" "$ID" 7</ 8</etc
		runtime_config ".process.cwd = \"/proc/1/fd/$n/..\""
		run ! rt run -b "$BUNDLE" "$ID" 7</ 8</etc
	done
}

@test "run: a link to it in the image neither" {
	local n

	runtime_args pwd
	for n in {3..20}; do
		ln -sfn "/proc/self/fd/$n" "$BUNDLE/rootfs/link"
		runtime_config '.process.cwd = "/link"'
		run ! rt run -b "$BUNDLE" "$ID" 7</ 8</etc
	done
}

@test "exec: no descriptor leads out" {
	local n

	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	for n in {3..64}; do
		run -255 rt exec --cwd "/proc/self/fd/$n" "$ID" pwd 7</ 8</etc
	done
}

@test "only stdio is open inside" {
	# ls holds the directory itself as 3
	runtime_args ls /proc/self/fd
	run -0 rt run -b "$BUNDLE" "$ID" 7</ 8</etc 30</proc </dev/null
	echo "inside: '$output'"
	[ "$output" = $'0\n1\n2\n3' ]
}

# A caller that has closed 0, 1 or 2: what we open first must not become the container's under that
# number (a directory of the host did, and made the test above fail where standard input was closed).
@test "closed stdio is nothing of ours inside" {
	local closed

	runtime_args sleep 1000
	for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		bash -c "'$RUNTIME' --root '$RT_ROOT' create -b '$BUNDLE' '$ID' <$BUNDLE/config.json >/dev/null 2>&1 $closed"
		for n in 0 1 2; do
			run -0 readlink "/proc/$(rt state "$ID" | jq .pid)/fd/$n"
			[ "$output" = /dev/null ] || [ "$output" = "$BUNDLE/config.json" ]
		done
		rt start "$ID"
		bash -c "'$RUNTIME' --root '$RT_ROOT' exec -d --pid-file '$BUNDLE/pid' '$ID' sleep 1000 <$BUNDLE/config.json >/dev/null 2>&1 $closed"
		run -0 ls "/proc/$(cat "$BUNDLE/pid")/fd"
		[ "$output" = $'0\n1\n2' ]
		run -0 readlink "/proc/$(cat "$BUNDLE/pid")/fd/1"
		[ "$output" = /dev/null ]
		rt delete --force "$ID"
	done
}
