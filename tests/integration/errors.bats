#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Errors: unknown flags and values are named, flags that are not there yet are refused by name.

load helpers

@test "unknown flags are named" {
	local c

	for c in run create start stop kill rm ps logs exec attach wait inspect port top info version pull load import images rmi tag; do
		refused 125 "--frobnicate" "$c" --frobnicate x
	done
	refused 125 "unknown shorthand flag: 'Z' in -Z" run -Z "$IMAGE"
	refused 125 "did you mean --detach?" run --detahc "$IMAGE"
}

@test "unknown commands are named" {
	run -125 co frobnicate
	[[ $output == *frobnicate* ]]
	run -125 co container frobnicate
	[[ $output == *frobnicate* ]]
	run -125 co pod create
	[[ $output == *"'coracle pod create' is not supported yet"* ]]
	run -125 co
	[[ $output == *"missing command"* ]]
}

@test "each flag of the peer's run and create that has no row is refused by name" {
	local c flag n=0

	for c in run create; do
		co "$c" --help | grep -oE '^ +(-., )?--[a-z0-9-]+' | sed 's/.*--//' | sort >"$BATS_TEST_TMPDIR/ours"
		while read -r flag; do
			grep -qx -e "$flag" "$BATS_TEST_TMPDIR/ours" && continue
			# Other spellings of ours.
			[[ $flag == net || $flag == dns-opt || $flag == healthcheck-* || $flag == help ]] && continue
			run co "$c" "--$flag=1" "$IMAGE" true
			[ "$status" -eq 125 ] || {
				echo "$c --$flag: status $status: $output"
				return 1
			}
			[[ $output == *"--$flag"* ]] || {
				echo "$c --$flag: $output"
				return 1
			}
			n=$((n + 1))
		done < <(awk -F'\t' -v c="$c" '$1 == c { print $2 }' "$DATA/flags.tsv")
	done
	[ "$n" -gt 100 ]
}

@test "values are named" {
	refused 125 perhaps run --rm=perhaps "$IMAGE"
	refused 125 nonsense run --stop-timeout nonsense "$IMAGE"
	refused 125 FROB run --stop-signal FROB "$IMAGE"
	refused 125 frob run --ulimit frob=1 "$IMAGE"
	refused 125 70000 run -p 70000:80 "$IMAGE"
	refused 125 "flag needs an argument: --name" run --name
	refused 125 nonsense --log-level nonsense ps
	refused 125 nonsense ps --last nonsense
	refused 125 nonsense stop -t nonsense x
	refused 125 frob --storage-driver frob images
	refused 125 "at least one name or id" stop
}

@test "text that is not UTF-8" {
	refused 125 "not valid UTF-8" run --label $'\xff' "$IMAGE" true
	# From the environment it comes in as Go's programs write it.
	BAD=$'\xff' co create --name "$C" --network none -e BAD "$IMAGE" true
	[ "$(field "$C" '{{range .Config.Env}}{{.}} {{end}}' | grep -c $'BAD=\xef\xbf\xbd')" -eq 1 ]
}

@test "help: of the program, of groups, of every command" {
	local line

	run -0 co --help
	[[ $output == *"Available Commands:"*"  run "* ]]
	run -0 co container --help
	[[ $output == *"  inspect "* ]]
	run -0 co run --help
	[[ $output == *"Usage:"*"coracle run"*"--cap-add"* ]]
	run -0 co help run
	[[ $output == *"coracle run"* ]]
	while read -r line _; do
		co "$line" --help >/dev/null
	done < <(co --help | sed -n '/Available Commands/,/^$/s/^  \([a-z]\)/\1/p')
}

@test "an engine root that cannot be used is one error" {
	run -125 "$CORACLE" --root /proc/nope --runroot "$BATS_TEST_TMPDIR/run" ps
	[[ $output == *"/proc/nope"* ]]
	echo garbage >"$BATS_TEST_TMPDIR/file"
	run -125 "$CORACLE" --root "$BATS_TEST_TMPDIR/file" --runroot "$BATS_TEST_TMPDIR/run" ps
	[[ $output == *"$BATS_TEST_TMPDIR/file"* ]]
	mkdir "$BATS_TEST_TMPDIR/root"
	head -c 8192 /dev/urandom >"$BATS_TEST_TMPDIR/root/db.sqlite"
	run -125 "$CORACLE" --root "$BATS_TEST_TMPDIR/root" --runroot "$BATS_TEST_TMPDIR/run" ps
	[[ $output == *db.sqlite* ]]
}
