#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2026-55686, 2022-1227: a WORKDIR or a volume through a link of the image stays in the container.

load engine

evil_image() { # LINK-TARGET ARG...
	local root=$BATS_TEST_TMPDIR/root target=$1

	shift
	image_tree "$root"
	ln -sfn "$target" "$root/link"
	tar -C "$root" -cf "$BATS_TEST_TMPDIR/image.tar" .
	co import -q "$@" "$BATS_TEST_TMPDIR/image.tar" localhost/evil >/dev/null
}

@test "WORKDIR below a link" {
	local outside=$BATS_TEST_TMPDIR/outside target

	mkdir "$outside"
	for target in "$outside" "../../../../../../../..$outside"; do
		evil_image "$target" --change 'WORKDIR /link/made' --change 'USER user'
		run r localhost/evil pwd
		[ -z "$(ls -A "$outside")" ]
		[ "$(stat -c %u "$outside")" = 0 ]
	done
}

@test "volumes, binds and tmpfs at a link" {
	local outside=$BATS_TEST_TMPDIR/outside

	mkdir "$outside"
	evil_image "$outside"
	run r -v /link/v -v "$BATS_TEST_TMPDIR:/link/b" --tmpfs /link/t localhost/evil touch /link/x /link/v/y
	run r -v "vol-$C:/link/w" localhost/evil touch /link/w/z
	co volume rm "vol-$C" >/dev/null
	[ -z "$(ls -A "$outside")" ]
}

@test "files of the engine at links of the image" {
	local outside=$BATS_TEST_TMPDIR/outside root=$BATS_TEST_TMPDIR/root

	echo safe >"$outside"
	image_tree "$root"
	ln -sfn "$outside" "$root/etc/hosts"
	ln -sfn "$outside" "$root/etc/resolv.conf"
	ln -sfn "$outside" "$root/etc/passwd"
	ln -sfn "$outside" "$root/etc/group"
	tar -C "$root" -cf "$BATS_TEST_TMPDIR/image.tar" .
	co import -q "$BATS_TEST_TMPDIR/image.tar" localhost/evil >/dev/null
	run r -u 4321 localhost/evil sh -c 'echo changed >/etc/hosts; cat /etc/passwd'
	[[ $output != *safe* ]]
	[ "$(cat "$outside")" = safe ]
}
