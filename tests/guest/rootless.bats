#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An ordinary user with lingering: its own systemd, delegated cgroups, Debian's podman with our runtime
# and the runtime alone in a user namespace.

bats_require_minimum_version 1.5.0
load ../harness/wait

setup_file() {
	export U=1000 HOME_DIR=/home/user
	loginctl enable-linger user
	# Its manager is there when its bus is.
	until_ok test -S "/run/user/$U/bus"
	mkdir -p "$HOME_DIR/b/rootfs"/{bin,proc,sys,dev,etc,tmp}
	cp /bin/busybox "$HOME_DIR/b/rootfs/bin/"
	for a in sh sleep cat echo head tail; do ln -s busybox "$HOME_DIR/b/rootfs/bin/$a"; done
	chown -R user: "$HOME_DIR"
	as tar -C "$HOME_DIR/b/rootfs" -c bin -f "$HOME_DIR/image.tar"
	as podman import -q "$HOME_DIR/image.tar" localhost/guest >/dev/null
}

# As the user, in a scope of its manager, as a login session would be.  (A service would end, and take
# with it, what podman leaves behind to hold its namespaces.)
as() {
	local word line=
	for word in "$@"; do line+=$(printf '%q ' "$word"); done
	setpriv --reuid user --regid user --init-groups env -i -C "$HOME_DIR" PATH="$PATH" USER=user \
		HOME="$HOME_DIR" BUILD="$BUILD" XDG_RUNTIME_DIR="/run/user/$U" \
		DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$U/bus" \
		systemd-run -q --user --scope -p Delegate=yes -- bash -c "$line" 3>&-
}

p() {
	as podman --runtime "$BUILD/src/cmd/coracle-runtime" --cgroup-manager systemd "$@"
}

@test "podman: limits in a scope of the user's systemd, and nothing is left" {
	local id cg

	id=$(p run -d --network none -m 64m --pids-limit 33 localhost/guest sleep 1000)
	cg=$(find "/sys/fs/cgroup/user.slice/user-$U.slice" -type d -name "libpod-$id.scope")
	[ -n "$cg" ]
	[ "$(cat "$cg/memory.max")" = 67108864 ]
	[ "$(cat "$cg/pids.max")" = 33 ]
	[ "$(p exec "$id" echo in)" = in ]
	p pause "$id" >/dev/null
	grep -qx 'frozen 1' "$cg/cgroup.events"
	p unpause "$id" >/dev/null
	p rm -f -t 0 "$id" >/dev/null
	[ ! -e "$cg" ]
}

# The script "alone" runs as the user, then as root of a user namespace of its own.
@test "the runtime alone, the systemd driver; and inside a user namespace" {
	local inside

	cat >"$HOME_DIR/alone" <<-'S'
		set -eu
		rt=$BUILD/src/cmd/coracle-runtime
		cd ~/b
		rm -f config.json
		"$rt" spec --rootless
		jq '.process.terminal = false | .process.args = ["sleep", "1000"] | .linux.cgroupsPath = "user.slice:co:alone" |
			.linux.resources.memory = {"limit": 67108864} | .linux.resources.pids = {"limit": 33}' config.json >c
		mv c config.json
		rt="$rt --root $XDG_RUNTIME_DIR/co --systemd-cgroup"
		$rt run -d alone </dev/null >/dev/null
		cg=/sys/fs/cgroup$(sed s/^0::// "/proc/$($rt state alone | jq .pid)/cgroup")
		case $cg in */co-alone.scope) ;; *) echo "in $cg"; exit 1 ;; esac
		[ "$(cat "$cg/memory.max")" = 67108864 ]
		[ "$(cat "$cg/pids.max")" = 33 ]
		$rt update --pids-limit 22 alone
		[ "$(cat "$cg/pids.max")" = 22 ]
		$rt pause alone
		grep -qx "frozen 1" "$cg/cgroup.events"
		$rt delete -f alone
		[ ! -e "$cg" ]
		echo well
	S
	for inside in "" "unshare -Urm"; do
		# shellcheck disable=SC2086 # words
		run as $inside bash "$HOME_DIR/alone"
		echo "${inside:-as the user}: status $status: $output"
		[ "$status" = 0 ]
		[[ $output == *well ]]
	done
}

@test "a limit that is not delegated is refused by name" {
	run ! p run --rm --network none --cpuset-cpus 0 localhost/guest echo in
	[[ $output == *cpuset* || $output == *cpu.cpus* ]]
}
