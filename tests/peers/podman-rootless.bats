#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's podman of an ordinary user with --runtime coracle-runtime; Debian's runc is the control.

bats_require_minimum_version 1.5.0
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-300}
load ../integration/runtime

setup_file() {
	export WHO=corapm$$
	export DIR=/run/coracle-test-podman-$$
	local home=$DIR/home

	until_ok useradd -M -d "$home" "$WHO"
	mkdir -m 755 "$DIR"
	cp "$BUILD/src/cmd/coracle-runtime" "$DIR/"
	mkdir -p "$home/run"
	runtime_rootfs "$DIR/tree"
	tar -C "$DIR/tree" -cf "$home/image.tar" .
	rm -rf "$DIR/tree"
	chown -R "$WHO:" "$home"
	chmod 700 "$home" "$home/run"
	pm import -q "$home/image.tar" localhost/box
}

teardown_file() {
	pm rm -f -a -t 0 >/dev/null || true
	# podman's own, which holds its user namespace.
	kill -KILL "$(cat "$DIR/home/run/libpod/tmp/pause.pid")"
	# What ends in the background still writes there.
	until_ok none_of_the_user
	rm -rf "$DIR"
	until_ok userdel "$WHO" 2>/dev/null
}

none_of_the_user() {
	! pgrep -u "$WHO" >/dev/null
}

is_program() { # CONTAINER WORDS
	[ "$(pm exec "$1" sh -c 'cat /proc/1/cmdline | tr "\0" " "')" = "$2 " ]
}

as_user() {
	(cd "$DIR/home" && setpriv --reuid "$WHO" --regid "$WHO" --init-groups env -i PATH="$PATH" HOME="$DIR/home" \
		USER="$WHO" XDG_RUNTIME_DIR="$DIR/home/run" "$@")
}

pm() {
	as_user podman --root "$DIR/home/store" --runroot "$DIR/home/run/podman" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend file --runtime "${WITH:-$DIR/coracle-runtime}" "$@" 2>>"$BATS_FILE_TMPDIR/podman-errors"
}

# The machine may not let us raise limits, as podman's defaults do.
box() {
	local command=$1

	shift
	pm "$command" --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@"
}

life() {
	run -0 box run --rm localhost/box sh -c 'echo x >/dev/null; id -u; cat /proc/self/uid_map | wc -l'
	[ "$(echo $output)" = "0 2" ]
	run -9 box run --rm localhost/box sh -c 'exit 9'
	run -127 box run --rm localhost/box nosuch
	run -0 box run --rm --userns keep-id localhost/box id -u
	[ "$output" = "$(id -u "$WHO")" ]
	run -0 box run -d --name c localhost/box sleep 1000
	# runc does not wait until its init has become the program.
	until_ok is_program c "sleep 1000"
	run -0 pm exec c id -u
	[ "$output" = 0 ]
	run -7 pm exec c sh -c 'exit 7'
	run -0 pm exec -u 1000:1000 c id -u
	[ "$output" = 1000 ]
	run -0 pm inspect -f '{{.State.Status}}' c
	[ "$output" = running ]
	pm rm -f -t 0 c
}

@test "run, exec, keep-id, rm" {
	life
}

@test "the same with runc" {
	WITH=/usr/sbin/runc life
}
