#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Each of the 72 mount options has its effect inside.  The table is tests/data/oci/mount-options.tsv;
# its rows "special" have tests of their own below, with the option's name in `covers`.

bats_require_minimum_version 1.5.0
load runtime

TABLE=$BATS_TEST_DIRNAME/../data/oci/mount-options.tsv

setup() {
	runtime_setup
	SRC=$BATS_TEST_TMPDIR/src
	mkdir "$SRC"
}

teardown() {
	runtime_teardown
	umount -R "$SRC/plain" "$SRC/strict" 2>/dev/null || true
	umount -l "$SRC/plain" "$SRC/strict" 2>/dev/null || true
}

inside() {
	runtime_args sh -c "$1"
	rt run -b "$BUNDLE" "$ID"
}

rows() {
	grep -v '^#' "$TABLE"
}

# A tree of two file systems at $SRC/$1 with mount flags $2.
tree() {
	mkdir -p "$SRC/$1"
	mount -t tmpfs tmpfs "$SRC/$1"
	mkdir "$SRC/$1/sub"
	mount -t tmpfs tmpfs "$SRC/$1/sub"
	[ -z "${2:-}" ] || {
		mount -o "remount,bind,$2" "$SRC/$1/sub"
		mount -o "remount,bind,$2" "$SRC/$1"
	}
}

add_mount() { # DESTINATION KIND OPTION...
	local dest=$1 kind=$2 json
	shift 2
	json=$(jq -cn '$ARGS.positional' --args -- "$@")
	if [ "$kind" = new ]; then
		echo "{\"destination\":\"$dest\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":$json}"
	else
		echo "{\"destination\":\"$dest\",\"type\":\"bind\",\"source\":\"$SRC/$kind\",\"options\":$json}"
	fi
}

# Of the mount at $1 in the mountinfo on stdin: its top, super or peers.
field() {
	awk -v at="$1" -v want="$2" '$5 == at {
		for (i = 7; $i != "-"; i++)
			peers = peers " " $i
		print want == "top" ? $6 : want == "peers" ? peers " " : $(i + 3)
	}'
}

has() { # TEXT WORD,WORD
	local word
	for word in ${2//,/ }; do
		[[ ",$1," == *",$word,"* ]] || return 1
	done
}

covers() {
	local o
	for o in "$@"; do
		rows | grep -qx "$o	special"
	done
}

@test "the table is that of the runtime" {
	diff <(rows | cut -f1 | sort) <("$BUILD/src/cmd/coracle-runtime" features | jq -r '.mountOptions[]' | sort)
	[ "$(rows | wc -l)" = 72 ]
	# every special row is covered by a test below
	diff <(rows | grep 'special$' | cut -f1 | sort) \
		<(sed -n 's/^\tcovers //p' "$BATS_TEST_FILENAME" | tr ' ' '\n' | sort)
}

@test "options that show in mountinfo" {
	local option mount further where pattern at got mounts=() bad=0

	tree plain
	tree strict ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow
	while IFS=$'\t' read -r option mount further where pattern; do
		[ "$mount" != special ] && [ "$where" != error ] || continue
		[[ $mount = new || $further == *rbind* ]] || further="bind $further"
		# shellcheck disable=SC2086 # words
		mounts+=("$(add_mount "/m/$option" "$mount" $further "$option")")
	done < <(rows | awk -F'\t' -v OFS='\t' '{ for (i = 2; i <= 5; i++) if ($i == "") $i = " "; print }')
	runtime_config ".mounts += $(printf '%s\n' "${mounts[@]}" | jq -cs .)"
	run -0 inside 'cat /proc/self/mountinfo'
	while IFS=$'\t' read -r option mount further where pattern; do
		[ "$mount" != special ] && [ "$where" != error ] || continue
		at=/m/$option
		[ "$where" != sub ] || at=/m/$option/sub
		got=$(field "$at" "${where/sub/top}" <<<"$output")
		if [ -z "$got" ] || { [[ $pattern == !* ]] && has "$got" "${pattern#!}"; } ||
			{ [[ $pattern != !* ]] && ! has "$got" "$pattern"; }; then
			echo "$option ($mount, $further): $where is '$got', not $pattern"
			bad=1
		fi
	done < <(rows | awk -F'\t' -v OFS='\t' '{ for (i = 2; i <= 5; i++) if ($i == "") $i = " "; print }')
	[ "$bad" = 0 ]
}

@test "options that the file system does not know are refused by name" {
	local option mount further where pattern

	while IFS=$'\t' read -r option mount further where pattern; do
		[ "$where" = error ] || continue
		runtime_config "del(.mounts[] | select(.destination == \"/m\"))" \
			".mounts += [$(add_mount /m "$mount" "$option")]"
		run ! inside true
		[[ $output == *"$pattern"* && $output == */m* ]]
	done < <(rows | awk -F'\t' -v OFS='\t' '{ for (i = 2; i <= 5; i++) if ($i == "") $i = " "; print }')
}

@test "options that a kind of mount could only ignore are refused by name" {
	local row

	mkdir "$SRC/dir"
	for row in "dir bind sync" "dir bind dirsync" "dir bind mand" "dir bind lazytime" "dir bind iversion" \
		"dir bind size=1m" "dir bind tmpcopyup" "new src-nofollow" "new copy-symlink"; do
		# shellcheck disable=SC2086 # words
		runtime_config "del(.mounts[] | select(.destination == \"/m\"))" \
			".mounts += [$(add_mount /m $row)]"
		run ! inside true
		[[ $output == *"'${row##* }'"* ]]
	done
}

@test "bind, rbind" {
	covers bind rbind
	tree plain
	runtime_config ".mounts += [$(add_mount /a plain bind),$(add_mount /b plain rbind)]"
	run -0 inside 'cat /proc/self/mountinfo'
	[ -n "$(field /a top <<<"$output")" ]
	[ -z "$(field /a/sub top <<<"$output")" ]
	[ -n "$(field /b/sub top <<<"$output")" ]
}

@test "remount: what is not named stays" {
	covers remount
	runtime_config ".mounts += [
		{\"destination\":\"/m\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\",\"size=64k\"]},
		{\"destination\":\"/m\",\"source\":\"none\",\"options\":[\"remount\",\"noexec\",\"size=128k\",\"sync\"]}]"
	run -0 inside 'cat /proc/self/mountinfo'
	has "$(field /m top <<<"$output")" rw,nosuid,nodev,noexec
	has "$(field /m super <<<"$output")" size=128k,sync
}

@test "propagation" {
	local o got

	covers private rprivate shared rshared slave rslave unbindable runbindable
	tree plain
	mount --make-rshared "$SRC/plain"
	for o in private rprivate shared rshared slave rslave unbindable runbindable; do
		runtime_config ".mounts += [$(add_mount "/m/$o" plain rbind "$o")]"
	done
	run -0 inside 'cat /proc/self/mountinfo'
	for o in private shared slave unbindable; do
		for got in "$(field "/m/$o" peers <<<"$output")" "$(field "/m/r$o" peers <<<"$output")" \
			"$(field "/m/r$o/sub" peers <<<"$output")"; do
			echo "$o: $got"
			case $o in
			private) [ -z "${got// /}" ] ;;
			shared) [[ $got == *" shared:"* ]] ;;
			slave) [[ $got == *" master:"* && $got != *" shared:"* ]] ;;
			unbindable) [[ $got == *" unbindable "* ]] ;;
			esac
		done
	done
	# without r: the mount below keeps what it is given by default
	[[ $(field /m/private/sub peers <<<"$output") == *" master:"* ]]
	[[ $(field /m/unbindable/sub peers <<<"$output") != *unbindable* ]]
}

