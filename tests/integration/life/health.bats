#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# health: health checks by the monitor's clock and by hand, what follows a failure, and what is shown.
#
# No test waits for a time: a check appends a line to $H/ticks (or blocks on a fifo), and the test waits for that.

load ../helpers

setup() {
	engine_setup
	H=$BATS_TEST_TMPDIR/h
	mkdir "$H"
}

# A container whose check is the given line; /h is $H.
checked() {
	local name=$1 check=$2
	shift 2
	co run -d --name "$name" --network none -v "$H:/h" --health-cmd "$check" --stop-timeout 0 "$@" "$IMAGE" sleep 1000
}

health() {
	field "$1" '{{.State.Health.Status}}'
}

health_is() {
	[ "$(health "$1")" = "$2" ]
}

ticked() {
	[ "$(wc -l <"$H/ticks")" -ge "$1" ]
}

monitor_pid() {
	field "$1" '{{.State.ConmonPid}}'
}

@test "the older spellings of the options" {
	co create --name "$C" --network none --healthcheck-command 'test -e /x' --healthcheck-interval 7s \
		--healthcheck-retries 4 --healthcheck-start-period 2s --healthcheck-timeout 3s "$IMAGE" true
	[ "$(field "$C" '{{json .Config.Healthcheck}}')" = \
		'{"Test":["CMD-SHELL","test -e /x"],"StartPeriod":2000000000,"Interval":7000000000,"Timeout":3000000000,"Retries":4}' ]
}

@test "values are checked as Podman does" {
	refused 125 'invalid healthcheck-interval: time: invalid duration "foo"' create --health-cmd x --health-interval foo "$IMAGE"
	refused 125 'healthcheck-timeout must be at least 1 second' create --health-cmd x --health-timeout 0s "$IMAGE"
	refused 125 'healthcheck-retries must be greater than 0' create --health-cmd x --health-retries 0 "$IMAGE"
	refused 125 'healthcheck-start-period must be 0 seconds or greater' create --health-cmd x --health-start-period -1s "$IMAGE"
	refused 125 'invalid on-failure action "foo" for health check: supported actions are none,kill,restart,stop' \
		create --health-cmd x --health-on-failure foo "$IMAGE"
	refused 125 'cannot set on-failure action to stop without a health check' create --health-on-failure stop "$IMAGE"
	refused 125 'cannot specify both --no-healthcheck and --health-cmd' create --health-cmd x --no-healthcheck "$IMAGE"
	refused 125 'cannot set a startup health check without a health check' create --health-startup-cmd x "$IMAGE"
	refused 125 'need --health-startup-cmd' create --health-cmd x --health-startup-retries 2 "$IMAGE"
	refused 125 "'events_logger' is not supported yet" create --health-cmd x --health-log-destination events_logger "$IMAGE"
	refused 125 'destination error' create --health-cmd x --health-log-destination /no/such "$IMAGE"
}

@test "what inspect shows of the check" {
	local n=0 row

	while read -r row; do
		n=$((n + 1))
		co create --name "$C-$n" --health-cmd "${row%% = *}" "$IMAGE"
		[ "$(field "$C-$n" '{{json .Config.Healthcheck.Test}}')" = "${row##* = }" ]
	done <<-'END'
		echo a b = ["CMD-SHELL","echo a b"]
		["echo","a b"] = ["CMD","echo","a b"]
		["CMD","echo","a b"] = ["CMD","echo","a b"]
		CMD-SHELL echo a = ["CMD-SHELL","echo a"]
		CMD echo a = ["CMD","echo","a"]
		none = ["NONE"]
	END
	co create --name "$C" --health-cmd x --health-interval 2s --health-start-period 3m --health-on-failure kill \
		--health-startup-cmd y --health-startup-success 4 --health-max-log-count 7 "$IMAGE"
	[ "$(field "$C" '{{json .Config.Healthcheck}}')" = \
		'{"Test":["CMD-SHELL","x"],"StartPeriod":180000000000,"Interval":2000000000,"Timeout":30000000000,"Retries":3}' ]
	[ "$(field "$C" '{{.Config.HealthcheckOnFailureAction}} {{.Config.StartupHealthCheck.Successes}} {{.Config.HealthcheckMaxLogCount}} {{.Config.HealthcheckMaxLogSize}} {{.Config.HealthLogDestination}}')" = \
		"kill 4 7 500 local" ]
	co inspect "$C" | jq '.[0]' | keys_match inspect-container
}

