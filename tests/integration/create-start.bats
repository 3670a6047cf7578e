#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# create, start, restart, pause, rm, wait, attach: the life of a container.

load helpers

@test "create, start -a, start again" {
	local id

	id=$(co create --name "$C" --network none "$IMAGE" sh -c 'echo hello; exit 3')
	[[ $id =~ ^[0-9a-f]{64}$ ]]
	[ "$(state "$C")" = created ]
	run -3 co start -a "$C"
	[ "$output" = hello ]
	[ "$(state "$C")" = exited ]
	run -0 co start "$C"
	[ "$output" = "$C" ]
	run -0 co wait "$C"
	[ "$output" = 3 ]
	[ "$(co logs "$C" | wc -l)" -eq 2 ]
}

@test "start -ai passes input" {
	co create -i --name "$C" --network none "$IMAGE" cat
	run -0 co start -ai "$C" <<<"typed"
	[ "$output" = typed ]
}

@test "start of a running container is no error, of a missing one is" {
	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	run -0 co start "$C"
	refused 125 "no container with name or ID \"nosuch\" found: no such container" start nosuch
}

@test "names, ids and prefixes" {
	local id

	id=$(co create --name "$C" --network none "$IMAGE" true)
	[ "$(field "$C" '{{.Id}}')" = "$id" ]
	[ "$(field "${id:0:12}" '{{.Name}}')" = "$C" ]
	[ "$(field "${id:0:5}" '{{.Name}}')" = "$C" ]
}

@test "restart" {
	local first

	co run -d --name "$C" --stop-timeout 0 --network none "$IMAGE" sleep 1000
	first=$(field "$C" '{{.State.Pid}}')
	run -0 co restart -t 0 "$C"
	[ "$output" = "$C" ]
	[ "$(field "$C" '{{.State.Pid}}')" != "$first" ]
	[ "$(state "$C")" = running ]
}

@test "pause and unpause" {
	co run -d --name "$C" --network none "$IMAGE" sh -c 'while :; do echo tick; sleep 0.05; done'
	until_ok logs_have "$C" tick
	run -0 co pause "$C"
	[ "$(state "$C")" = paused ]
	[[ $(co ps -a --filter name="$C" --format '{{.Status}}') == Paused ]]
	refused 125 "state improper" exec "$C" true
	run -0 co unpause "$C"
	[ "$(state "$C")" = running ]
	refused 125 "not paused" unpause "$C"
}

@test "rm refuses a running container, -f does not" {
	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	refused 2 "$C" rm "$C" || refused 125 "$C" rm "$C"
	run -0 co rm -f -t 0 "$C"
	[ "$output" = "$C" ]
	run -1 co container exists "$C"
}

@test "rm --ignore, rm of a missing one" {
	refused 1 'no container with ID or name "nosuch" found: no such container' rm nosuch ||
		refused 1 'no container with name or ID "nosuch" found: no such container' rm nosuch
	run -0 co rm --ignore nosuch
}

@test "rm -a" {
	co create --name "$C-1" --network none "$IMAGE" true
	co create --name "$C-2" --network none "$IMAGE" true
	co rm -a
	[ -z "$(co ps -aq)" ]
}

@test "wait for several, with a condition" {
	co run -d --name "$C-1" --network none "$IMAGE" sh -c 'exit 4'
	co run -d --name "$C-2" --network none "$IMAGE" sh -c 'exit 5'
	run -0 co wait "$C-1" "$C-2"
	[ "$output" = $'4\n5' ]
	co run -d --name "$C-3" --network none "$IMAGE" sleep 1000
	run -0 co wait --condition running "$C-3"
	refused 125 nosuch wait nosuch
}

@test "attach: output, input, detach keys" {
	co run -d -it --name "$C" --network none -e 'PS1=# ' "$IMAGE" sh
	run -0 pty 'send:\n' 'expect:# ' 'send:echo a$((1+1))b\n' 'expect:a2b' 'send:\x10\x11' -- attach "$C"
	[ "$(state "$C")" = running ]
	run -0 pty 'send:\n' 'expect:# ' 'send:xy' -- attach --detach-keys x,y "$C"
	[ "$(state "$C")" = running ]
	run -6 pty 'send:\n' 'expect:# ' 'send:\x03' 'expect:# ' 'send:exit 6\n' -- attach "$C"
	[ "$(state "$C")" = exited ]
	refused 125 running attach "$C"
}

