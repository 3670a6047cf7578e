#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The runtime called by an ordinary user, outside of any user namespace: with subordinate ids ($WITH) and
# without ($WITHOUT).  Nothing is delegated to either (tests/guest has cgroup v2).

bats_require_minimum_version 1.5.0
load runtime

setup_file() {
	export WITH=coract$$a WITHOUT=coract$$b
	export DIR=/run/coracle-test-rootless-$$

	# Others may hold the lock on the password file.
	until_ok useradd -M -d "$DIR/$WITH" "$WITH"
	until_ok useradd -M -d "$DIR/$WITHOUT" -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 "$WITHOUT"
	grep -q "^$WITH:" /etc/subuid
	run ! grep -q "^$WITHOUT:" /etc/subuid
	mkdir -m 755 "$DIR"
	cp "$BUILD/src/cmd/coracle-runtime" "$BUILD/tests/harness/runtime_crash" "$DIR/"
	chmod 755 "$DIR"/*
	for user in "$WITH" "$WITHOUT"; do
		mkdir -p "$DIR/$user/run" "$DIR/$user/bundle"
		runtime_rootfs "$DIR/$user/bundle/rootfs"
		chown -R "$user:" "$DIR/$user"
		chmod 700 "$DIR/$user"
	done
}

teardown_file() {
	rm -rf "$DIR"
	until_ok userdel "$WITH" 2>/dev/null
	until_ok userdel "$WITHOUT" 2>/dev/null
}

# as USER COMMAND...
as() {
	local user=$1

	shift
	(cd "$DIR/$user/bundle" && setpriv --reuid "$user" --regid "$user" --init-groups env -i PATH="$PATH" \
		HOME="$DIR/$user" USER="$user" XDG_RUNTIME_DIR="$DIR/$user/run" "$@")
}

ur() {
	local user=$1

	shift
	as "$user" "$DIR/coracle-runtime" "$@"
}

# config USER JQ_FILTER...: a fresh config.json, without a terminal, changed
config() {
	local user=$1 filter

	shift
	rm -f "$DIR/$user/bundle/config.json"
	ur "$user" spec --rootless
	for filter in '.process.terminal = false' "$@"; do
		jq "$filter" "$DIR/$user/bundle/config.json" >"$BATS_TEST_TMPDIR/c"
		cat "$BATS_TEST_TMPDIR/c" >"$DIR/$user/bundle/config.json"
	done
}

teardown() {
	local user id

	for user in "$WITH" "$WITHOUT"; do
		for id in $(ur "$user" list -q); do
			ur "$user" delete --force "$id"
		done
		# The state root is runc's kind of place, and empty again.
		[ -z "$(ls "$DIR/$user/run/coracle-runtime" 2>/dev/null)" ]
	done
	echo "output of the last run: '$output'"
}

@test "what spec --rootless writes runs as it is, on a terminal" {
	local user

	for user in "$WITH" "$WITHOUT"; do
		rm -f "$DIR/$user/bundle/config.json"
		ur "$user" spec --rootless
		run -0 bash -c "echo 'id -u; tty; exit' | setpriv --reuid $user --regid $user --init-groups env -i PATH=$PATH \
			XDG_RUNTIME_DIR=$DIR/$user/run script -qec '$DIR/coracle-runtime run -b $DIR/$user/bundle t' /dev/null"
		[[ $output == *0$'\r'* && $output == *"/dev/console"* || $output == *"/dev/pts/0"* ]]
	done
}

@test "ids: the own one alone, setgroups given up" {
	local user

	for user in "$WITH" "$WITHOUT"; do
		config "$user" '.process.args = ["sh", "-c", "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; id -u"]'
		run -0 ur "$user" run t
		[ "$(echo $output)" = "0 $(id -u "$user") 1 0 $(id -g "$user") 1 deny 0" ]
	done
}

@test "subordinate ids, by newuidmap and newgidmap" {
	local first

	first=$(awk -F: -v u="$WITH" '$1 == u { print $2 }' /etc/subuid)
	config "$WITH" ".linux.uidMappings += [{containerID: 1, hostID: $first, size: 1000}]" \
		'.linux.gidMappings += [.linux.uidMappings[1]]' '.process.user = {uid: 7, gid: 8, additionalGids: [9]}' \
		'.process.args = ["sh", "-c", "id -u; id -G; cat /proc/self/setgroups"]'
	run -0 ur "$WITH" run t
	[ "$(echo $output)" = "7 8 9 allow" ]
	# Ids that are somebody else's.
	config "$WITH" '.linux.uidMappings += [{containerID: 1, hostID: 1, size: 5}]'
	run -1 ur "$WITH" run t
	[[ $output == *newuidmap* ]]
	# The user's own id is not root inside.
	config "$WITH" ".linux.uidMappings = [{containerID: 0, hostID: $first, size: 5}, {containerID: 5, hostID: $(id -u "$WITH"), size: 1}]" \
		".linux.gidMappings = [{containerID: 0, hostID: $first, size: 5}, {containerID: 5, hostID: $(id -g "$WITH"), size: 1}]" \
		'.process.user.uid = 5' '.process.user.gid = 5' '.process.args = ["id", "-u"]'
	run -0 ur "$WITH" run t
	[ "$output" = 5 ]
}

@test "a user namespace without maps gets all that the user has, as with crun" {
	config "$WITH" 'del(.linux.uidMappings, .linux.gidMappings)' '.process.args = ["sh", "-c", "cat /proc/self/uid_map"]'
	run -0 ur "$WITH" run t
	[ "${#lines[@]}" = 2 ]
	[[ ${lines[1]} == *65536* ]]
	config "$WITHOUT" 'del(.linux.uidMappings, .linux.gidMappings)' '.process.args = ["sh", "-c", "cat /proc/self/uid_map"]'
	run -0 ur "$WITHOUT" run t
	[ "${#lines[@]}" = 1 ]
}

@test "users and groups without a mapping are refused by number" {
	config "$WITHOUT" '.process.user.uid = 7'
	run -1 ur "$WITHOUT" run t
	[[ $output == *"user 7:0"* ]]
	config "$WITHOUT" '.process.user.additionalGids = [7]'
	run -1 ur "$WITHOUT" run t
	[[ $output == *"supplementary groups"* ]]
}

@test "create, start, exec, kill, delete" {
	local user pid

	for user in "$WITH" "$WITHOUT"; do
		config "$user" '.process.args = ["sleep", "1000"]' '.linux.namespaces += [{type: "network"}]'
		ur "$user" create --pid-file pid t </dev/null >/dev/null 2>&1
		[ "$(ur "$user" state t | jq -r .status)" = created ]
		[ -d "$DIR/$user/run/coracle-runtime/t" ]
		ur "$user" start t
		run -0 ur "$user" exec t sh -c 'id -u; cat /proc/1/cmdline | tr "\0" " "; grep -c : /proc/net/dev'
		[ "$(echo $output)" = "0 sleep 1000 1" ]
		run -3 ur "$user" exec t sh -c 'exit 3'
		pid=$(cat "$DIR/$user/bundle/pid")
		for ns in user mnt pid net ipc uts; do
			[ "$(ur "$user" exec t readlink "/proc/self/ns/$ns")" = "$(readlink "/proc/$pid/ns/$ns")" ]
		done
		# There is no cgroup to do it with: said by name.
		run -1 ur "$user" pause t
		[[ $output == *cgroup* ]]
		run -1 ur "$user" ps t
		[[ $output == *cgroup* ]]
		ur "$user" kill t KILL
		until_ok [ ! -e "/proc/$pid/ns/pid" ]
		ur "$user" delete t
	done
}

@test "file systems: devices, devpts without the group, sysfs with and without a network namespace" {
	config "$WITHOUT" '(.mounts[] | select(.destination == "/dev/pts").options) += ["gid=5"]' \
		'(.mounts[] | select(.destination == "/sys")) = {destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]}' \
		'.process.args = ["sh", "-c", "echo x >/dev/null; test -c /dev/full && ls /sys/class/net | wc -l; touch /sys/x; grep -c \" /sys sysfs ro\" /proc/mounts; grep /dev/pts /proc/mounts"]'
	run ur "$WITHOUT" run t
	[[ ${lines[0]} == "$(ls /sys/class/net | wc -l)" ]]
	[[ ${lines[1]} == *ead-only* ]]
	[[ ${lines[2]} == 1 ]]
	[[ ${lines[3]} == *devpts* && ${lines[3]} != *gid=* ]]
	config "$WITHOUT" '(.mounts[] | select(.destination == "/sys")) = {destination: "/sys", type: "sysfs", source: "sysfs"}' \
		'.linux.namespaces |= map(select(.type != "network"))' '.linux.namespaces += [{type: "network"}]' \
		'.process.args = ["sh", "-c", "ls /sys/class/net; cat /sys/class/net/lo/flags"]'
	run -0 ur "$WITHOUT" run t
	[ "$output" = $'lo\n0x9' ]
	# Where the gid has a mapping it is kept.
	config "$WITH" 'del(.linux.uidMappings, .linux.gidMappings)' '(.mounts[] | select(.destination == "/dev/pts").options) += ["gid=5"]' \
		'.process.args = ["grep", "/dev/pts", "/proc/mounts"]'
	run -0 ur "$WITH" run t
	[[ $output == *gid=* ]]
}

@test "a limit needs a delegated cgroup; without a limit it goes without" {
	[ ! -f /sys/fs/cgroup/cgroup.controllers ] || skip "cgroup v1"
	config "$WITH" '.linux.resources.memory.limit = 100000000' '.linux.cgroupsPath = "/some/where"'
	run -1 ur "$WITH" run t
	[[ $output == *memory*"not delegated"* ]]
	config "$WITH" '.linux.cgroupsPath = "/some/where"' '.process.args = ["true"]'
	ur "$WITH" run t
}

@test "hooks run where they should, as the user" {
	config "$WITH" '.process.args = ["true"]' \
		'.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "id -u >hook; readlink /proc/self/ns/user >>hook"]}]'
	ur "$WITH" run t
	[ "$(head -1 "$DIR/$WITH/bundle/hook")" = "$(id -u "$WITH")" ]
	[ "$(tail -1 "$DIR/$WITH/bundle/hook")" = "$(readlink /proc/self/ns/user)" ]
}

@test "the user's files: a bundle that nobody else can enter, bind mounts, errors that name what is wrong" {
	echo secret >"$DIR/$WITH/file"
	chown "$WITH:" "$DIR/$WITH/file"
	chmod 600 "$DIR/$WITH/file"
	config "$WITH" 'del(.linux.uidMappings, .linux.gidMappings)' ".mounts += [{destination: \"/file\", source: \"$DIR/$WITH/file\", options: [\"bind\"]}]" \
		'.process.args = ["cat", "/file"]' '.root.readonly = false'
	run -0 ur "$WITH" run t
	[ "$output" = secret ]
	config "$WITH" '.mounts += [{destination: "/file", source: "/root/x", options: ["bind"]}]'
	run -1 ur "$WITH" run t
	[[ $output == *"/root/x"* ]]
	config "$WITH" '.linux.namespaces |= map(select(.type != "user"))' 'del(.linux.uidMappings, .linux.gidMappings)'
	run -1 ur "$WITH" run t
	[[ $output == *"user namespace"* ]]
}

@test "a seccomp listener of the user gets the descriptor and the state" {
	local got=$DIR/$WITHOUT/got sock=$DIR/$WITHOUT/notify

	config "$WITHOUT" '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"'"$sock"'","listenerMetadata":"m",
		"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_NOTIFY"}]}' '.process.args = ["mkdir", "/tmp/a"]'
	cp "$BUILD/tests/harness/fd_agent" "$DIR/"
	as "$WITHOUT" timeout 120 "$DIR/fd_agent" "$sock" "$got" 28 >"$BATS_TEST_TMPDIR/agent.log" 2>&1 3>&- &
	until_ok test -S "$sock"
	run -1 ur "$WITHOUT" run t
	[[ $output == *"No space left"* ]]
	wait $!
	head -1 "$got" | jq -e '.fds == ["seccompFd"] and .pid == .state.pid and .metadata == "m" and .state.id == "t"'
	sed -n 2p "$got" | grep -q seccomp
}

@test "--rootless and XDG_RUNTIME_DIR" {
	run -1 ur "$WITH" --rootless maybe list
	[[ $output == *"--rootless"*maybe* ]]
	ur "$WITH" --rootless true list
	# Root of a user namespace whose environment is the user's.
	config "$WITH" '.linux.namespaces |= map(select(.type != "user"))' 'del(.linux.uidMappings, .linux.gidMappings)' '.process.args = ["sleep", "1000"]'
	as "$WITH" unshare -Urm "$DIR/coracle-runtime" create t </dev/null >/dev/null 2>&1
	[ -d "$DIR/$WITH/run/coracle-runtime/t" ]
	[ "$(ur "$WITH" state t | jq -r .status)" = created ]
}

@test "create and exec of an ordinary user, killed at their system calls" {
	local first=$((RANDOM % 17 + 1)) stride=17

	[ -z "${FULL:-}" ] || first=1 stride=1
	echo "from $first"
	config "$WITHOUT" '.process.args = ["sleep", "1000"]'
	for what in "create runtime" "create init" "create both" "exec both" "start runtime"; do
		# shellcheck disable=SC2086
		as "$WITHOUT" "$DIR/runtime_crash" "$DIR/coracle-runtime" "$DIR/$WITHOUT/run/state" "$DIR/$WITHOUT/bundle" t "" $what "$first" "$stride"
	done
	# By newuidmap, which a tracer would keep from its rights: at its end.
	config "$WITH" 'del(.linux.uidMappings, .linux.gidMappings)' '.process.args = ["true"]'
	ur "$WITH" run t
}
