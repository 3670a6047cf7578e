#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# load: archives and directories as Debian's podman and skopeo write them; import of a tar archive.

bats_require_minimum_version 1.5.0
load ../harness/images

: "${BUILD:=build}"
TOOL=$BUILD/tests/harness/image_tool

setup_file() {
	export IMAGES_STORE=$BATS_FILE_TMPDIR/store IMG=$BATS_FILE_TMPDIR/img
	images_make "$IMG"
	images_peer_tree "$IMG" >"$IMG/tree"
	cd "$IMG" || return 1
	skopeo copy -q oci:oci:bb docker-archive:docker.tar:quay.example/team/bb:v1
	skopeo copy -q oci:oci:bb oci-archive:oci.tar:team/bb:v2
	skopeo copy -q oci:oci:bb dir:dir
}

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config CONTAINERS_REGISTRIES_CONF=
	cd "$IMG" || return 1
}

teardown() {
	umount "$BATS_TEST_TMPDIR/merged" 2>/dev/null || :
}

tool() {
	"$TOOL" --root "$ROOT" "$@"
}

podman_peer() {
	podman --root "$IMAGES_STORE/root" --runroot "$IMAGES_STORE/run" --storage-driver vfs "$@"
}

# The image of that name (or the only one) has buildah's tree.
check_tree() {
	local id lower merged=$BATS_TEST_TMPDIR/merged

	id=$(tool find "$1")
	lower=$(tool lower "${id%% *}" | paste -sd:)
	mkdir -p "$merged" "$BATS_TEST_TMPDIR/empty"
	mount -t overlay overlay -o "lowerdir=$lower:$BATS_TEST_TMPDIR/empty" "$merged"
	images_tree "$merged" >"$BATS_TEST_TMPDIR/tree"
	umount "$merged"
	diff "$IMG/tree" "$BATS_TEST_TMPDIR/tree"
}

