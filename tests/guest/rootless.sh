#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In the virtual machine, as root (systemd, cgroup v2; user `user` with lingering and subordinate ids):
# coracle-runtime as an ordinary user with delegated cgroups.
#
#	rootless.sh RUNTIME
#
# Prints TAP.
set -u
here=$(realpath "$0")

if [ "$(id -u)" = 0 ]; then
	install -m 755 "$1" /usr/local/bin/coracle-runtime
	install -m 755 "$here" /usr/local/bin/rootless-test
	loginctl enable-linger user
	# shellcheck source=tests/harness/wait.bash
	. "$(dirname "$here")/../harness/wait.bash"
	until_ok test -S "/run/user/$(id -u user)/systemd/private" || exit 1
	exec setpriv --reuid user --regid user --init-groups env -i PATH="$PATH" USER=user HOME=/home/user \
		XDG_RUNTIME_DIR=/run/user/"$(id -u user)" \
		systemd-run --quiet --user --scope -p Delegate=yes -- /usr/local/bin/rootless-test go
fi

R=coracle-runtime
n=0
test_is() { # NAME WANTED SEEN
	n=$((n + 1))
	# shellcheck disable=SC2053 # WANTED is a pattern
	if [[ $3 == $2 ]]; then
		echo "ok $n $1"
	else
		echo "not ok $n $1: '$3' is not '$2'"
	fi
}

config() {
	rm -f config.json
	$R spec --rootless
	jq '.process.terminal = false | .process.args = ["sleep", "1000"]' config.json >c && mv c config.json
	while [ $# -gt 0 ]; do
		jq "$1" config.json >c && mv c config.json
		shift
	done
}

own=$(cut -d: -f3 /proc/self/cgroup)
cg=/sys/fs/cgroup$own
# A cgroup with processes gives its children no controllers.
mkdir "$cg/me" && echo $$ >"$cg/me/cgroup.procs"
mkdir -p ~/bundle/rootfs/{bin,proc,sys,dev,tmp} && cd ~/bundle || exit 1
cp /bin/busybox rootfs/bin/
for a in sh sleep cat ls id true; do ln -sf busybox "rootfs/bin/$a"; done

config ".linux.cgroupsPath = \"$own/ctr\"" '.linux.resources.memory.limit = 67108864' \
	'.linux.resources.pids.limit = 20' '.linux.namespaces += [{type: "cgroup"}] | .linux.namespaces |= unique'
$R run -d t </dev/null >/dev/null 2>err
test_is "run with limits" "0" "$?$(cat err)"
test_is "memory.max" 67108864 "$(cat "$cg/ctr/memory.max")"
test_is "pids.max" 20 "$(cat "$cg/ctr/pids.max")"
test_is "a member" "$($R state t | jq .pid)" "$(cat "$cg/ctr/cgroup.procs")"
test_is "ps" "*sleep 1000*" "$($R ps t 2>&1)"
test_is "exec is inside" "0::/" "$($R exec t cat /proc/self/cgroup 2>&1)"
test_is "the cgroup file system" "*cgroup.procs*" "$($R exec t ls /sys/fs/cgroup 2>&1)"
$R pause t
test_is "pause" "0 paused" "$? $($R state t | jq -r .status)"
$R resume t
test_is "resume" "0 running" "$? $($R state t | jq -r .status)"
$R update --memory 33554432 t
test_is "update" "0 33554432" "$? $(cat "$cg/ctr/memory.max")"
$R kill --all t KILL
$R delete --force t
test_is "delete" "0 none" "$? $([ -d "$cg/ctr" ] || echo none)"
config '.linux.cgroupsPath = "/elsewhere"' '.linux.resources.pids.limit = 20'
test_is "a limit that is not delegated" "*pids*not delegated*" "$($R run t 2>&1)"
config '.process.args = ["cat", "/proc/self/cgroup"]' '.linux.namespaces |= map(select(.type != "cgroup"))'
test_is "without limits, where nothing is delegated" "0::$own/me" "$($R run t 2>&1)"
config ".linux.cgroupsPath = \"$own/ctr\"" '.linux.namespaces |= map(select(.type != "cgroup"))' \
	'.process.args = ["sh", "-c", "cat /sys/fs/cgroup/pids.max; echo 1 >/sys/fs/cgroup/pids.max"]' '.linux.resources.pids.limit = 20' \
	'.mounts |= map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]'
test_is "without a cgroup namespace: the own cgroup, read-only" "20*ead-only*" "$($R run t 2>&1)"
test_is "nothing left" "me" "$(find "$cg" -mindepth 1 -maxdepth 1 -type d -printf %f)"
echo "1..$n"
