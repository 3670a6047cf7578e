# SPDX-License-Identifier: Apache-2.0
# runtime.md: query state, create, start, kill, delete.

# R-042: state without an id is an error
t_state_without_id() {
	fails rt state
}

# R-043: state of a container that does not exist is an error
t_state_of_none() {
	fails rt state nosuch
}

# R-044: state gives all required properties
t_state_complete() {
	up . sleep 1000
	state | jq -e 'has("ociVersion") and has("id") and has("status") and has("pid") and has("bundle")'
}

# R-045: create without an id is an error
t_create_without_id() {
	conf . sleep 1000
	fails rt create -b "$B"
	[ -z "$(ls "$STATE")" ]
}

# R-046: create without a bundle (given or the working directory) is an error
t_create_without_bundle() {
	cd "$T"
	fails rt create "$ID"
	no_container
}

# R-047: create with an id in use is an error and changes nothing
t_create_id_in_use() {
	local p

	started . sleep 1000
	p=$(pid)
	fails rt create -b "$B" "$ID"
	same "$(pid) $(status)" "$p running"
}

# R-048: create with an id that is not valid is an error
t_create_invalid_id() {
	local id

	conf . sleep 1000
	for id in ../x a/b . .. ''; do
		fails rt create -b "$B" "$id"
	done
	[ -z "$(ls "$STATE")" ]
	[ ! -e "$T/x" ]
}

# R-049: create makes a container
t_create_makes() {
	up . sleep 1000
	status_is created
}

# R-050: process.args are not applied before start: a program that does not exist is an error of create or of start, never a container that runs
t_create_program_missing() {
	conf . /nosuch
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1; then
		fails rt start "$ID"
	fi
	if status >"$T/status" 2>/dev/null; then status_is stopped; fi
}

# R-051: a property that cannot be applied is an error, and there is no container
t_create_cannot_apply() {
	refused '.linux.sysctl = {"kernel.nosuch_value": "1"}'
	refused '.linux.sysctl = {"net.core.nosuch": "1"}'
}

# R-054: start without an id is an error
t_start_without_id() {
	fails rt start
}

# R-055: start of a running container is an error without effect
t_start_running() {
	local p

	started . sleep 1000
	p=$(pid)
	fails rt start "$ID"
	same "$(pid) $(status)" "$p running"
}

# R-056: start of a stopped container is an error without effect
t_start_stopped() {
	started . sh -c 'echo x >>/ran'
	until_status stopped
	fails rt start "$ID"
	status_is stopped
	same "$(wc -l <"$B/rootfs/ran")" 1
}

# R-057: start of a container that does not exist is an error
t_start_of_none() {
	fails rt start nosuch
}

# R-058: start runs the program with the arguments given
t_start_arguments() {
	conf . sh -c 'for a in "$@"; do echo "<$a>"; done' name 'a b' '' '*'
	rt run -b "$B" "$ID" </dev/null >"$T/out"
	out_is '<a b>
<>
<*>'
}

# R-059: a container without process is not started: an error
t_start_without_process() {
	conf 'del(.process)'
	if rt create -b "$B" "$ID" </dev/null >"$T/out" 2>&1; then fails rt start "$ID"; fi
}

# R-060: kill without an id is an error
t_kill_without_id() {
	fails rt kill
}

# R-061: kill of a stopped container is an error
t_kill_stopped() {
	started . true
	until_status stopped
	fails rt kill "$ID" KILL
	status_is stopped
}

# R-062: kill of a container that does not exist is an error
t_kill_of_none() {
	fails rt kill nosuch KILL
}

# R-063: kill reaches a created container
t_kill_created() {
	up . sleep 1000
	rt kill "$ID" KILL
	until_status stopped
}

# R-064: kill sends the signal that was given, by name or number
t_kill_signal() {
	started . sh -c 'trap "echo >/usr1" USR1; trap "echo >/usr2" USR2; trap "exit 0" TERM; echo >/ready; while :; do sleep 0.05; done'
	until_ok test -e "$B/rootfs/ready"
	rt kill "$ID" USR1
	until_ok test -e "$B/rootfs/usr1"
	[ ! -e "$B/rootfs/usr2" ]
	rt kill "$ID" 12
	until_ok test -e "$B/rootfs/usr2"
	rt kill "$ID" SIGTERM
	until_status stopped
}

# R-065: delete without an id is an error
t_delete_without_id() {
	fails rt delete
}

# R-066: delete of a running container is an error without effect
t_delete_running() {
	started . sleep 1000
	fails rt delete "$ID"
	status_is running
}

# R-067: delete of a created container is an error without effect
t_delete_created() {
	up . sleep 1000
	fails rt delete "$ID"
	status_is created
}

# R-068: delete of a container that does not exist is an error
t_delete_of_none() {
	fails rt delete nosuch
}

# R-069: delete removes what create made
t_delete_removes() {
	started . true
	until_status stopped
	rt delete "$ID"
	[ -z "$(cgroup_dirs "$CG")" ]
	[ -z "$(ls "$STATE")" ]
}

# R-070: delete leaves what create did not make: the bundle, bind sources, namespaces given by path
t_delete_leaves_others() {
	local ns=$T/netns

	mkdir "$T/src"
	echo kept >"$T/src/file"
	touch "$ns"
	unshare -n mount --bind /proc/self/ns/net "$ns" 2>/dev/null || unshare "--net=$ns" true
	started ".mounts += [{\"destination\":\"/src\",\"type\":\"bind\",\"source\":\"$T/src\",\"options\":[\"bind\"]}]
		| .linux.namespaces |= map(if .type == \"network\" then .path = \"$ns\" else . end)" true
	until_status stopped
	rt delete "$ID"
	nsenter "--net=$ns" true
	umount "$ns"
	same "$(cat "$T/src/file")" kept
	[ -x "$B/rootfs/bin/busybox" ]
}

# R-071: the id of a deleted container may be used again
t_delete_id_again() {
	started . true
	until_status stopped
	rt delete "$ID"
	up . sleep 1000
	status_is created
}
