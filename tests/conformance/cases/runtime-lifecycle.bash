# SPDX-License-Identifier: Apache-2.0
# runtime.md: life cycle, errors, warnings.

# R-018: create makes the environment: namespaces, mounts, cgroup, host name are there before start
t_life_environment_at_create() {
	local p

	up '.mounts += [{"destination":"/mnt1","type":"tmpfs","source":"tmpfs"}]' sleep 1000
	p=$(pid)
	[ "$(readlink "/proc/$p/ns/net")" != "$(readlink /proc/self/ns/net)" ]
	grep -q ' /mnt1 ' "/proc/$p/mountinfo"
	grep -q "$CG" "/proc/$p/cgroup"
	same "$(nsenter -t "$p" -u hostname)" conform
}

# R-019: an environment that cannot be made is an error
t_life_environment_impossible() {
	refused '.mounts += [{"destination":"/x","type":"nosuchfs","source":"x"}]'
}

# R-020: create does not run the program
t_life_program_waits() {
	up . sh -c 'echo ran >/ran'
	status_is created
	[ ! -e "$B/rootfs/ran" ]
	rt start "$ID"
	until_ok test -s "$B/rootfs/ran"
}

# R-021: config.json changed after create changes nothing
t_life_config_changed_after_create() {
	up . sh -c 'echo first >/ran'
	conf '.process.cwd = "nonsense"' sh -c 'echo second >/ran'
	rt start "$ID"
	until_status stopped
	same "$(cat "$B/rootfs/ran")" first
	rm "$B/config.json"
	rt delete "$ID"
}

failing_hook() { # KIND: it fails in create
	local p

	hook_program
	conf "$(hook "$1" fail 'exit 7') | $(hook poststop after)" sleep 1000
	create_refused
	p=$(jq .pid "$T/fail.state")
	[ "$1" = createContainer ] || until_ok gone "$p"
	[ -z "$(cgroup_dirs "$CG")" ]
}

# R-022: a failing prestart hook is an error, and the container is destroyed
t_life_prestart_fails() {
	failing_hook prestart
}

# R-023: a failing createRuntime hook is an error, and the container is destroyed
t_life_create_runtime_fails() {
	failing_hook createRuntime
}

# R-024: a failing createContainer hook is an error, and the container is destroyed
t_life_create_container_fails() {
	failing_hook createContainer
}

# R-025: after a failing hook of create life goes on at step 12: poststop hooks are called
t_life_poststop_after_failed_hook() {
	failing_hook createRuntime
	test -e "$T/after.state"
}

# R-026: a failing startContainer hook is an error, the program is not run and the container is stopped
t_life_start_container_fails() {
	up '.hooks.startContainer = [{"path":"/bin/false"}]' sh -c 'echo ran >/ran'
	fails rt start "$ID"
	[ ! -e "$B/rootfs/ran" ]
	if status >"$T/status" 2>/dev/null; then until_status stopped; fi
	[ ! -e "$B/rootfs/ran" ]
}

# R-027: and life goes on at step 12: it is destroyed and poststop hooks are called
t_life_start_container_destroys() {
	hook_program
	up ".hooks.startContainer = [{\"path\":\"/bin/false\"}] | $(hook poststop after)" sleep 1000
	fails rt start "$ID"
	test -e "$T/after.state"
	no_container
}

# R-028: start runs the program
t_life_start_runs_program() {
	started . sh -c 'echo ran >/ran'
	until_ok test -s "$B/rootfs/ran"
}

# R-029: a failing poststart hook (1.3: an error that stops the container; 1.0 to 1.2: a warning)
t_life_poststart_fails() {
	up '.hooks.poststart = [{"path":"/bin/false"}]' sleep 1000
	fails rt start "$ID"
	until_status stopped
}

# R-030: delete undoes what create made: process, cgroup, mounts, state
t_life_delete_undoes() {
	local before p

	before=$(grep -c "$T" /proc/self/mountinfo || :)
	started . sleep 1000
	p=$(pid)
	rt kill "$ID" KILL
	until_status stopped
	rt delete "$ID"
	until_ok gone "$p"
	[ -z "$(cgroup_dirs "$CG")" ]
	same "$(grep -c "$T" /proc/self/mountinfo || :)" "$before"
	[ -z "$(ls "$STATE")" ]
}

# R-031: a failing poststop hook is a warning: the others run, delete succeeds
t_life_poststop_fails() {
	hook_program
	started "$(hook poststop a 'exit 7') | $(hook poststop b)" true
	until_status stopped
	rt delete "$ID"
	test -e "$T/a.state"
	test -e "$T/b.state"
	no_container
}

# R-038: an operation that fails leaves all as if it had not been tried
t_error_leaves_nothing() {
	local before

	before=$(grep -c "$T" /proc/self/mountinfo || :)
	refused '.mounts += [{"destination":"/x","type":"nosuchfs","source":"x"}]'
	[ -z "$(ls "$STATE")" ]
	[ -z "$(cgroup_dirs "$CG")" ]
	same "$(grep -c "$T" /proc/self/mountinfo || :)" "$before"
	[ ! -e "$B/rootfs/x" ] || [ -z "$(ls "$B/rootfs/x")" ]
}

# R-039: a create that fails late (its hook) leaves nothing either
t_error_late_leaves_nothing() {
	refused '.hooks.createContainer = [{"path":"/bin/false"}]'
	[ -z "$(ls "$STATE")" ]
	[ -z "$(cgroup_dirs "$CG")" ]
}

# R-040: after a warning the operation goes on
t_warning_goes_on() {
	inside '.process.capabilities.effective += ["CAP_NOPE"]' 'echo on'
	grep -qx on "$T/out"
}