has_socket() {
	find "/proc/$1/fd" -lname 'socket:*' | grep -q .
}

@test "attach without a terminal ends with the container" {
	co run -d --name "$C" --network none "$IMAGE" sh -c 'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.05; done'
	until_ok logs_have "$C" ready
	"$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" attach "$C" >"$BATS_TEST_TMPDIR/out" </dev/null 2>&1 3>&- &
	local pid=$! status=0
	# It has the container's lock when it has a socket, and kill waits for that.
	until_ok has_socket "$pid"
	co kill -s TERM "$C"
	wait "$pid" || status=$?
	[ "$status" -eq 7 ]
}

@test "init, port, top of a container" {
	co run -d --name "$C" --network none "$IMAGE" sleep 4321
	run -0 co top "$C"
	[[ ${lines[0]} == USER*PID*PPID*COMMAND ]]
	[[ $output == *"sleep 4321"* ]]
	run -0 co top "$C" pid comm
	[ "${lines[1]// /}" = 1sleep ]
	run -0 co port "$C"
	[ -z "$output" ]
}

@test "a container that ran is started again with its own writable layer" {
	co run --name "$C" --network none "$IMAGE" sh -c 'echo kept >>/data; cat /data'
	run -0 co start -a "$C"
	[ "$output" = $'kept\nkept' ]
}

@test "container cleanup and system check find nothing to do" {
	co run --name "$C" --network none "$IMAGE" true
	run -0 co container cleanup "$C"
	run -0 co system check
}

@test "the engine's files leave no trace in the container's layer" {
	local id upper

	run -0 --separate-stderr bash -c "umask 077; exec \"\$@\"" - "$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" \
		run -d --name "$C" "$IMAGE" sleep 1000
	id=$output
	upper=$(field "$C" '{{.GraphDriver.Data.UpperDir}}')
	[ -d "$upper" ]
	[ -z "$(ls -A "$upper")" ]
	# Other users of the container see through the directories that the image lacks.
	run -0 co exec --user 1000 "$C" sh -c 'cat /etc/hostname /run/.containerenv && grep -c . /etc/hosts /etc/resolv.conf && : >/tmp/x'
	[ "${lines[0]}" = "${id:0:12}" ]
	[ "$(cd "$upper" && find . -mindepth 1)" = $'./tmp\n./tmp/x' ]
	# A file that is not given is not there at all.
	run -1 co run --rm --network none --no-hosts "$IMAGE" test -e /etc/hosts
	run -1 co run --rm --network none "$IMAGE" test -e /etc/resolv.conf
}

# What a monitor that is killed while it removes the files of a --rm container leaves: lock files and
# some of the rest, and no record.
@test "files left to a monitor that was killed are removed by the next command" {
	local id d

	id=$(printf 'dead%060d' 7)
	co run --rm --network none "$IMAGE" true
	for d in "$ENGINE_DIR/root/storage/overlay/$id/diff" "$ENGINE_DIR/root/containers/$id" "$ENGINE_RUN/containers/$id"; do
		mkdir -p "$d"
		echo x >"$d/file"
	done
	echo 0 >"$ENGINE_RUN/exits/$id"
	echo "left to the monitor" >"$ENGINE_RUN/locks/exit/$id"
	: >"$ENGINE_RUN/locks/container/$id"
	co create --name "$C" --network none "$IMAGE" true
	[ -z "$(find "$ENGINE_DIR/root" "$ENGINE_RUN" -name "$id*")" ]
	co images -q | grep -q .
	co run --rm --network none "$IMAGE" true
}

@test "the files of a container with --rm go soon after it" {
	local id

	co run --rm --network none --cidfile "$BATS_TEST_TMPDIR/cid.1" "$IMAGE" true
	[ ! -e "$BATS_TEST_TMPDIR/cid.1" ]
	id=$(co run --rm --network none "$IMAGE" cat /etc/hostname)
	run -1 co container exists "$id"
	gone() { [ -z "$(find "$ENGINE_DIR/root" "$ENGINE_RUN" -name "$id*")" ]; }
	until_ok gone
}
