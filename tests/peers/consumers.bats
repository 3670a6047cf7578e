#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Consumers of an OCI runtime: containerd's ctr (--runc-binary) and dockerd (--add-runtime), with our runtime, and
# with runc as the control: the same list, the same expectations.

bats_require_minimum_version 1.5.0
load ../harness/wait

: "${BUILD:=build}"
OURS=$(realpath "$BUILD/src/cmd/coracle-runtime")
RUNC=/usr/sbin/runc

make_image() { # FILE: a docker archive of one layer
	local dir=$ROOT/image tree=$ROOT/image/tree applet sum

	mkdir -p "$tree"/{bin,proc,sys,dev,tmp,etc}
	cp /bin/busybox "$tree/bin/"
	for applet in sh echo cat sleep true id ps test touch; do ln -s busybox "$tree/bin/$applet"; done
	tar -C "$tree" -cf "$dir/layer.tar" .
	sum=$(sha256sum "$dir/layer.tar")
	jq -n --arg d "sha256:${sum%% *}" '{architecture: "amd64", os: "linux", config: {Cmd: ["sh"], Env: ["PATH=/bin"]},
		rootfs: {type: "layers", diff_ids: [$d]}, history: []}' >"$dir/config.json"
	echo '[{"Config":"config.json","RepoTags":["localhost/bb:1"],"Layers":["layer.tar"]}]' >"$dir/manifest.json"
	tar -C "$dir" -cf "$1" manifest.json config.json layer.tar
}

