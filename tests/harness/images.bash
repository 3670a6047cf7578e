# SPDX-License-Identifier: Apache-2.0
# images.bash: images for tests, made by Debian's buildah and skopeo from busybox-static.
#
#	images_make DIR		DIR/oci is an OCI layout with tag bb: three layers, with deletions,
#				an opaque directory, hard links, a device, an xattr, a file
#				capability, a sparse file and a long name; DIR/ids has its config digest
#	images_tree DIR		one line per file: all that must be equal after unpacking
#	images_peer_tree DIR	the same of the image as buildah unpacks it
#	blobs_buildah ARG...	buildah on a store of its own below $IMAGES_STORE

blobs_buildah() {
	buildah --root "$IMAGES_STORE/root" --runroot "$IMAGES_STORE/run" --storage-driver vfs "$@" \
		2>"$IMAGES_STORE/err" || {
		cat "$IMAGES_STORE/err" >&2
		return 1
	}
}

# The content of each layer, through the mounted container.
images_layer_1() {
	local long

	mkdir -p "$1/bin" "$1/etc/conf.d" "$1/var/cache/deep/er" "$1/dev" "$1/tmp"
	cp /bin/busybox "$1/bin/busybox"
	ln "$1/bin/busybox" "$1/bin/sh"
	ln -s busybox "$1/bin/ls"
	echo root:x:0:0:root:/root:/bin/sh >"$1/etc/passwd"
	echo one >"$1/etc/conf.d/one"
	echo two >"$1/etc/conf.d/two"
	echo gone >"$1/var/cache/deep/er/file"
	chmod 1777 "$1/tmp"
	chown 12:34 "$1/etc/conf.d/two"
	chmod 4755 "$1/bin/busybox"
	mknod "$1/dev/null0" c 1 3
	mkfifo "$1/dev/pipe"
	long=$(printf 'n%.0s' {1..180})
	mkdir -p "$1/$long/$long"
	echo long >"$1/$long/$long/$long"
	truncate -s 1M "$1/sparse"
	printf end >>"$1/sparse"
	cp /bin/busybox "$1/bin/capable"
	setcap cap_net_raw+ep "$1/bin/capable"
	setfattr -n user.test -v value "$1/etc/passwd" 2>/dev/null || :
	touch -d '2001-02-03 04:05:06.123456789' "$1/etc/passwd"
	touch -h -d '2002-02-03 04:05:06' "$1/bin/ls"
}

images_layer_2() {
	rm "$1/etc/conf.d/one"
	rm -r "$1/var/cache/deep"
	mkdir -p "$1/var/cache/deep"
	echo new >"$1/var/cache/deep/new"
	echo two-changed >"$1/etc/conf.d/two"
}

images_layer_3() {
	head -c 3000000 /dev/urandom >"$1/big"
	rm "$1/dev/pipe"
	mkdir "$1/dev/pipe"
}

images_make() {
	local n from=scratch c m

	mkdir -p "$1" "$IMAGES_STORE"
	for n in 1 2 3; do
		c=$(blobs_buildah from "$from") || return 1
		m=$(blobs_buildah mount "$c") || return 1
		"images_layer_$n" "$m" || return 1
		blobs_buildah config --cmd '["/bin/sh"]' --env "STEP=$n" "$c" || return 1
		blobs_buildah umount "$c" >/dev/null
		from=$(blobs_buildah commit -q "$c") || return 1
		blobs_buildah rm "$c" >/dev/null
	done
	blobs_buildah push -q "$from" "oci:$1/oci:bb" || return 1
	echo "$from" >"$1/id"
}

images_tree() {
	(
		cd "$1" || exit
		# Overlay counts no links of directories.
		find . -mindepth 1 -type d -printf '%P %y %#m %U:%G %T@\n' | sort
		find . -mindepth 1 ! -type d -printf '%P %y %#m %U:%G %T@ %l %n\n' | sort
		find . -type f -printf '%P %s\n' | sort
		find . -type f -print0 | sort -z | xargs -0 sha256sum
		find . -type c -exec stat -c '%n %t:%T' {} + | sort
		getfattr -R -h -d -m 'user\.|security\.capability' . 2>/dev/null
	)
}

images_peer_tree() {
	local c m

	c=$(blobs_buildah from "$(cat "$1/id")") || return 1
	m=$(blobs_buildah mount "$c") || return 1
	images_tree "$m"
	blobs_buildah rm "$c" >/dev/null
}
