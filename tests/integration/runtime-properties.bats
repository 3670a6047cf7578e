#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Properties of config.json, seen from inside: what runtime-config.bats has not.  Which property is
# tested where stands in tests/data/oci/property-tests.tsv.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() { runtime_teardown; }

inside() {
	runtime_args sh -c "$1"
	rt run -b "$BUNDLE" "$ID"
}

annotate() { # KEY VALUE
	runtime_config ".annotations[\"$1\"] = $(jq -cn --arg v "$2" '$v')"
}

applet() {
	ln -sf busybox "$BUNDLE/rootfs/bin/$1"
}

# A veth pair of this test: $DEV with addresses, its peer stays behind.
make_device() {
	DEV=cf$((BASHPID % 100000))
	ip link add "$DEV" type veth peer name "${DEV}p"
	ip addr add 192.0.2.77/24 dev "$DEV"
	ip addr add 2001:db8::77/64 dev "$DEV"
	ip link set "$DEV" mtu 1400 address 02:00:00:00:00:77 up
}

drop_device() {
	ip link del "${DEV}p" 2>/dev/null || true
	ip link del "$DEV" 2>/dev/null || true
}

@test "netDevices: moved, renamed, addresses and state kept" {
	applet ip
	make_device
	runtime_config ".linux.netDevices = {\"$DEV\":{\"name\":\"lan%d\"}}" \
		'.linux.sysctl = {"net.ipv4.conf.lan0.forwarding":"1"}'
	run inside 'ip addr show lan0; cat /proc/sys/net/ipv4/conf/lan0/forwarding'
	! ip link show "$DEV" 2>/dev/null || { drop_device; false; }
	drop_device
	[ "$status" = 0 ]
	[[ $output == *lan0@* && ${lines[-1]} == 1 ]]
}

@test "netDevices: what is inside" {
	applet ip
	make_device
	runtime_config ".linux.netDevices = {\"$DEV\":{}}"
	run inside 'ip addr'
	drop_device
	[ "$status" = 0 ]
	[[ $output == *" $DEV@"*"UP"*"mtu 1400"* ]]
	[[ $output == *02:00:00:00:00:77* ]]
	[[ $output == *"inet 192.0.2.77/24"* && $output == *"inet6 2001:db8::77/64"* ]]
}

@test "netDevices: refusals leave the interface where it is" {
	make_device
	runtime_config ".linux.netDevices = {\"$DEV\":{\"name\":\"lo\"}}"
	run inside true
	echo "$output"
	[ "$status" != 0 ] && [[ $output == *netDevices*"'lo'"* ]] && ip link show "$DEV" >/dev/null || { drop_device; false; }
	runtime_config ".linux.netDevices = {\"$DEV\":{\"name\":\"a/b\"}}"
	run inside true
	[ "$status" != 0 ] && [[ $output == *netDevices*a/b* ]] && ip link show "$DEV" >/dev/null || { drop_device; false; }
	drop_device
	runtime_config '.linux.netDevices = {"no-such-dev":{}}'
	run ! inside true
	[[ $output == *netDevices*no-such-dev* ]]
	runtime_config '.linux.namespaces |= map(select(.type != "network"))'
	run ! inside true
	[[ $output == *netDevices*"network namespace"* ]]
}

@test "intelRdt without resctrl is refused by name" {
	grep -q ' - resctrl ' /proc/self/mountinfo && skip "resctrl is mounted"
	runtime_config '.linux.intelRdt = {"closID":"x","enableMonitoring":true,"schemata":["L3:0=f"]}'
	run ! inside true
	[[ $output == *.linux.intelRdt*resctrl* ]]
	[ -z "$(rt list -q)" ]
	runtime_config 'del(.linux.intelRdt)'
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run ! rt update --l3-cache-schema L3:0=f "$ID"
	[[ $output == *l3-cache-schema*intelRdt* ]]
}

@test "landlock: paths" {
	annotate org.coracle.landlock '{"paths":[{"path":"/","access":"rx"},{"path":"/tmp","access":"rw"},{"path":"/dev/null","access":"w"}]}'
	run -0 inside 'touch /tmp/x && echo made; echo x >/dev/null && echo null; touch /etc/x 2>&1; rm /etc/passwd 2>&1; cp /bin/busybox /tmp/b; /tmp/b true 2>&1; true'
	[ "${lines[0]} ${lines[1]}" = "made null" ]
	[[ ${lines[2]} == *"ermission denied"* && ${lines[3]} == *"ermission denied"* ]]
	[ -e "$BUNDLE/rootfs/etc/passwd" ]
}

