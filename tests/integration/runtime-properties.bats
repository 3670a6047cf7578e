#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Properties of config.json, seen from inside: what runtime-config.bats has not.  Which property is
# tested where stands in tests/data/oci/property-tests.tsv.

bats_require_minimum_version 1.5.0
load runtime

setup() { runtime_setup; }
teardown() {
	[ -z "${AGENT:-}" ] || kill "$AGENT" 2>/dev/null || true
	runtime_teardown
}

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

# The first one's state on the host: name, flags, addresses.
device_state() {
	ip -o -d addr show "$DEV" | sed 's/^[0-9]*: //; s/@if[0-9]*//; s/valid_lft.*//; s/ tentative//; /fe80/d'
	ip -o link show up | grep -c " $DEV@" || true
}

@test "netDevices: one that cannot be moved brings back those before it" {
	local before state

	make_device
	# Nobody moves the loopback interface.
	runtime_config ".linux.netDevices = {\"$DEV\":{\"name\":\"lan0\"},\"lo\":{\"name\":\"lo9\"}}"
	for state in up down; do
		ip link set "$DEV" "$state"
		before=$(device_state)
		run inside true
		echo "$output"
		[ "$status" != 0 ] && [[ $output == *"'lo'"*lo9* ]] && [ "$(device_state)" = "$before" ] || { drop_device; false; }
	done
	drop_device
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
	# As runc: these two flags count beside a file, and a refusal changes nothing.
	rt update --pids-limit 33 "$ID"
	run ! rt update --mem-bw-schema MB:0=50 -r <(echo '{"pids":{"limit":34}}') "$ID"
	[[ $output == *mem-bw-schema*intelRdt* ]]
	[ "$(rt events --stats "$ID" | jq .data.pids.limit)" = 33 ]
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

@test "each annotation of runc and crun has a row in annotation-tests.tsv, and each row a test" {
	local key state test rows=0

	while IFS=$'\t' read -r key state test; do
		[[ $key != \#* ]] || continue
		echo "$key: $test"
		rows=$((rows + 1))
		[[ $state =~ ^(implemented|refused)$ ]]
		# Found in the sources, where it is not only told of.
		grep -rqF "\"${key%NAME}" "$BATS_TEST_DIRNAME/../../src/runtime" "$BATS_TEST_DIRNAME/../../src/cgroup"
		case $test in
		*.bats:*) grep -qF "@test \"${test#*: }\" {" "$BATS_TEST_DIRNAME/../${test%%: *}" ;;
		*) grep -qF "TEST(${test#*: })" "$BATS_TEST_DIRNAME/../${test%%: *}" ;;
		esac
	done <"$BATS_TEST_DIRNAME/../data/oci/annotation-tests.tsv"
	[ "$rows" -ge 16 ]
	# And none is in the sources only.
	grep -rhoE '"run\.oci\.[a-z_.-]+[a-z]"' "$BATS_TEST_DIRNAME/../../src/runtime" "$BATS_TEST_DIRNAME/../../src/cgroup" | tr -d '"' |
		sort -u | while read -r key; do
		grep -q "^$key	" "$BATS_TEST_DIRNAME/../data/oci/annotation-tests.tsv" || { echo "$key" && exit 1; }
	done
}

@test "annotations of crun that are refused" {
	for key in module.wasm.image/variant run.oci.delegate-cgroup; do
		annotate "$key" compat
		run ! inside true
		[[ $output == *"$key=compat"* ]]
		runtime_config "del(.annotations[\"$key\"])"
	done
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
	until_ok grep -q Cpus "$BATS_TEST_TMPDIR/out"
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
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	annotate run.oci.hooks.stdout "$BATS_TEST_TMPDIR/fifo"
	RT_TIMEOUT=60 run ! inside true
	[[ $output == *run.oci.hooks.stdout*"nobody reads '$BATS_TEST_TMPDIR/fifo'"* ]]
	exec 7<>"$BATS_TEST_TMPDIR/fifo"
	run -0 inside true
	read -r output <&7
	exec 7<&-
	[ "$output" = "out prestart" ]
	annotate run.oci.hooks.stdout /no/such/dir/file
	run ! inside true
	[[ $output == *run.oci.hooks.stdout*/no/such/dir/file* ]]
}

@test "ociVersion: 1.x is known, others are refused by name" {
	local v

	for v in 1.0.0 1.0.2-dev 1.1.0 1.2.1+dev 1.3.0 1.9.0; do
		runtime_config ".ociVersion = \"$v\""
		run -0 inside true
	done
	for v in 0.9.0 2.0.0 1.0 1 "" v1.0.0 1.0.0.0 01.0.0; do
		runtime_config ".ociVersion = \"$v\""
		run ! inside true
		[[ $output == *ociVersion* ]]
	done
	runtime_config 'del(.ociVersion)'
	run ! inside true
	[[ $output == *ociVersion* ]]
}

@test "properties of other platforms are refused by name, unknown ones are passed over" {
	local p

	for p in windows solaris vm zos freebsd; do
		runtime_config ".$p = {}"
		run ! inside true
		[[ $output == *".$p"* ]]
		runtime_config "del(.$p)"
	done
	runtime_config '.process.commandLine = "x"'
	run ! inside true
	[[ $output == *commandLine* ]]
	runtime_config 'del(.process.commandLine)' '.process.user.username = "x"'
	run ! inside true
	[[ $output == *username* ]]
	runtime_config 'del(.process.user.username)' '.ofTheFuture = {"a":1} | .linux.ofTheFuture = 1'
	run -0 inside true
}

@test "annotations are in the state document" {
	annotate "some.key" 'value with "quotes"'
	runtime_args sleep 1000
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt state "$ID" | jq -e '.annotations["some.key"] == "value with \"quotes\"" and .ociVersion != "" and .status == "running" and .pid > 1'
}

@test "scheduler: every policy and flag, or an error that names it" {
	local policy want

	# A new cgroup of v1 has no realtime budget.  Fields 19 nice, 40 priority, 41 policy of stat.
	freely() { runtime_args sh -c "$1" && rt --cgroup-manager disabled run -b "$BUNDLE" "$ID"; }
	while read -r policy want; do
		runtime_config ".process.scheduler = $policy"
		run -0 freely 'cut -d" " -f19,40,41 /proc/self/stat'
		[ "$output" = "${want//,/ }" ]
	done <<-END
		{"policy":"SCHED_OTHER","nice":7} 7,0,0
		{"policy":"SCHED_BATCH","nice":3} 3,0,3
		{"policy":"SCHED_IDLE"} 0,0,5
		{"policy":"SCHED_FIFO","priority":7} 0,7,1
		{"policy":"SCHED_RR","priority":8} 0,8,2
	END
	# a child of a process with this flag falls back: sh has the policy, cut not
	runtime_config '.process.scheduler = {"policy":"SCHED_FIFO","priority":7,"flags":["SCHED_FLAG_RESET_ON_FORK"]}'
	run -0 freely 'cut -d" " -f41 /proc/$$/stat; true; cut -d" " -f41 /proc/self/stat; true'
	[ "${lines[*]}" = "1 0" ]
	# what only the start can see: sched_setattr gets all members
	runtime_config '.process.scheduler = {"policy":"SCHED_DEADLINE","runtime":1000000,"deadline":2000000,"period":3000000,"flags":["SCHED_FLAG_RECLAIM","SCHED_FLAG_DL_OVERRUN"]}'
	runtime_args true
	strace -fqve trace=sched_setattr -o "$BATS_TEST_TMPDIR/trace" "$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID" || true
	grep 'SCHED_DEADLINE.*RECLAIM.*DL_OVERRUN.*runtime=1000000.*deadline=2000000.*period=3000000' "$BATS_TEST_TMPDIR/trace"
	runtime_config '.process.scheduler = {"policy":"SCHED_MINE"}'
	run ! inside true
	[[ $output == *scheduler.policy*SCHED_MINE* ]]
	runtime_config '.process.scheduler = {"policy":"SCHED_OTHER","flags":["SCHED_FLAG_MINE"]}'
	run ! inside true
	[[ $output == *scheduler.flags*SCHED_FLAG_MINE* ]]
	runtime_config '.process.scheduler = {"policy":"SCHED_ISO"}' # reserved, in no kernel
	run ! inside true
	[[ $output == *"set scheduler"* ]]
	runtime_config '.process.scheduler = {"policy":"SCHED_OTHER","nice":99}'
	run ! inside true
	[[ $output == *scheduler.nice* ]]
}

@test "ioPriority: every class" {
	local class want

	applet ionice
	while read -r class want; do
		runtime_config ".process.ioPriority = {\"class\":\"IOPRIO_CLASS_$class\",\"priority\":3}"
		run -0 inside 'ionice -p $$'
		[[ $output == "$want"* ]]
	done <<-END
		RT realtime: prio 3
		BE best-effort: prio 3
		IDLE idle
	END
	runtime_config '.process.ioPriority = {"class":"IOPRIO_CLASS_ALL","priority":3}'
	run ! inside true
	[[ $output == *ioPriority.class* ]]
	runtime_config '.process.ioPriority = {"class":"IOPRIO_CLASS_BE","priority":8}'
	run ! inside true
	[[ $output == *ioPriority.priority* ]]
}

@test "memoryPolicy: modes, nodes and flags" {
	local mode

	[ -e /proc/self/numa_maps ] || skip "NUMA"
	for mode in '"MPOL_BIND","nodes":"0"=bind:0' '"MPOL_INTERLEAVE","nodes":"0"=interleave:0' \
		'"MPOL_PREFERRED","nodes":"0"=prefer:0' '"MPOL_LOCAL"=local' '"MPOL_DEFAULT"=default' \
		'"MPOL_PREFERRED_MANY","nodes":"0"=prefer' \
		'"MPOL_BIND","nodes":"0","flags":["MPOL_F_STATIC_NODES"]=bind=static:0' \
		'"MPOL_BIND","nodes":"0","flags":["MPOL_F_RELATIVE_NODES"]=bind=relative:0'; do
		runtime_config ".linux.memoryPolicy = {\"mode\":${mode%%=*}}"
		run -0 inside 'cut -d" " -f2 /proc/self/numa_maps | sort -u'
		echo "$mode: $output"
		[[ $output == *"${mode#*=}"* ]]
	done
	runtime_config '.linux.memoryPolicy = {"mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_MINE"]}'
	run ! inside true
	[[ $output == *memoryPolicy.flags*MPOL_F_MINE* ]]
	runtime_config '.linux.memoryPolicy = {"mode":"MPOL_BIND","nodes":"0-x"}'
	run ! inside true
	[[ $output == *memoryPolicy.nodes*0-x* ]]
	runtime_config '.linux.memoryPolicy = {"mode":"MPOL_BIND","nodes":"900"}'
	run ! inside true
	[[ $output == *"memory policy"* ]]
}

@test "personality" {
	runtime_config '.linux.personality = {"domain":"LINUX32"}'
	run -0 inside 'cat /proc/self/personality'
	[ "$output" = 00000008 ]
	runtime_config '.linux.personality = {"domain":"LINUX"}'
	run -0 inside 'cat /proc/self/personality'
	[ "$output" = 00000000 ]
	runtime_config '.linux.personality = {"domain":"BSD"}'
	run ! inside true
	[[ $output == *personality.domain* ]]
	runtime_config '.linux.personality = {"domain":"LINUX","flags":["ADDR_NO_RANDOMIZE"]}'
	run ! inside true
	[[ $output == *personality.flags* ]]
}

@test "oom score: set when given, else as it was" {
	runtime_config 'del(.process.oomScoreAdj)'
	runtime_args cat /proc/self/oom_score_adj
	run -0 bash -c 'echo 321 >/proc/self/oom_score_adj; exec "$@"' - "$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID"
	[ "$output" = 321 ]
	runtime_config '.process.oomScoreAdj = 322'
	run -0 bash -c 'echo 321 >/proc/self/oom_score_adj; exec "$@"' - "$RUNTIME" --root "$RT_ROOT" run -b "$BUNDLE" "$ID"
	[ "$output" = 322 ]
	runtime_config '.process.oomScoreAdj = 1001'
	run ! inside true
	[[ $output == *oomScoreAdj*1001* ]]
}

@test "rlimits: every type, doubled and unknown ones refused" {
	local type soft hard

	for type in AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK; do
		read -r soft hard < <(prlimit -p $$ --noheadings -o SOFT,HARD "--${type,,}")
		[ "$type" != STACK ] || soft=4194304
		echo "{\"type\":\"RLIMIT_$type\",\"soft\":$soft,\"hard\":$hard}"
	done >"$BATS_TEST_TMPDIR/limits"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/limits")" = 16 ]
	runtime_config '.process.rlimits = []'
	runtime_args cat /proc/self/limits
	# not by jq, which has no number for "unlimited"
	sed -i "s/\"rlimits\": \[\]/\"rlimits\": [$(paste -sd, "$BATS_TEST_TMPDIR/limits" | sed 's/unlimited/18446744073709551615/g')]/" \
		"$BUNDLE/config.json"
	run -0 rt run -b "$BUNDLE" "$ID"
	[[ $output == *"Max stack size"*4194304* ]]
	[ "$(grep -v stack <<<"$output" | tr -s ' ')" = "$(grep -v stack /proc/$$/limits | tr -s ' ')" ]
	runtime_config '.process.rlimits = [{"type":"RLIMIT_CORE","soft":0,"hard":0},{"type":"RLIMIT_CORE","soft":0,"hard":0}]'
	run ! inside true
	[[ $output == *rlimits*RLIMIT_CORE* ]]
	runtime_config '.process.rlimits = [{"type":"RLIMIT_MINE","soft":0,"hard":0}]'
	run ! inside true
	[[ $output == *rlimits*RLIMIT_MINE* ]]
}

