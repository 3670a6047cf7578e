#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What we unpack is what Debian's podman unpacks: each layer's directory, whiteouts included, and the
# merged tree, in mode, owner, time, size, content, links, devices and attributes.

bats_require_minimum_version 1.5.0
load ../harness/images

: "${BUILD:=build}"
TOOL=$BUILD/tests/harness/image_tool
TREE=$BUILD/tests/harness/tree_list
# The Debian system takes a minute to make, so it is kept between runs.
: "${CORACLE_TEST_CACHE:=/var/cache/coracle-tests}"

setup_file() {
	export IMAGES_STORE=$BATS_FILE_TMPDIR/store
	mkdir -p "$IMAGES_STORE"
}

setup() {
	PODMAN_ROOT=$BATS_TEST_TMPDIR/podman
	ROOT=$BATS_TEST_TMPDIR/root
	export CONTAINERS_REGISTRIES_CONF=/dev/null
}

teardown() {
	if mountpoint -q "$BATS_TEST_TMPDIR/merged"; then
		umount "$BATS_TEST_TMPDIR/merged"
	fi
	peer image umount --all --force >/dev/null || :
	if mountpoint -q "$PODMAN_ROOT/overlay"; then
		umount "$PODMAN_ROOT/overlay"
	fi
}

peer() {
	podman --root "$PODMAN_ROOT" --runroot "$BATS_TEST_TMPDIR/run" --storage-driver overlay \
		--log-level error "$@" 2>>"$BATS_TEST_TMPDIR/podman.err"
}

# Directories of an image's layers in podman's store, topmost first.
peer_layers() {
	peer image inspect "$1" | jq -r \
		'.[0].GraphDriver.Data | .UpperDir, (.LowerDir // "" | split(":")[])' | sed '/^$/d'
}

same_tree() {
	"$TREE" "$1" >"$BATS_TEST_TMPDIR/theirs"
	"$TREE" "$2" >"$BATS_TEST_TMPDIR/ours"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/ours")" -gt 1 ]
	diff -u "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
}

# Load the archive with both and compare every layer, then the whole.
compare() {
	local id name merged theirs i
	local -a a b

	peer load -q -i "$1"
	id=$(peer images -q --no-trunc | head -n1)
	id=${id#sha256:}
	"$TOOL" --root "$ROOT" load "$1"
	"$TOOL" --root "$ROOT" list | grep -q "^$id "
	mapfile -t a < <(peer_layers "$id")
	mapfile -t b < <("$TOOL" --root "$ROOT" lower "$id")
	echo "# ${#a[@]} layers" >&3
	[ "${#a[@]}" -eq "$2" ]
	[ "${#a[@]}" -eq "${#b[@]}" ]
	for i in "${!a[@]}"; do
		same_tree "${a[i]}" "${b[i]}"
	done
	theirs=$(peer image mount "$id")
	mkdir "$BATS_TEST_TMPDIR/merged"
	mount -t overlay overlay -o "ro,lowerdir=$(IFS=:; echo "${b[*]}")" "$BATS_TEST_TMPDIR/merged"
	same_tree "$theirs" "$BATS_TEST_TMPDIR/merged"
}

@test "an image with everything that a layer can have" {
	images_make "$BATS_TEST_TMPDIR/img"
	skopeo copy -q "oci:$BATS_TEST_TMPDIR/img/oci:bb" "oci-archive:$BATS_TEST_TMPDIR/a.tar:bb"
	compare "$BATS_TEST_TMPDIR/a.tar" 3
}

# next_layer FROM FUNCTION: the image's id.
next_layer() {
	local c m

	c=$(blobs_buildah from "$1")
	m=$(blobs_buildah mount "$c")
	"$2" "$m"
	blobs_buildah commit -q "$c"
	blobs_buildah rm "$c" >/dev/null
}

debian_base() {
	tar -x -p --xattrs --xattrs-include='*' --numeric-owner -C "$1" \
		-f "$CORACLE_TEST_CACHE/debian-bookworm.tar"
}

debian_changes() {
	rm -rf "$1/usr/share/doc" "$1/var/lib/dpkg/info" "$1/etc/alternatives"
	mkdir "$1/usr/share/doc" "$1/etc/alternatives"
	echo new >"$1/usr/share/doc/new"
	rm "$1/bin/cat" "$1/etc/fstab"
	chmod 0700 "$1/usr/sbin"
	chown 7:8 "$1/usr/bin/env"
	mv "$1/usr/share/locale" "$1/usr/share/locale.moved"
	ln -s nowhere "$1/usr/share/locale"
}

debian_more_changes() {
	rm -rf "$1/usr/share/locale.moved" "$1/usr/share/doc"
	setcap cap_net_raw+ep "$1/usr/bin/env"
	ln "$1/usr/bin/env" "$1/usr/bin/env2"
}

@test "a Debian image with deletions" {
	local base=$CORACLE_TEST_CACHE/debian-bookworm.tar id

	if [ ! -s "$base" ]; then
		mkdir -p "$CORACLE_TEST_CACHE"
		# The packages come through the machine's network, not this file's own (tools/check).
		${CHECK_NETNS:+nsenter --net="$CHECK_NETNS"} mmdebstrap --quiet --variant=essential bookworm "$base.$$.tar"
		mv "$base.$$.tar" "$base"
	fi
	id=$(next_layer scratch debian_base)
	id=$(next_layer "$id" debian_changes)
	id=$(next_layer "$id" debian_more_changes)
	blobs_buildah push -q "$id" "oci-archive:$BATS_TEST_TMPDIR/a.tar:deb"
	compare "$BATS_TEST_TMPDIR/a.tar" 3
}