@test "starting, unhealthy after so many failures in a row, healthy again; wait, ps and filters see it" {
	checked "$C" 'echo >>/h/ticks; echo said; test -e /h/ok' --health-interval 100ms --health-retries 2
	until_ok ticked 2
	[ "$(co wait --condition unhealthy "$C")" = -1 ]
	[ "$(field "$C" '{{(index .State.Health.Log 0).Output}} {{(index .State.Health.Log 0).ExitCode}}')" = "said 1" ]
	[[ $(co ps --filter "name=$C" --format '{{.Status}}') == "Up "*" (unhealthy)" ]]
	[ "$(co ps --filter health=unhealthy --filter "name=$C" --format '{{.Names}}')" = "$C" ]
	: >"$H/ok"
	co wait --condition healthy "$C"
	[ "$(field "$C" '{{.State.Health.Status}} {{.State.Health.FailingStreak}}')" = "healthy 0" ]
	[[ $(co ps --filter health=healthy --filter "name=$C" --format '{{.Status}}') == *" (healthy)" ]]
	[ -z "$(co ps --filter health=unhealthy --filter "name=$C" -q)" ]
	[ "$(field "$C" '{{len .State.Health.Log}}')" -le 5 ]
}

@test "the first check is at the start, whatever the interval" {
	checked "$C" 'echo >>/h/ticks' --health-interval 1h
	co wait --condition healthy "$C"
	ticked 1
	[ "$(field "$C" '{{len .State.Health.Log}}')" = 1 ]
}

@test "with the interval disabled nothing runs by itself; healthcheck run does, with Podman's words" {
	checked "$C" 'echo >>/h/ticks; test -e /h/ok || { echo no >&2; exit 3; }' --health-interval disable --health-retries 2
	health_is "$C" starting
	run -1 co healthcheck run "$C"
	[ "$output" = unhealthy ]
	health_is "$C" starting
	run -1 co healthcheck run "$C"
	health_is "$C" unhealthy
	[ "$(field "$C" '{{(index .State.Health.Log 1).Output}}')" = no ]
	run -0 co healthcheck run --ignore-result "$C"
	: >"$H/ok"
	run -0 co healthcheck run "$C"
	[ -z "$output" ]
	health_is "$C" healthy
	[ "$(wc -l <"$H/ticks")" -eq 4 ]
	co pause "$C"
	refused 125 "is not running" healthcheck run "$C"
	co unpause "$C"
	co stop "$C"
	refused 125 "is not running" healthcheck run "$C"
	refused 125 "unable to look up nosuch to perform a health check: no container with name or ID" healthcheck run nosuch
	co run -d --name "${C}b" --network none "$IMAGE" sleep 1000
	refused 125 "has no defined healthcheck" healthcheck run "${C}b"
	refused 125 "has no defined healthcheck" wait --condition healthy "${C}b"
}

@test "a check that hangs is killed, and counts as a failure" {
	# Only the first one hangs.
	checked "$C" '[ -e /h/ticks ] || { echo $$ >/h/pid; echo >>/h/ticks; echo begun; mkfifo /tmp/f; : </tmp/f; }; echo >>/h/ticks' \
		--health-interval 100ms --health-timeout 1s --health-retries 1 --health-max-log-count 10000
	until_ok ticked 2
	until_ok health_is "$C" healthy
	co inspect "$C" | jq -e '[.[0].State.Health.Log[] | select(.ExitCode == -1)][0].Output ==
		"begun\nhealthcheck command exceeded timeout of 1s"' || jq_shows "$C"
	co exec "$C" test ! -e "/proc/$(cat "$H/pid")"
}

jq_shows() {
	co inspect "$1" | jq '.[0].State.Health'
	false
}

@test "by hand a check that hangs is killed, too, and one that writes without end is bounded" {
	checked "$C" 'mkfifo /tmp/f; : </tmp/f' --health-interval disable --health-timeout 1s --health-retries 1
	run -1 co healthcheck run "$C"
	[ "$(field "$C" '{{(index .State.Health.Log 0).ExitCode}}')" = -1 ]
	until_ok no_fifo "$C"
	checked "${C}b" 'yes' --health-interval disable --health-timeout 1s --health-retries 1
	run -1 co healthcheck run "${C}b"
	[ "$(co inspect "${C}b" | jq '.[0].State.Health.Log[0].Output | length')" -le 500 ]
}