@test "consoleSize is nothing without a terminal" {
	runtime_config '.process.consoleSize = {"height":33,"width":77}'
	run -0 inside 'tty'  || [[ $output == *"not a tty"* ]]
}

@test "rootfsPropagation: every value" {
	local p got

	for p in private shared slave unbindable rprivate rshared rslave runbindable; do
		runtime_config ".linux.rootfsPropagation = \"$p\""
		run -0 inside 'grep -E "^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / " /proc/self/mountinfo'
		got=" $(sed 's/ - .*//' <<<"$output" | cut -d' ' -f7-) "
		echo "$p: $got"
		case $p in
		*private) [ -z "${got// /}" ] ;;
		*shared) [[ $got == *" shared:"* ]] ;;
		*slave) [[ $got != *" shared:"* && $got != *unbindable* ]] ;;
		*unbindable) [[ $got == *" unbindable "* ]] ;;
		esac
	done
	runtime_config '.linux.rootfsPropagation = "most"'
	run ! inside true
	[[ $output == *rootfsPropagation*most* ]]
}

@test "rootfsPropagation: shared where the host's root is shared, with a volume that propagates" {
	local volume=$BATS_TEST_TMPDIR/volume

	mkdir -p "$volume/sub"
	runtime_config '.linux.rootfsPropagation = "shared"' 'del(.linux.seccomp)' \
		'.process.capabilities = (["CAP_SYS_ADMIN"] | {bounding: ., effective: ., permitted: .})' \
		".mounts += [{\"destination\":\"/v\",\"type\":\"bind\",\"source\":\"$volume\",\"options\":[\"rbind\",\"rshared\"]}]"
	runtime_args sh -c 'mount -t tmpfs inside /v/sub && grep -E "^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ / .* shared:" /proc/self/mountinfo'
	# A machine of its own kind: systemd makes the root so.
	run -0 unshare -m sh -c 'mount --make-rshared / && "$1" --root "$2" run --bundle "$3" "$4" && grep "$5/sub " /proc/self/mountinfo' \
		sh "$RUNTIME" "$RT_ROOT" "$BUNDLE" "$ID" "$volume"
	[[ $output == *"tmpfs inside"* ]]
}

