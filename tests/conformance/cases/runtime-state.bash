# SPDX-License-Identifier: Apache-2.0
# runtime.md: scope and state of a container.

# R-001: who created a container can use all operations on it
t_scope_all_operations() {
	up . sleep 1000
	state >/dev/null
	rt start "$ID"
	rt kill "$ID" KILL
	until_status stopped
	rt delete "$ID"
	no_container
}

# R-002: ociVersion is there and a version of the specification
t_state_oci_version() {
	up . sleep 1000
	state | jq -e '.ociVersion | test("^1\\.[0-9]+\\.[0-9]+")'
}

# R-003: id is the container's
t_state_id() {
	up . sleep 1000
	same "$(state | jq -r .id)" "$ID"
}

# R-004: ids are unique: a second container of the same id is refused while the first lives
t_state_id_unique() {
	up . sleep 1000
	fails rt create -b "$B" "$ID"
	status_is created
}

# R-005: status is creating while the runtime creates
t_state_creating() {
	hook_program
	up "$(hook createRuntime a)" sleep 1000
	same "$(jq -r .status "$T/a.state")" creating
}

# R-006: status is created after create and before start
t_state_created() {
	up . sleep 1000
	status_is created
}

# R-007: status is running while the program runs
t_state_running() {
	started . sleep 1000
	status_is running
}

# R-008: status is stopped when the program has ended
t_state_stopped() {
	started . true
	until_status stopped
}

# R-009: further values of status stand for further states only: a frozen container is none of the four, a thawed one is running
t_state_paused() {
	started . sleep 1000
	rt pause "$ID" || exit "$NONE"
	status_is paused
	rt resume "$ID"
	status_is running
}

# R-010: pid is there while created and running, and is the container's process
t_state_pid() {
	local p

	up . sleep 1000
	p=$(pid)
	[ "$(readlink "/proc/$p/ns/pid")" != "$(readlink /proc/self/ns/pid)" ]
	rt start "$ID"
	same "$(pid)" "$p"
	until_ok grep -q sleep "/proc/$p/cmdline"
}

# R-011: pid in the state of a hook in the runtime's namespace is the one the runtime sees
t_state_pid_runtime_hook() {
	hook_program
	up "$(hook createRuntime a)" sleep 1000
	same "$(jq .pid "$T/a.state")" "$(pid)"
}

# R-012: pid in the state of a hook in the container's namespace is the one the container sees
t_state_pid_container_hook() {
	conf '.hooks.startContainer = [{"path":"/bin/sh","args":["sh","-c","cat >/tmp/state"],"env":["PATH=/bin"]}]' \
		sh -c 'echo $$; cat /tmp/state'
	rt run -b "$B" "$ID" </dev/null >"$T/out"
	same "$(tail -n +2 "$T/out" | jq .pid)" "$(head -1 "$T/out")"
}

# R-013: bundle is an absolute path, also when a relative one was given
t_state_bundle() {
	conf . sleep 1000
	cd "$T"
	rt create -b bundle "$ID" </dev/null >"$T/out" 2>&1
	same "$(state | jq -r .bundle)" "$B"
}

# R-014: annotations are those of the configuration
t_state_annotations() {
	up '.annotations = {"com.example.a": "b", "com.example.empty": ""}' sleep 1000
	state | jq -e '.annotations["com.example.a"] == "b" and .annotations["com.example.empty"] == ""'
}

# R-015: without annotations the property is absent or an empty map
t_state_no_annotations() {
	up . sleep 1000
	state | jq -e '(.annotations // {}) | length == 0'
}

schema_holds() {
	jq -e '(.ociVersion | type == "string") and (.id | type == "string") and (.bundle | type == "string")
		and (.status | type == "string") and ((.pid // 0) | type == "number" and . >= 0 and floor == .)
		and ((.annotations // {}) | type == "object" and all(.[]; type == "string"))' >/dev/null
}

# R-016: as JSON the state has the form of state-schema.json, in each state
t_state_schema() {
	up '.annotations = {"a.b": "c"}' sleep 1000
	state | schema_holds
	rt start "$ID"
	state | schema_holds
	rt kill "$ID" KILL
	until_status stopped
	state | schema_holds
}

# R-017: as JSON the state given to hooks has the form of state-schema.json
t_state_schema_hooks() {
	hook_program
	up "$(hook prestart a) | $(hook createRuntime b) | $(hook createContainer c)" sleep 1000
	schema_holds <"$T/a.state"
	schema_holds <"$T/b.state"
	schema_holds <"$T/c.state"
}