@test "landlock: an exec does not come round it" {
	annotate org.coracle.landlock '{"paths":[{"path":"/","access":"rx"}]}'
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run rt exec "$ID" touch /tmp/x
	[ "$status" != 0 ]
	[ ! -e "$BUNDLE/rootfs/tmp/x" ]
	run -0 rt exec "$ID" cat /etc/passwd
}

@test "landlock: ports and scope" {
	applet nc
	annotate org.coracle.landlock '{"connectTcp":[81],"bindTcp":[],"scope":["signal","abstract-unix-socket"]}'
	run -0 inside 'nc -w 1 127.0.0.1 80 2>&1 </dev/null; nc -w 1 127.0.0.1 81 2>&1 </dev/null; nc -l -p 82 2>&1; touch /tmp/x && echo files are free'
	[[ ${lines[0]} == *"ermission denied"* ]]
	[[ ${lines[1]} != *"ermission denied"* ]]
	[[ ${lines[2]} == *"ermission denied"* ]]
	[ "${lines[3]}" = "files are free" ]
}

@test "landlock: what cannot be understood or is not there is an error" {
	local text

	for text in '{' '{}' '{"path":[]}' '{"paths":[{"path":"usr","access":"r"}]}' \
		'{"paths":[{"path":"/usr","access":"q"}]}' '{"connectTcp":[65536]}' '{"scope":["all"]}' \
		'{"paths":[{"path":"/no/such","access":"r"}]}'; do
		annotate org.coracle.landlock "$text"
		run ! inside true
		[[ $output == *landlock* ]]
	done
}

@test "annotations of crun that are refused" {
	annotate run.oci.handler krun
	run ! inside true
	[[ $output == *run.oci.handler=krun* ]]
	runtime_config 'del(.annotations["run.oci.handler"])'
	annotate run.oci.seccomp.plugins /x.so
	run ! inside true
	[[ $output == *run.oci.seccomp.plugins* ]]
	runtime_config 'del(.annotations["run.oci.seccomp.plugins"])'
	annotate run.oci.mount_context_type most
	run ! inside true
	[[ $output == *mount_context_type*most* ]]
	runtime_config 'del(.annotations["run.oci.mount_context_type"])'
	annotate run.oci.of-the-future 1
	run -0 inside true
}

@test "annotation run.oci.timens_offset" {
	[ -e /proc/self/ns/time ] || skip "time namespace"
	runtime_config '.linux.namespaces += [{"type":"time"}]'
	annotate run.oci.timens_offset "boottime 2000000 5"
	run -0 inside 'cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets | tr -s " "'
	[ "${lines[0]}" -ge 2000000 ]
	[[ $output == *"boottime 2000000 5"* ]]
	annotate run.oci.timens_offset "wall 1 1"
	run ! inside true
	[[ $output == *timens_offset*wall* ]]
}

@test "annotation run.oci.seccomp_fail_unknown_syscall" {
	runtime_config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call"],"action":"SCMP_ACT_ERRNO"}]}'
	run -0 inside true
	annotate run.oci.seccomp_fail_unknown_syscall 1
	run ! inside true
	[[ $output == *no_such_call* ]]
}

@test "annotation run.oci.seccomp_bpf_data" {
	# mkdir gives EPERM (1), whatever the rest of the document says; x86_64 only
	[ "$(uname -m)" = x86_64 ] || skip "x86_64"
	annotate run.oci.seccomp_bpf_data "$(printf '\x20\0\0\0\0\0\0\0\x15\0\0\1\x53\0\0\0\6\0\0\0\1\0\5\0\6\0\0\0\0\0\xff\x7f' | base64 -w0)"
	run -0 inside 'mkdir /tmp/d 2>&1; grep Seccomp: /proc/self/status'
	[[ ${lines[0]} == *"not permitted"* ]]
	[[ ${lines[1]} == *2 ]]
	annotate run.oci.seccomp_bpf_data "AAAA"
	run ! inside true
	[[ $output == *seccomp_bpf_data* ]]
}

@test "annotation run.oci.keep_original_groups" {
	runtime_config '.process.user.additionalGids = [77]'
	annotate run.oci.keep_original_groups 1
	runtime_args id -G
	run -0 setpriv --groups 4242 -- "$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID"
	[ "$output" = "0 4242" ]
}

# Takes one message on socket $1, writes it and its descriptors to $2; see the program.
agent() {
	"$BUILD/tests/harness/fd_agent" "$@" >"$BATS_TEST_TMPDIR/agent.log" 2>&1 3>&- &
	AGENT=$!
	runtime_until test -S "$1"
}

