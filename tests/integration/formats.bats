#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --format: templates, json and tables of every listing.

load helpers

@test "functions and control structures" {
	co create --name "$C" --label b=2 --label a=1 --network none "$IMAGE" echo x y
	f() { co inspect --format "$1" "$C"; }
	[ "$(f '{{.Name}}')" = "$C" ]
	[ "$(f '{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}')" = 'a=1;b=2;' ]
	[ "$(f '{{if eq .State.Status "created"}}yes{{else}}no{{end}}')" = yes ]
	[ "$(f '{{with .State}}{{.Status}} {{.Running}}{{end}}')" = "created false" ]
	[ "$(f '{{json .Args}}')" = '["x","y"]' ]
	[ "$(f '{{join .Args "-"}}')" = x-y ]
	[ "$(f '{{printf "%s/%d" .Name .State.ExitCode}}')" = "$C/0" ]
	[ "$(f '{{.Name | upper}} {{len .Args}} {{index .Args 1}}')" = "$(tr a-z A-Z <<<"$C") 2 y" ]
	[ "$(f '{{slice .Id 0 12}}')" = "$(co ps -aq --filter name="$C")" ]
	[ "$(f '{{.ID}}')" = "$(f '{{.Id}}')" ]
	refused 125 "function \"frob\" not defined" inspect --format '{{frob}}' "$C"
	refused 125 "can't evaluate field Frob" inspect --format '{{.Frob}}' "$C"
}

@test "every listing takes json and templates" {
	co volume create "$C" >/dev/null
	co run -d --name "$C" --network none "$IMAGE" sleep 1000 >/dev/null
	for list in ps images 'volume ls' 'network ls'; do
		# shellcheck disable=SC2086
		co $list --format json | jq -e 'type == "array" and length > 0' >/dev/null
	done
	[ "$(co volume ls --format '{{.Name}}')" = "$C" ]
	[ "$(co network ls --format '{{.Name}} {{.Driver}}')" = "podman bridge" ]
	co volume ls --format 'table {{.Name}}\t{{.Driver}}' | head -1 | grep -qE '^(VOLUME )?NAME +DRIVER$'
	co info --format json | jq -e '.host.os == "linux" and .store.graphDriverName == "overlay"' >/dev/null
	[ "$(co info --format '{{.Host.OS}}')" = linux ] || [ "$(co info --format '{{.host.os}}')" = linux ]
	co version --format json | jq -e '.Client.Version' >/dev/null
	[ "$(co version --format '{{.Client.Version}}')" = "$(co --version | sed 's/.* //')" ]
	co rm -f -t 0 "$C" >/dev/null
	co volume rm "$C"
}

@test "output to a full or closed place is an error" {
	local c

	for c in images 'ps -a' 'network ls' info "inspect $IMAGE" version --help; do
		# shellcheck disable=SC2086
		if co $c >/dev/full 2>"$BATS_TEST_TMPDIR/err"; then
			echo "$c: no error"
			return 1
		fi
		grep -q "No space left" "$BATS_TEST_TMPDIR/err" || {
			echo "$c: $(cat "$BATS_TEST_TMPDIR/err")"
			return 1
		}
	done
}
