#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2020-10696 (buildah, podman load): a layer whose entries climb, or go through links, writes on the
# host.  Each archive must be refused by one error or unpacked inside; outside nothing changes.

bats_require_minimum_version 1.5.0
load evil

: "${BUILD:=build}"
TOOL=$BUILD/tests/harness/image_tool
TREE=$BUILD/tests/harness/tree_list

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	evil_setup
	evil_layers "$BATS_TEST_TMPDIR/layers"
}

# Inside the store, too: only layers have content, and nothing half-done is left.
store_is_whole() {
	local rest

	rest=$(find "$ROOT" -name '*evil*' ! -path '*/overlay/*/diff/*')
	[ -z "$rest" ] || {
		echo "outside of a layer: $rest"
		return 1
	}
	[ -z "$(find "$ROOT/storage/staging" -mindepth 1)" ]
}

refused() {
	[ "$status" -eq 1 ] && [ "${#lines[@]}" -eq 1 ]
}

@test "a hostile layer in an image that is loaded" {
	local f tried=0

	for f in "$BATS_TEST_TMPDIR"/layers/*.tar; do
		evil_image "$f" "$BATS_TEST_TMPDIR/image.tar"
		run timeout 60 "$TOOL" --root "$ROOT" load "$BATS_TEST_TMPDIR/image.tar"
		echo "${f##*/}: $status: $output"
		[ "$status" -eq 0 ] || refused
		outside_untouched
		store_is_whole
		tried=$((tried + 1))
	done
	[ "$tried" -ge 25 ]
}

@test "a hostile root file system that is imported" {
	local f

	for f in "$BATS_TEST_TMPDIR"/layers/*.tar; do
		run timeout 60 "$TOOL" --root "$ROOT" import "$f" localhost/evil:1
		echo "${f##*/}: $status: $output"
		[ "$status" -eq 0 ] || refused
		outside_untouched
		store_is_whole
	done
}

@test "climbing names are refused by name, not followed" {
	evil_image "$BATS_TEST_TMPDIR/layers/climb.tar" "$BATS_TEST_TMPDIR/image.tar"
	run "$TOOL" --root "$ROOT" load "$BATS_TEST_TMPDIR/image.tar"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"climbs with '..'"* ]]
	[ -z "$("$TOOL" --root "$ROOT" list)" ]
}

@test "a link to the host leads inside the layer" {
	evil_image "$BATS_TEST_TMPDIR/layers/link-absolute.tar" "$BATS_TEST_TMPDIR/image.tar"
	"$TOOL" --root "$ROOT" load "$BATS_TEST_TMPDIR/image.tar"
	outside_untouched
	# As containers/storage does it in its chroot.
	[ "$(cat "$ROOT"/storage/overlay/*/diff"$OUT/evil")" = evil ]
}

@test "control: podman loads the same without harm" {
	local f p=$BATS_TEST_TMPDIR/podman

	for f in "$BATS_TEST_TMPDIR"/layers/[!c]*.tar; do
		evil_image "$f" "$BATS_TEST_TMPDIR/image.tar"
		run timeout 60 podman --root "$p" --runroot "$BATS_TEST_TMPDIR/run" --storage-driver vfs \
			load -q -i "$BATS_TEST_TMPDIR/image.tar"
		outside_untouched
	done
}
