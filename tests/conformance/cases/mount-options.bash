# SPDX-License-Identifier: Apache-2.0
# config.md: the table of mount options, one test each.

# tmpfs NAME OPTIONS PATTERN: the mount's options in mountinfo (of the mount, then of the file system) match.
tmpfs_has() {
	inside ".mounts += [{\"destination\":\"/m\",\"type\":\"tmpfs\",\"source\":\"x\",\"options\":$1}]" \
		'grep " /m " /proc/self/mountinfo'
	grep -Eq "$2" "$T/out" || {
		cat "$T/out" >&2
		return 1
	}
}

tmpfs_lacks() {
	tmpfs_has "$1" ' /m '
	if grep -Eq "$2" "$T/out"; then
		cat "$T/out" >&2
		return 1
	fi
}

# bind_has OPTIONS PATTERN [PATTERN OF THE MOUNT BELOW]: a bind of $T/src, below which there is a tmpfs.
bind_has() {
	mkdir -p "$T/src/sub"
	mount -t tmpfs -o "${SUB:-rw}" sub "$T/src/sub"
	if inside ".mounts += [{\"destination\":\"/m\",\"type\":\"bind\",\"source\":(\$T + \"/src\"),\"options\":$1}]" \
		'grep -E " /m(/sub)? " /proc/self/mountinfo'; then
		umount "$T/src/sub"
	else
		umount "$T/src/sub"
		return 1
	fi
	grep -Eq " /m $2" "$T/out" && { [ -z "${3:-}" ] || grep -Eq " /m/sub $3" "$T/out"; } || {
		cat "$T/out" >&2
		return 1
	}
}

