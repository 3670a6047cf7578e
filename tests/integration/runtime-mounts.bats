#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mounts add and remove: the mounts of a container that is there.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	DIR=$BATS_TEST_TMPDIR/source
	DOC=$BATS_TEST_TMPDIR/mounts.json
	mkdir -p "$DIR"
	echo from outside >"$DIR/file"
	runtime_args sleep 1000
}
teardown() { runtime_teardown; }

container() {
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
}

# A document of these mounts, each a JSON object.
document() {
	jq -cn '{mounts: $ARGS.positional}' --jsonargs -- "$@" >"$DOC"
}

inside() {
	rt exec "$ID" "$@" </dev/null
}

mounted() {
	inside grep -c " $1 " /proc/self/mountinfo
}

recorded() {
	jq -r '.addedMounts // [] | join(" ")' "$RT_ROOT/$ID/state.json"
}

@test "binds and new file systems come and go" {
	container
	document "{\"destination\":\"/mnt/a\",\"source\":\"$DIR\",\"type\":\"bind\",\"options\":[\"rbind\",\"ro\"]}" \
		"{\"destination\":\"/mnt/one\",\"source\":\"$DIR/file\",\"options\":[\"bind\"]}" \
		'{"destination":"/mnt/t","source":"tmpfs","type":"tmpfs","options":["size=64k","noexec"]}' \
		'{"destination":"/mnt/t/below","source":"tmpfs","type":"tmpfs"}'
	rt mounts add "$ID" "$DOC"
	[ "$(inside cat /mnt/a/file)" = 'from outside' ]
	run ! inside touch /mnt/a/new
	[ "$(inside cat /mnt/one)" = 'from outside' ]
	inside grep ' /mnt/t ' /proc/self/mountinfo | grep noexec | grep -q size=64k
	inside touch /mnt/t/below/x
	[ "$(recorded)" = '/mnt/a /mnt/one /mnt/t /mnt/t/below' ]
	# For the first process too, and for nobody outside.
	grep -q ' /mnt/t/below ' "/proc/$(rt state "$ID" | jq .pid)/mountinfo"
	run ! grep -q "$BUNDLE" /proc/self/mountinfo
	rt mounts remove "$ID" "$DOC"
	run ! inside grep /mnt/ /proc/self/mountinfo
	[ -z "$(recorded)" ]
	[ -e "$DIR/file" ]
}

@test "the list alone, from stdin; one over the other" {
	container
	for n in 1 2; do
		echo "[{\"destination\":\"mnt/s\",\"source\":\"s$n\",\"type\":\"tmpfs\"}]" | rt mounts add "$ID" -
	done
	[ "$(mounted /mnt/s)" -eq 2 ]
	[ "$(recorded)" = '/mnt/s /mnt/s' ]
	for left in 1 0; do
		echo '[{"destination":"/mnt/s"}]' | rt mounts remove "$ID" -
		[ "$(mounted /mnt/s)" -eq "$left" ]
	done
	run -1 rt mounts remove "$ID" - <<<'[{"destination":"/mnt/s"}]'
	[[ $output == *"nothing is mounted on '/mnt/s'"* ]]
}

@test "all or none: a mount that fails takes those before it along" {
	local before

	container
	before=$(inside cat /proc/self/mountinfo)
	document "{\"destination\":\"/mnt/a\",\"source\":\"$DIR\",\"type\":\"bind\"}" \
		"{\"destination\":\"/mnt/f\",\"source\":\"$DIR/file\",\"type\":\"bind\"}" \
		'{"destination":"/mnt/t","type":"tmpfs"}' \
		'{"destination":"/mnt/t/no","type":"tmpfs","options":["size=nonsense"]}'
	run -1 rt mounts add "$ID" "$DOC"
	[[ $output == *nonsense* && $output != *"stays mounted"* ]]
	[ "$(inside cat /proc/self/mountinfo)" = "$before" ]
	[ -z "$(recorded)" ]
	# What can be known before is refused before anything is mounted or recorded.
	document '{"destination":"/mnt/t","type":"tmpfs"}' \
		'{"destination":"/mnt/x","source":"/nonexistent","type":"bind"}'
	run -1 rt mounts add "$ID" "$DOC"
	[[ $output == */nonexistent* ]]
	[ "$(inside cat /proc/self/mountinfo)" = "$before" ]
}

@test "file systems are of the container's namespaces" {
	runtime_config '.linux.namespaces += [{"type":"user"}]' \
		'.linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}]' \
		'.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}]' '.linux.resources = {}'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE"
	container
	document '{"destination":"/mnt/mq","source":"mqueue","type":"mqueue"}' \
		'{"destination":"/mnt/proc","source":"proc","type":"proc"}' \
		'{"destination":"/mnt/pts","source":"devpts","type":"devpts","options":["newinstance","gid=5"]}' \
		"{\"destination\":\"/mnt/idmapped\",\"source\":\"$DIR\",\"options\":[\"bind\",\"idmap\"]}"
	rt mounts add "$ID" "$DOC"
	[ "$(inside cat /mnt/proc/1/comm)" = sleep ]
	inside touch /mnt/mq/queue
	[ "$(inside stat -c %u /mnt/idmapped/file)" = 0 ]
	rt mounts remove "$ID" <(echo '[{"destination":"/mnt/mq"},{"destination":"/mnt/idmapped"}]')
	[ "$(mounted /mnt/mq)" -eq 0 ]
}

