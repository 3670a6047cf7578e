#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A registry that lies, stalls and floods (tests/harness/bad_registry.c): each fault is one clear error
# in bounded time, and leaves no image, no layer and no staging directory.

bats_require_minimum_version 1.5.0
load ../harness/registry

: "${BUILD:=build}"
TOOL=$BUILD/tests/harness/image_tool
BAD_REGISTRY=$BUILD/tests/harness/bad_registry

setup_file() {
	bad_registry_start
	export BAD BAD_PID BAD_LOG
}

teardown_file() {
	bad_registry_stop
}

setup() {
	ROOT=$BATS_TEST_TMPDIR/root
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config CONTAINERS_REGISTRIES_CONF=
}

teardown() {
	umount "$BATS_TEST_TMPDIR/small" 2>/dev/null || :
}

tool() {
	timeout -k 1 100 "$TOOL" --root "$ROOT" --insecure --stall 60000 --delay 5 "$@"
}

nothing_left() {
	local rest

	[ -z "$("$TOOL" --root "$ROOT" list)" ]
	rest=$(find "$ROOT/storage/staging" -mindepth 2 2>/dev/null | grep -v '/lock$') || :
	[ -z "$rest" ]
	rest=$(find "$ROOT/storage/overlay" "$ROOT/storage/images" -mindepth 1 2>/dev/null) || :
	[ -z "$rest" ]
	[ "$(du -s "$ROOT" | cut -f1)" -lt 1024 ]
}

# fails FAULT KIND PATTERN [OPTION...]: one line, of that kind, and nothing behind.
fails() {
	local fault=$1 kind=$2 pattern=$3

	shift 3
	run tool "$@" pull "$BAD/$fault:latest"
	echo "$fault: $status: $output"
	[ "$status" -eq 1 ]
	# Each further attempt is announced.
	output=$(grep -v '^coracle: warning: .*\(trying again\|going on at byte [0-9]*\)$' <<<"$output")
	[ "$(wc -l <<<"$output")" -eq 1 ]
	[[ $output == "$kind"*": pull "* ]]
	[[ $output == *$pattern* ]]
	nothing_left
}

@test "control: the good image" {
	run -0 tool pull "$BAD/good:latest"
}

@test "wrong digests" {
	local zero

	printf -v zero '%064d' 0
	run tool pull "$BAD/wrong-manifest-digest@sha256:$zero"
	[ "$status" -eq 1 ]
	[[ $output == corrupt:*"not sha256:$zero"* ]]
	nothing_left
	fails wrong-config-digest corrupt "image configuration has digest"
	fails wrong-layer-digest corrupt "has digest"
	fails wrong-diff-id corrupt "configuration says"
}

@test "wrong sizes" {
	fails config-size-small corrupt announced
	fails config-size-big corrupt ""
	fails layer-size-small corrupt "longer than"
	fails layer-size-big corrupt ""
	fails negative-size invalid ""
	fails layer-count corrupt "configuration lists 2"
}

@test "truncated downloads" {
	fails truncated-manifest remote "ended the transfer early"
	fails truncated-layer remote "ended the transfer early" --retry 2
	fails short-layer corrupt "ended it after" --retry 2
}

@test "a transfer that breaks goes on where it was" {
	run -0 tool --retry 1 pull "$BAD/flaky-layer"
	run -0 tool --retry 1 pull "$BAD/flaky-no-range"
	run -0 tool --retry 1 pull "$BAD/flaky-status"
}

@test "another range than asked for" {
	fails flaky-bad-range remote "another range" --retry 1
}

@test "a registry that stops answering" {
	fails stall-header timeout "sent nothing" --stall 800
	fails stall-manifest timeout "sent nothing" --stall 800
	fails stall-layer timeout "sent nothing" --stall 800
	fails dribble-layer timeout "next to nothing" --stall 800
}

blobs_asked() {
	grep -c '^main /v2/stall-layer/blobs/' "$BAD_LOG" || true
}

@test "a silent registry is asked twice at most" {
	local before

	before=$(blobs_asked)
	fails stall-layer timeout "sent nothing" --stall 800 --retry 50
	# The configuration once, the layer twice.
	[ $(($(blobs_asked) - before)) -le 3 ]
}

@test "floods" {
	fails huge-manifest limit 4194304
	fails huge-config limit 9437184
	fails huge-header limit header
	fails many-layers limit 501
}

@test "redirects" {
	fails redirect-loop remote "more than 10 redirects"
	fails redirect-file remote "refused"
}

@test "credentials do not follow a redirect to another origin" {
	run -0 tool --creds user:secret pull "$BAD/redirect-other"
	grep -q "^other /v2/redirect-other/blobs/" "$BAD_LOG"
	! grep -q leak "$BAD_LOG"
}

@test "authentication that leads nowhere" {
	fails endless-401 denied "--creds"
	fails endless-401 denied "" --creds a:b
	fails token-injection remote "no usable token"
	! grep -q Injected "$BAD_LOG"
}

@test "control: bearer tokens, fetched again when they run out" {
	run -0 tool pull "$BAD/token"
	grep -q '^main /tokens?a=b&service=the%20service&scope=repository%3Atoken%3Apull$' "$BAD_LOG"
	ROOT=$BATS_TEST_TMPDIR/other
	run -0 tool --creds user:secret pull "$BAD/token"
	[ "$(grep -c '^main /tokens?a=b&.* user:secret$' "$BAD_LOG")" -ge 2 ]
	# The password goes to the token server only.
	! grep '^main /v2/token/.*user:secret' "$BAD_LOG"
}

@test "documents that are no image" {
	fails schema1 unsupported "schema 1"
	fails manifest-and-index "" ""
	fails not-json "" ""
	fails wrong-types "" "layers"
	fails digest-climbs "" "sha256:../../../x"
	fails unknown-layer-type unsupported squashfs
	fails artifact unsupported "vnd.example+json"
	fails index-loop "" ""
	fails no-manifest not_found "test says no"
}

@test "a full disk" {
	ROOT=$BATS_TEST_TMPDIR/small
	mkdir "$ROOT"
	mount -t tmpfs -o size=600k none "$ROOT"
	tool list >/dev/null
	head -c 400k /dev/zero >"$ROOT/filler" || :
	run tool pull "$BAD/good:latest"
	rm "$ROOT/filler"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"No space left on device"* ]]
	nothing_left
	run tool pull "$BAD/good:latest"
	[ "$status" -eq 0 ]
}