# C-028: async
t_option_async() { tmpfs_lacks '["sync","async"]' 'sync'; }
# C-029: atime
t_option_atime() { tmpfs_lacks '["noatime","atime"]' 'noatime'; }
# C-030: bind: without the mounts below
t_option_bind() {
	bind_has '["bind"]' 'rw'
	if grep -q ' /m/sub ' "$T/out"; then return 1; fi
}
# C-031: defaults
t_option_defaults() { tmpfs_has '["defaults"]' ' /m rw'; }
# C-032: dev
t_option_dev() { tmpfs_lacks '["nodev","dev"]' 'nodev'; }
# C-033: diratime
t_option_diratime() { tmpfs_lacks '["nodiratime","diratime"]' 'nodiratime'; }
# C-034: dirsync
t_option_dirsync() { tmpfs_has '["dirsync"]' 'dirsync'; }
# C-035: exec
t_option_exec() { tmpfs_lacks '["noexec","exec"]' 'noexec'; }
# C-036: iversion
t_option_iversion() { tmpfs_has '["iversion"]' ' /m rw'; }
# C-037: lazytime
t_option_lazytime() { tmpfs_has '["lazytime"]' 'lazytime'; }
# C-038: loud
t_option_loud() { tmpfs_has '["loud"]' ' /m rw'; }
# C-039: noatime
t_option_noatime() { tmpfs_has '["noatime"]' 'noatime'; }
# C-040: nodev
t_option_nodev() { tmpfs_has '["nodev"]' 'nodev'; }
# C-041: nodiratime
t_option_nodiratime() { tmpfs_has '["nodiratime"]' 'nodiratime'; }
# C-042: noexec
t_option_noexec() { tmpfs_has '["noexec"]' 'noexec'; }
# C-043: noiversion
t_option_noiversion() { tmpfs_has '["noiversion"]' ' /m rw'; }
# C-044: nolazytime
t_option_nolazytime() { tmpfs_lacks '["lazytime","nolazytime"]' 'lazytime'; }
# C-045: norelatime
t_option_norelatime() { tmpfs_has '["norelatime"]' ' /m rw'; }
# C-046: nostrictatime
t_option_nostrictatime() { tmpfs_has '["nostrictatime"]' ' /m rw'; }
# C-047: nosuid
t_option_nosuid() { tmpfs_has '["nosuid"]' 'nosuid'; }
# C-048: nosymfollow
t_option_nosymfollow() { tmpfs_has '["nosymfollow"]' 'nosymfollow'; }
# C-049: private
t_option_private() { bind_has '["bind","private"]' 'rw[a-z,]* - '; }
# C-050: ratime
t_option_ratime() { bind_has '["rbind","ratime"]' 'rw' 'rw'; }
# C-051: rbind: with the mounts below
t_option_rbind() { bind_has '["rbind"]' 'rw' 'rw'; }
# C-052: rdev
t_option_rdev() {
	SUB=nodev bind_has '["rbind","rdev"]' 'rw' 'rw'
	if grep -q 'nodev' "$T/out"; then return 1; fi
}
# C-053: rdiratime
t_option_rdiratime() {
	SUB=nodiratime bind_has '["rbind","rdiratime"]' 'rw' 'rw'
	if grep -q 'nodiratime' "$T/out"; then return 1; fi
}
# C-054: relatime
t_option_relatime() { tmpfs_has '["relatime"]' 'relatime'; }
# C-055: remount
t_option_remount() {
	inside '.mounts += [{"destination":"/m","type":"tmpfs","source":"x","options":["mode=755"]},
		{"destination":"/m","type":"tmpfs","source":"x","options":["remount","ro","mode=755"]}]' \
		'grep " /m " /proc/self/mountinfo'
	same "$(wc -l <"$T/out")" 1
	grep -Eq ' /m ro|- tmpfs x ro' "$T/out"
}
# C-056: rexec
t_option_rexec() {
	SUB=noexec bind_has '["rbind","rexec"]' 'rw' 'rw'
	if grep -q 'noexec' "$T/out"; then return 1; fi
}
# C-057: rnoatime
t_option_rnoatime() { bind_has '["rbind","rnoatime"]' 'rw,noatime' 'rw,noatime'; }
# C-058: rnodiratime
t_option_rnodiratime() { bind_has '["rbind","rnodiratime"]' 'rw,[a-z,]*nodiratime' 'rw,[a-z,]*nodiratime'; }
# C-059: rnoexec
t_option_rnoexec() { bind_has '["rbind","rnoexec"]' 'rw,[a-z,]*noexec' 'rw,[a-z,]*noexec'; }
# C-060: rnorelatime
t_option_rnorelatime() { bind_has '["rbind","rnorelatime"]' 'rw' 'rw'; }
# C-061: rnostrictatime
t_option_rnostrictatime() { bind_has '["rbind","rnostrictatime"]' 'rw' 'rw'; }
# C-062: rnosuid
t_option_rnosuid() { bind_has '["rbind","rnosuid"]' 'rw,[a-z,]*nosuid' 'rw,[a-z,]*nosuid'; }
# C-063: rnosymfollow
t_option_rnosymfollow() { bind_has '["rbind","rnosymfollow"]' 'rw,[a-z,]*nosymfollow' 'rw,[a-z,]*nosymfollow'; }
# C-064: ro
t_option_ro() { tmpfs_has '["ro"]' ' /m ro'; }
# C-065: ro, for a bind
t_option_ro_bind() { bind_has '["bind","ro"]' 'ro'; }
# C-066: rprivate
t_option_rprivate() { bind_has '["rbind","rprivate"]' 'rw[a-z,]* - ' 'rw[a-z,]* - '; }
# C-067: rrelatime
t_option_rrelatime() { SUB=noatime bind_has '["rbind","rrelatime"]' 'rw,[a-z,]*relatime' 'rw,[a-z,]*relatime'; }
# C-068: rro
t_option_rro() { bind_has '["rbind","rro"]' 'ro' 'ro'; }
# C-069: rrw
t_option_rrw() { SUB=ro bind_has '["rbind","rrw"]' 'rw' 'rw'; }
# C-070: rshared
t_option_rshared() { bind_has '["rbind","rshared"]' '.*shared:' '.*shared:'; }
# C-071: rslave
t_option_rslave() { slave rslave; }
# C-072: rstrictatime
t_option_rstrictatime() {
	SUB=noatime bind_has '["rbind","rstrictatime"]' 'rw' 'rw'
	if grep -E '(rel|no)atime' "$T/out" >&2; then return 1; fi
}
# C-073: rsuid
t_option_rsuid() {
	SUB=nosuid bind_has '["rbind","rsuid"]' 'rw' 'rw'
	if grep -q 'nosuid' "$T/out"; then return 1; fi
}
# C-074: rsymfollow
t_option_rsymfollow() {
	SUB=nosymfollow bind_has '["rbind","rsymfollow"]' 'rw' 'rw'
	if grep -q 'nosymfollow' "$T/out"; then return 1; fi
}
# C-075: runbindable
t_option_runbindable() { bind_has '["rbind","runbindable"]' '.*unbindable' '.*unbindable'; }
# C-076: rw
t_option_rw() { tmpfs_has '["ro","rw"]' ' /m rw'; }
# C-077: shared
t_option_shared() { bind_has '["bind","shared"]' '.*shared:'; }
# C-078: silent
t_option_silent() { tmpfs_has '["silent"]' ' /m rw'; }

# A slave has a master: the source is a shared mount.
slave() {
	mkdir "$T/src"
	mount -t tmpfs shared "$T/src"
	mount --make-shared "$T/src"
	if inside ".linux.rootfsPropagation = \"rslave\" | .mounts += [{\"destination\":\"/m\",\"type\":\"bind\",
		\"source\":(\$T + \"/src\"),\"options\":[\"rbind\",\"$1\"]}]" 'grep " /m " /proc/self/mountinfo'; then
		umount "$T/src"
	else
		umount "$T/src"
		return 1
	fi
	grep -q master: "$T/out" || {
		cat "$T/out" >&2
		return 1
	}
}

# C-079: slave
t_option_slave() { slave slave; }
# C-080: strictatime
t_option_strictatime() { tmpfs_lacks '["strictatime"]' 'relatime|noatime'; }
# C-081: suid
t_option_suid() { tmpfs_lacks '["nosuid","suid"]' 'nosuid'; }
# C-082: symfollow
t_option_symfollow() { tmpfs_lacks '["nosymfollow","symfollow"]' 'nosymfollow'; }
# C-083: sync
t_option_sync() { tmpfs_has '["sync"]' '[ ,]sync'; }
# C-084: unbindable
t_option_unbindable() { bind_has '["bind","unbindable"]' '.*unbindable'; }
