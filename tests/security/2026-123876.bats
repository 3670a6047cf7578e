#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Podman 2026-123876, kernel 2026-31431: the default seccomp profile refuses AF_ALG and AF_VSOCK, also
# to 32-bit programs and on both of their ways to a socket (socketcall's arguments cannot be read by a filter).

load ../harness/podman

: "${BUILD:=build}"
CORACLE=$BUILD/src/cmd/coracle
IMAGE=localhost/sockets32

setup_file() {
	local root=$BATS_FILE_TMPDIR/rootfs

	mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/etc"
	gcc -m32 -nostdlib -static -fno-pie -no-pie -ffreestanding -fno-stack-protector -O1 \
		"$BATS_TEST_DIRNAME/programs/sockets32.c" -o "$root/sockets32"
	"$root/sockets32" >"$BATS_FILE_TMPDIR/host" || skip "32-bit programs"
	tar -C "$root" -cf "$BATS_FILE_TMPDIR/image.tar" .
	coracle_ import "$BATS_FILE_TMPDIR/image.tar" "$IMAGE"
}

teardown_file() {
	coracle_ rm -fa -t 0 >/dev/null 2>&1 || true
	podman_store_release "$BATS_FILE_TMPDIR/podman"
}

coracle_() {
	"$CORACLE" --root "$BATS_FILE_TMPDIR/store" --runroot "$BATS_FILE_TMPDIR/run" "$@"
}

# result WAY FAMILY: the third word of that line
result() {
	awk -v w="$1" -v f="$2" '$1 == w && $2 == f { print $3 }' <<<"$output"
}

@test "both 32-bit ways to AF_ALG and AF_VSOCK are refused by default" {
	run coracle_ run --rm --network none "$IMAGE" /sockets32
	echo "$output"
	[ "$status" -eq 0 ]
	# EAFNOSUPPORT by name; the way that cannot be checked is ENOSYS as a whole.
	[ "$(result socket 38)" -eq -97 ]
	[ "$(result socket 40)" -eq -97 ]
	[ "$(result socketcall 38)" -eq -38 ]
	[ "$(result socketcall 40)" -eq -38 ]
	[ "$(result socketcall 2)" -eq -38 ]
	# An ordinary socket is still to be had.
	[ "$(result socket 2)" -ge 0 ]
}

@test "control: without a filter they are the kernel's to give" {
	run coracle_ run --rm --network none --security-opt seccomp=unconfined "$IMAGE" /sockets32
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(result socketcall 2)" -ge 0 ]
	# As outside: AF_VSOCK where the kernel has it.
	[ "$(result socketcall 40)" -ge 0 ] || ! grep -q '^socketcall 40 [0-9]' "$BATS_FILE_TMPDIR/host"
}

@test "control: podman's profile leaves the way open" {
	command -v podman >/dev/null || skip "podman"
	local podman=(podman --root "$BATS_FILE_TMPDIR/podman" --runroot "$BATS_FILE_TMPDIR/podman-run"
		--cgroup-manager cgroupfs)

	"${podman[@]}" import "$BATS_FILE_TMPDIR/image.tar" "$IMAGE"
	run "${podman[@]}" run --rm --ulimit nproc=1000:1000 --ulimit nofile=1000:1000 --runtime runc --network none "$IMAGE" /sockets32
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(result socketcall 2)" -ge 0 ]
	[ "$(result socketcall 40)" -ge 0 ] || ! grep -q '^socketcall 40 [0-9]' "$BATS_FILE_TMPDIR/host"
}
