#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Properties of config.json, seen from inside.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

inside() {
	runtime_args sh -c "$1"
	rt run -b "$BUNDLE" "$ID"
}

@test "user, groups, umask, environment, cwd" {
	runtime_config '.process.user = {"uid":1000,"gid":1001,"additionalGids":[5,6],"umask":63}' \
		'.process.env += ["A=b"]' '.process.cwd = "/new/dir"'
	run -0 inside 'id -u; id -g; id -G; umask; pwd; echo $A; echo $HOME'
	[ "${lines[*]}" = "1000 1001 1001 5 6 0077 /new/dir b /home/user" ]
}

@test "capabilities" {
	runtime_config '.process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL"],"effective":["CAP_KILL"],"permitted":["CAP_CHOWN","CAP_KILL"],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]}' \
		'.process.user.uid = 1000'
	run -0 inside 'grep Cap /proc/self/status'
	[[ ${lines[0]} == *0000000000000020 ]] # inheritable
	[[ ${lines[1]} == *0000000000000020 ]] # permitted, by ambient
	[[ ${lines[2]} == *0000000000000020 ]]
	[[ ${lines[3]} == *0000000000000021 ]]
	[[ ${lines[4]} == *0000000000000020 ]]
}

@test "an unknown capability is warned of" {
	runtime_config '.process.capabilities.effective += ["CAP_NOPE"]'
	run -0 inside true
	[[ $output == *CAP_NOPE* ]]
}

@test "limits, oom score, personality, scheduler, I/O priority" {
	runtime_config '.process.rlimits = [{"type":"RLIMIT_NOFILE","soft":99,"hard":101}]' \
		'.process.oomScoreAdj = 123' '.linux.personality = {"domain":"LINUX32"}' \
		'.process.scheduler = {"policy":"SCHED_BATCH","nice":5}' \
		'.process.ioPriority = {"class":"IOPRIO_CLASS_IDLE","priority":0}'
	run -0 inside 'ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; uname -m; cut -d" " -f19,41 /proc/self/stat'
	[ "${lines[*]}" = "99 101 123 i686 5 3" ] || [ "${lines[*]}" = "99 101 123 x86_64 5 3" ]
}

@test "a limit above ours is an error that names it" {
	[ "$(ulimit -Hn)" != unlimited ] || skip "hard limit"
	grep -q '^CapEff:.*[13579bdf]......$' /proc/self/status && skip "CAP_SYS_RESOURCE is there"
	runtime_config '.process.rlimits = [{"type":"RLIMIT_NOFILE","soft":99,"hard":99999999}]'
	run ! inside true
	[[ $output == *RLIMIT_NOFILE* && $output == *"not permitted"* ]]
}

@test "the loopback interface of a new network namespace is up" {
	run -0 inside 'cat /sys/class/net/lo/flags'
	[ "$output" = 0x9 ]
}

@test "hostname, domainname, sysctl" {
	runtime_config '.hostname = "some-host"' '.domainname = "some-domain"' \
		'.linux.sysctl = {"net.ipv4.ip_forward":"1","kernel.msgmax":"4242"}'
	run -0 inside 'hostname; cat /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax'
	[ "${lines[*]}" = "some-host some-domain 1 4242" ]
}

@test "sysctl of the host is refused" {
	runtime_config '.linux.sysctl = {"vm.swappiness":"1"}'
	run ! inside true
	[[ $output == *vm.swappiness* ]]
	runtime_config '.linux.sysctl = {"net.ipv4.ip_forward":"1"}' \
		'.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/net" else . end)'
	run ! inside true
	[[ $output == *"host"* ]]
}

@test "masked and read-only paths" {
	runtime_config '.linux.maskedPaths += ["/etc","/etc/../tmp/f","/nosuch"]' \
		'.linux.readonlyPaths += ["/home"]'
	echo secret >"$BUNDLE/rootfs/tmp/f"
	run -0 inside 'ls -A /etc | wc -l; wc -c </tmp/f; touch /home/x 2>&1; touch /etc/x 2>&1; cat /proc/keys | wc -c; true'
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = 0 ]
	[[ ${lines[2]} == *"Read-only"* ]]
	[[ ${lines[3]} == *"Read-only"* ]]
	[ "${lines[4]}" = 0 ]
}

@test "a read-only root" {
	runtime_config '.root.readonly = true'
	run -0 inside 'touch /x 2>&1; touch /tmp/x 2>&1; touch /dev/shm/x && echo ok'
	[[ ${lines[0]} == *Read-only* && ${lines[1]} == *Read-only* ]]
	[ "${lines[2]}" = ok ]
}

