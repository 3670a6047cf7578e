#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pulling from Debian's docker-registry: manifests, indexes, compressions, TLS, authentication.
# Driven through image_tool (tests/harness), which shows what the store holds.

bats_require_minimum_version 1.5.0
load ../harness/registry
load ../harness/images

: "${BUILD:=build}"
TOOL=$BUILD/tests/harness/image_tool
BAD_REGISTRY=$BUILD/tests/harness/bad_registry

setup_file() {
	export IMAGES_STORE=$BATS_FILE_TMPDIR/store IMG=$BATS_FILE_TMPDIR/img
	images_make "$IMG"
	registry_start
	export REGISTRY REGISTRY_PID REGISTRY_DIR
	local id
	id=$(cat "$IMG/id")
	blobs_buildah push -q --tls-verify=false "$id" "docker://$REGISTRY/team/oci:v1"
	blobs_buildah push -q --tls-verify=false --format v2s2 "$id" "docker://$REGISTRY/team/docker:v1"
	push_zstd
	push_index oci application/vnd.oci.image.index.v1+json \
		application/vnd.oci.image.manifest.v1+json
	push_index docker application/vnd.docker.distribution.manifest.list.v2+json \
		application/vnd.docker.distribution.manifest.v2+json
	images_peer_tree "$IMG" >"$IMG/tree"
}

teardown_file() {
	registry_stop
}

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	# Only what a test writes there: not the machine's configuration.
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config CONTAINERS_REGISTRIES_CONF=
}

# team/zstd:v1: the same layers compressed with zstd, which Debian's skopeo does not do by itself.
push_zstd() {
	local dir=$IMG/zstd digest new

	skopeo copy -q --dest-decompress "oci:$IMG/oci:bb" "dir:$dir"
	for digest in $(grep -o 'layer[^}]*sha256:[0-9a-f]*' "$dir/manifest.json" | grep -o '[0-9a-f]\{64\}'); do
		zstd -q --rm "$dir/$digest" -o "$dir/z"
		new=$(sha256sum <"$dir/z" | cut -d' ' -f1)
		mv "$dir/z" "$dir/$new"
		sed -i "s/v1\.tar\(\",\"digest\":\"sha256:\)$digest\",\"size\":[0-9]*/v1.tar+zstd\1$new\",\"size\":$(stat -c %s "$dir/$new")/" \
			"$dir/manifest.json"
	done
	skopeo copy -q --preserve-digests --dest-tls-verify=false "dir:$dir" "docker://$REGISTRY/team/zstd:v1"
}

# push_index KIND INDEX_TYPE MANIFEST_TYPE: tag 'all' of team/KIND: this machine's image is v1, another
# architecture's has a digest that leads nowhere useful (an image of other content).
push_index() {
	local raw digest

	raw=$(skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/team/$1:v1"; printf x)
	raw=${raw%x}
	digest=sha256:$(printf %s "$raw" | sha256sum | cut -d' ' -f1)
	printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s,%s]}' "$2" \
		"{\"mediaType\":\"$3\",\"digest\":\"$digest\",\"size\":${#raw},\"platform\":{\"os\":\"linux\",\"architecture\":\"mips64le\"}}" \
		"{\"mediaType\":\"$3\",\"digest\":\"$digest\",\"size\":${#raw},\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}" \
		>"$BATS_FILE_TMPDIR/index"
	curl -sSf -X PUT -H "Content-Type: $2" --data-binary "@$BATS_FILE_TMPDIR/index" \
		"http://$REGISTRY/v2/team/$1/manifests/all"
}

teardown() {
	umount "$BATS_TEST_TMPDIR/merged" 2>/dev/null || :
	bad_registry_stop
	[ -z "${TLS_PID:-}" ] || registry_stop
}

tool() {
	"$TOOL" --root "$ROOT" "$@"
}

# The image's tree as an overlay of its layers, equal to buildah's.
check_tree() {
	local lower merged=$BATS_TEST_TMPDIR/merged

	lower=$(tool lower "$1" | paste -sd:)
	mkdir -p "$merged" "$BATS_TEST_TMPDIR/empty"
	mount -t overlay overlay -o "lowerdir=$lower:$BATS_TEST_TMPDIR/empty" "$merged"
	images_tree "$merged" >"$BATS_TEST_TMPDIR/tree"
	umount "$merged"
	diff "$IMG/tree" "$BATS_TEST_TMPDIR/tree"
}

staging_is_empty() {
	[ -z "$(find "$ROOT/storage/staging" -mindepth 2 2>/dev/null | grep -v '/lock$')" ]
}

