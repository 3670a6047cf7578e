#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In the virtual machine, as root, with --selinux and without (AppArmor): the labels of coracle-runtime.
#
#	lsm.sh RUNTIME BUSYBOX
#
# Prints TAP.
set -u
n=0
ok() { # NAME COMMAND...
	local name=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n $name"; else echo "not ok $n $name"; fi
}
install -m 755 "$1" /tmp/rt
mkdir -p /tmp/b/rootfs/{bin,proc,dev,sys,tmp}
cp "$2" /tmp/b/rootfs/bin/
for a in sh cat sleep true; do ln -sf busybox /tmp/b/rootfs/bin/$a; done
cd /tmp/b && /tmp/rt spec
rt() { /tmp/rt --root /tmp/st "$@"; }
config() { jq "$1" config.json >new && mv new config.json; }
config '.process.terminal=false|.process.rlimits=[]|.process.args=["sleep","1000"]'
label_of() { [[ $(ls -Zd "/proc/$1/root/$2") == "$3 "* ]]; }
attr_is() { [[ $(tr -d '\0' <"/proc/$1/attr/current") == "$2" ]]; }
says() { [[ $(cat /tmp/err) == *"$1"* ]]; }

if [ -d /sys/fs/selinux/booleans ]; then
	process=system_u:system_r:container_t:s0:c1,c2 file=system_u:object_r:container_file_t:s0:c1,c2
	config ".process.selinuxLabel=\"$process\"|.linux.mountLabel=\"$file\""
	rt run -d x </dev/null >/dev/null 2>/tmp/err
	pid=$(rt state x | jq .pid)
	ok "process label" attr_is "$pid" "$process"
	for dir in dev dev/shm dev/mqueue dev/pts; do ok "mount label of $dir" label_of "$pid" "$dir" "$file"; done
	ok "label of exec" test "$(rt exec x cat /proc/self/attr/current | tr -d '\0')" = "$process"
	config '.process.selinuxLabel="nonsense"'
	ok "a bad label is refused" eval '! rt run y </dev/null >/dev/null 2>/tmp/err'
	ok "and named" says "SELinux label 'nonsense'"
else
	printf 'profile cora-test flags=(attach_disconnected) {\n file,\n signal,\n}\n' | apparmor_parser -r
	config '.process.apparmorProfile="cora-test"'
	rt run -d x </dev/null >/dev/null 2>/tmp/err
	ok "profile" attr_is "$(rt state x | jq .pid)" "cora-test (enforce)"
	config '.process.apparmorProfile="not-loaded"'
	ok "a profile that is not loaded is refused" eval '! rt run y </dev/null >/dev/null 2>/tmp/err'
	ok "and named" says "AppArmor profile 'not-loaded'"
fi
rt delete -f x
echo "1..$n"
