# SPDX-License-Identifier: Apache-2.0
# config.md: version, root, mounts.

# C-001: ociVersion is there
t_version_required() {
	refused 'del(.ociVersion)'
}

# C-002: ociVersion has the form of SemVer 2.0.0
t_version_semver() {
	refused '.ociVersion = "one"'
	refused '.ociVersion = "1"'
}

# C-003: every 1.x up to the newest known is taken
t_version_one_taken() {
	local v

	for v in 1.0.0 1.0.2-dev 1.0.2; do
		inside ".ociVersion = \"$v\"" 'echo ok'
		out_is ok
	done
}

# C-004: another major version is an error
t_version_other_major() {
	refused '.ociVersion = "2.0.0"'
}

# C-005: root is there
t_root_required() {
	refused 'del(.root)'
}

# C-006: root.path is there
t_root_path_required() {
	refused 'del(.root.path)'
}

# C-007: root.path is absolute
t_root_path_absolute() {
	inside '.root.path = $B + "/rootfs"' 'cat /cover/file'
	out_is covered
}

# C-008: or relative to the bundle
t_root_path_relative() {
	mv "$B/rootfs" "$B/other"
	inside '.root.path = "other"' 'cat /cover/file'
	out_is covered
}

# C-009: a directory exists at root.path: nothing there is an error
t_root_missing() {
	refused '.root.path = "nosuch"'
}

# C-010: a directory exists at root.path: a file there is an error
t_root_is_file() {
	echo x >"$B/file"
	refused '.root.path = "file"'
}

# C-011: readonly makes the root read-only inside
t_root_readonly() {
	inside '.root.readonly = true' 'touch /x 2>/dev/null && echo written; echo end'
	out_is end
	[ ! -e "$B/rootfs/x" ]
}

# C-012: readonly is false when not given
t_root_writable() {
	inside . 'touch /x'
	[ -e "$B/rootfs/x" ]
}

# C-014: mounts are made in the order listed
t_mounts_in_order() {
	mkdir -p "$T/a/sub" "$T/b"
	echo a >"$T/a/sub/f"
	echo b >"$T/b/f"
	inside '.mounts += [{"destination":"/m","type":"bind","source":($T + "/a"),"options":["bind"]},
		{"destination":"/m/sub","type":"bind","source":($T + "/b"),"options":["bind"]},
		{"destination":"/n/sub","type":"bind","source":($T + "/b"),"options":["bind"]},
		{"destination":"/n","type":"bind","source":($T + "/a"),"options":["bind"]}]' 'cat /m/sub/f /n/sub/f'
	out_is 'b
a'
}

# C-015: a mount has a destination
t_mount_destination_required() {
	refused '.mounts += [{"type":"tmpfs","source":"tmpfs"}]'
}

# C-016: a relative destination is taken from /
t_mount_destination_relative() {
	inside '.process.cwd = "/tmp" | .mounts += [{"destination":"rel/dir","type":"tmpfs","source":"tmpfs"}]' \
		'grep -c " /rel/dir " /proc/self/mountinfo'
	out_is 1
}

# C-017: the source of a bind may be absolute
t_mount_source_absolute() {
	mkdir "$T/src"
	echo abs >"$T/src/f"
	inside '.mounts += [{"destination":"/m","type":"bind","source":($T + "/src"),"options":["bind"]}]' 'cat /m/f'
	out_is abs
}

# C-018: or relative to the bundle
t_mount_source_relative() {
	mkdir "$B/src"
	echo rel >"$B/src/f"
	inside '.mounts += [{"destination":"/m","type":"bind","source":"src","options":["bind"]}]' 'cat /m/f'
	out_is rel
}