no_fifo() {
	[ "$(co top "$1" args | grep -c 'mkfifo')" = 0 ]
}

@test "the monitor's check that writes without end: killed, bounded, the container served" {
	checked "$C" 'echo >>/h/ticks; yes' --health-interval 100ms --health-timeout 1s --health-retries 1 --health-max-log-size 10
	co wait --condition unhealthy "$C"
	[ "$(co inspect "$C" | jq '.[0].State.Health.Log[0].Output | length')" -le 10 ]
	co stop "$C"
}

@test "kill, stop, restart on failure" {
	checked "${C}kill" 'exit 1' --health-interval 100ms --health-retries 1 --health-on-failure kill --restart always
	checked "${C}stop" 'exit 1' --health-interval 100ms --health-retries 1 --health-on-failure stop
	checked "${C}again" 'echo >>/h/ticks; [ $(wc -l </h/ticks) -ne 2 ]' --health-interval 100ms --health-retries 1 \
		--health-on-failure restart
	until_ok state_is "${C}kill" exited
	[ "$(field "${C}kill" '{{.State.ExitCode}} {{.RestartCount}}')" = "137 0" ]
	until_ok state_is "${C}stop" exited
	[ "$(field "${C}stop" '{{.State.StoppedByUser}}')" = true ]
	until_ok ticked 4
	until_ok state_is "${C}again" running
	until_ok health_is "${C}again" healthy
}

@test "by hand the action is done, too" {
	checked "$C" 'exit 1' --health-interval disable --health-retries 1 --health-on-failure kill
	run -1 co healthcheck run "$C"
	until_ok state_is "$C" exited
}

@test "failures in the start period do not count" {
	checked "$C" 'echo >>/h/ticks; exit 1' --health-interval 100ms --health-retries 1 --health-start-period 1h
	until_ok ticked 4
	[ "$(field "$C" '{{.State.Health.Status}} {{.State.Health.FailingStreak}}')" = "starting 0" ]
}

@test "the startup check passes before the check begins" {
	checked "$C" 'echo >>/h/ticks' --health-interval 100ms --health-startup-cmd 'echo >>/h/startup; test -e /h/up' \
		--health-startup-interval 100ms --health-startup-success 2
	until_ok test -s "$H/startup"
	run -1 co healthcheck run "$C"
	[ "$output" = starting ]
	health_is "$C" starting
	[ ! -e "$H/ticks" ]
	: >"$H/up"
	co wait --condition healthy "$C"
	ticked 1
	local n
	n=$(wc -l <"$H/startup")
	until_ok ticked 4
	[ "$(wc -l <"$H/startup")" -eq "$n" ]
}

@test "startup failures restart the container" {
	co run -d --name "$C" --network none -v "$H:/h" --health-cmd true --health-startup-cmd 'test -e /h/up' --stop-timeout 0 \
		--health-startup-interval 100ms --health-startup-retries 2 "$IMAGE" \
		sh -c 'echo >>/h/ticks; [ $(wc -l </h/ticks) -lt 2 ] || : >/h/up; exec sleep 1000'
	until_ok ticked 2
	co wait --condition healthy "$C"
}

@test "a frozen container is not checked, and its check is not late" {
	checked "$C" 'echo >>/h/ticks' --health-interval 100ms --health-timeout 1s --health-retries 1
	until_ok ticked 1
	co pause "$C"
	local n
	n=$(wc -l <"$H/ticks")
	# Longer than interval and limit: another container's checks are the clock.
	checked "${C}b" 'echo >>/h/clock' --health-interval 500ms
	until_ok clock_ticked 5
	[ "$(wc -l <"$H/ticks")" -le $((n + 1)) ]
	co unpause "$C"
	until_ok ticked $((n + 3))
	health_is "$C" healthy
}

clock_ticked() {
	[ "$(wc -l <"$H/clock")" -ge "$1" ]
}

