# SPDX-License-Identifier: Apache-2.0
# features.md, features-linux.md.  The document is optional.

features() {
	rt features >"$T/features" 2>/dev/null || exit "$NONE"
	jq -e . "$T/features" >/dev/null
}

# each JQ: the strings of a list
each() {
	jq -r "$1 // [] | .[]" "$T/features"
}

# F-003: ociVersionMin and ociVersionMax are there
t_features_versions() {
	features
	jq -e '(.ociVersionMin | type == "string") and (.ociVersionMax | type == "string")' "$T/features"
}

version_taken() { # KEY
	local v

	features
	v=$(jq -r ".$1" "$T/features")
	inside ".ociVersion = \"$v\"" 'echo ok'
	out_is ok
}

# F-004: ociVersionMin is taken in config.json
t_features_version_min() { version_taken ociVersionMin; }
# F-005: ociVersionMax is taken in config.json
t_features_version_max() { version_taken ociVersionMax; }

# F-006: ociVersionMax is not below ociVersionMin
t_features_version_order() {
	features
	same "$(jq -r '.ociVersionMin, .ociVersionMax' "$T/features" | sort -V | head -1)" "$(jq -r .ociVersionMin "$T/features")"
}

# F-007: there are no properties that the version does not define
t_features_no_others() {
	features
	jq -e '(keys - ["ociVersionMin","ociVersionMax","hooks","mountOptions","linux","annotations","potentiallyUnsafeConfigAnnotations"] | length == 0)
		and (.linux | keys - ["namespaces","capabilities","cgroup","seccomp","apparmor","selinux","intelRdt","memoryPolicy","mountExtensions","netDevices"] | length == 0)
		and (.linux.cgroup | keys - ["v1","v2","systemd","systemdUser","rdma"] | length == 0)
		and (.linux.seccomp | keys - ["enabled","actions","operators","archs","knownFlags","supportedFlags"] | length == 0)' "$T/features"
}

# F-001: null is not said for an empty value
t_features_no_null() {
	features
	jq -e '[.. | select(. == null)] | length == 0' "$T/features"
}

# F-008: the hooks listed are supported
t_features_hooks() {
	local k filter='.hooks = {}'

	features
	for k in $(each .hooks); do
		case $k in
			startContainer) filter="$filter | .hooks.$k = [{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"echo >/tmp/$k\"],\"env\":[\"PATH=/bin\"]}]" ;;
			*) filter="$filter | .hooks.$k = [{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"echo >$T/ran-$k\"],\"env\":[\"PATH=/bin\"]}]" ;;
		esac
	done
	inside "$filter" 'echo ok'
	rt delete --force "$ID" || :
	for k in $(each .hooks); do
		[ -e "$T/ran-$k" ] || [ -e "$B/rootfs/tmp/$k" ]
	done
}

# F-009: the mount options listed are recognized
t_features_mount_options() {
	local o filter='.'

	features
	mkdir "$T/src"
	for o in $(each .mountOptions); do
		case $o in
			# They name an id map, a remount or take a file's place.
			remount | idmap | ridmap | copy-symlink | src-nofollow | dest-nofollow) continue ;;
			# Options of file systems that not all have.
			acl | noacl | mand | nomand | iversion | noiversion) continue ;;
		esac
		case $o in
			# Of a file system, which a bind does not make.
			async | rasync | sync | rsync | dirsync | rdirsync | rmand | rnomand | lazytime | nolazytime | silent | loud | tmpcopyup)
				filter="$filter | .mounts += [{\"destination\":\"/o/$o\",\"type\":\"tmpfs\",\"source\":\"x\",\"options\":[\"$o\"]}]"
				continue
				;;
		esac
		filter="$filter | .mounts += [{\"destination\":\"/o/$o\",\"type\":\"bind\",\"source\":(\$T + \"/src\"),\"options\":[\"rbind\",\"$o\"]}]"
	done
	inside "$filter" 'echo ok'
	out_is ok
}

# F-010: options that only a file system knows are not listed
t_features_mount_options_own() {
	features
	jq -e '.mountOptions - ["size", "mode", "uid", "gid", "nr_inodes", "data", "errors", "lowerdir", "upperdir", "workdir", "hidepid", "ptmxmode", "newinstance"] == .mountOptions' "$T/features"
}