@test "devices: block, unbuffered, owner; two that contradict" {
	runtime_config '.linux.devices = [
		{"path":"/dev/b","type":"b","major":7,"minor":250,"fileMode":432,"uid":1,"gid":2},
		{"path":"/dev/u","type":"u","major":1,"minor":5},
		{"path":"/opt/deep/null","type":"c","major":1,"minor":3}]'
	run -0 inside 'test -b /dev/b; test -c /dev/u; stat -c "%t:%T %a %u:%g" /dev/b /dev/u; echo x >/opt/deep/null'
	[ "${lines[*]}" = "7:fa 660 1:2 1:5 666 0:0" ]
	runtime_config '.linux.devices = [{"path":"/dev/x","type":"c"}]'
	run ! inside true
	[[ $output == *"linux.devices[0]"* ]]
	runtime_config '.linux.devices = [{"path":"/dev/x","type":"q","major":1,"minor":1}]'
	run ! inside true
	[[ $output == *"linux.devices[0].type"* ]]
	runtime_config '.linux.devices = [{"path":"dev/x","type":"c","major":1,"minor":1}]'
	run ! inside true
	[[ $output == *"linux.devices[0].path"* ]]
}

@test "masked directories share one read-only file system" {
	mkdir -p "$BUNDLE/rootfs/m1" "$BUNDLE/rootfs/m2"
	runtime_config '.linux.maskedPaths = ["/m1","/m2"]'
	run -0 inside 'stat -c %d /m1 /m2; grep -E " /m[12] " /proc/self/mountinfo | cut -d" " -f6'
	[ "${lines[0]}" = "${lines[1]}" ]
	[[ ${lines[2]} == ro,* && ${lines[3]} == ro,* ]]
	runtime_config '.linux.maskedPaths = ["m1"]'
	run ! inside true
	[[ $output == *maskedPaths*m1* ]]
}

