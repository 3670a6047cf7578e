#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2018-10856, 2022-27649, 2022-29162: a user keeps no capabilities, nobody has inheritable ones.

load engine

zero() { # SET...
	local set

	for set; do
		[[ $output == *"$set:	0000000000000000"* ]]
	done
}

@test "run --user" {
	run -0 r -u 1000 "$IMAGE" cat /proc/self/status
	zero CapInh CapPrm CapEff CapAmb
	run -0 r -u user:user "$IMAGE" cat /proc/self/status
	zero CapInh CapPrm CapEff CapAmb
	run -0 r --privileged -u user "$IMAGE" cat /proc/self/status
	zero CapInh CapPrm CapEff CapAmb
}

@test "inheritable is empty on run, exec, exec --privileged, --cap-add, --privileged" {
	run -0 r "$IMAGE" cat /proc/self/status
	zero CapInh CapAmb
	run -0 r --cap-add ALL "$IMAGE" cat /proc/self/status
	zero CapInh CapAmb
	run -0 r --privileged "$IMAGE" cat /proc/self/status
	zero CapInh CapAmb
	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	run -0 co exec "$C" cat /proc/self/status
	zero CapInh CapAmb
	run -0 co exec --privileged "$C" cat /proc/self/status
	zero CapInh CapAmb
	run -0 co exec -u 1000 "$C" cat /proc/self/status
	zero CapInh CapPrm CapEff CapAmb
}

@test "through runc as the runtime" {
	command -v runc >/dev/null || skip "runc"
	run -0 co --runtime runc run --rm --network none --ulimit host -u 1000 "$IMAGE" cat /proc/self/status
	zero CapInh CapPrm CapEff CapAmb
}

@test "control" {
	control -u 1000 "$IMAGE" grep CapEff /proc/self/status
}