# F-011: annotations map strings to strings
t_features_annotations() {
	features
	jq -e '(.annotations // {}) | type == "object" and all(.[]; type == "string") and (has("") | not)' "$T/features"
}

# FL-001: the namespaces listed are recognized
t_features_namespaces() {
	local n

	features
	for n in $(each .linux.namespaces); do
		[ "$n" != time ] || [ -e /proc/self/ns/time ] || continue
		up ".linux.namespaces = (.linux.namespaces | map(select(.type != \"$n\"))) + [{\"type\":\"$n\"}] |
			if \"$n\" == \"user\" then .linux.uidMappings = [{\"containerID\":0,\"hostID\":100000,\"size\":65536}] |
			.linux.gidMappings = [{\"containerID\":0,\"hostID\":100000,\"size\":65536}] else . end" sleep 1000
		rt delete --force "$ID"
	done
}

# FL-002: the capabilities listed are recognized: none is warned about that this kernel has
t_features_capabilities() {
	local last

	features
	last=$(cat /proc/sys/kernel/cap_last_cap)
	(($(each .linux.capabilities | wc -l) >= last))
	inside ".process.capabilities.bounding = $(jq -c .linux.capabilities "$T/features")" 'echo ok'
	if grep -iq unknown "$T/err"; then return 1; fi
}

seccomp_recognized() { # LIST FILTER: %s stands for the word
	local w

	features
	jq -e .linux.seccomp.enabled "$T/features" || exit "$NONE"
	for w in $(each ".linux.seccomp.$1"); do
		# shellcheck disable=SC2059
		up ".linux.seccomp = $(printf "$2" "$w")" sleep 1000
		rt delete --force "$ID"
	done
}

# FL-003: the actions listed are recognized
t_features_seccomp_actions() {
	# A notify descriptor needs a listener: that is t_seccomp_listener_fd.
	features
	each .linux.seccomp.actions | grep -v NOTIFY >"$T/actions"
	while read -r a; do
		up ".linux.seccomp = {\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"swapon\"],\"action\":\"$a\"}]}" sleep 1000 ||
			[ "$a" = SCMP_ACT_ALLOW ]
		rt delete --force "$ID"
	done <"$T/actions"
}

# FL-004: the operators listed are recognized
t_features_seccomp_operators() {
	seccomp_recognized operators '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["swapon"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":1,"valueTwo":1,"op":"%s"}]}]}'
}

# FL-005: the architectures listed are recognized
t_features_seccomp_archs() {
	local a

	features
	for a in $(each .linux.seccomp.archs); do
		# An architecture of the other byte order has no place in a filter of this machine.
		up ".linux.seccomp = {\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"$a\"],\"syscalls\":[{\"names\":[\"swapon\"],\"action\":\"SCMP_ACT_ERRNO\"}]}" sleep 1000 ||
			grep -iq 'out of domain' "$T/err"
		rt delete --force "$ID"
	done
}

# FL-006: the flags listed as supported are recognized and work
t_features_seccomp_flags() {
	seccomp_recognized supportedFlags '{"defaultAction":"SCMP_ACT_ALLOW","flags":["%s"],"syscalls":[{"names":["swapon"],"action":"SCMP_ACT_ERRNO"}]}'
}

# FL-007: the known flags are those supported and perhaps more
t_features_seccomp_known_flags() {
	features
	jq -e '(.linux.seccomp.supportedFlags // []) - (.linux.seccomp.knownFlags // []) | length == 0' "$T/features"
}

# FL-008: mountExtensions.idmap.enabled when uidMappings of mounts are used
t_features_idmap() {
	features
	jq -e '.linux.mountExtensions.idmap | has("enabled")' "$T/features"
	[ "$(jq .linux.mountExtensions.idmap.enabled "$T/features")" = true ] || exit "$NONE"
	mkdir "$T/src"
	chown 1000:1001 "$T/src"
	inside '.mounts += [{"destination":"/m","type":"bind","source":($T + "/src"),"options":["bind","idmap"],
		"uidMappings":[{"containerID":1000,"hostID":7,"size":1}],
		"gidMappings":[{"containerID":1001,"hostID":8,"size":1}]}]' 'stat -c %u:%g /m'
	out_is 7:8
}
