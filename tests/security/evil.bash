# SPDX-License-Identifier: Apache-2.0
# evil.bash: archives that try to leave the directory they are unpacked into.
#
#	evil_setup		$OUT (outside, with a secret), $SRC (a file `evil`), $UP ("../" many times)
#	evil_layers DIR		writes DIR/NAME.tar for each trick, and those of the fuzz corpus
#	evil_image LAYER FILE	a docker-archive with that one layer
#	outside_untouched	fails with a message when anything outside has changed

evil_setup() {
	OUT=$BATS_TEST_TMPDIR/outside
	SRC=$BATS_TEST_TMPDIR/src
	UP=$(printf '../%.0s' {1..40})
	mkdir -p "$OUT/dir" "$SRC/d"
	echo secret >"$OUT/secret"
	chmod 0600 "$OUT/secret"
	touch -d '2001-01-01' "$OUT/secret" "$OUT/dir" "$OUT"
	echo evil >"$SRC/evil"
	"$TREE" "$OUT" >"$BATS_TEST_TMPDIR/outside.before"
}

# evil_add FILE NAME: `evil` under that name.
evil_add() {
	tar -C "$SRC" -r -P -f "$1" --transform "s|^evil\$|$2|rSH" evil
}

# evil_link FILE NAME TARGET: a symbolic link.
evil_link() {
	ln -sfn "$3" "$SRC/link"
	tar -C "$SRC" -r -P -f "$1" --transform "s|^link\$|$2|rSH" link
	rm "$SRC/link"
}

evil_layers() {
	local d=$1 f

	mkdir -p "$d"
	evil_add "$d/climb.tar" "${UP}${OUT#/}/evil"
	evil_add "$d/climb-inside.tar" "a/b/$UP${OUT#/}/evil"
	evil_add "$d/absolute.tar" "$OUT/evil"
	evil_link "$d/link-absolute.tar" l "$OUT"
	evil_add "$d/link-absolute.tar" l/evil
	evil_link "$d/link-climb.tar" l "$UP${OUT#/}"
	evil_add "$d/link-climb.tar" l/evil
	evil_link "$d/link-chain.tar" a "$UP"
	evil_link "$d/link-chain.tar" a/b "${OUT#/}"
	evil_add "$d/link-chain.tar" a/b/evil
	evil_link "$d/link-to-file.tar" evil "$OUT/secret"
	evil_add "$d/link-to-file.tar" evil
	tar -C "$SRC" -r -f "$d/dir-then-link.tar" d
	evil_link "$d/dir-then-link.tar" d "$OUT/dir"
	tar -C "$SRC" -r -f "$d/dir-then-link.tar" d
	evil_add "$d/dir-then-link.tar" d/evil
	evil_link "$d/whiteout-through-link.tar" l "$OUT"
	evil_add "$d/whiteout-through-link.tar" l/.wh.secret
	evil_link "$d/opaque-through-link.tar" l "$OUT"
	evil_add "$d/opaque-through-link.tar" l/.wh..wh..opq
	evil_add "$d/whiteout-up.tar" d/.wh...
	# The corpus has what tar cannot be made to write; the first byte is the fuzzer's.
	for f in "$BATS_TEST_DIRNAME"/../fuzz/corpus/tar/*; do
		tail -c +2 "$f" >"$d/corpus-${f##*/}.tar"
	done
}

evil_image() {
	local w=$BATS_TEST_TMPDIR/image id

	rm -rf "$w"
	mkdir "$w"
	cp "$1" "$w/layer.tar"
	id=$(sha256sum <"$w/layer.tar" | cut -d' ' -f1)
	printf '{"architecture":"%s","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$(dpkg --print-architecture)" "$id" >"$w/config.json"
	echo '[{"Config":"config.json","RepoTags":["localhost/evil:1"],"Layers":["layer.tar"]}]' \
		>"$w/manifest.json"
	tar -C "$w" -cf "$2" config.json layer.tar manifest.json
}

outside_untouched() {
	"$TREE" "$OUT" >"$BATS_TEST_TMPDIR/outside.after"
	diff -u "$BATS_TEST_TMPDIR/outside.before" "$BATS_TEST_TMPDIR/outside.after" || return 1
	[ ! -e /evil ] && [ ! -e /tmp/evil ] && [ ! -e /etc/evil ]
}
