# SPDX-License-Identifier: Apache-2.0
# config-linux.md: devices.

node() { # DEVICES SCRIPT EXPECTED
	inside ".linux.devices = $1" "$2"
	out_is "$3"
}

# L-027: type c: the device is there, with its numbers
t_device_char() { node '[{"path":"/dev/x","type":"c","major":10,"minor":200}]' 'test -c /dev/x; stat -c %t:%T /dev/x' a:c8; }
# L-028: type u: a character device
t_device_unbuffered() { node '[{"path":"/dev/x","type":"u","major":10,"minor":200}]' 'test -c /dev/x; stat -c %t:%T /dev/x' a:c8; }
# L-029: type b
t_device_block() { node '[{"path":"/dev/x","type":"b","major":7,"minor":99}]' 'test -b /dev/x; stat -c %t:%T /dev/x' 7:63; }
# L-030: type p, without numbers
t_device_fifo() { node '[{"path":"/dev/x","type":"p"}]' 'test -p /dev/x && echo fifo' fifo; }
# L-031: fileMode
t_device_mode() { node '[{"path":"/dev/x","type":"c","major":10,"minor":200,"fileMode":416}]' 'stat -c %a /dev/x' 640; }
# L-032: uid and gid
t_device_owner() { node '[{"path":"/dev/x","type":"c","major":10,"minor":200,"uid":3,"gid":4}]' 'stat -c %u:%g /dev/x' 3:4; }
# L-033: a device may lie anywhere
t_device_outside_dev() { node '[{"path":"/some/where/x","type":"c","major":10,"minor":200}]' 'test -c /some/where/x && echo yes' yes; }

# L-034: something else at the path is an error
t_device_other_file() {
	echo file >"$B/rootfs/x"
	refused '.linux.devices = [{"path":"/x","type":"c","major":10,"minor":200}]'
}

# L-035: another device at the path is an error
t_device_other_device() {
	mknod "$B/rootfs/x" c 10 229
	refused '.linux.devices = [{"path":"/x","type":"c","major":10,"minor":200}]'
}

# L-036: the very device at the path is none
t_device_same() {
	mknod "$B/rootfs/x" c 10 200
	inside '.linux.devices = [{"path":"/x","type":"c","major":10,"minor":200}]' 'stat -c %t:%T /x'
	out_is a:c8
}

default_device() { # NAME MAJOR:MINOR
	inside . "test -c /dev/$1 && stat -c %t:%T /dev/$1"
	out_is "$2"
}

# L-042: /dev/null
t_default_null() {
	default_device null 1:3
	inside '.process.user.uid = 1000' 'echo x >/dev/null && cat /dev/null && echo ok'
	out_is ok
}
# L-043: /dev/zero
t_default_zero() { default_device zero 1:5; }
# L-044: /dev/full
t_default_full() { default_device full 1:7; }
# L-045: /dev/random
t_default_random() { default_device random 1:8; }
# L-046: /dev/urandom
t_default_urandom() { default_device urandom 1:9; }
# L-047: /dev/tty
t_default_tty() { default_device tty 5:0; }

# L-048: /dev/console is the terminal, when there is one
t_default_console() {
	conf '.process.terminal = true' sh -c 'stat -c "%t:%T " /dev/console; echo to-console >/dev/console'
	timeout -k 5 60 script -qec "'$RUNTIME' --root '$STATE' run -b '$B' '$ID'" /dev/null </dev/null >"$T/out" 2>&1 || cat "$T/out"
	cat "$T/out" >&2; grep -q "88:0" "$T/out"
	grep -q to-console "$T/out"
}

# L-049: and is not there without one
t_default_no_console() {
	inside . 'test -e /dev/console || echo none'
	out_is none
}

# L-050: /dev/ptmx is the container's own
t_default_ptmx() {
	inside . 'readlink /dev/ptmx || stat -c %t:%T /dev/ptmx; test -c /dev/ptmx && echo yes'
	[[ $(cat "$T/out") == *pts/ptmx*yes || $(cat "$T/out") == *5:2*yes ]]
}
