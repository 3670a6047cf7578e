#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# notify: --sdnotify: what a service manager hears, and what the container sees of its socket.

load ../helpers

setup() {
	engine_setup
	S=$ENGINE_RUN/$C.sock
	HEARD=$BATS_TEST_TMPDIR/heard
}

# A manager that takes so many messages, one a line, newlines as \n; its pid is $MANAGER.
manager() {
	"$CLIENT" listen "$S" "$1" >"$HEARD" &
	MANAGER=$!
	"$CLIENT" wait-file "$S"
}

told() {
	NOTIFY_SOCKET=$S co run -d --name "$C" --network none "$@"
}

monitor_of() {
	field "$C" '{{.State.ConmonPid}}'
}

@test "container: the monitor's pid at the start, then what the payload says" {
	manager 2
	told "$IMAGE" sh -c 'echo "$NOTIFY_SOCKET"; sleep 1000'
	"$CLIENT" notify "/proc/$(field "$C" '{{.State.Pid}}')/root/run/notify/notify.sock" $'READY=1\nMAINPID=1'
	wait "$MANAGER"
	[ "$(cat "$HEARD")" = "MAINPID=$(monitor_of)
READY=1\n" ]
	until_ok logs_have "$C" /run/notify/notify.sock
	[ "$(field "$C" '{{.Config.SdNotifyMode}} {{.Config.SdNotifySocket}}')" = "container $S" ]
}

@test "conmon: ready when it is started; the container has no socket" {
	manager 1
	told --sdnotify conmon "$IMAGE" sh -c 'echo "none:$NOTIFY_SOCKET:"; [ ! -e /run/notify ] && echo nothing; sleep 1000'
	wait "$MANAGER"
	[ "$(cat "$HEARD")" = "MAINPID=$(monitor_of)\nREADY=1" ]
	until_ok logs_have "$C" nothing
	logs_have "$C" none::
}

@test "healthy: ready when the health check is, by the clock" {
	manager 2
	told --sdnotify healthy --health-cmd 'test -e /ok' --health-interval 100ms "$IMAGE" sleep 1000
	until_ok grep -q MAINPID "$HEARD"
	co exec "$C" touch /ok
	wait "$MANAGER"
	[ "$(cat "$HEARD")" = "MAINPID=$(monitor_of)
READY=1" ]
}

@test "healthy: ready when the health check is, by hand" {
	manager 2
	told --sdnotify healthy --health-cmd true --health-interval disable "$IMAGE" sleep 1000
	co healthcheck run "$C"
	wait "$MANAGER"
	[ "$(tail -1 "$HEARD")" = READY=1 ]
}

@test "ignore: nothing is said, and nobody has the socket" {
	manager 1
	told --sdnotify ignore "$IMAGE" sh -c 'echo "none:$NOTIFY_SOCKET:"; sleep 1000'
	until_ok logs_have "$C" none::
	[ "$(tr '\0' '\n' <"/proc/$(monitor_of)/environ" | grep -c NOTIFY)" = 0 ]
	"$CLIENT" notify "$S" end
	wait "$MANAGER"
	[ "$(cat "$HEARD")" = end ]
}

@test "a restart tells the new monitor's pid; another runtime does not wait for the payload" {
	[ -x /usr/sbin/runc ] || skip "runc"
	manager 2
	NOTIFY_SOCKET=$S "$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" --runtime /usr/sbin/runc run -d \
		--name "$C" --network none --restart always --ulimit nofile=1000:1000 --ulimit nproc=1000:1000 "$IMAGE" sleep 1000
	kill -9 "$(field "$C" '{{.State.Pid}}')"
	wait "$MANAGER"
	until_ok state_is "$C" running
	[ "$(tail -1 "$HEARD")" = "MAINPID=$(monitor_of)" ]
	[ "$(head -1 "$HEARD")" != "$(tail -1 "$HEARD")" ]
}

@test "values are checked, and a manager that is gone is a warning" {
	refused 125 'invalid sdnotify value "foo": must be container, conmon, healthy or ignore' create --sdnotify foo "$IMAGE"
	refused 125 'sdnotify policy "healthy" requires a healthcheck to be set' create --sdnotify healthy "$IMAGE"
	run -0 --separate-stderr told "$IMAGE" sleep 1000
	[[ $stderr == *"tell '$S' that container $C runs: "*"; it is not told"* ]]
}
