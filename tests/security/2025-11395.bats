#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2025-11395 and its class: the archive around the layers names files of the host: by "..", by an
# absolute path, by a link in the archive.  Nothing of the host is read into an image, nothing written.

bats_require_minimum_version 1.5.0
load evil

: "${BUILD:=build}"
TOOL=$BUILD/tests/harness/image_tool
TREE=$BUILD/tests/harness/tree_list

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	W=$BATS_TEST_TMPDIR/w
	evil_setup
	mkdir "$W"
	cp /bin/true "$SRC/true"
	tar -C "$SRC" -cf "$W/layer.tar" true
	DIFF=$(sha256sum <"$W/layer.tar" | cut -d' ' -f1)
	printf '{"architecture":"%s","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$(dpkg --print-architecture)" "$DIFF" >"$W/config.json"
	# What an attacker would like to be read: a good configuration, a good layer, outside.
	cp "$W/config.json" "$W/layer.tar" "$OUT/"
	"$TREE" "$OUT" >"$BATS_TEST_TMPDIR/outside.before"
}

# manifest CONFIG LAYER
manifest() {
	printf '[{"Config":"%s","RepoTags":["localhost/evil:1"],"Layers":["%s"]}]' "$1" "$2" \
		>"$W/manifest.json"
}

pack() {
	tar -C "$W" -cf "$BATS_TEST_TMPDIR/image.tar" "$@"
}

load() {
	run timeout 60 "$TOOL" --root "$ROOT" load "$BATS_TEST_TMPDIR/image.tar"
	echo "$status: $output"
}

not_loaded() {
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[ -z "$("$TOOL" --root "$ROOT" list)" ]
	outside_untouched
}

@test "control: the same archive with honest names is loaded" {
	manifest config.json layer.tar
	pack manifest.json config.json layer.tar
	load
	[ "$status" -eq 0 ]
}

@test "a configuration named by an absolute or climbing path" {
	local name

	for name in "$OUT/config.json" "$UP${OUT#/}/config.json" "./x/../../$UP${OUT#/}/config.json"; do
		manifest "$name" layer.tar
		pack manifest.json config.json layer.tar
		load
		not_loaded
	done
}

@test "a layer named by an absolute or climbing path" {
	local name

	for name in "$OUT/layer.tar" "$UP${OUT#/}/layer.tar"; do
		manifest config.json "$name"
		pack manifest.json config.json layer.tar
		load
		not_loaded
	done
}

@test "members that are links to the host" {
	manifest config.json layer.tar
	ln -sf "$OUT/layer.tar" "$W/layer.tar"
	pack manifest.json config.json layer.tar
	load
	not_loaded
	ln -sf "$UP${OUT#/}/config.json" "$W/config.json"
	pack manifest.json config.json layer.tar
	load
	not_loaded
	ln -sf "$OUT/layer.tar" "$W/manifest.json"
	pack manifest.json config.json layer.tar
	load
	not_loaded
}

@test "superfluous members with evil names are not even made" {
	manifest config.json layer.tar
	pack manifest.json config.json layer.tar
	evil_add "$BATS_TEST_TMPDIR/image.tar" "$UP${OUT#/}/evil"
	evil_link "$BATS_TEST_TMPDIR/image.tar" l "$OUT"
	evil_add "$BATS_TEST_TMPDIR/image.tar" l/evil
	load
	[ "$status" -eq 0 ]
	outside_untouched
	[ -z "$(find "$ROOT" -name evil)" ]
}

@test "an image layout with links to the host" {
	local l=$BATS_TEST_TMPDIR/layout m

	manifest config.json layer.tar
	pack manifest.json config.json layer.tar
	skopeo copy -q --insecure-policy "docker-archive:$BATS_TEST_TMPDIR/image.tar" "oci:$l:x"
	"$TOOL" --root "$ROOT-control" load "$l"
	m=$(find "$l/blobs" -type f | head -n 1)
	cp "$m" "$OUT/blob"
	"$TREE" "$OUT" >"$BATS_TEST_TMPDIR/outside.before"
	ln -sf "$OUT/blob" "$m"
	run timeout 60 "$TOOL" --root "$ROOT" load "$l"
	echo "$status: $output"
	not_loaded
}

@test "layers that are broken, by the hundred: no hang, no leak, nothing left" {
	local i size

	manifest config.json layer.tar
	size=$(stat -c %s "$W/layer.tar")
	for i in {1..100}; do
		cp "$OUT/layer.tar" "$W/layer.tar"
		printf '\xff' | dd of="$W/layer.tar" bs=1 seek=$((i * 97 % 600)) conv=notrunc status=none
		((i % 2)) || truncate -s $((size * i / 101)) "$W/layer.tar"
		pack manifest.json config.json layer.tar
		load
		not_loaded
	done
	[ -z "$(find "$ROOT/storage/staging" "$ROOT/storage/overlay" -mindepth 1)" ]
}
