# SPDX-License-Identifier: Apache-2.0
# config-linux.md: default file systems, namespaces, mappings, time offsets; runtime-linux.md.

# L-001: /proc, /sys, /dev/pts and /dev/shm are available: the configuration that `spec` writes has them
t_default_filesystems() {
	(cd "$T" && rt spec) || exit "$NONE"
	jq -e '[.mounts[] | select((.destination == "/proc" and .type == "proc") or (.destination == "/sys" and .type == "sysfs")
		or (.destination == "/dev/pts" and .type == "devpts") or (.destination == "/dev/shm" and .type == "tmpfs"))] |
		length == 4' "$T/config.json"
}

new_namespace() { # TYPE FILE [FILTER]
	inside "${3:-.} | .linux.namespaces = (.linux.namespaces | map(select(.type != \"$1\"))) + [{\"type\":\"$1\"}]" \
		"readlink /proc/self/ns/$2"
	[ "$(cat "$T/out")" != "$(readlink "/proc/self/ns/$2")" ]
}

# L-002: pid: a new one
t_namespace_pid() {
	new_namespace pid pid
	rm -rf --one-file-system "$STATE/$ID"
	inside . 'echo $$; ps | wc -l'
	same "$(head -1 "$T/out")" 1
}
# L-003: network: a new one
t_namespace_network() { new_namespace network net; }
# L-004: mount: a new one
t_namespace_mount() { new_namespace mount mnt; }
# L-005: ipc: a new one
t_namespace_ipc() { new_namespace ipc ipc; }
# L-006: uts: a new one
t_namespace_uts() { new_namespace uts uts; }
# L-007: user: a new one
t_namespace_user() {
	new_namespace user user '.linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] |
		.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}]'
}
# L-008: cgroup: a new one
t_namespace_cgroup() { new_namespace cgroup cgroup; }
# L-009: time: a new one
t_namespace_time() {
	[ -e /proc/self/ns/time ] || lacks "time namespace"
	new_namespace time time
}

# A process with namespaces of its own, to join.
holder() {
	unshare --net --uts --ipc --mount --cgroup --fork sh -c 'hostname held; exec sleep 1000' >/dev/null 2>&1 &
	HOLDER=$!
	trap 'kill_holder' EXIT
	until_ok held
	HELD=$(held_pid)
}

kill_holder() {
	[ -z "${HELD:-}" ] || kill -KILL "$HELD" 2>/dev/null || :
	kill -KILL "$HOLDER" 2>/dev/null || :
}

held_pid() {
	cat "/proc/$HOLDER/task/$HOLDER/children" 2>/dev/null | tr -d ' '
}

held() {
	local p

	p=$(held_pid)
	[ -n "$p" ] && grep -q sleep "/proc/$p/cmdline" 2>/dev/null
}