@test "a created and a paused container" {
	document '{"destination":"/mnt/t","type":"tmpfs"}'
	rt create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt mounts add "$ID" "$DOC"
	rt start "$ID"
	[ "$(mounted /mnt/t)" -eq 1 ]
	rt pause "$ID"
	rt mounts remove "$ID" "$DOC"
	rt mounts add "$ID" <(echo '[{"destination":"/mnt/u","type":"tmpfs"}]')
	rt resume "$ID"
	[ "$(mounted /mnt/t)$(mounted /mnt/u)" = 01 ]
}

@test "links of the image lead nowhere outside, and unmask nothing" {
	ln -s /etc "$BUNDLE/rootfs/link"
	ln -s / "$BUNDLE/rootfs/top"
	ln -s /proc/version "$BUNDLE/rootfs/mask"
	runtime_config '.linux.maskedPaths += ["/proc/version"]'
	container
	document '{"destination":"/link/deep","type":"tmpfs"}'
	rt mounts add "$ID" "$DOC"
	[ "$(mounted /etc/deep)" -eq 1 ]
	[ ! -e /etc/deep ]
	rt mounts remove "$ID" "$DOC"
	[ "$(mounted /etc/deep)" -eq 0 ]
	for at in /mask /proc/version /sys /top/proc/version; do
		document "{\"destination\":\"$at\"}"
		run -1 rt mounts remove "$ID" "$DOC"
		[[ $output == *"'$at' may be a mask"* ]]
	done
	for at in / /top /link/..; do
		document "{\"destination\":\"$at\"}"
		run -1 rt mounts remove "$ID" "$DOC"
		[[ $output == *"is the container's root"* ]]
	done
	# One of config.json may go.
	document '{"destination":"/dev/shm"}'
	rt mounts remove "$ID" "$DOC"
	[ "$(mounted /dev/shm)" -eq 0 ]
	# What was added may go anywhere.
	document "{\"destination\":\"/proc/uptime\",\"source\":\"$DIR/file\",\"type\":\"bind\"}"
	rt mounts add "$ID" "$DOC"
	[ "$(inside cat /proc/uptime)" = 'from outside' ]
	rt mounts remove "$ID" "$DOC"
	[ "$(inside cat /proc/uptime)" != 'from outside' ]
}

@test "an add that was killed before it mounted is forgotten by remove" {
	local state=$RT_ROOT/$ID/state.json

	container
	jq -c '.addedMounts = ["/mnt/never"]' "$state" >"$state.new"
	mv "$state.new" "$state"
	document '{"destination":"/mnt/never"}'
	rt mounts remove "$ID" "$DOC"
	[ -z "$(recorded)" ]
	run -1 rt mounts remove "$ID" "$DOC"
}

@test "what is wrong is named" {
	document '{"destination":"/mnt/t","type":"tmpfs"}'
	run -1 rt mounts add nosuch "$DOC"
	[[ $output == *"container does not exist: 'nosuch'"* ]]
	container
	run -1 rt mounts move "$ID" "$DOC"
	[[ $output == *"'move' is neither add nor remove"* ]]
	run -1 rt mounts add "$ID"
	[[ $output == *"usage: coracle-runtime mounts add|remove ID FILE"* ]]
	run -1 rt mounts add "$ID" /nonexistent
	[[ $output == */nonexistent* ]]
	run -1 rt mounts add "$ID" - <<<'{}'
	[[ $output == *.mounts* ]]
	run -1 rt mounts add "$ID" - <<<'[{"type":"tmpfs"}]'
	[[ $output == *destination* ]]
	run -1 rt mounts add "$ID" - <<<'[{"destination":"/proc/x","type":"tmpfs"}]'
	[[ $output == *"inside /proc"* ]]
	run -1 rt mounts add "$ID" - <<<'[{"destination":"/mnt","options":["remount","ro"]}]'
	[[ $output == *"'remount' cannot be done to a container that is there"* ]]
	run -1 rt mounts add "$ID" - <<<"[{\"destination\":\"/mnt/l\",\"source\":\"$DIR\",\"options\":[\"bind\",\"copy-symlink\"]}]"
	[[ $output == *"'copy-symlink' cannot"* ]]
	rt kill "$ID" KILL
	until_ok runtime_status_is "$ID" stopped
	run -1 rt mounts add "$ID" "$DOC"
	[[ $output == *"cannot change mounts in a stopped container"* ]]
	rt delete "$ID"
	runtime_config 'del(.linux.namespaces[] | select(.type == "mount"))' '.mounts = []' \
		'.linux.maskedPaths = []' '.linux.readonlyPaths = []'
	container
	run -1 rt mounts add "$ID" "$DOC"
	[[ $output == *"has no mount namespace of its own"* ]]
}