@test "annotation run.oci.pidfd_receiver" {
	agent "$BATS_TEST_TMPDIR/s" "$BATS_TEST_TMPDIR/got"
	annotate run.oci.pidfd_receiver "$BATS_TEST_TMPDIR/s"
	run -0 inside true
	wait "$AGENT"
	grep -qx pidfd "$BATS_TEST_TMPDIR/got"
	tail -n 1 "$BATS_TEST_TMPDIR/got" | grep -q pidfd
	annotate run.oci.pidfd_receiver relative
	run ! inside true
	[[ $output == *pidfd_receiver*relative* ]]
	annotate run.oci.pidfd_receiver /no/such/socket
	run ! inside true
	[[ $output == *pidfd_receiver*/no/such/socket* ]]
}

@test "annotation run.oci.systemd.force_cgroup_v1" {
	runtime_config '.mounts += [{"destination":"/sys/fs/cgroup/systemd","type":"bind","source":"/nowhere","options":["bind"]}]' \
		'.mounts |= map(if .destination == "/sys/fs/cgroup" then .type = "tmpfs" | .options = [] else . end)'
	annotate run.oci.systemd.force_cgroup_v1 /sys/fs/cgroup/systemd
	run -0 inside 'grep " /sys/fs/cgroup/systemd " /proc/self/mountinfo'
	[[ $output == *cgroup*name=systemd* ]]
}

@test "AppArmor and SELinux are refused by name where the kernel lacks them" {
	if [ ! -d /sys/kernel/security/apparmor ]; then
		runtime_config '.process.apparmorProfile = "some-profile"'
		run ! inside true
		[[ $output == *.process.apparmorProfile*some-profile*AppArmor* ]]
		runtime_config '.process.apparmorProfile = "unconfined"'
		run -0 inside true
	fi
	[ ! -d /sys/fs/selinux/booleans ] || skip "SELinux is active"
	runtime_config '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
	run ! inside true
	[[ $output == *.process.selinuxLabel*container_t*SELinux* ]]
	runtime_config 'del(.process.selinuxLabel)' '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
	run ! inside true
	[[ $output == *.linux.mountLabel*SELinux* ]]
	runtime_config 'del(.linux.mountLabel)'
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run ! rt exec --process-label system_u:system_r:container_t:s0 "$ID" true
	[[ $output == *selinuxLabel* ]]
	run ! rt exec --apparmor some-profile "$ID" true
	[[ ${output,,} == *apparmor*profile* ]]
}

@test "execCPUAffinity: before the cgroup, after it, and not for the container" {
	[ "$(nproc)" -ge 2 ] || skip "two CPUs"
	# the gate of the cgroup is passed on the initial CPUs; without final they stay
	runtime_config '.process.execCPUAffinity = {"initial":"1","final":"0"}'
	runtime_args sh -c 'grep Cpus_allowed_list /proc/self/status; sleep 1000'
	rt run -d -b "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
	runtime_until grep -q Cpus "$BATS_TEST_TMPDIR/out"
	diff <(grep Cpus_allowed_list /proc/self/status) "$BATS_TEST_TMPDIR/out"
	run -0 rt exec "$ID" grep Cpus_allowed_list /proc/self/status
	[[ $output == *[[:space:]]0 ]]
	strace -fqe trace=sched_setaffinity,clone3 -o "$BATS_TEST_TMPDIR/trace" "$RUNTIME" --root "$RT_ROOT" exec "$ID" true
	run -0 grep -Eo 'sched_setaffinity\(0, [0-9]+, .[0-9]+|clone3' "$BATS_TEST_TMPDIR/trace"
	echo "$output"
	[[ ${lines[0]} == *"[1" && ${lines[1]} == clone3 ]]
	jq -c '.process | .execCPUAffinity = {"initial":" 1"} | .args = ["grep","Cpus_allowed_list","/proc/self/status"] | .terminal = false' \
		"$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
	run -0 rt exec -p "$BATS_TEST_TMPDIR/process.json" "$ID"
	[[ $output == *[[:space:]]1 ]]
}

@test "execCPUAffinity: no list is refused by name" {
	runtime_config '.process.execCPUAffinity = {"final":"3-1"}'
	run ! inside true
	[[ $output == *execCPUAffinity*3-1* ]]
	runtime_config '.process.execCPUAffinity = {"initial":"a"}'
	run ! inside true
	[[ $output == *execCPUAffinity* ]]
}