# C-019: bind or rbind among the options makes a bind, whatever the type
t_mount_bind_by_option() {
	mkdir "$T/src"
	echo bound >"$T/src/f"
	inside '.mounts += [{"destination":"/m","type":"none","source":($T + "/src"),"options":["bind"]},
		{"destination":"/n","type":"tmpfs","source":($T + "/src"),"options":["rbind"]},
		{"destination":"/o","source":($T + "/src"),"options":["rbind"]}]' 'cat /m/f /n/f /o/f'
	out_is 'bound
bound
bound'
}

# C-020: a file can be bound
t_mount_bind_file() {
	echo text >"$T/f"
	inside '.mounts += [{"destination":"/etc/new","type":"bind","source":($T + "/f"),"options":["bind"]}]' 'cat /etc/new'
	out_is text
}

# C-087: the type names a file system of the kernel
t_mount_type() {
	inside '.mounts += [{"destination":"/m","type":"tmpfs","source":"name"}]' 'grep -c "^name /m tmpfs" /proc/mounts'
	out_is 1
}

# C-088: a type that the kernel does not have is an error
t_mount_type_unknown() {
	refused '.mounts += [{"destination":"/m","type":"nosuchfs","source":"x"}]'
}

# C-021: options of the file system itself go to the kernel as data
t_mount_data() {
	inside '.mounts += [{"destination":"/m","type":"tmpfs","source":"x","options":["size=1m","mode=711","nr_inodes=77"]}]' \
		'stat -c %a /m; grep " /m " /proc/mounts'
	grep -qx 711 "$T/out"
	grep -q 'size=1024k,nr_inodes=77' "$T/out"
}

# C-022: an option that nobody knows goes there too, and the kernel's refusal is an error
t_mount_data_unknown() {
	refused '.mounts += [{"destination":"/m","type":"tmpfs","source":"x","options":["nosuchoption=1"]}]'
}

# C-023: an option outside the table that mount(8) knows acts as there (mand, nomand: taken)
t_mount_option_of_mount8() {
	inside '.mounts += [{"destination":"/m","type":"tmpfs","source":"x","options":["nomand"]}]' 'echo ok'
	out_is ok
}

idmapped() {
	mkdir "$T/src"
	chown 1000:1001 "$T/src"
	inside ".mounts += [{\"destination\":\"/m\",\"type\":\"bind\",\"source\":(\$T + \"/src\"),\"options\":$1,
		\"uidMappings\":[{\"containerID\":1000,\"hostID\":7,\"size\":1}],
		\"gidMappings\":[{\"containerID\":1001,\"hostID\":8,\"size\":1}]}]" 'stat -c %u:%g /m'
	out_is 7:8
}

# C-024: idmap: the mount is id-mapped, with the mount's own mappings when it has them
t_idmap_own() {
	idmapped '["bind", "idmap"]'
}

# C-025: ridmap: the same for the mounts below
t_idmap_recursive() {
	idmapped '["rbind", "ridmap"]'
}

# C-026: idmap without mappings and without a user namespace is an error
t_idmap_nothing_to_map() {
	mkdir "$T/src"
	refused '.mounts += [{"destination":"/m","type":"bind","source":($T + "/src"),"options":["bind","idmap"]}]'
}

# C-027: ridmap without mappings and without a user namespace is an error
t_ridmap_nothing_to_map() {
	mkdir "$T/src"
	refused '.mounts += [{"destination":"/m","type":"bind","source":($T + "/src"),"options":["rbind","ridmap"]}]'
}

# C-089: uidMappings of a mount come with gidMappings
t_idmap_uid_alone() {
	mkdir "$T/src"
	refused '.mounts += [{"destination":"/m","type":"bind","source":($T + "/src"),"options":["bind","idmap"],
		"uidMappings":[{"containerID":0,"hostID":7,"size":1}]}]'
}

# C-090: gidMappings of a mount come with uidMappings
t_idmap_gid_alone() {
	mkdir "$T/src"
	refused '.mounts += [{"destination":"/m","type":"bind","source":($T + "/src"),"options":["bind","idmap"],
		"gidMappings":[{"containerID":0,"hostID":7,"size":1}]}]'
}
