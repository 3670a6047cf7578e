#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2022-29162, 2022-27650, 2018-10856: inheritable and leftover capabilities.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

@test "run: inheritable is empty" {
	runtime_args grep CapInh /proc/self/status
	run -0 rt run -b "$BUNDLE" "$ID"
	[[ $output == *0000000000000000 ]]
}

@test "exec and exec --cap: inheritable is empty" {
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[[ $(rt exec "$ID" grep CapInh /proc/self/status) == *0000000000000000 ]]
	[[ $(rt exec --cap CAP_SYS_ADMIN "$ID" grep CapInh /proc/self/status) == *0000000000000000 ]]
}

@test "an ordinary user has no capabilities" {
	local set

	runtime_config '.process.user.uid = 1000'
	runtime_args cat /proc/self/status
	run -0 rt run -b "$BUNDLE" "$ID"
	for set in CapInh CapPrm CapEff CapAmb; do
		[[ $output == *"$set:	0000000000000000"* ]]
	done
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[[ $(rt exec -u 1000 "$ID" grep CapEff /proc/self/status) == *0000000000000000 ]]
}
