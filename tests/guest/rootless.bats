#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An ordinary user with lingering: its own systemd, delegated cgroups, Debian's podman with our runtime
# and the runtime alone in a user namespace.

bats_require_minimum_version 1.5.0

setup_file() {
	export U=1000 HOME_DIR=/home/user
	loginctl enable-linger user
	# Its manager is there when its bus is.
	local end=$((SECONDS + 60))
	until [ -S "/run/user/$U/bus" ]; do
		((SECONDS < end)) || return 1
		read -rt 0.05 <> <(:) || :
	done
	mkdir -p "$HOME_DIR/b/rootfs"/{bin,proc,sys,dev,etc,tmp}
	cp /bin/busybox "$HOME_DIR/b/rootfs/bin/"
	for a in sh sleep cat echo head tail; do ln -s busybox "$HOME_DIR/b/rootfs/bin/$a"; done
	chown -R user: "$HOME_DIR"
	as tar -C "$HOME_DIR/b/rootfs" -c bin -f "$HOME_DIR/image.tar"
	as podman import -q "$HOME_DIR/image.tar" localhost/guest >/dev/null
}

# As the user, in a scope of its manager, as a login session would be.
as() {
	local word line=
	for word in "$@"; do line+=$(printf '%q ' "$word"); done
	systemd-run -q --wait --pipe --collect -M user@.host --user --working-directory="$HOME_DIR" \
		-E BUILD="$BUILD" -E XDG_RUNTIME_DIR="/run/user/$U" -p Delegate=yes -- bash -c "$line"
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

@test "the runtime alone, the systemd driver" {
	cat >"$HOME_DIR/alone" <<-'S'
		set -eu
		rt=$BUILD/src/cmd/coracle-runtime
		cd ~/b
		rm -f config.json
		"$rt" spec --rootless
		jq '.process.terminal = false | .process.args = ["sleep", "1000"] | .linux.cgroupsPath = "user.slice:co:alone" |
			.linux.resources.memory = {"limit": 67108864} | .linux.resources.pids = {"limit": 33}' config.json >c
		mv c config.json
		exec unshare -Urm sh -euc '
			rt="$1 --root $XDG_RUNTIME_DIR/co --systemd-cgroup"
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
			echo well' sh "$rt"
	S
	run -0 as bash "$HOME_DIR/alone"
	[[ $output == *well ]]
}

@test "a limit that is not delegated is refused by name" {
	run ! p run --rm --network none --cpuset-cpus 0 localhost/guest echo in
	[[ $output == *cpuset* || $output == *cpu.cpus* ]]
}