@test "namespaces: every type is new when listed, the host's when not" {
	local own n

	runtime_config '.linux.namespaces += [{"type":"time"},{"type":"cgroup"}] | .linux.namespaces |= unique_by(.type)'
	run -0 inside 'for n in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$n; done'
	for n in cgroup ipc mnt net pid time uts; do
		own=$(readlink "/proc/self/ns/$n")
		[[ $output == *"$n:["* && $output != *"$own"* ]]
	done
	[[ $output == *"$(readlink /proc/self/ns/user)"* ]]
	runtime_config '.linux.namespaces |= map(select(.type == "mount"))' 'del(.hostname)' \
		'.mounts |= map(select(.destination == "/proc") | .type = "bind" | .source = "/proc" | .options = ["rbind"])'
	run -0 inside 'for n in cgroup ipc net pid time user uts; do readlink /proc/self/ns/$n; done'
	for n in cgroup ipc net pid time user uts; do
		[[ $output == *"$(readlink "/proc/self/ns/$n")"* ]]
	done
	runtime_config '.linux.namespaces += [{"type":"mount"}]'
	run ! inside true
	[[ $output == *"linux.namespaces[1].type"* ]]
	runtime_config '.linux.namespaces = [{"type":"mine"}]'
	run ! inside true
	[[ $output == *"linux.namespaces[0].type"*mine* ]]
}

