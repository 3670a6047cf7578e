#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# volumes and mounts.

load helpers

@test "create, ls, inspect, exists, rm" {
	refused 125 "has no key" volume create --label =1 "$C"
	run -0 co volume create --label a=1 "$C"
	[ "$output" = "$C" ]
	[ "$(co volume ls --format '{{.Name}} {{.Driver}}' --filter name="$C")" = "$C local" ]
	[ "$(co volume ls -q)" = "$C" ]
	[ "$(co volume inspect --format '{{.Labels.a}}' "$C")" = 1 ]
	[ -d "$(co volume inspect --format '{{.Mountpoint}}' "$C")" ]
	co volume exists "$C"
	refused 125 "$C" volume create "$C"
	run -0 co volume rm "$C"
	run -1 co volume exists "$C"
	refused 1 nosuch volume rm nosuch || refused 125 nosuch volume rm nosuch
	refused 125 ../x volume create ../x
}

@test "a named volume keeps what is written and is made on use" {
	r -v "$C:/data" "$IMAGE" sh -c 'echo kept >/data/x'
	run -0 r -v "$C:/data:ro" "$IMAGE" cat /data/x
	[ "$output" = kept ]
	run -1 r -v "$C:/data:ro" "$IMAGE" touch /data/y
	co volume rm "$C"
}

@test "the image's content goes into a new volume, not into one with content" {
	run -0 r -v "$C:/home" "$IMAGE" stat -c %u /home/user
	[ "$output" = 1000 ]
	r -v "$C-2:/data" "$IMAGE" touch /data/mine
	run -0 r -v "$C-2:/home" "$IMAGE" ls /home
	[ "$output" = mine ]
	run -0 r -v "$C-3:/home:nocopy" "$IMAGE" ls /home
	[ -z "$output" ]
	co volume rm "$C" "$C-2" "$C-3"
}

@test "a volume in use is kept" {
	co create --name "$C" --network none -v "$C:/data" "$IMAGE" true
	refused 2 "$C" volume rm "$C" || refused 125 "$C" volume rm "$C"
	co rm "$C"
	co volume rm "$C"
}

@test "anonymous volumes go with --rm and rm -v" {
	r -v /anon "$IMAGE" touch /anon/x
	[ -z "$(co volume ls -q)" ]
	co create --name "$C" --network none -v /anon "$IMAGE" true
	[ "$(co volume ls -q | wc -l)" -eq 1 ]
	co rm -v "$C"
	[ -z "$(co volume ls -q)" ]
}

@test "bind mounts of directories and files" {
	mkdir "$BATS_TEST_TMPDIR/d"
	echo host >"$BATS_TEST_TMPDIR/d/f"
	run -0 r -v "$BATS_TEST_TMPDIR/d:/d" "$IMAGE" sh -c 'cat /d/f; echo new >/d/g'
	[ "$output" = host ]
	[ "$(cat "$BATS_TEST_TMPDIR/d/g")" = new ]
	run -0 r -v "$BATS_TEST_TMPDIR/d/f:/etc/deep/er/f:ro" "$IMAGE" cat /etc/deep/er/f
	[ "$output" = host ]
	run -1 r -v "$BATS_TEST_TMPDIR/d:/d:ro" "$IMAGE" touch /d/h
	refused 125 /nonexistent/x run --rm --network none -v /nonexistent/x:/x "$IMAGE" true
}

@test "--mount bind, tmpfs, volume" {
	mkdir "$BATS_TEST_TMPDIR/d"
	r --mount "type=bind,src=$BATS_TEST_TMPDIR/d,dst=/d" "$IMAGE" touch /d/x
	[ -e "$BATS_TEST_TMPDIR/d/x" ]
	run -1 r --mount "type=bind,src=$BATS_TEST_TMPDIR/d,dst=/d,ro" "$IMAGE" touch /d/y
	run -0 r --mount type=tmpfs,dst=/t,tmpfs-size=64k,tmpfs-mode=0700 "$IMAGE" sh -c 'stat -c %a /t; df -k /t'
	[[ $output == 700*" 64 "* ]]
	r --mount "type=volume,src=$C,dst=/v" "$IMAGE" touch /v/x
	run -0 r --mount "type=volume,src=$C,dst=/v,readonly" "$IMAGE" ls /v
	[ "$output" = x ]
	co volume rm "$C"
	refused 125 frob run --mount type=frob,dst=/x "$IMAGE" true
	refused 125 frob run --mount type=bind,src=/tmp,dst=/x,frob "$IMAGE" true
	refused 125 /nonexistent run --rm --network none --mount type=bind,src=/nonexistent,dst=/x "$IMAGE" true
}

@test "a tmpfs takes the image's content" {
	run -0 r --tmpfs /home "$IMAGE" ls /home
	[ "$output" = user ]
	run -0 r --tmpfs /home:notmpcopyup "$IMAGE" ls /home
	[ -z "$output" ]
}

@test "the U option gives the files to the user" {
	run -0 r -u user -v "$C:/data:U" "$IMAGE" sh -c 'stat -c %u /data; touch /data/x'
	[ "$output" = 1000 ]
	co volume rm "$C"
}

@test "two mounts on one place are refused, order is by depth" {
	refused 125 /d run --network none -v "$C:/d" --tmpfs /d "$IMAGE" true
	mkdir -p "$BATS_TEST_TMPDIR/d/sub"
	run -0 r --tmpfs /d/sub -v "$BATS_TEST_TMPDIR/d:/d" "$IMAGE" sh -c 'touch /d/sub/x; ls /d/sub'
	[ "$output" = x ]
	[ -z "$(ls "$BATS_TEST_TMPDIR/d/sub")" ]
}

@test "a link in the image does not lead the mount to the host" {
	co run --name "$C" --network none "$IMAGE" ln -s /tmp /evil
	co create --name "$C-2" --network none -v /evil/deep "$IMAGE" true
	co rm "$C" "$C-2"
	[ ! -e /tmp/deep ]
}