# A hook of kind $1 that runs script $2 (with sh of the host or of the container).
hook() {
	runtime_config ".hooks.$1 = [{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",$(jq -cn --arg v "$2" '$v')],\"env\":[\"PATH=/bin:/usr/bin\",\"KIND=$1\"]}]"
}

@test "hooks: state document, environment and namespaces of each kind" {
	local kind dir=$BATS_TEST_TMPDIR/h

	mkdir "$dir" "$BUNDLE/rootfs/h"
	for kind in prestart createRuntime createContainer poststart poststop; do
		hook "$kind" "cat >$dir/$kind.json; env >$dir/$kind.env; for n in uts mnt; do readlink /proc/self/ns/\$n; done >$dir/$kind.ns"
	done
	hook startContainer 'cat >/h/startContainer.json; env >/h/startContainer.env; for n in uts mnt; do readlink /proc/self/ns/$n; done >/h/startContainer.ns'
	runtime_config '.annotations.a = "\"status\":\"creating\""'
	run -0 inside 'for n in uts mnt; do readlink /proc/self/ns/$n; done'
	cp "$BUNDLE"/rootfs/h/* "$dir"
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		jq -e --arg id "$ID" --arg b "$BUNDLE" '.id == $id and .bundle == $b and .ociVersion != "" and
			.annotations.a == "\"status\":\"creating\""' "$dir/$kind.json"
		diff <(sort "$dir/$kind.env" | grep -v -e ^PWD -e ^SHLVL -e ^_) <(printf 'KIND=%s\nPATH=/bin:/usr/bin\n' "$kind")
		jq -r '.status + " " + (.pid > 0 | tostring)' "$dir/$kind.json"
	done >"$dir/states"
	[ "$(grep -v true$ "$dir/states" | grep -v stopped)" = "" ] || cat "$dir/states"
	[ "$(sed -n 's/ .*//p' "$dir/states" | grep -E 'creat|runn|stop' | tr '\n' ' ')" = "creating creating creating created running stopped " ]
	for kind in prestart createRuntime poststart poststop; do
		[ "$(head -1 "$dir/$kind.ns")" = "$(readlink /proc/self/ns/uts)" ]
		[ "$(tail -1 "$dir/$kind.ns")" = "$(readlink /proc/self/ns/mnt)" ]
	done
	for kind in createContainer startContainer; do
		[ "$(cat "$dir/$kind.ns")" = "$output" ]
	done
}

@test "hooks: a timeout ends each kind, a failure counts as the specification says" {
	local kind

	for kind in prestart createRuntime createContainer startContainer poststart; do
		runtime_config 'del(.hooks)'
		hook "$kind" 'exec sleep 1000'
		runtime_config ".hooks.$kind[0].timeout = 1"
		run ! inside 'sleep 1000'
		[[ $output == *"$kind"* ]]
		hook "$kind" 'echo the reason >&2; exit 3'
		run ! inside 'sleep 1000'
		[[ $output == *"$kind"*"the reason"* ]]
		[ -z "$(rt list -q)" ]
	done
	runtime_config 'del(.hooks)'
	hook poststop 'exec sleep 1000'
	runtime_config '.hooks.poststop[0].timeout = 1' \
		".hooks.poststop += [{\"path\":\"/bin/touch\",\"args\":[\"touch\",\"$BATS_TEST_TMPDIR/after\"]}]"
	run -0 inside true
	[[ $output == *poststop* ]]
	[ -e "$BATS_TEST_TMPDIR/after" ]
	runtime_config 'del(.hooks)' '.hooks.prestart = [{"path":"relative"}]'
	run ! inside true
	[[ $output == *hooks.prestart*relative* ]]
	runtime_config '.hooks.prestart = [{"path":"/bin/true","timeout":0}]'
	run ! inside true
	[[ $output == *hooks.prestart*timeout* ]]
}

@test "annotations run.oci.hooks.stdout and stderr" {
	local kind

	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		hook "$kind" "echo out $kind; echo err $kind >&2"
	done
	annotate run.oci.hooks.stdout "$BATS_TEST_TMPDIR/out"
	annotate run.oci.hooks.stderr "$BATS_TEST_TMPDIR/err"
	echo first >"$BATS_TEST_TMPDIR/out"
	run -0 inside 'ls /proc/self/fd | wc -l'
	[ "$output" = 4 ] # stdio and ls's own: the files are not the container's
	[ "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/out")" = "first out prestart out createRuntime out createContainer out startContainer out poststart out poststop " ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/err")" = 6 ]
	annotate run.oci.hooks.stdout /no/such/dir/file
	run ! inside true
	[[ $output == *run.oci.hooks.stdout*/no/such/dir/file* ]]
}
