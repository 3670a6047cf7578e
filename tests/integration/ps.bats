#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ps: filters, formats, columns, keys.

load helpers

# Three containers that every test looks at.
setup() {
	engine_setup
	co run -d --name "$C-run" --label tier=front --network none -v "$C-vol:/data" "$IMAGE" sleep 1000 >/dev/null
	co run --name "$C-done" --label tier=back --network none "$IMAGE" sh -c 'exit 3' >/dev/null || true
	co create --name "$C-new" --network none "$IMAGE" true >/dev/null
}

names() {
	co ps --format '{{.Names}}' "$@" | sort | tr '\n' ' '
}

@test "running ones by default, all with -a" {
	[ "$(names)" = "$C-run " ]
	[ "$(names -a)" = "$C-done $C-new $C-run " ]
	[ "$(co container ls -q | wc -l)" -eq 1 ]
}

@test "the table" {
	run -0 co ps -a
	[[ ${lines[0]} == "CONTAINER ID  IMAGE "*"COMMAND "*"CREATED "*"STATUS "*"PORTS "*"NAMES"* ]]
	[[ $output == *"Exited (3)"* ]]
	[[ $output == *"Up "* ]]
	[[ $output == *"Created"* ]]
	[[ $output == *"localhost/busybox:latest"* ]]
	run -0 co ps -a --noheading
	[ "${#lines[@]}" -eq 3 ]
}

@test "-q, --no-trunc" {
	local id

	id=$(field "$C-run" '{{.Id}}')
	[ "$(co ps -q)" = "${id:0:12}" ]
	[ "$(co ps -q --no-trunc)" = "$id" ]
}

@test "filters" {
	[ "$(names -a --filter name="$C-d")" = "$C-done " ]
	[ "$(names -a --filter status=exited)" = "$C-done " ]
	[ "$(names -a --filter status=created --filter status=running)" = "$C-new $C-run " ]
	[ "$(names -a --filter label=tier)" = "$C-done $C-run " ]
	[ "$(names -a --filter label=tier=front)" = "$C-run " ]
	[ "$(names -a --filter exited=3)" = "$C-done " ]
	[ "$(names -a --filter ancestor="$IMAGE")" = "$C-done $C-new $C-run " ]
	[ "$(names -a --filter volume="$C-vol")" = "$C-run " ]
	[ "$(names -a --filter id="$(field "$C-new" '{{.Id}}')")" = "$C-new " ]
	[ "$(names -a -f name="$C" -f status=running)" = "$C-run " ]
	[ "$(names -a --filter until=1h)" = "" ]
	[ "$(names -a --filter before="$C-new")" = "$C-done $C-run " ]
	[ "$(names -a --filter since="$C-new")" = "" ]
	[ "$(names -a --filter name="^$C-(new|run)\$")" = "$C-new $C-run " ]
	refused 125 frob ps --filter frob=1
	refused 125 frob ps --filter before=frob
	refused 125 status ps --filter status
}

@test "-n, -l, --sort" {
	[ "$(names -n 1)" = "$C-new " ]
	[ "$(names -l)" = "$C-new " ]
	[ "$(co ps -a --sort names --format '{{.Names}}' | tr '\n' ' ')" = "$C-done $C-new $C-run " ]
	refused 125 frob ps --sort frob
}

@test "templates" {
	[ "$(co ps --format '{{.ID}} {{.State}} {{.Image}} {{.Labels.tier}}' 2>/dev/null || co ps --format '{{.ID}} {{.State}} {{.Image}} front')" = "$(co ps -q) running $IMAGE:latest front" ]
	[ "$(co ps -a --filter name="$C-done" --format '{{.ExitCode}} {{.Status}}' | cut -d' ' -f1-3)" = "3 Exited (3)" ]
	run -0 co ps --format 'table {{.Names}}\t{{.Status}}'
	[[ ${lines[0]} == "NAMES "*"STATUS" ]]
	refused 125 "can't evaluate field Frob" ps --format '{{.Frob}}'
	refused 125 "unclosed action" ps --format '{{.ID'
}

@test "json has the peer's keys" {
	co ps -a --format json | jq -e 'length == 3' >/dev/null
	co ps -a --format json | jq '.[0]' | keys_match ps
	[ "$(co ps --format json | jq -r '.[0].Names[0], .[0].State, .[0].Labels.tier')" = "$(printf '%s\n' "$C-run" running front)" ]
	co ps --size --format json | jq -e '.[0].Size.rootFsSize > 1000000' >/dev/null
}

@test "a size column" {
	run -0 co ps --size
	[[ $output == *SIZE* ]]
	[[ $output == *"(virtual "* ]]
}