@test "an OCI manifest with gzip layers" {
	run -0 tool --insecure pull "$REGISTRY/team/oci:v1"
	[ "$output" = "$(cat "$IMG/id") $REGISTRY/team/oci:v1" ]
	check_tree "$(cat "$IMG/id")"
	staging_is_empty
	# What is stored is what the registry has, to the byte.
	tool manifest "$(cat "$IMG/id")" >"$BATS_TEST_TMPDIR/m"
	skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/team/oci:v1" >"$BATS_TEST_TMPDIR/n"
	cmp "$BATS_TEST_TMPDIR/m" "$BATS_TEST_TMPDIR/n"
	run -0 sh -c '"$1" --root "$2" config "$3" | sha256sum' - "$TOOL" "$ROOT" "$(cat "$IMG/id")"
	[[ $output == "$(cat "$IMG/id") "* ]]
}

@test "a Docker schema 2 manifest" {
	run -0 tool --insecure pull "$REGISTRY/team/docker:v1"
	check_tree "${output%% *}"
}

@test "zstd layers" {
	skopeo inspect --raw --tls-verify=false "docker://$REGISTRY/team/zstd:v1" | grep -q tar+zstd
	run -0 tool --insecure pull "$REGISTRY/team/zstd:v1"
	check_tree "${output%% *}"
}

@test "an OCI index and a Docker list: this machine's image is chosen" {
	local kind id

	for kind in oci docker; do
		run -0 tool --insecure pull "$REGISTRY/team/$kind:all"
		id=${output%% *}
		check_tree "$id"
		# Both the index's and the manifest's digest name it.
		run -0 tool list
		[ "$(grep "^$id" <<<"$output" | grep -o "$REGISTRY/team/$kind@sha256" | wc -l)" -eq 2 ]
	done
}

@test "an index without our platform is an error that names it" {
	run -1 tool --insecure --arch riscv64 pull "$REGISTRY/team/oci:all"
	[[ $output == *"no image for linux/riscv64"* ]]
}

@test "by digest" {
	local digest

	digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$REGISTRY/team/oci:v1")
	run -0 tool --insecure pull "$REGISTRY/team/oci@$digest"
	run -0 tool find "$REGISTRY/team/oci@$digest"
	[ "${output%% *}" = "$(cat "$IMG/id")" ]
	run -1 tool find "$REGISTRY/team/oci:v1"
}

@test "layers that are there are not fetched again" {
	tool --insecure pull "$REGISTRY/team/oci:v1"
	# The blobs are gone from the registry: only what the store lacks would be missed.
	run -0 tool --insecure --progress pull "$REGISTRY/team/docker:v1"
	[ "$(grep -c '^progress skipped' <<<"$output")" -eq 3 ]
	[ "$(grep -c '^progress bytes' <<<"$output")" -eq 0 ]
}

@test "progress is reported for each blob" {
	run -0 tool --insecure --progress pull "$REGISTRY/team/oci:v1"
	[ "$(grep -c '^progress done' <<<"$output")" -eq 4 ]
	[[ $output == *"progress message Trying to pull $REGISTRY/team/oci:v1..."* ]]
}

@test "one layer at a time, and many" {
	run -0 tool --insecure --parallel 1 pull "$REGISTRY/team/oci:v1"
	check_tree "${output%% *}"
	ROOT=$BATS_TEST_TMPDIR/other
	run -0 tool --insecure --parallel 64 pull "$REGISTRY/team/oci:v1"
	check_tree "${output%% *}"
}

@test "names, ids and prefixes find an image" {
	local id word

	tool --insecure pull "$REGISTRY/team/oci:v1"
	id=$(cat "$IMG/id")
	for word in "$REGISTRY/team/oci:v1" "$id" "sha256:$id" "${id:0:12}" team/oci:v1 oci:v1; do
		run -0 tool find "$word"
		[ "${output%% *}" = "$id" ]
	done
	run -1 tool find no-such-image
	[[ $output == "not_found: no such image 'no-such-image'" ]]
	run -1 tool find ../x
	[[ $output == invalid:* ]]
}

@test "a manifest that is not there" {
	run -1 tool --insecure pull "$REGISTRY/team/oci:nope"
	[[ $output == "not_found: pull '$REGISTRY/team/oci:nope': "*"manifest unknown"* ]]
	run -1 tool --insecure pull "$REGISTRY/team/none"
	[[ $output == not_found:* ]]
}

@test "http needs to be allowed" {
	run -1 tool pull "$REGISTRY/team/oci:v1"
	[[ $output == remote:*"--tls-verify=false"* ]]
	mkdir -p "$XDG_CONFIG_HOME/containers"
	printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$REGISTRY" \
		>"$XDG_CONFIG_HOME/containers/registries.conf"
	run -0 tool pull "$REGISTRY/team/oci:v1"
	# The user's word is stronger than the file's.
	ROOT=$BATS_TEST_TMPDIR/other
	run -1 tool --secure pull "$REGISTRY/team/oci:v1"
}

