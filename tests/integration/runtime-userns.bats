#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The runtime called inside a user namespace, as rootless engines do.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	# An ordinary user owns the tree and reaches it.
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || true
	"$RUNTIME" spec --rootless -f "$BUNDLE/rootless.json"
	mv "$BUNDLE/rootless.json" "$BUNDLE/config.json"
	runtime_config '.process.terminal = false' '.root.readonly = false' '.process.rlimits = []' \
		".linux.cgroupsPath = \"/coracle-test/$ID\"" 'del(.linux.uidMappings, .linux.gidMappings)' \
		'.linux.namespaces |= map(select(.type != "user"))'
}
teardown() { find /sys/fs/cgroup -depth -name "$ID" -exec rmdir {} \; 2>/dev/null || true; }

in_userns() {
	unshare -U -r -m env RUNTIME="$RUNTIME" RT_ROOT="$RT_ROOT" BUNDLE="$BUNDLE" ID="$ID" sh -ec "
		rt() { \"\$RUNTIME\" --root \"\$RT_ROOT\" \"\$@\"; }
		$1"
}

@test "run, with devices from the host" {
	runtime_args sh -c 'id -u; echo x >/dev/null; test -c /dev/full && echo devices'
	run -0 in_userns 'rt run -b "$BUNDLE" "$ID"'
	[ "${lines[*]}" = "0 devices" ]
}

@test "create, start, exec, kill, delete" {
	runtime_args sleep 1000
	run -0 in_userns '
		rt create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
		rt start "$ID"
		rt exec "$ID" sh -c "id -u; readlink /proc/self/ns/pid; readlink /proc/1/ns/pid" | uniq
		rt kill "$ID" KILL
		rt delete --force "$ID"
		rt list -q'
	[ "${#lines[@]}" = 2 ]
	[ "${lines[0]}" = 0 ]
}

@test "a further user namespace of the container's own" {
	runtime_config '.linux.namespaces += [{"type":"user"}]' \
		'.linux.uidMappings = [{"containerID":7,"hostID":0,"size":1}]' \
		'.linux.gidMappings = [{"containerID":0,"hostID":0,"size":1}]' '.process.user.uid = 7'
	runtime_args id -u
	run in_userns 'rt run -b "$BUNDLE" "$ID"'
	# Root of the namespace is not mapped: becoming it is refused, by name.
	[ "$status" != 0 ]
	runtime_config '.linux.uidMappings[0].containerID = 0' '.process.user.uid = 0'
	run -0 in_userns 'rt run -b "$BUNDLE" "$ID"'
	[ "$output" = 0 ]
}

@test "without any right to mount the error says what to do" {
	chmod -R a+rX "$BUNDLE"
	run ! setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		"$RUNTIME" --root "$BATS_TEST_TMPDIR/nobody" run -b "$BUNDLE" "$ID"
	[[ $output == *"user namespace"* ]]
}

@test "too many namespaces: the limit is named" {
	runtime_config '.linux.namespaces += [{"type":"network"}]'
	run -0 in_userns '
		echo 0 >/proc/sys/user/max_net_namespaces
		rt run -b "$BUNDLE" "$ID" 2>&1 && exit 1
		rt list -q'
	[ "${#lines[@]}" = 1 ]
	[[ ${lines[0]} == *user.max_\*_namespaces*"No space left"* ]]
}
