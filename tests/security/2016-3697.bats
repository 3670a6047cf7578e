#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2016-3697, 2024-40635, 2026-46680, 2026-30892: words of a user that become root.

load engine

# An image whose passwd and group have rows named as ids.
image() {
	local root=$BATS_TEST_TMPDIR/root

	image_tree "$root"
	printf '1000:x:0:0::/root:/bin/sh\n1:x:0:0::/root:/bin/sh\nhuge:x:4294967296:0::/:\nminus:x:-1:0::/:\n' >>"$root/etc/passwd"
	printf '33:x:0:\n' >>"$root/etc/group"
	tar -C "$root" -cf "$BATS_TEST_TMPDIR/image.tar" .
	co import -q "$@" "$BATS_TEST_TMPDIR/image.tar" "localhost/users" >/dev/null
}

@test "digits are an id on run and exec" {
	image
	[ "$(r -u 1000 localhost/users id -u)" = 1000 ]
	[ "$(r -u 1 localhost/users id -u)" = 1 ]
	[ "$(r -u user:33 localhost/users id -g)" = 33 ]
	[ "$(r -u 1:33 localhost/users id -g)" = 33 ]
	co run -d --name "$C" --network none localhost/users sleep 1000
	[ "$(co exec -u 1000 "$C" id -u)" = 1000 ]
	[ "$(co exec -u 1 "$C" id -u)" = 1 ]
	[ "$(co exec -u 1:33 "$C" id -g)" = 33 ]
}

@test "the image's USER too" {
	image --change 'USER 1000'
	[ "$(r localhost/users id -u)" = 1000 ]
	image --change 'USER 4294967296'
	refused 126 4294967296 run --rm --network none localhost/users id
}

@test "what does not fit is refused on run and exec" {
	local word

	image
	co run -d --name "$C" --network none localhost/users sleep 1000
	for word in 2147483648 4294967295 4294967296 18446744073709551616 -1 +0 0x0 1e3 ' 0' '0 ' huge minus 0:4294967296 0:-1 user: a:b:c; do
		run -126 r "--user=$word" localhost/users id
		run -125 co exec "--user=$word" "$C" id
		[[ $output != *uid=* ]]
	done
}

@test "control" {
	control -u 1000 "$IMAGE" id -u
	control -u 4294967296 "$IMAGE" id -u
}
