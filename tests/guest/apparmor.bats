#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An AppArmor profile is in force inside, for the container's process and for exec.

bats_require_minimum_version 1.5.0
DRIVER=cgroupfs
load guest

setup_file() {
	apparmor_parser -r <<-'P'
		profile coracle-guest flags=(attach_disconnected,mediate_deleted) {
		  file,
		  capability,
		  signal,
		  deny /etc/passwd r,
		}
	P
}

setup() {
	guest_setup
	runtime_config '.process.apparmorProfile = "coracle-guest"'
}
teardown() { runtime_teardown; }

@test "the profile confines the container's process and exec" {
	start
	[ "$(cat "/proc/$(init_pid)/attr/current")" = "coracle-guest (enforce)" ]
	run ! rt exec "$ID" cat /etc/passwd
	[[ $output == *"ermission denied"* ]]
	rt exec "$ID" ls /etc
	[ "$(rt exec "$ID" cat /proc/self/attr/current)" = "coracle-guest (enforce)" ]
}

@test "without the profile the same is allowed" {
	runtime_config 'del(.process.apparmorProfile)'
	start
	rt exec "$ID" cat /etc/passwd
}

@test "a profile that is not loaded is an error that names it" {
	runtime_config '.process.apparmorProfile = "coracle-missing"'
	run ! start
	[[ $output == *"AppArmor profile 'coracle-missing'"* ]]
	gone
}