@test "a registry that nobody runs" {
	run -1 tool --insecure pull 127.0.0.1:1/x
	[[ $output == remote:*"onnect"* ]]
}

@test "mirrors and short names" {
	mkdir -p "$XDG_CONFIG_HOME/containers"
	cat >"$XDG_CONFIG_HOME/containers/registries.conf" <<-TOML
	unqualified-search-registries = ["search.invalid"]
	[aliases]
	"my-tool" = "main.invalid/team/oci"
	[[registry]]
	prefix = "main.invalid"
	location = "also.invalid"
	[[registry.mirror]]
	location = "127.0.0.1:1"
	[[registry.mirror]]
	location = "$REGISTRY"
	insecure = true
	TOML
	run -0 tool pull my-tool:v1
	[ "${output#* }" = main.invalid/team/oci:v1 ]
	run -0 tool find my-tool:v1
	[ "${output#* }" = main.invalid/team/oci:v1 ]
	run -1 tool pull main.invalid/team/nope:v1
	[[ $output == *also.invalid* ]]
}

@test "the signature policy is obeyed" {
	local p=$BATS_TEST_TMPDIR/policy.json

	echo "{\"default\":[{\"type\":\"insecureAcceptAnything\"}],\"transports\":{\"docker\":{\"$REGISTRY/team/oci\":[{\"type\":\"reject\"}],\"$REGISTRY/team/docker\":[{\"type\":\"sigstoreSigned\",\"keyPath\":\"/k\"}]}}}" >"$p"
	run -1 tool --insecure --policy "$p" pull "$REGISTRY/team/oci:v1"
	[[ $output == denied:*"scope '$REGISTRY/team/oci' of '$p'"* ]]
	run -1 tool --insecure --policy "$p" pull "$REGISTRY/team/docker:v1"
	[[ $output == unsupported:*sigstoreSigned*"$p"* ]]
	run -0 tool --insecure --policy "$p" pull "$REGISTRY/team/zstd:v1"
}

@test "https with an authority of its own, and passwords" {
	local plain=$REGISTRY host

	registry_start tls auth
	TLS_PID=$REGISTRY_PID
	host=$REGISTRY
	skopeo copy -q --src-tls-verify=false --dest-tls-verify=false --dest-creds user:secret \
		"docker://$plain/team/oci:v1" "docker://$host/team/oci:v1"
	run -1 tool --creds user:secret pull "$host/team/oci:v1"
	[[ $output == remote:*"certs.d/$host/ca.crt"* ]]

	mkdir -p "$BATS_TEST_TMPDIR/certs"
	cp "$REGISTRY_CA" "$BATS_TEST_TMPDIR/certs/ca.crt"
	run -1 tool --cert-dir "$BATS_TEST_TMPDIR/certs" pull "$host/team/oci:v1"
	[[ $output == denied:*"--creds"* ]]
	run -1 tool --cert-dir "$BATS_TEST_TMPDIR/certs" --creds user:wrong pull "$host/team/oci:v1"
	[[ $output == denied:* ]]
	run -0 tool --cert-dir "$BATS_TEST_TMPDIR/certs" --creds user:secret pull "$host/team/oci:v1"

	# The same from the usual places: certs.d and auth.json.
	mkdir -p "$XDG_CONFIG_HOME/containers/certs.d/$host"
	cp "$REGISTRY_CA" "$XDG_CONFIG_HOME/containers/certs.d/$host/ca.crt"
	echo "{\"auths\":{\"$host\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}" >"$BATS_TEST_TMPDIR/auth.json"
	ROOT=$BATS_TEST_TMPDIR/other
	run -0 tool --authfile "$BATS_TEST_TMPDIR/auth.json" pull "$host/team/oci:v1"
	check_tree "$(cat "$IMG/id")"
}

@test "SIGINT in the middle of a download leaves nothing" {
	bad_registry_start
	"$TOOL" --root "$ROOT" --insecure --progress pull "$BAD/stall-layer" \
		>"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	local pid=$! status=0

	wait_line "$BAD_LOG" "$pid" 'blobs/sha256:.*' >/dev/null
	wait_line "$BATS_TEST_TMPDIR/out" "$pid" 'progress bytes' >/dev/null
	# bash starts background jobs with SIGINT ignored; SIGTERM goes the same way.
	kill -TERM "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 1 ]
	grep '^canceled: .*interrupted' "$BATS_TEST_TMPDIR/out"
	staging_is_empty
	run -0 tool list
	[ -z "$output" ]
}