joined() { # TYPE FILE
	holder
	inside ".linux.namespaces = (.linux.namespaces | map(select(.type != \"$1\"))) +
		[{\"type\":\"$1\",\"path\":\"/proc/$HELD/ns/$2\"}] | del(.hostname)" "readlink /proc/self/ns/$2"
	out_is "$(readlink "/proc/$HELD/ns/$2")"
}

# L-010: a network namespace by path is joined
t_join_network() { joined network net; }
# L-011: an ipc namespace by path is joined
t_join_ipc() { joined ipc ipc; }
# L-012: a uts namespace by path is joined
t_join_uts() { joined uts uts; }
# L-013: a cgroup namespace by path is joined
t_join_cgroup() { joined cgroup cgroup; }
# L-014: a pid namespace by path is joined
t_join_pid() {
	local p

	started . sleep 1000
	p=$(pid)
	conf ".linux.cgroupsPath = \$CG + \"-b\" | .linux.namespaces = (.linux.namespaces | map(select(.type != \"pid\"))) +
		[{\"type\":\"pid\",\"path\":\"/proc/$p/ns/pid\"}]" readlink /proc/self/ns/pid
	rt run -b "$B" "$ID-b" </dev/null >"$T/out"
	out_is "$(readlink "/proc/$p/ns/pid")"
}

# L-015: a path that is not absolute is an error
t_namespace_path_relative() {
	cd /proc/self/ns
	refused '.linux.namespaces |= map(if .type == "network" then .path = "net" else . end)'
}

# L-016: a path to a namespace of another type is an error
t_namespace_path_other_type() {
	local f=$T/uts

	touch "$f"
	unshare "--uts=$f" true
	if refused ".linux.namespaces |= map(if .type == \"network\" then .path = \"$f\" else . end)"; then
		umount "$f"
	else
		umount "$f"
		return 1
	fi
}

# L-017: a path to no namespace is an error
t_namespace_path_no_namespace() {
	echo x >"$T/file"
	refused '.linux.namespaces |= map(if .type == "network" then .path = ($T + "/file") else . end)'
	refused '.linux.namespaces |= map(if .type == "network" then .path = "/nosuch" else . end)'
}

# L-018: a type that is not listed is inherited
t_namespace_inherited() {
	inside '.linux.namespaces |= map(select(.type == "mount" or .type == "pid")) | del(.hostname)' \
		'for n in net ipc uts; do readlink /proc/self/ns/$n; done'
	out_is "$(for n in net ipc uts; do readlink /proc/self/ns/$n; done)"
}

# L-019: a type listed twice is an error
t_namespace_twice() {
	refused '.linux.namespaces += [{"type":"network"}]'
}

userns='.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":1000},
	{"containerID":1000,"hostID":200000,"size":5}] | .linux.gidMappings = [{"containerID":0,"hostID":300000,"size":70000}]'

# L-021: uidMappings and gidMappings are the maps of the user namespace
t_user_mappings() {
	inside "$userns" 'cat /proc/self/uid_map /proc/self/gid_map | tr -s " "'
	out_is ' 0 100000 1000
 1000 200000 5
 0 300000 70000'
}

# L-022: owners in the file system are not changed for it
t_user_mappings_owners() {
	chown 5:6 "$B/rootfs/cover/sub"
	inside "$userns" 'id -u'
	out_is 0
	same "$(stat -c %u:%g "$B/rootfs" "$B/rootfs/cover/sub" | tr '\n' ' ')" '0:0 5:6 '
}

# L-026: timeOffsets shift the clocks of the time namespace
t_time_offsets() {
	local up

	[ -e /proc/self/ns/time ] || lacks "time namespace"
	up=$(cut -d. -f1 /proc/uptime)
	inside '.linux.namespaces += [{"type":"time"}] | .linux.timeOffsets = {"boottime":{"secs":1000000},"monotonic":{"secs":1000000}}' \
		'cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets'
	(($(head -1 "$T/out") >= up + 1000000))
	grep -Eq '^monotonic +1000000 +0' "$T/out"
}

# RL-001: only the three standard descriptors are open in the program
t_descriptors() {
	exec 9</etc/passwd 12</etc/passwd
	conf . ls /proc/self/fd
	rt run -b "$B" "$ID" </dev/null >"$T/out"
	# The last is the directory that ls reads.
	same "$(sort -n "$T/out" | tr '\n' ' ')" '0 1 2 3 '
}

dev_link() { # NAME TARGET
	inside . "readlink /dev/$1"
	out_is "$2"
}

# RL-002: /dev/fd
t_dev_fd() { dev_link fd /proc/self/fd; }
# RL-003: /dev/stdin
t_dev_stdin() { dev_link stdin /proc/self/fd/0; }
# RL-004: /dev/stdout
t_dev_stdout() { dev_link stdout /proc/self/fd/1; }
# RL-005: /dev/stderr
t_dev_stderr() { dev_link stderr /proc/self/fd/2; }