setup_file() {
	# Sockets have short names.
	ROOT=$(mktemp -d /tmp/consumers.XXXXXX)
	export ROOT
	make_image "$ROOT/image.tar"
	cat >"$ROOT/containerd.toml" <<-EOF
		version = 2
		root = "$ROOT/c/root"
		state = "$ROOT/c/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
		[grpc]
		  address = "$ROOT/c.sock"
	EOF
	containerd -c "$ROOT/containerd.toml" >"$ROOT/containerd.log" 2>&1 3>&- &
	echo $! >"$ROOT/containerd.pid"
	until_ok timeout 10 ctr -a "$ROOT/c.sock" version >/dev/null 2>&1
	timeout 60 ctr -a "$ROOT/c.sock" images import "$ROOT/image.tar" >/dev/null
	echo "{\"runtimes\":{\"coracle\":{\"path\":\"$OURS\"}},\"storage-driver\":\"vfs\"}" >"$ROOT/daemon.json"
	dockerd --config-file "$ROOT/daemon.json" --data-root "$ROOT/d/data" --exec-root "$ROOT/d/exec" --pidfile "$ROOT/d.pid" \
		-H "unix://$ROOT/d.sock" --containerd "$ROOT/c.sock" --containerd-namespace consumers --iptables=false \
		--ip6tables=false --bridge=none >"$ROOT/dockerd.log" 2>&1 3>&- &
	echo $! >"$ROOT/dockerd.pid"
	until_ok timeout 10 /usr/bin/docker -H "unix://$ROOT/d.sock" version >/dev/null 2>&1
	timeout 60 /usr/bin/docker -H "unix://$ROOT/d.sock" load -q -i "$ROOT/image.tar" >/dev/null
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

teardown_file() {
	local name pid m

	for name in dockerd containerd; do
		pid=$(cat "$ROOT/$name.pid")
		kill "$pid" 2>/dev/null || :
		until_ok ended "$pid" || kill -KILL "$pid"
	done
	# What they leave mounted, deepest first.
	for m in $(grep -o " $ROOT/[^ ]*" /proc/self/mountinfo | sort -ru); do umount -l "$m" || :; done
	# Parents of the containers' cgroups; with somebody's containers in them they stay.
	find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -type d \( -name docker -o -name default \) -exec rmdir {} \; 2>/dev/null || :
	rm -rf --one-file-system "$ROOT"
}

teardown() {
	local id

	for id in $(ct tasks ls -q 2>/dev/null); do ct tasks rm -f "$id" >/dev/null 2>&1 || :; done
	for id in $(ct containers ls -q 2>/dev/null); do ct containers rm "$id" >/dev/null 2>&1 || :; done
	for id in $(dk ps -aq 2>/dev/null); do dk rm -f "$id" >/dev/null 2>&1 || :; done
}

# Not -n of podman: a namespace of its own for ctr is the default one.
ct() {
	timeout 60 ctr -a "$ROOT/c.sock" "$@" </dev/null
}

dk() {
	timeout 60 /usr/bin/docker -H "unix://$ROOT/d.sock" "$@" </dev/null
}

task_is() {
	[ "$(ct tasks ls | awk -v id="$1" '$1 == id { print $3 }')" = "$2" ]
}

ctr_list() { # RUNTIME
	local run=(run --runc-binary "$1") log

	[ "$(ct "${run[@]}" --rm localhost/bb:1 one echo hello)" = hello ]
	run -7 ct "${run[@]}" --rm localhost/bb:1 two sh -c 'exit 7'
	run ct "${run[@]}" --rm localhost/bb:1 three nosuch
	[ "$status" -ne 0 ]
	[[ $output == *'executable file not found in $PATH'* ]]
	ct containers rm three 2>/dev/null || :
	ct "${run[@]}" -d localhost/bb:1 long sh -c 'trap "exit 5" TERM; while :; do sleep 0.1; done' 3>&-
	task_is long RUNNING
	[ "$(ct tasks exec --exec-id e1 long sh -c 'echo inside')" = inside ]
	run -3 ct tasks exec --exec-id e2 long sh -c 'exit 3'
	ct tasks pause long
	task_is long PAUSED
	ct tasks resume long
	task_is long RUNNING
	ct tasks metrics long | grep -Eq 'memory.usage_in_bytes|memory.usage'
	ct tasks ps long | grep -Eq '^[0-9]+'
	ct tasks kill -s KILL long
	until_ok task_is long STOPPED
	run ct tasks delete long
	[[ $output == *"exit code 137"* ]]
	ct containers rm long
	[ -z "$(ct tasks ls -q)" ]
}

docker_list() { # RUNTIME
	local run=(run --runtime "$1" --network none) n

	[ "$(dk "${run[@]}" --rm localhost/bb:1 echo hello)" = hello ]
	run -9 dk "${run[@]}" --rm localhost/bb:1 sh -c 'exit 9'
	run -125 dk "${run[@]}" --rm --nosuchflag localhost/bb:1 true
	run -126 dk "${run[@]}" --rm localhost/bb:1 /etc
	run -127 dk "${run[@]}" --rm localhost/bb:1 nosuch
	run -127 dk "${run[@]}" --rm localhost/bb:1 /no/such
	dk "${run[@]}" -d --name "d$1" -m 64m --memory-swap 64m localhost/bb:1 \
		sh -c 'trap "exit 5" TERM; echo started; while :; do sleep 0.1; done' >/dev/null
	[ "$(dk exec "d$1" echo inside)" = inside ]
	run -3 dk exec "d$1" sh -c 'exit 3'
	run -126 dk exec "d$1" nosuch # as dockerd has it
	[ "$(dk exec -u 1000:1001 -w /tmp -e A=b "d$1" sh -c 'echo $(id -u) $PWD $A')" = '1000 /tmp b' ]
	dk pause "d$1"
	[ "$(dk inspect -f '{{.State.Status}}' "d$1")" = paused ]
	dk unpause "d$1"
	dk update -m 128m --memory-swap 128m "d$1" >/dev/null
	n=$(dk exec "d$1" cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || dk exec "d$1" cat /sys/fs/cgroup/memory.max)
	[ "$n" = 134217728 ]
	[[ $(dk stats --no-stream --format '{{.MemUsage}}' "d$1") == *"128MiB"* ]]
	dk top "d$1" | grep -q sleep
	dk stop -t 60 "d$1" >/dev/null
	[ "$(dk inspect -f '{{.State.ExitCode}}' "d$1")" = 5 ]
	dk rm "d$1" >/dev/null
}

@test "containerd's ctr with our runtime" {
	ctr_list "$OURS"
}

@test "control: containerd's ctr with runc" {
	ctr_list "$RUNC"
}

@test "dockerd with our runtime" {
	docker_list coracle
}

@test "control: dockerd with runc" {
	docker_list runc
}