@test "noNewPrivileges" {
	runtime_config '.process.noNewPrivileges = true'
	run -0 inside 'grep NoNewPrivs /proc/self/status'
	[[ $output == *1 ]]
	runtime_config '.process.noNewPrivileges = false'
	run -0 inside 'grep NoNewPrivs /proc/self/status'
	[[ $output == *0 ]]
}

@test "root.path: relative, absolute, missing, no directory" {
	runtime_config '.root.path = "./rootfs/../rootfs"'
	run -0 inside 'ls /home'
	[ "$output" = user ]
	runtime_config ".root.path = \"$BUNDLE/rootfs\""
	run -0 inside 'ls /home'
	[ "$output" = user ]
	runtime_config '.root.path = "nowhere"'
	run ! inside true
	[[ $output == *"$BUNDLE/nowhere"* ]]
	runtime_config '.root.path = "config.json"'
	run ! inside true
	[[ $output == *"$BUNDLE/config.json"* ]]
	runtime_config 'del(.root)'
	run ! inside true
	[[ $output == *.root* ]]
}

# Longest row of the table for a path; empty when there is none.
row_of() {
	local p=$1

	while [ -n "$p" ]; do
		[ -z "${STATE[$p]:-}" ] || { echo "$p"; return; }
		[[ $p == *[.]* || $p == *"[]" ]] || return 0
		if [[ $p == *"[]" ]]; then p=${p%"[]"}; else p=${p%.*}; fi
	done
}