@test "idmap, ridmap" {
	local maps='"uidMappings":[{"containerID":0,"hostID":70,"size":100}],"gidMappings":[{"containerID":0,"hostID":90,"size":100}]'

	covers idmap ridmap
	tree plain
	runtime_config ".mounts += [
		$(add_mount /a plain rbind idmap | sed "s/}\$/,$maps}/"),
		$(add_mount /b plain rbind ridmap | sed "s/}\$/,$maps}/"),
		$(add_mount /c new idmap | sed "s/}\$/,$maps}/")]"
	run -0 inside 'stat -c %u:%g /a /a/sub /b /b/sub /c'
	[ "${lines[*]}" = "70:90 0:0 70:90 70:90 70:90" ]
}

@test "iversion" {
	covers iversion
	runtime_config ".mounts += [$(add_mount /m new iversion nosuid)]"
	runtime_args cat /proc/self/mountinfo
	strace -fqe trace=mount -o "$BATS_TEST_TMPDIR/trace" "$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID" \
		>"$BATS_TEST_TMPDIR/out"
	grep -q 'MS_REMOUNT.*MS_I_VERSION.* = 0' "$BATS_TEST_TMPDIR/trace"
	has "$(field /m top <"$BATS_TEST_TMPDIR/out")" rw,nosuid
}

@test "tmpcopyup" {
	covers tmpcopyup
	echo text >"$BUNDLE/rootfs/home/f"
	runtime_config ".mounts += [$(add_mount /home new tmpcopyup)]"
	run -0 inside 'cat /home/f; echo changed >/home/f; stat -f -c %T /home'
	[ "${lines[*]}" = "text tmpfs" ]
	[ "$(cat "$BUNDLE/rootfs/home/f")" = text ]
}

@test "copy-symlink, src-nofollow" {
	covers copy-symlink src-nofollow
	ln -s /some/where "$SRC/link"
	runtime_config ".mounts += [$(add_mount /a link bind copy-symlink)]"
	run -0 inside 'readlink /a'
	[ "$output" = /some/where ]
	ln -sfn /etc/hostname "$SRC/link"
	runtime_config "del(.mounts[-1])" ".mounts += [$(add_mount /b link bind src-nofollow)]"
	run -0 inside 'readlink /b'
	[ "$output" = /etc/hostname ]
}

@test "dest-nofollow" {
	covers dest-nofollow
	echo old >"$BUNDLE/rootfs/etc/target"
	ln -s /etc/target "$BUNDLE/rootfs/tmp/link"
	echo new >"$SRC/file"
	runtime_config ".mounts += [$(add_mount /tmp/link file bind dest-nofollow)]"
	run -0 inside 'cat /tmp/link /etc/target; test -L /tmp/link || echo covered'
	[ "${lines[*]}" = "new old covered" ]
}
