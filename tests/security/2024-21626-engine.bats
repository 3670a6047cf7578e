#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2024-21626 through the engine: no working directory leads to the host, nothing is open inside.

load engine

@test "run -w /proc/self/fd/N" {
	local n

	for n in {3..24}; do
		run ! r -w "/proc/self/fd/$n" "$IMAGE" cat /proc/self/mountinfo 9</ 10</etc
		run ! r -w "/proc/self/fd/$n/.." "$IMAGE" ls 9</ 10</etc
	done
}

@test "an image's WORKDIR" {
	local n

	for n in 7 8 9 10 11; do
		co import -q --change "WORKDIR /proc/self/fd/$n" "$BATS_FILE_TMPDIR/image.tar" localhost/cwd >/dev/null
		run ! r localhost/cwd ls 9</ 10</etc
	done
}

@test "exec -w, and a link in the container" {
	local n

	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	for n in {3..32}; do
		co exec "$C" ln -sfn "/proc/self/fd/$n" /link
		run ! co exec -w "/proc/self/fd/$n" "$C" ls 9</ 10</etc
		run ! co exec -w /link "$C" ls 9</ 10</etc
	done
}

# ls holds the directory itself as 3.
@test "only stdio is open inside" {
	run -0 r "$IMAGE" ls /proc/self/fd 9</ 10</etc
	[ "$output" = $'0\n1\n2\n3' ]
	co run -d --name "$C" --network none "$IMAGE" sleep 1000 9</ 10</etc
	run -0 co exec "$C" ls /proc/1/fd
	[ "$output" = $'0\n1\n2' ]
	run -0 co exec "$C" ls /proc/self/fd 9</ 10</etc
	[ "$output" = $'0\n1\n2\n3' ]
}

@test "control" {
	control -w /proc/self/fd/8 "$IMAGE" ls
}
