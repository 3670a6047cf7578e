#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# restart: restart policies: who is started again, how often, and who is let rest; kills of monitor and command.

load ../helpers

setup() {
	engine_setup
	RUNS=$BATS_TEST_TMPDIR/runs
	mkdir "$RUNS"
}

# A container whose runs each append a line to $RUNS/log, then do the rest of the script.
runs() {
	local name=$1 policy=$2 script=$3
	shift 3
	co run -d --name "$name" --network none --restart "$policy" -v "$RUNS:/runs" "$@" "$IMAGE" \
		sh -c "echo run >>/runs/log; $script"
}

ran() {
	[ "$(wc -l <"$RUNS/log")" -ge "$1" ]
}

# Its last end is recorded, and no restart comes.
rests() { # NAME COUNT CODE
	[ "$(field "$1" '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.Restarting}}')" = \
		"exited $2 $3 false" ]
}

count_is() {
	[ "$(field "$1" '{{.RestartCount}}')" = "$2" ]
}

gone() {
	[ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

# Of the container's monitor, also between two runs.
monitor_pid() {
	pgrep -f -- "--api-version 1 -c $(field "$1" '{{.Id}}')"
}

kill_init() {
	kill -9 "$(field "$1" '{{.State.Pid}}')"
}

# The container has ended, and its monitor waits before it restarts it: stopped there, so that it stays
# so.  Its pid is $MONITOR.
held_in_wait() {
	MONITOR=$(monitor_pid "$1") || return 1
	kill -STOP "$MONITOR" || return 1
	[ "$(field "$1" '{{.State.Restarting}}')" = true ] && ! pgrep -P "$MONITOR" >/dev/null && return
	kill -CONT "$MONITOR"
	return 1
}

@test "values are checked as Podman does" {
	refused 125 '"sometimes" is not a valid restart policy: invalid argument' create --restart sometimes "$IMAGE"
	refused 125 'restart policy retries can only be specified with on-failure restart policy' \
		create --restart always:3 "$IMAGE"
	refused 125 'parsing restart policy retry count' create --restart on-failure:x "$IMAGE"
	refused 125 'the --rm option conflicts with --restart, when the restartPolicy is not "" and "no"' \
		run --rm --restart always "$IMAGE" true
	co run --rm --network none --restart no "$IMAGE" true
}

@test "inspect and ps have policy and count" {
	co create --name "$C" --restart on-failure:4 "$IMAGE" >/dev/null
	[ "$(field "$C" '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}')" = \
		"on-failure 4" ]
	[ "$(co ps -a --filter "name=$C" --format '{{.Restarts}}')" = 0 ]
	co create --name "${C}b" "$IMAGE" >/dev/null
	[ "$(field "${C}b" '{{.HostConfig.RestartPolicy.Name}}')" = no ]
}

@test "on-failure:2: three runs, then it rests with its exit code; run returns at the first end" {
	run -3 co run --name "$C" --network none --restart on-failure:2 -v "$RUNS:/runs" "$IMAGE" \
		sh -c 'echo run >>/runs/log; echo out; exit 3'
	until_ok ran 3
	until_ok rests "$C" 2 3
	[ "$(wc -l <"$RUNS/log")" -eq 3 ]
	[ "$(co logs "$C" | grep -c out)" -eq 3 ]
	[ "$(co ps -a --filter "name=$C" --format '{{.Restarts}}')" = 2 ]
}

@test "on-failure: an end without failure is an end" {
	runs "$C" on-failure '[ $(wc -l </runs/log) -eq 2 ]'
	until_ok ran 2
	until_ok rests "$C" 1 0
}

@test "always: killed from outside it comes again; stop and kill let it rest; start counts anew" {
	runs "$C" always 'exec sleep 1000'
	until_ok ran 1
	kill_init "$C"
	until_ok ran 2
	until_ok state_is "$C" running
	count_is "$C" 1
	co stop -t 0 "$C"
	[ "$(field "$C" '{{.State.Status}} {{.State.StoppedByUser}}')" = "exited true" ]
	co start "$C"
	count_is "$C" 0
	until_ok ran 3
	co kill "$C"
	until_ok state_is "$C" exited
	[ "$(wc -l <"$RUNS/log")" -eq 3 ]
}

@test "always: a signal that is not meant to end it does not count as a stop" {
	runs "$C" always 'trap "exit 4" HUP; mkfifo /tmp/f; echo >/runs/ready; : </tmp/f'
	until_ok test -s "$RUNS/ready"
	co kill -s HUP "$C"
	until_ok ran 2
	until_ok state_is "$C" running
	count_is "$C" 1
}

@test "the restarted container has its network, mounts, files and log again" {
	co run -d --name "$C" --restart on-failure:1 -v "$RUNS:/runs" --tmpfs /scratch --hostname again "$IMAGE" sh -c \
		'ip -4 -o addr show eth0 | wc -l; hostname; [ ! -e /scratch/x ] && echo fresh; : >/scratch/x;
		 grep -c again /etc/hosts; exit 1'
	until_ok rests "$C" 1 1
	[ "$(co logs "$C" | paste -sd' ')" = "1 again fresh 1 1 again fresh 1" ]
}

@test "while the monitor waits: Restarting; stop ends monitor and wait at once" {
	runs "$C" always 'exit 1'
	until_ok held_in_wait "$C"
	co stop "$C"
	kill -CONT "$MONITOR"
	until_ok gone "$MONITOR"
	[ "$(field "$C" '{{.State.Status}} {{.State.Restarting}}')" = "exited false" ]
	[ -z "$(monitor_pid "$C")" ]
}

@test "while the monitor waits: rm and start are obeyed, and no second monitor comes" {
	local runs

	runs "$C" always 'exit 1'
	until_ok held_in_wait "$C"
	runs=$(wc -l <"$RUNS/log")
	co start "$C"
	kill -CONT "$MONITOR"
	until_ok ran $((runs + 1))
	until_ok gone "$MONITOR"
	until_ok held_in_wait "$C"
	[ "$(monitor_pid "$C" | wc -l)" -eq 1 ]
	co rm "$C"
	kill -CONT "$MONITOR"
	until_ok gone "$MONITOR"
}

@test "the monitor killed while it waits: the next command restarts" {
	runs "$C" always '[ -e /runs/stay ] && exec sleep 1000; exit 1'
	until_ok held_in_wait "$C"
	: >"$RUNS/stay"
	kill -9 "$MONITOR"
	run --separate-stderr co create --name "${C}b" "$IMAGE"
	[[ $stderr == *"nobody is left to restart it by its policy; it is restarted now"* ]]
	until_ok state_is "$C" running
}

@test "the monitor killed while the container runs: its end is still followed by a restart" {
	runs "$C" always 'exec sleep 1000'
	until_ok ran 1
	end_without_monitor
	co create --name "${C}b" "$IMAGE"
	until_ok ran 2
	until_ok state_is "$C" running
	count_is "$C" 1
}

# The command that the monitor would run, killed on entering every n-th of its system calls.
@test "the restarting command killed anywhere: the next command goes on from there" {
	local calls=$BATS_TEST_TMPDIR/calls line name nth total step

	runs "$C" always 'exec sleep 1000'
	end_without_monitor
	strace -qq -o "$calls" "$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" container cleanup "$C"
	sed -i -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$calls"
	sed -i /exit_group/d "$calls"
	total=$(wc -l <"$calls")
	[ "$total" -gt 200 ]
	step=$(((total - 60) / 8))
	for ((line = 60; line < total; line += step)); do
		end_without_monitor
		name=$(sed -n "${line}p" "$calls")
		nth=$(head -n "$line" "$calls" | grep -cx "$name")
		strace -qq -o /dev/null -e "trace=$name" -e "inject=$name:signal=KILL:when=$nth" "$CORACLE" \
			--root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" container cleanup "$C" >/dev/null 2>&1 || true
		echo "killed at $name $nth (call $line)"
		co ps -a --filter "name=^$C\$" --format '{{.State}}' | grep -E '^(running|stopped|exited|created)$'
		co create --name "$C-$line" "$IMAGE" # any command that changes containers
		until_ok state_is "$C" running
	done
}

end_without_monitor() {
	local pid keeper

	until_ok state_is "$C" running
	pid=$(field "$C" '{{.State.Pid}}')
	# Stopped first, so that neither follows the other.
	keeper=$(pgrep -f "^coracle-keeper $(field "$C" '{{.Id}}')")
	kill -STOP "$keeper"
	kill -9 "$(monitor_pid "$C")" "$keeper"
	kill -9 "$pid"
	until_ok gone "$pid"
}

@test "start --all by policy, as a boot unit does" {
	local p

	for p in no on-failure always unless-stopped; do
		co create --name "$C$p" --network none --restart "$p" "$IMAGE" sleep 1000
	done
	co start "${C}unless-stopped"
	co stop -t 0 "${C}unless-stopped"
	co start --all --filter restart-policy=always
	[ "$(co ps --filter "name=$C" --format '{{.Names}}')" = "${C}always" ]
	[ "$(co ps -a --filter restart-policy=on-failure --format '{{.Names}}')" = "${C}on-failure" ]
	[ "$(co ps -a --filter should-start-on-boot=true --format '{{.Names}}')" = "${C}always" ]
	co start "${C}unless-stopped"
	[ "$(co ps -a --filter should-start-on-boot=true --format '{{.Names}}' | wc -l)" -eq 2 ]
	refused 125 'is not a valid restart policy' ps --filter restart-policy=x
}

@test "another monitor, which knows no rule: restarted without a wait" {
	[ -x /usr/bin/conmon ] || skip "conmon"
	"$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" --conmon /usr/bin/conmon run -d --name "$C" \
		--network none --restart on-failure:2 "$IMAGE" sh -c 'exit 5'
	until_ok rests "$C" 2 5
}
