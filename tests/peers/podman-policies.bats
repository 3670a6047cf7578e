#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Health checks, restart policies and --sdnotify beside Debian's podman: what inspect says of options, words of
# refusals, and what `healthcheck run` and a restart do.  Podman has no clock here (no systemd), so checks are run by hand.

load ../integration/helpers
load ../harness/podman

setup_file() {
	local base

	engine_setup_file
	# podman refuses long run directories.
	base=$(mktemp -d /tmp/cpp.XXXXXX)
	export P=$base
	pod import -q --change 'CMD ["/bin/sh"]' "$BATS_FILE_TMPDIR/image.tar" "$IMAGE"
}

teardown_file() {
	pod rm -fa -t 0
	podman_store_release "$P/s"
	rm -rf "$P"
	engine_teardown_file
}

pod() {
	podman --root "$P/s" --runroot "$P/r" --tmpdir "$P/t" --cgroup-manager cgroupfs --runtime /usr/sbin/runc \
		--storage-driver vfs --events-backend file "$@"
}

# The same on both: what each prints on stdout, what it refuses, and the status.
both() {
	local ours theirs status=0 their_status=0

	ours=$(co "$@" 2>"$BATS_TEST_TMPDIR/ours") || status=$?
	theirs=$(pod "$@" 2>"$BATS_TEST_TMPDIR/theirs") || their_status=$?
	echo "$*: $status '$ours' / $their_status '$theirs'"
	cat "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
	[ "$status" = "$their_status" ]
	[ "$ours" = "$theirs" ]
}

LIMITS=(--network none --ulimit nofile=1000:1000 --ulimit nproc=1000:1000)

@test "inspect of the options is the same" {
	local n=0 words

	while read -r words; do
		n=$((n + 1))
		eval "set -- $words"
		co create --name "$C-$n" "$@" "$IMAGE"
		pod create --name "$C-$n" "${LIMITS[@]}" "$@" "$IMAGE"
		both inspect --format '{{json .Config.Healthcheck}} {{.Config.HealthcheckOnFailureAction}}' "$C-$n"
		both rm "$C-$n"
	done <<-'END'
		--health-cmd 'echo a b'
		--health-cmd '["echo","a b"]'
		--health-cmd 'CMD-SHELL echo a'
		--health-cmd 'CMD echo a'
		--health-cmd none
		--no-healthcheck
		--health-cmd x --health-interval disable
		--health-cmd x --health-start-period 3m --health-timeout 500ms --health-retries 7
		--health-cmd x --health-on-failure kill
	END
}

@test "words of refusals are the same" {
	local words

	while read -r words; do
		eval "set -- $words"
		run -125 co create "$@" "$IMAGE"
		local ours=$output
		run -125 pod create "$@" "$IMAGE"
		echo "ours: $ours"
		echo "podman: $output"
		# Ours may stand behind the name of the flag.
		output=$(sed -n 's/^Error: \(running container create option: \)\?//p' <<<"$output")
		[ -n "$output" ]
		[[ $ours == *"$output"* ]]
	done <<-'END'
		--restart sometimes
		--restart always:3
		--rm --restart always
		--health-cmd x --health-interval foo
		--health-cmd x --health-timeout 0s
		--health-cmd x --health-retries 0
		--health-cmd x --health-start-period -1s
		--health-cmd x --health-on-failure foo
		--health-cmd x --no-healthcheck
		--health-on-failure stop
	END
}

@test "healthcheck run: statuses, words, streak and log are the same" {
	local line='{{.State.Health.Status}} {{.State.Health.FailingStreak}} {{range .State.Health.Log}}{{.ExitCode}}:{{.Output}};{{end}}'

	for run in co pod; do
		"$run" run -d --name "$C" "${LIMITS[@]}" --health-retries 2 --health-interval disable \
			--health-cmd 'test -e /ok || { echo nope; exit 3; }' "$IMAGE" sleep 1000
	done
	both inspect --format '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' "$C"
	both healthcheck run "$C"
	both healthcheck run "$C"
	both inspect --format "$line" "$C"
	both exec "$C" touch /ok
	both healthcheck run "$C"
	both inspect --format "$line" "$C"
	both ps --filter health=healthy --format '{{.Names}}'
	both stop -t 0 "$C"
	both healthcheck run "$C"
	[[ $(cat "$BATS_TEST_TMPDIR/ours") == *"is not running" ]]
	[[ $(cat "$BATS_TEST_TMPDIR/theirs") == *"is not running" ]]
	both start "$C"
	both inspect --format "$line" "$C"
	both healthcheck run nosuch
	cmp "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
}

@test "on-failure:2: exit status, count and state at the end are the same" {
	both run --name "$C" "${LIMITS[@]}" --restart on-failure:2 "$IMAGE" sh -c 'exit 3'
	until_ok both inspect --format '{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}} {{json .HostConfig.RestartPolicy}}' "$C"
	[ "$(field "$C" '{{.RestartCount}}')" = 2 ]
}
