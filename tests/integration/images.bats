#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# images, pull policies, tags, import and load, as the engine's commands.

load helpers

setup() {
	engine_setup
	co import -q "$BATS_FILE_TMPDIR/image.tar" "localhost/$C" >/dev/null
}
teardown() {
	engine_teardown
	co rmi -f "localhost/$C" >/dev/null 2>&1 || true
}

@test "images: table, formats, filters" {
	run -0 co images
	[[ ${lines[0]} == "REPOSITORY "*"TAG "*"IMAGE ID "*"CREATED "*"SIZE" ]]
	[[ $output == *"localhost/$C "*"latest"* ]]
	[ "$(co images --format '{{.Repository}}:{{.Tag}}' --filter reference="localhost/$C")" = "localhost/$C:latest" ]
	[ "$(co images -q "localhost/$C" | wc -l)" -eq 1 ]
	co images --format json | jq -e 'map(select(.Names[0] == "localhost/'"$C"':latest")) | length == 1' >/dev/null
	co images --no-trunc -q | grep -q '^sha256:[0-9a-f]\{64\}$'
	refused 125 frob images --filter frob=1
	co image ls -n >/dev/null
}

@test "tag, untag, exists" {
	co tag "localhost/$C" "localhost/$C-b:v2"
	co image exists "localhost/$C-b:v2"
	[ "$(co images -q --no-trunc "localhost/$C-b:v2")" = "$(co images -q --no-trunc "localhost/$C")" ]
	co untag "localhost/$C-b:v2"
	run -1 co image exists "localhost/$C-b:v2"
	refused 125 nosuch tag localhost/nosuch x
}

@test "rmi: tags first, then the image; in use is refused" {
	co tag "localhost/$C" "localhost/$C-b"
	run -0 co rmi "localhost/$C-b"
	[[ $output == *"Untagged: localhost/$C-b:latest"* ]]
	co create --name "$C" --network none "localhost/$C" true
	refused 2 "$C" rmi "localhost/$C" || refused 125 "in use" rmi "localhost/$C"
	run -0 co rmi -f "localhost/$C"
	run -1 co container exists "$C"
	refused 1 nosuch rmi nosuch || refused 125 nosuch rmi nosuch
}

@test "short names find local images" {
	run -0 co run --rm --network none "$C" true
	run -0 co run --rm --network none "$C:latest" true
	run -0 co run --rm --network none "$(co images -q "localhost/$C")" true
}

@test "import --change" {
	co import -q --change 'ENV A=1' --change 'ENTRYPOINT ["/bin/echo"]' --change 'CMD ["a","b"]' --change 'USER user' \
		--change 'LABEL l=v' --change 'WORKDIR /tmp' -m 'a message' "$BATS_FILE_TMPDIR/image.tar" "localhost/$C-c" >/dev/null
	run -0 co run --rm --network none "localhost/$C-c"
	[ "$output" = "a b" ]
	run -0 co run --rm --network none --entrypoint sh "localhost/$C-c" -c 'echo $A; pwd; id -un'
	[ "$output" = $'1\n/tmp\nuser' ]
	[ "$(co image inspect --format '{{index .Labels "l"}} {{.Comment}}' "localhost/$C-c")" = "v a message" ]
	co rmi "localhost/$C-c"
	refused 125 FROB import --change 'FROB x' "$BATS_FILE_TMPDIR/image.tar" x
	refused 125 /nonexistent import /nonexistent.tar x
}

@test "import from standard input" {
	run -0 co import -q - "localhost/$C-d" <"$BATS_FILE_TMPDIR/image.tar"
	co rmi "localhost/$C-d"
}

@test "load of what podman saves" {
	command -v skopeo >/dev/null || skip "skopeo"
	local dir=$BATS_TEST_TMPDIR
	co rmi -f "localhost/$C" >/dev/null
	mkdir "$dir/x"
	image_tree "$dir/x"
	buildah --root "$dir/b" --runroot "$dir/br" --storage-driver vfs from --name c scratch >/dev/null
	buildah --root "$dir/b" --runroot "$dir/br" --storage-driver vfs copy -q c "$dir/x" / >/dev/null
	buildah --root "$dir/b" --runroot "$dir/br" --storage-driver vfs commit -q c "docker-archive:$dir/d.tar:localhost/$C:one" >/dev/null
	run -0 co load -i "$dir/d.tar"
	[[ $output == *"Loaded image: localhost/$C:one"* ]]
	run -0 co run --rm --network none "localhost/$C:one" echo loaded
	[ "$output" = loaded ]
	co rmi "localhost/$C:one"
}

@test "images share layers with containers and stay whole" {
	co run --name "$C" --network none "localhost/$C" sh -c 'rm /bin/ls; echo x >/etc/passwd'
	run -0 co run --rm --network none "localhost/$C" sh -c 'ls / >/dev/null; grep -c root /etc/passwd'
	[ "$output" = 1 ]
	run -0 co container exists "$C"
}