# flip FILE OFFSET: that byte becomes another, whatever it was (the layer's content is random).
flip() {
	local byte

	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\x$(printf %02x $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

nothing_left() {
	local rest

	[ -z "$(tool list)" ]
	rest=$(find "$ROOT/storage/staging" -mindepth 2 2>/dev/null | grep -v '/lock$') || :
	[ -z "$rest" ]
	rest=$(find "$ROOT/storage/overlay" "$ROOT/storage/images" -mindepth 1 2>/dev/null) || :
	[ -z "$rest" ]
}

@test "docker-archive" {
	run -0 tool load docker.tar
	[ "$output" = quay.example/team/bb:v1 ]
	check_tree quay.example/team/bb:v1
}

@test "oci-archive" {
	run -0 tool load oci.tar
	[ "$output" = localhost/team/bb:v2 ]
	check_tree localhost/team/bb:v2
}

@test "OCI layout and dir" {
	run -0 tool load oci
	[ "$output" = localhost/bb:latest ]
	check_tree bb
	tool remove "$(cat id)"
	run -0 tool load dir
	[ "$output" = "sha256:$(cat id)" ]
	check_tree "$(cat id)"
}

@test "compressed archives" {
	local c

	for c in gzip zstd xz; do
		"$c" -c <docker.tar >"$BATS_TEST_TMPDIR/a.$c"
		ROOT=$BATS_TEST_TMPDIR/$c
		run -0 tool load "$BATS_TEST_TMPDIR/a.$c"
		[ "$output" = quay.example/team/bb:v1 ]
	done
	check_tree quay.example/team/bb:v1
}

@test "standard input, plain and compressed" {
	run -0 tool load - <oci.tar
	check_tree localhost/team/bb:v2
	ROOT=$BATS_TEST_TMPDIR/other
	run -0 sh -c 'gzip -c <docker.tar | "$1" --root "$2" load -' - "$TOOL" "$ROOT"
	check_tree quay.example/team/bb:v1
}

@test "what podman saves: each format, and two images in one" {
	local id f

	id=$(cat id)
	podman_peer tag "$id" saved.example/one:1 saved.example/two:2
	for f in docker-archive oci-archive docker-dir oci-dir; do
		podman_peer save -q --format "$f" -o "$BATS_TEST_TMPDIR/$f" saved.example/one:1
		ROOT=$BATS_TEST_TMPDIR/root-$f
		run -0 tool load "$BATS_TEST_TMPDIR/$f"
		run -0 tool list
		check_tree "${output%% *}"
	done
	podman_peer save -q -m -o "$BATS_TEST_TMPDIR/multi" saved.example/one:1 saved.example/two:2
	ROOT=$BATS_TEST_TMPDIR/multi-root
	run -0 tool load "$BATS_TEST_TMPDIR/multi"
	check_tree saved.example/one:1
	check_tree saved.example/two:2
}

@test "pull from local transports" {
	run -0 tool pull "docker-archive:docker.tar:quay.example/team/bb:v1"
	[[ $output == *" quay.example/team/bb:v1" ]]
	run -0 tool pull oci:oci:bb
	run -0 tool pull "dir:$IMG/dir"
	run -0 tool pull "oci-archive:oci.tar"
	run -1 tool pull oci:oci:nope
	[[ $output == not_found:*"nope"* ]]
	run -1 tool pull docker-archive:docker.tar:other.example/x:1
	[[ $output == not_found:* ]]
	run -1 tool pull docker-daemon:busybox:latest
	[[ $output == unsupported:*docker-daemon* ]]
}

@test "the vfs driver" {
	run -0 tool --driver vfs load oci.tar
	run -0 tool --driver vfs find bb:v2
	images_tree "$(tool --driver vfs lower "${output%% *}" | head -1)" >"$BATS_TEST_TMPDIR/tree"
	diff "$IMG/tree" "$BATS_TEST_TMPDIR/tree"
}

@test "no images: one error each, nothing left" {
	local t=$BATS_TEST_TMPDIR

	echo text >"$t/text"
	run -1 tool load "$t/text"
	[ "${#lines[@]}" -eq 1 ]
	tar cf "$t/rootfs.tar" -C "$IMG" dir
	run -1 tool load "$t/rootfs.tar"
	[[ $output == invalid:*"imported, not loaded"* ]]
	run -1 tool load "$t/missing"
	[[ $output == os:*"$t/missing"* ]]
	mkdir "$t/empty"
	run -1 tool load "$t/empty"
	[[ $output == invalid:* ]]
	head -c 1000000 docker.tar >"$t/cut.tar"
	run -1 tool load "$t/cut.tar"
	[ "${#lines[@]}" -eq 1 ]
	head -c 1000000 oci.tar | gzip -c >"$t/cut.gz"
	run -1 tool load "$t/cut.gz"
	nothing_left
}

@test "changed blobs and names that climb" {
	local t=$BATS_TEST_TMPDIR blob digest

	cp -r oci "$t/oci"
	blob=$(ls -S "$t"/oci/blobs/sha256/* | head -1)
	flip "$blob" 5000
	run -1 tool load "$t/oci"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == corrupt:* ]]
	nothing_left

	rm -r "$t/oci"
	cp -r oci "$t/oci"
	blob=$(ls -S "$t"/oci/blobs/sha256/* | head -1)
	truncate -s -10 "$blob"
	run -1 tool load "$t/oci"
	[ "${#lines[@]}" -eq 1 ]
	nothing_left

	# CVE-2024-3727: a digest in index.json that is a path.
	sed 's,sha256:[0-9a-f]*,sha256:../../../../etc/passwd,' oci/index.json >"$t/oci/index.json"
	run -1 tool load "$t/oci"
	[[ $output == *"sha256:../../../../etc/passwd"* || $output == *digest* ]]
	nothing_left

	# A link instead of a blob leads nowhere outside.
	rm -r "$t/oci"
	cp -r oci "$t/oci"
	for blob in "$t"/oci/blobs/sha256/*; do
		ln -sf "$IMG/oci/blobs/sha256/${blob##*/}" "$blob"
	done
	run -1 tool load "$t/oci"
	nothing_left
}

@test "import a root file system" {
	local t=$BATS_TEST_TMPDIR id

	mkdir -p "$t/fs/bin"
	cp /bin/busybox "$t/fs/bin/sh"
	echo x >"$t/fs/.wh.kept"
	tar cf "$t/fs.tar" -C "$t/fs" .
	run -0 tool --change 'CMD ["/bin/sh"]' --change 'ENV A=1 B="2 3"' --change 'EXPOSE 80' \
		--change 'LABEL a=b' --change 'USER 5' --change 'WORKDIR /srv' \
		--change 'VOLUME /data' --change 'STOPSIGNAL SIGINT' --change 'ENTRYPOINT echo' \
		--change 'ONBUILD RUN x' import "$t/fs.tar" mine:v1
	id=$output
	run -0 tool find mine:v1
	[ "$output" = "$id localhost/mine:v1" ]
	run -0 tool config "$id"
	[[ $output == *'"Cmd":["/bin/sh"]'* && $output == *'"Env":["A=1","B=2 3"]'* ]]
	[[ $output == *'"ExposedPorts":{"80/tcp":{}}'* && $output == *'"WorkingDir":"/srv"'* ]]
	[[ $output == *'"Entrypoint":["/bin/sh","-c","echo"]'* && $output == *'"StopSignal":"SIGINT"'* ]]
	run -0 tool lower "$id"
	cmp "$output/bin/sh" /bin/busybox
	[ -f "$output/.wh.kept" ]
	[ "$(tool manifest "$id" | grep -o '"layers"')" = '"layers"' ]

	ROOT=$t/other
	run -0 sh -c 'gzip -c <"$1/fs.tar" | "$2" --root "$1/other" import -' - "$t" "$TOOL"
	run -0 tool list
	[[ $output == *" - -" ]]
}

@test "import refuses before it unpacks" {
	local t=$BATS_TEST_TMPDIR

	run -1 tool --change 'FROM x' import "$IMG/docker.tar"
	[[ $output == invalid:*FROM* ]]
	run -1 tool import "$IMG/docker.tar" Bad:Name
	[[ $output == invalid:*"lower case"* ]]
	run -1 tool import "$t/missing"
	[[ $output == os:*"$t/missing"* ]]
	head -c 100000 /dev/urandom >"$t/junk"
	run -1 tool import "$t/junk"
	[ "${#lines[@]}" -eq 1 ]
	nothing_left
}