@test "each property has a row in property-tests.tsv, and each row a test" {
	local data=$BATS_TEST_DIRNAME/../data/oci path state test kind bad=0
	declare -A STATE

	while IFS=$'\t' read -r path state test; do
		STATE[$path]=$state
		[[ $state =~ ^(implemented|refused|both)$ ]]
		[ "$path" = state ] || cut -f2 "$data/spec-fields.tsv" | grep -qxF -e "$path" || { echo "no such property: $path"; bad=1; }
		case ${test%%: *} in
		*.bats) grep -qF "@test \"${test#*: }\" {" "$BATS_TEST_DIRNAME/../${test%%: *}" ;;
		*.c) grep -qxF "TEST(${test#*: })" "$BATS_TEST_DIRNAME/../${test%%: *}" ;;
		esac || { echo "no such test: $test"; bad=1; }
	done < <(grep -v '^#' "$data/property-tests.tsv")
	while IFS=$'\t' read -r kind path _; do
		[ -n "$(row_of "$path")" ] || { echo "no row: $path"; bad=1; }
	done < <(grep -v '^#' "$data/spec-fields.tsv")
	[ "$bad" = 0 ]
}

# A service manager's socket at $1 whose messages go to $2; `say TEXT` inside sends one.
manager() {
	"$BUILD/tests/harness/fd_agent" --manager "$1" "$2" >/dev/null 2>&1 3>&- &
	AGENT=$!
	until_ok test -S "$1"
	export NOTIFY_SOCKET=$1
	mkdir "$BUNDLE/rootfs/usr"
	ln -s usr/lib "$BUNDLE/rootfs/lib"
	ln -s usr/lib64 "$BUNDLE/rootfs/lib64"
	cp "$BUILD/tests/harness/fd_agent" "$BUNDLE/rootfs/agent"
	runtime_config '.mounts += [{"destination":"/usr","type":"bind","source":"/usr","options":["rbind","ro"]}]'
	SAY='say() { /agent --send "$NOTIFY_SOCKET" "$1"; }'
}

@test "NOTIFY_SOCKET: start waits until the payload is ready and names it" {
	local starter said=$BATS_TEST_TMPDIR/said

	manager "$BATS_TEST_TMPDIR/n" "$said"
	mkfifo "$BUNDLE/rootfs/tmp/go"
	runtime_args sh -c "$SAY;"' say STATUS=soon; cat /tmp/go; say "MAINPID=1
READY=1"; exec sleep 1000'
	rt create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt start "$ID" 3>&- &
	starter=$!
	until_ok grep -q STATUS=soon "$said"
	kill -0 "$starter"
	echo go >"$BUNDLE/rootfs/tmp/go"
	wait "$starter"
	until_ok grep -q READY "$said"
	kill "$AGENT"
	[ "$(cat "$said")" = "STATUS=soon
--
READY=1
MAINPID=$(rt state "$ID" | jq .pid)
--" ]
	rt delete -f "$ID"
}

@test "NOTIFY_SOCKET: run relays all the time, a payload that ends is waited for no longer" {
	local said=$BATS_TEST_TMPDIR/said

	manager "$BATS_TEST_TMPDIR/n" "$said"
	run -0 inside "$SAY; say READY=1; say STATUS=working; say 'FDSTORE=1'; say STOPPING=1; echo \$NOTIFY_SOCKET; touch /run/notify/x 2>&1 || true"
	[ "${lines[0]}" = /run/notify/notify.sock ]
	[[ ${lines[1]} == *Read-only* ]]
	until_ok grep -q STOPPING "$said"
	[ "$(tr '\n' ' ' <"$said")" = "READY=1 -- STATUS=working -- STOPPING=1 -- " ]
	runtime_args true
	rt create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt start "$ID"
	rt delete -f "$ID"
	# an engine that relays itself has its own mount there
	mkdir "$BATS_TEST_TMPDIR/own"
	runtime_config ".mounts += [{\"destination\":\"/run/notify\",\"type\":\"bind\",\"source\":\"$BATS_TEST_TMPDIR/own\",\"options\":[\"bind\"]}]" \
		'.process.env += ["NOTIFY_SOCKET=/run/notify/own"]'
	run -0 inside 'echo $NOTIFY_SOCKET'
	kill "$AGENT"
	[ "$output" = /run/notify/own ]
}
