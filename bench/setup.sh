# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What the benchmark scripts share; sourced by them with $here (this directory) set, as
#
#	. "$here/setup.sh"
#
# Gives a mount namespace of its own in which a hybrid machine's v2 cgroup tree is unmounted
# (Debian's crun knows no hybrid layout, and all shall meet the same), $tmp, removed at exit with
# every container below it, and the functions below.

BUILD=${BUILD:-$here/../build}

if [ "$(id -u)" -ne 0 ]; then
	echo "bench: namespaces, mounts and cgroups need root" >&2
	exit 1
fi
if [ "${BENCH_INSIDE:-}" != 1 ]; then
	BENCH_INSIDE=1 exec unshare -m --propagation private "$0" "$@"
fi
if [ "$(stat -f -c %T /sys/fs/cgroup/unified 2>/dev/null)" = cgroup2fs ]; then
	umount /sys/fs/cgroup/unified
fi

BUILD=$(cd "$BUILD" && pwd) || exit 1
PATH=$BUILD:$BUILD/bench:$BUILD/src/cmd:$PATH:/usr/sbin:/sbin
export PATH
interleave=$BUILD/bench/interleave
floor=$BUILD/bench/floor
tmp=$(mktemp -d /var/tmp/coracle-bench-XXXXXX)
podman="podman --root $tmp/podman --runroot $tmp/podman-run --cgroup-manager cgroupfs --log-level error"
coracle="coracle --root $tmp/coracle --runroot $tmp/coracle-run --cgroup-manager cgroupfs"
# shellcheck disable=SC2034 # used by those who source this
image=localhost/coracle-bench

have() {
	command -v "$1" >/dev/null 2>&1
}

# skip SECTION REASON
skip() {
	echo "$1: skipped: $2"
}

cleanup() {
	have podman && $podman rm -fa -t 0 >/dev/null 2>&1
	have coracle && $coracle rm -fa -t 0 >/dev/null 2>&1
	for runtime in crun runc coracle-runtime; do
		have "$runtime" || continue
		for id in $("$runtime" --root "$tmp/$runtime" list -q 2>/dev/null); do
			"$runtime" --root "$tmp/$runtime" delete -f "$id" 2>/dev/null
		done
	done
	# Overlay and container mounts below, deepest first.
	awk -v t="$tmp/" 'index($5, t) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while read -r m; do umount -l "$m"; done
	rm -rf --one-file-system "$tmp"
	rmdir /sys/fs/cgroup/*/coracle-bench 2>/dev/null
}
trap cleanup EXIT
trap 'exit 130' INT TERM

make_root() {
	busybox=$(command -v busybox) || return 1
	mkdir -p "$tmp/rootfs/bin" "$tmp/rootfs/proc" "$tmp/rootfs/sys" "$tmp/rootfs/dev" \
		"$tmp/rootfs/tmp" "$tmp/rootfs/etc"
	cp "$busybox" "$tmp/rootfs/bin/busybox"
	for applet in sh true sleep cat ls; do
		ln -s busybox "$tmp/rootfs/bin/$applet"
	done
	echo 'root:x:0:0:root:/:/bin/sh' >"$tmp/rootfs/etc/passwd"
	tar -C "$tmp/rootfs" -cf "$tmp/rootfs.tar" .
}

# bundle NAME PROGRAM [ARG]: an OCI bundle as podman makes it, without user namespace and seccomp
bundle() {
	mkdir -p "$tmp/$1"
	args="\"$2\""
	[ $# -gt 2 ] && args="$args, \"$3\""
	cat >"$tmp/$1/config.json" <<EOF
{ "ociVersion": "1.0.2",
  "root": { "path": "$tmp/rootfs" },
  "process": { "args": [ $args ], "cwd": "/", "env": [ "PATH=/bin" ], "user": { "uid": 0, "gid": 0 },
    "noNewPrivileges": true,
    "capabilities": { "bounding": [ "CAP_CHOWN", "CAP_KILL" ], "effective": [ "CAP_CHOWN", "CAP_KILL" ],
      "permitted": [ "CAP_CHOWN", "CAP_KILL" ] },
    "rlimits": [ { "type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024 } ] },
  "hostname": "bench",
  "mounts": [
    { "destination": "/proc", "type": "proc", "source": "proc" },
    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
      "options": [ "nosuid", "strictatime", "mode=755", "size=65536k" ] },
    { "destination": "/dev/pts", "type": "devpts", "source": "devpts",
      "options": [ "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" ] },
    { "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
      "options": [ "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" ] },
    { "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
      "options": [ "nosuid", "noexec", "nodev" ] },
    { "destination": "/sys", "type": "sysfs", "source": "sysfs",
      "options": [ "nosuid", "noexec", "nodev", "ro" ] } ],
  "linux": {
    "cgroupsPath": "/coracle-bench/$1",
    "resources": { "devices": [ { "allow": false, "access": "rwm" } ], "pids": { "limit": 2048 } },
    "namespaces": [ { "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" },
      { "type": "mount" } ],
    "maskedPaths": [ "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware" ],
    "readonlyPaths": [ "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys" ] } }
EOF
}

# Machines without CAP_SYS_RESOURCE cannot raise limits, which Debian's podman always does.
make_config() {
	cat >"$tmp/containers.conf" <<EOF
[containers]
default_ulimits = [ "nofile=1024:1024", "nproc=1024:1024" ]
[engine]
EOF
	export CONTAINERS_CONF="$tmp/containers.conf"
}

for program in "$interleave" "$floor"; do
	if [ ! -x "$program" ]; then
		echo "bench: '$program' is missing: build first (meson compile -C BUILD), or set BUILD" >&2
		exit 1
	fi
done
if ! make_root; then
	echo "bench: busybox is missing (package busybox-static)" >&2
	exit 1
fi
echo "$(nproc) processors, $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg)"