@test "devices and links of /dev" {
	runtime_config '.linux.devices = [{"path":"/dev/some/node","type":"c","major":1,"minor":7,"fileMode":384,"uid":3,"gid":4},{"path":"/dev/pipe","type":"p"}]'
	run -0 inside 'for d in null zero full random urandom tty some/node; do stat -c "%t:%T %a %u:%g" /dev/$d; done; test -p /dev/pipe; readlink /dev/fd; readlink /dev/ptmx; echo x >/dev/null'
	[ "${lines[0]}" = "1:3 666 0:0" ]
	[ "${lines[5]}" = "5:0 666 0:0" ]
	[ "${lines[6]}" = "1:7 600 3:4" ]
	[ "${lines[7]}" = /proc/self/fd ]
	[ "${lines[8]}" = pts/ptmx ]
}

@test "something else at a device's place is an error" {
	runtime_config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	echo x >"$BUNDLE/rootfs/dev/null"
	run ! inside true
	[[ $output == */dev/null* ]]
}

@test "binds: files, directories, missing targets, options" {
	mkdir -p "$BATS_TEST_TMPDIR/src/sub"
	echo content >"$BATS_TEST_TMPDIR/src/file"
	runtime_config ".mounts += [
		{\"destination\":\"/made/dir\",\"type\":\"bind\",\"source\":\"$BATS_TEST_TMPDIR/src\",\"options\":[\"rbind\",\"ro\",\"nosuid\",\"nodev\",\"noexec\"]},
		{\"destination\":\"made/file\",\"type\":\"none\",\"source\":\"$BATS_TEST_TMPDIR/src/file\",\"options\":[\"bind\"]},
		{\"destination\":\"/rel\",\"type\":\"bind\",\"source\":\"../src\",\"options\":[\"bind\"]}]"
	run -0 inside 'cat /made/dir/file /made/file; touch /made/dir/x 2>&1; echo more >>/made/file; touch /rel/new; grep " /made/dir " /proc/self/mountinfo'
	[ "${lines[0]} ${lines[1]}" = "content content" ]
	[[ ${lines[2]} == *Read-only* ]]
	[[ ${lines[3]} == *"ro,nosuid,nodev,noexec"* ]]
	[ "$(cat "$BATS_TEST_TMPDIR/src/file")" = "content
more" ]
	[ -e "$BATS_TEST_TMPDIR/src/new" ]
}

@test "a missing bind source is an error that names it" {
	runtime_config '.mounts += [{"destination":"/x","type":"bind","source":"/no/such/source","options":["bind"]}]'
	run ! inside true
	[[ $output == */no/such/source* && $output == *"o such file"* ]]
}

@test "a file on a directory and the reverse are errors" {
	runtime_config '.mounts += [{"destination":"/tmp","type":"bind","source":"/etc/passwd","options":["bind"]}]'
	run ! inside true
	runtime_config '.mounts[-1] = {"destination":"/etc/passwd","type":"bind","source":"/tmp","options":["bind"]}'
	run ! inside true
}

@test "tmpfs: copy-up, mode of the covered directory" {
	echo old >"$BUNDLE/rootfs/home/f"
	chmod 751 "$BUNDLE/rootfs/home"
	runtime_config '.mounts += [{"destination":"/home","type":"tmpfs","source":"tmpfs","options":["tmpcopyup","ro"]},{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["size=1m"]}]'
	run -0 inside 'cat /home/f; stat -c %a /home /tmp; touch /home/x 2>&1; stat -f -c %T /home'
	[ "${lines[0]}" = old ]
	[ "${lines[1]} ${lines[2]}" = "751 1777" ]
	[[ ${lines[3]} == *Read-only* ]]
	[ "${lines[4]}" = tmpfs ]
}

@test "recursive attributes, remount, propagation" {
	mkdir -p "$BATS_TEST_TMPDIR/src/sub"
	mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/src/sub"
	runtime_config ".mounts += [
		{\"destination\":\"/a\",\"type\":\"bind\",\"source\":\"$BATS_TEST_TMPDIR/src\",\"options\":[\"rbind\",\"rro\",\"rnoexec\"]},
		{\"destination\":\"/b\",\"type\":\"bind\",\"source\":\"$BATS_TEST_TMPDIR/src\",\"options\":[\"bind\",\"shared\"]},
		{\"destination\":\"/b\",\"type\":\"bind\",\"source\":\"$BATS_TEST_TMPDIR/src\",\"options\":[\"remount\",\"bind\",\"ro\",\"nosuid\"]}]"
	run inside 'grep -E " /(a|a/sub|b) " /proc/self/mountinfo | cut -d" " -f5-7'
	umount "$BATS_TEST_TMPDIR/src/sub"
	[ "$status" = 0 ]
	[[ ${lines[0]} == "/a ro,noexec"* ]]
	[[ ${lines[1]} == "/a/sub ro,noexec"* ]]
	[[ ${lines[2]} == "/b ro,nosuid"*shared:* ]]
}

@test "id-mapped bind" {
	mkdir "$BATS_TEST_TMPDIR/src"
	chown 1000:1000 "$BATS_TEST_TMPDIR/src"
	runtime_config ".mounts += [{\"destination\":\"/m\",\"type\":\"bind\",\"source\":\"$BATS_TEST_TMPDIR/src\",\"options\":[\"bind\",\"idmap\"],
		\"uidMappings\":[{\"containerID\":1000,\"hostID\":7,\"size\":1}],\"gidMappings\":[{\"containerID\":1000,\"hostID\":8,\"size\":1}]}]"
	run -0 inside 'stat -c %u:%g /m'
	[ "$output" = 7:8 ]
}

@test "a user namespace" {
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR"
	runtime_config '.linux.namespaces += [{"type":"user"}]' \
		'.linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}]' \
		'.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}]'
	run -0 inside 'id -u; cat /proc/self/uid_map | tr -s " "; test -c /dev/null; echo x >/dev/null; stat -c %u /'
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" = " 0 100000 65536" ]
	[ "${lines[2]}" = 65534 ]
}

@test "joined namespaces" {
	local pid ns

	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID-a" </dev/null >/dev/null 2>&1
	pid=$(rt state "$ID-a" | jq .pid)
	runtime_config ".linux.cgroupsPath = \"/coracle-test/$ID-b\""
	for ns in pid:pid network:net ipc:ipc uts:uts; do
		runtime_config ".linux.namespaces |= map(if .type == \"${ns%:*}\" then .path = \"/proc/$pid/ns/${ns#*:}\" else . end)"
	done
	run -0 inside 'for n in pid net ipc uts; do readlink /proc/self/ns/$n; done; ps | grep -c "sleep 1000"'
	[ "${lines[0]}" = "$(readlink "/proc/$pid/ns/pid")" ]
	[ "${lines[1]}" = "$(readlink "/proc/$pid/ns/net")" ]
	[ "${lines[2]}" = "$(readlink "/proc/$pid/ns/ipc")" ]
	[ "${lines[3]}" = "$(readlink "/proc/$pid/ns/uts")" ]
	[ "${lines[4]}" -ge 1 ]
}

@test "a joined user namespace owns the new ones" {
	local pid

	runtime_config '.linux.namespaces += [{"type":"user"}]' \
		'.linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}]' \
		'.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}]'
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR"
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID-a" </dev/null >/dev/null 2>&1
	pid=$(rt state "$ID-a" | jq .pid)
	runtime_config ".linux.cgroupsPath = \"/coracle-test/$ID-b\"" 'del(.linux.uidMappings, .linux.gidMappings)' \
		".linux.namespaces |= map(if .type == \"user\" then .path = \"/proc/$pid/ns/user\" else . end)"
	runtime_config '.hostname = "y"'
	run -0 inside 'readlink /proc/self/ns/user; id -u; hostname; echo $$'
	[ "${lines[*]}" = "$(readlink "/proc/$pid/ns/user") 0 y 1" ]
}

@test "a namespace of another type is refused" {
	runtime_config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/uts" else . end)'
	run ! inside true
	[[ $output == *network* ]]
}

@test "time offsets" {
	[ -e /proc/self/ns/time ] || skip "time namespace"
	runtime_config '.linux.namespaces += [{"type":"time"}]' \
		'.linux.timeOffsets = {"boottime":{"secs":1000000},"monotonic":{"secs":1000000}}'
	run -0 inside 'cut -d. -f1 /proc/uptime'
	[ "$output" -ge 1000000 ]
}

@test "no pivot" {
	runtime_args sh -c 'ls -d /home/user /work 2>/dev/null'
	run rt run --no-pivot -b "$BUNDLE" "$ID"
	[ "$output" = /home/user ]
}

@test "terminal: console, controlling, size" {
	runtime_config '.process.terminal = true' '.process.consoleSize = {"height":33,"width":77}'
	runtime_args sh -c 'tty; test -c /dev/console && stty size </dev/tty; stat -c %t:%T /dev/console'
	run -0 script -qec "'$RUNTIME' --root '$RT_ROOT' run -b '$BUNDLE' '$ID'" /dev/null
	echo "inside: $output"
	[[ $output == */dev/pts/0* && $output == *"33 77"* ]]
	[[ $output == *"88:0"* ]]
}

@test "hooks: order, state, namespaces, failures" {
	local log=$BATS_TEST_TMPDIR/log kind

	cat >"$BATS_TEST_TMPDIR/hook" <<-EOF
		#!/bin/sh
		state=\$(cat)
		echo "\$1 \$(echo "\$state" | /usr/bin/tr -d ' ' | /bin/grep -o '"status":"[a-z]*"')" >>$log
	EOF
	chmod +x "$BATS_TEST_TMPDIR/hook"
	for kind in prestart createRuntime createContainer poststart poststop; do
		runtime_config ".hooks.$kind = [{\"path\":\"$BATS_TEST_TMPDIR/hook\",\"args\":[\"hook\",\"$kind\"]}]"
	done
	runtime_config '.hooks.startContainer = [{"path":"/bin/sh","args":["sh","-c","echo startContainer >/hooked"],"env":["PATH=/bin"]}]'
	run -0 inside 'cat /hooked'
	[ "$output" = startContainer ]
	[ "$(cat "$log")" = 'prestart "status":"creating"
createRuntime "status":"creating"
createContainer "status":"creating"
poststart "status":"running"
poststop "status":"stopped"' ]
}

@test "a failing hook aborts create, a slow one is ended" {
	runtime_config '.hooks.createRuntime = [{"path":"/bin/sh","args":["sh","-c","echo because >&2; exit 3"]}]'
	run ! inside true
	[[ $output == *createRuntime* && $output == *because* ]]
	runtime_config '.hooks.createRuntime = [{"path":"/bin/sleep","args":["sleep","1000"],"timeout":1}]'
	run ! timeout 60 "$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID"
	[[ $output == *createRuntime* ]]
	[ -z "$(rt list -q)" ]
}

@test "a failing poststart hook stops the container" {
	runtime_config '.hooks.poststart = [{"path":"/bin/false"}]'
	runtime_args sleep 1000
	rt create -b "$BUNDLE" "$ID"
	run ! rt start "$ID"
	[[ $output == *poststart* ]]
	until_ok runtime_status_is "$ID" stopped
}

@test "errors of the program's start" {
	runtime_args nosuch
	run -1 rt run -b "$BUNDLE" "$ID"
	[[ $output == *'executable file not found in $PATH'* ]]
	runtime_args /nosuch
	run -1 rt run -b "$BUNDLE" "$ID"
	[[ $output == *"o such file or directory"* ]]
	runtime_args /etc
	run -1 rt run -b "$BUNDLE" "$ID"
	[[ $output == *"ermission denied"* ]]
	[ -z "$(rt list -q)" ]
}

@test "documents that are wrong are refused with the place" {
	runtime_config '.mounts[1].destination = 7'
	run ! inside true
	[[ $output == *".mounts[1].destination"* ]]
	runtime_config 'del(.mounts)' '.ociVersion = "2.0.0"'
	run ! inside true
	[[ $output == *ociVersion* ]]
	echo '{' >"$BUNDLE/config.json"
	run ! rt run -b "$BUNDLE" "$ID"
	rm "$BUNDLE/config.json"
	run ! rt run -b "$BUNDLE" "$ID"
	[[ $output == *config.json* ]]
}

@test "cgroups: v1 tree inside, limits applied" {
	runtime_config '.linux.resources = {"pids":{"limit":44},"memory":{"limit":67108864}}'
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt events --stats "$ID" | jq -e '.data.pids.limit == 44 and .data.memory.usage.limit == 67108864'
	run -0 rt exec "$ID" sh -c 'cat /proc/self/cgroup; touch /sys/fs/cgroup/x 2>&1 || true'
	[[ $output == *Read-only* ]]
}

@test "LISTEN_FDS are passed on" {
	runtime_args sh -c 'echo $LISTEN_FDS $LISTEN_PID; cat <&3'
	LISTEN_FDS=1 run -0 rt run -b "$BUNDLE" "$ID" 3<<<hello
	[ "${lines[*]}" = "1 1 hello" ]
}

@test "a seccomp listener gets the notify descriptor and the state" {
	local nnp sock=$BATS_TEST_TMPDIR/l.sock

	for nnp in true false; do
		rm -f "$sock"
		agent "$sock" "$BATS_TEST_TMPDIR/got"
		runtime_config ".process.noNewPrivileges = $nnp" \
			".linux.seccomp = {\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"$sock\",\"listenerMetadata\":\"some \\\"text\\\"\",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}"
		run -0 inside true
		wait "$AGENT"
		[ "$(tail -1 "$BATS_TEST_TMPDIR/got")" = "anon_inode:seccomp notify" ]
		head -1 "$BATS_TEST_TMPDIR/got" |
			jq -e '.fds == ["seccompFd"] and .metadata == "some \"text\"" and .state.status == "running"'
	done
}