@test "a new start begins with starting and keeps the log; the log is in the given directory" {
	mkdir "$H/logs"
	checked "$C" 'test -e /h/ok' --health-interval disable --health-log-destination "$H/logs" --health-max-log-count 2
	: >"$H/ok"
	co healthcheck run "$C"
	health_is "$C" healthy
	jq -e '.Status == "healthy"' "$H/logs/$(field "$C" '{{.Id}}')-healthcheck.log"
	co restart "$C"
	[ "$(field "$C" '{{.State.Health.Status}} {{len .State.Health.Log}}')" = "starting 1" ]
	co healthcheck run "$C"
	co healthcheck run "$C"
	[ "$(field "$C" '{{len .State.Health.Log}}')" = 2 ]
}

@test "the image's check is taken, changed by options, and left out on request" {
	health_image
	co create --name "$C" localhost/checked
	[ "$(field "$C" '{{json .Config.Healthcheck}}')" = \
		'{"Test":["CMD","true"],"Interval":5000000000,"Timeout":30000000000,"Retries":3}' ]
	co create --name "${C}b" --health-interval 7s localhost/checked
	[ "$(field "${C}b" '{{.Config.Healthcheck.Interval}} {{json .Config.Healthcheck.Test}}')" = '7000000000 ["CMD","true"]' ]
	co create --name "${C}c" --no-healthcheck localhost/checked
	[ "$(field "${C}c" '{{json .Config.Healthcheck}}')" = '{"Test":["NONE"]}' ]
	co create --name "${C}d" --health-cmd false localhost/checked
	[ "$(field "${C}d" '{{json .Config.Healthcheck}}')" = \
		'{"Test":["CMD-SHELL","false"],"Interval":30000000000,"Timeout":30000000000,"Retries":3}' ]
}

# An image with a health check: as a docker archive, since import knows no HEALTHCHECK.
health_image() {
	local dir=$BATS_TEST_TMPDIR/image layer

	mkdir "$dir"
	cp "$BATS_FILE_TMPDIR/image.tar" "$dir/layer.tar"
	layer=$(sha256sum "$dir/layer.tar" | cut -d' ' -f1)
	jq -n --arg l "sha256:$layer" '{architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: [$l]},
		config: {Cmd: ["/bin/sh"], Healthcheck: {Test: ["CMD", "true"], Interval: 5000000000}}}' >"$dir/config.json"
	echo '[{"Config": "config.json", "RepoTags": ["localhost/checked:latest"], "Layers": ["layer.tar"]}]' >"$dir/manifest.json"
	tar -C "$dir" -cf "$dir.tar" manifest.json config.json layer.tar
	co load -q -i "$dir.tar"
}

@test "a monitor that runs no checks is said, and by hand they run" {
	[ -x /usr/bin/conmon ] || skip "conmon"
	run -0 --separate-stderr "$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" --conmon /usr/bin/conmon run -d \
		--name "$C" --network none --health-cmd true "$IMAGE" sleep 1000
	[[ $stderr == *"its monitor runs no health checks"* ]]
	health_is "$C" starting
	co healthcheck run "$C"
	health_is "$C" healthy
	run -0 --separate-stderr co run --log-driver passthrough --name "${C}b" --network none --health-cmd true "$IMAGE" true
	[[ $stderr == *"its monitor runs no health checks"* ]]
}

@test "the monitor killed: by hand it goes on, and nothing is left" {
	checked "$C" 'echo >>/h/ticks' --health-interval 100ms
	until_ok ticked 1
	kill -9 "$(monitor_pid "$C")"
	co healthcheck run "$C"
	health_is "$C" healthy
	co rm -f -t 0 "$C"
}

@test "fifty checks leave no file, no process and no row" {
	local before after monitor

	checked "$C" 'echo >>/h/ticks' --health-interval 1ms
	until_ok ticked 3
	before=$(find "$ENGINE_RUN" "$ENGINE_DIR/root/containers" ! -name '.*' | wc -l)
	monitor=$(monitor_pid "$C")
	stat -c '%n %y %s' "$ENGINE_DIR"/root/db.sqlite* >"$BATS_TEST_TMPDIR/db"
	until_ok ticked 50
	stat -c '%n %y %s' "$ENGINE_DIR"/root/db.sqlite* | cmp - "$BATS_TEST_TMPDIR/db"
	after=$(find "$ENGINE_RUN" "$ENGINE_DIR/root/containers" ! -name '.*' | wc -l)
	[ "$after" -le $((before + 1)) ]
	[ "$(pgrep -P "$monitor" | wc -l)" -le 2 ]
}
