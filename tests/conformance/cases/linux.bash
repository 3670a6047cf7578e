# SPDX-License-Identifier: Apache-2.0
# config-linux.md: Intel RDT, sysctl, propagation, masked and read-only paths, labels, personality.

# L-117: intelRdt without a mounted resctrl is an error
t_rdt_without_resctrl() {
	if grep -q ' resctrl ' /proc/mounts; then lacks "a machine without resctrl"; fi
	refused '.linux.intelRdt = {"closID":"conform","l3CacheSchema":"L3:0=f"}'
}

# L-129: sysctls are set in the container's namespaces
t_sysctl() {
	local before

	before=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax)
	inside '.linux.sysctl = {"net.ipv4.ip_forward":"1","kernel.msgmax":"4242"}' 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax'
	out_is '1
4242'
	same "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax)" "$before"
}

# L-130: one that is the host's alone is not set there: an error
t_sysctl_of_host() {
	refused '.linux.sysctl = {"vm.swappiness":"1"}'
	refused '.linux.sysctl = {"net.ipv4.ip_forward":"0"} | .linux.namespaces |= map(select(.type != "network"))'
}

propagation() { # VALUE
	inside ".linux.rootfsPropagation = \"$1\"" 'while read -r id parent dev root point rest; do
		[ "$point" != / ] || echo "$rest"; done </proc/self/mountinfo'
}

# L-181: shared: a peer group
t_propagation_shared() {
	propagation shared
	grep -q 'shared:' "$T/out"
}

# L-182: shared is not shared with the host
t_propagation_shared_not_host() {
	inside '.linux.rootfsPropagation = "shared" | .process.capabilities = (["CAP_SYS_ADMIN"] | {bounding: ., effective: ., permitted: .}) |
		.linux.namespaces |= map(select(.type != "user"))' 'mkdir /here && mount -t tmpfs in /here && grep -c " /here " /proc/self/mountinfo'
	out_is 1
	if grep -q "$B/rootfs/here" /proc/self/mountinfo; then return 1; fi
}

# L-183: slave: what the host mounts below is seen, not the other way round
t_propagation_slave() {
	mount --bind "$B/rootfs" "$B/rootfs"
	mount --make-shared "$B/rootfs"
	# Propagation is done when mount returns.
	if started '.linux.rootfsPropagation = "rslave"' sleep 1000 && mount -t tmpfs out "$B/rootfs/var" &&
		grep ' /var .*master:' "/proc/$(pid)/mountinfo"; then
		SLAVE=ok
	fi
	rt delete --force "$ID" || :
	umount "$B/rootfs/var" || :
	umount "$B/rootfs"
	same "${SLAVE:-}" ok
}

# L-184: private: no group, no master
t_propagation_private() {
	propagation private
	if grep -Eq 'shared:|master:|unbindable' "$T/out"; then return 1; fi
}

# L-185: unbindable
t_propagation_unbindable() {
	propagation unbindable
	grep -q unbindable "$T/out"
}

# L-186: a masked file cannot be read
t_masked_file() {
	inside '.linux.maskedPaths = ["/cover/file", "/proc/keys"]' 'cat /cover/file /proc/keys | wc -c'
	out_is 0
}

# L-187: nor what is in a masked directory
t_masked_directory() {
	inside '.linux.maskedPaths = ["/cover"]' 'ls -A /cover | wc -l; touch /cover/x 2>/dev/null && echo written; true'
	out_is 0
}

# L-188: a path that does not exist is no error
t_masked_absent() {
	inside '.linux.maskedPaths = ["/no/such"]' 'echo ok'
	out_is ok
}

# L-189: a path that is not absolute is an error
t_masked_relative() {
	refused '.linux.maskedPaths = ["cover/file"]'
}

# L-190: read-only paths cannot be written
t_readonly_paths() {
	inside '.linux.readonlyPaths = ["/cover", "/etc/passwd", "/proc/sys"]' '
		(echo x >/cover/sub/x) 2>/dev/null && echo 1; (echo x >>/etc/passwd) 2>/dev/null && echo 2
		(echo 0 >/proc/sys/net/ipv4/ip_forward) 2>/dev/null && echo 3; cat /cover/file'
	out_is covered
}

# L-191: a path that is not absolute is an error
t_readonly_relative() {
	refused '.linux.readonlyPaths = ["cover"]'
}

# L-192: mountLabel is applied or is an error (this kernel has no SELinux)
t_mount_label_absent() {
	[ ! -d /sys/fs/selinux ] || [ -z "$(ls /sys/fs/selinux)" ] || lacks "a kernel without SELinux"
	refused '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
}

# L-194: LINUX32
t_personality_linux32() {
	[ "$(uname -m)" = x86_64 ] || lacks "x86-64"
	inside '.linux.personality = {"domain":"LINUX32"}' 'uname -m'
	out_is i686
}

# L-195: LINUX
t_personality_linux() {
	inside '.linux.personality = {"domain":"LINUX"}' 'uname -m'
	out_is "$(uname -m)"
}

# L-196: domain is there
t_personality_domain_required() {
	refused '.linux.personality = {"flags":[]}'
}

# L-197: there are no flags: one is an error
t_personality_flags() {
	refused '.linux.personality = {"domain":"LINUX","flags":["ADDR_NO_RANDOMIZE"]}'
}
