# SPDX-License-Identifier: Apache-2.0
# config.md: hooks, annotations, extensibility, valid values.

# C-151: hooks of one kind are called in the order listed
t_hooks_order() {
	hook_program
	started "$(hook createRuntime a) | $(hook createRuntime b) | $(hook createRuntime c) | $(hook poststop x) | $(hook poststop y)" true
	until_status stopped
	rt delete "$ID"
	same "$(tr '\n' ' ' <"$T/order")" 'a b c x y '
}

# C-152: every hook gets the container's state on stdin
t_hooks_state() {
	local k

	hook_program
	started "$(hook prestart prestart) | $(hook createRuntime createRuntime) | $(hook createContainer createContainer) |
		$(hook poststart poststart) | $(hook poststop poststop) |
		.hooks.startContainer = [{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"cat >/tmp/state\"],\"env\":[\"PATH=/bin\"]}]" true
	until_status stopped
	rt delete "$ID"
	for k in prestart createRuntime createContainer poststart poststop; do
		same "$(jq -r .id "$T/$k.state")" "$ID"
	done
	same "$(jq -r .id "$B/rootfs/tmp/state")" "$ID"
}

# C-153: the path of a hook is absolute
t_hook_path_absolute() {
	cd /bin
	refused '.hooks.createRuntime = [{"path":"true"}]'
}

# C-154: a hook has a path
t_hook_path_required() {
	refused '.hooks.createRuntime = [{"args":["true"]}]'
}

# C-155: args are the hook's argv, with its zeroth
t_hook_args() {
	printf '#!/bin/sh\ncat >/dev/null\nfor a in "$@"; do echo "<$a>"; done >%s/args\n' "$T" >"$T/h"
	chmod 755 "$T/h"
	up '.hooks.createRuntime = [{"path":($T + "/h"),"args":["zeroth","one","two words",""]}]' sleep 1000
	same "$(tr '\n' ' ' <"$T/args")" '<one> <two words> <> '
}

# C-156: env is the hook's environment
t_hook_env() {
	printf '#!/bin/sh\ncat >/dev/null\necho "$A" "${HOME:-unset}" >%s/env\n' "$T" >"$T/h"
	chmod 755 "$T/h"
	up '.hooks.createRuntime = [{"path":($T + "/h"),"args":["h"],"env":["A=b","PATH=/bin"]}]' sleep 1000
	same "$(cat "$T/env")" 'b unset'
}

# C-157: a hook that takes longer than its timeout is aborted
t_hook_timeout() {
	refused '.hooks.createRuntime = [{"path":"/bin/sleep","args":["sleep","1000"],"timeout":1}]'
}

# C-158: a timeout is above zero
t_hook_timeout_zero() {
	refused '.hooks.createRuntime = [{"path":"/bin/true","timeout":0}]'
}

# Called in create, in the runtime's namespaces, when namespaces and mounts are there but the root has not changed.
before_pivot() { # KIND
	hook_program
	# The container's process sees the host's tree.
	up ".mounts += [{\"destination\":\"/mnt1\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}] |
		$(hook "$1" h 'pid=$(tr -d " \n" <"$dir/h.state" | sed "s/.*\"pid\":\([0-9]*\).*/\1/")
			if [ -e "/proc/$pid/root$dir/hook" ]; then echo before; fi >"$dir/pivot"
			readlink "/proc/$pid/ns/net" >"$dir/net"
			cat "/proc/$pid/mountinfo" >"$dir/mountinfo"')" sleep 1000
}

in_runtime_namespaces() {
	local n

	for n in mnt net uts ipc pid; do
		same "$(sed -n "s/^$n //p" "$T/h.ns")" "$(readlink "/proc/self/ns/$n")"
	done
}

in_create() { # KIND
	before_pivot "$1"
	[ -e "$T/h.state" ]
	status_is created
	[ "$(cat "$T/net")" != "$(readlink /proc/self/ns/net)" ]
	same "$(cat "$T/pivot")" before
}

# C-159: prestart hooks are called in create, after the environment is made and before the root changes
t_prestart_when() {
	in_create prestart
	grep -q "$B/rootfs/mnt1 " "$T/mountinfo"
}

# C-160: prestart hooks come before createRuntime hooks
t_prestart_before_create_runtime() {
	hook_program
	up "$(hook createRuntime b) | $(hook prestart a)" sleep 1000
	same "$(tr '\n' ' ' <"$T/order")" 'a b '
}

# R-032: their path is the runtime's
t_prestart_path() {
	hook_program
	up "$(hook prestart h)" sleep 1000
	[ -e "$T/h.state" ]
}

# C-162: they run in the runtime's namespaces
t_prestart_namespaces() {
	before_pivot prestart
	in_runtime_namespaces
}

# C-163: createRuntime hooks are called in create, after the environment is made and before the root changes
t_create_runtime_when() {
	in_create createRuntime
	grep -q "$B/rootfs/mnt1 " "$T/mountinfo"
}

# R-033: their path is the runtime's
t_create_runtime_path() {
	hook_program
	up "$(hook createRuntime h)" sleep 1000
	[ -e "$T/h.state" ]
}

# C-165: they run in the runtime's namespaces
t_create_runtime_namespaces() {
	before_pivot createRuntime
	in_runtime_namespaces
}

# C-166: createContainer hooks are called in create, after the mounts and before the root changes
t_create_container_when() {
	hook_program
	up ".mounts += [{\"destination\":\"/mnt1\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}] |
		$(hook createContainer h 'cat /proc/self/mountinfo >"$dir/mountinfo"')" sleep 1000
	grep -q "$B/rootfs/mnt1 " "$T/mountinfo"
	status_is created
}

# C-167: they come after createRuntime hooks
t_create_container_after_create_runtime() {
	hook_program
	up "$(hook createContainer b) | $(hook createRuntime a)" sleep 1000
	same "$(tr '\n' ' ' <"$T/order")" 'a b '
}

# R-034: their path is the runtime's
t_create_container_path() {
	hook_program
	up "$(hook createContainer h)" sleep 1000
	[ -e "$T/h.state" ]
}

# C-169: they run in the container's namespaces
t_create_container_namespaces() {
	local n p

	hook_program
	up "$(hook createContainer h)" sleep 1000
	p=$(pid)
	for n in mnt net uts ipc pid; do
		same "$n $(sed -n "s/^$n //p" "$T/h.ns")" "$n $(readlink "/proc/$p/ns/$n")"
	done
}

start_container_hook='.hooks.startContainer = [{"path":"/only/here","args":["here"],"env":["PATH=/bin"]}]'

in_rootfs() {
	mkdir "$B/rootfs/only"
	cat >"$B/rootfs/only/here" <<-'EOF'
		#!/bin/sh
		for n in mnt net uts ipc pid; do readlink /proc/self/ns/$n; done >/hooked
	EOF
	chmod 755 "$B/rootfs/only/here"
}

# C-170: startContainer hooks are called in start, before the program runs
t_start_container_when() {
	in_rootfs
	up "$start_container_hook" sh -c 'test -s /hooked && echo before >/order'
	[ ! -e "$B/rootfs/hooked" ]
	rt start "$ID"
	until_status stopped
	same "$(cat "$B/rootfs/order")" before
}

# R-035: their path is the container's
t_start_container_path() {
	in_rootfs
	inside "$start_container_hook" 'test -s /hooked && echo yes'
	out_is yes
}

# C-172: they run in the container's namespaces
t_start_container_namespaces() {
	in_rootfs
	inside "$start_container_hook" 'for n in mnt net uts ipc pid; do readlink /proc/self/ns/$n; done'
	out_is "$(cat "$B/rootfs/hooked")"
}

# R-036: poststart hooks are called after the program was started and before start returns
t_poststart_when() {
	hook_program
	up "$(hook poststart h)" sleep 1000
	[ ! -e "$T/h.state" ]
	rt start "$ID"
	[ -e "$T/h.state" ]
	same "$(jq -r .status "$T/h.state")" running
}

# C-174: their path is the runtime's, they run in the runtime's namespaces
t_poststart_namespaces() {
	hook_program
	started "$(hook poststart h)" sleep 1000
	in_runtime_namespaces
}

# R-037: poststop hooks are called after the container is gone and before delete returns
t_poststop_when() {
	local p

	hook_program
	started "$(hook poststop h "ls -d /sys/fs/cgroup/*$CG /sys/fs/cgroup$CG"' >"$dir/cgroup" 2>/dev/null; true')" sleep 1000
	p=$(pid)
	rt kill "$ID" KILL
	until_status stopped
	[ ! -e "$T/h.state" ]
	rt delete "$ID"
	[ -e "$T/h.state" ]
	[ ! -s "$T/cgroup" ]
	until_ok gone "$p"
}

# C-176: their path is the runtime's, they run in the runtime's namespaces
t_poststop_namespaces() {
	hook_program
	started "$(hook poststop h)" true
	until_status stopped
	rt delete "$ID"
	in_runtime_namespaces
}

# C-177: annotations are a map
t_annotations_map() {
	refused '.annotations = ["a"]'
}

# C-178: a key is not empty
t_annotations_empty_key() {
	refused '.annotations = {"": "x"}'
}

# C-179: values are strings
t_annotations_values() {
	refused '.annotations = {"a.b": 7}'
}

# C-180: unknown keys are no error
t_annotations_unknown() {
	inside '.annotations = {"com.example.nobody.knows": "x", "org.opencontainers.image.os": "linux"}' 'echo ok'
	out_is ok
}

# C-184: properties that nobody knows are ignored, at each level
t_unknown_properties() {
	inside '.nobodyKnows = {"a": [1]} | .process.nobodyKnows = 1 | .root.nobodyKnows = true |
		.mounts[0].nobodyKnows = "x" | .linux.nobodyKnows = [] | .linux.resources.nobodyKnows = {}' 'echo ok'
	out_is ok
}

# C-185: a value of another type is an error
t_invalid_types() {
	local f

	for f in '.process.cwd = 7' '.process.terminal = "yes"' '.mounts = {}' '.process.user.uid = "root"' \
		'.linux.namespaces = "all"' '.root.readonly = 1' '.process.env = [1]' '.hostname = []'; do
		refused "$f"
	done
}

# C-186: a value outside of its list is an error
t_invalid_values() {
	local f

	for f in '.linux.namespaces += [{"type":"nosuch"}]' '.linux.rootfsPropagation = "nosuch"' \
		'.linux.devices = [{"path":"/dev/x","type":"z","major":1,"minor":3}]' \
		'.linux.seccomp = {"defaultAction":"SCMP_ACT_NOSUCH"}' '.linux.personality = {"domain":"NOSUCH"}'; do
		refused "$f"
	done
}

# C-187: a number below zero where none can be is an error
t_invalid_numbers() {
	refused '.process.user.uid = -1'
	refused '.process.rlimits = [{"type":"RLIMIT_CORE","soft":-2,"hard":0}]'
}
