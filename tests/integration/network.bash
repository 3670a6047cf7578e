# SPDX-License-Identifier: Apache-2.0
# network.bash: a host of its own for a test of src/network: a network namespace H with a neighbour X
# behind it (192.0.2.0/24), and containers that are network namespaces.
#
#	net_setup, net_teardown
#	h COMMAND...		in the host's namespace
#	nt ARG...		network_tool there, on the test's directories
#	wire NAME ARG...	make a namespace for container NAME and set it up; its id is in $ID_NAME
#	unwire NAME		teardown, and the namespace goes
#	in_ns NAME COMMAND...	in a container's (or the neighbour's: X) namespace
#	address NAME		first IPv4 address of a container
#	serve NAME PORT TEXT	TCP server that says TEXT to whoever connects, until the test ends
#	ask NAME HOST PORT	what a server says, however long it takes; NAME is H for the host
#	answers NAME HOST PORT	it says something within two seconds: for those that must not be reached
#	pings NAME ADDRESS	it answers, however long it takes
#	echoes NAME ADDRESS	... within a second
#	nothing_left		no link, rule, lease, record or process of ours remains (waits for the janitor)

# shellcheck source=tests/harness/wait.bash
source "$(dirname "${BASH_SOURCE[0]}")/../harness/wait.bash"

: "${BUILD:=build}"
TOOL=$BUILD/tests/harness/network_tool

net_setup() {
	D=$(mktemp -d /run/coracle-test-net.XXXXXX)
	PIDS=()
	NAMES=()
	new_ns H
	new_ns X
	h ip link set lo up
	h ip link add ext0 type veth peer name eth0 netns "$D/ns/X"
	h ip addr add 192.0.2.1/24 dev ext0
	h ip link set ext0 up
	in_ns X ip addr add 192.0.2.2/24 dev eth0
	in_ns X ip link set eth0 up
	in_ns X ip link set lo up
}

net_teardown() {
	local name pid

	for pid in "${PIDS[@]}"; do
		kill -9 -- "-$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null || true
	done
	pid=$(cat "$D/run/aardvark-dns/aardvark.pid" 2>/dev/null) && kill -9 "$pid" || true
	for name in "$D"/ns/*; do
		umount "$name" 2>/dev/null || true
	done
	rm -rf "$D"
}

new_ns() {
	mkdir -p "$D/ns"
	touch "$D/ns/$1"
	unshare --net="$D/ns/$1" true
}

in_ns() {
	local name=$1

	shift
	nsenter --net="$D/ns/$name" "$@"
}

h() {
	in_ns H "$@"
}

nt() {
	h "$TOOL" "$D" "$@"
}

# 64 hex digits that begin with the name's checksum.
id_of() {
	printf '%s' "$1" | sha256sum | cut -c1-64
}

wire() {
	local name=$1

	shift
	new_ns "$name"
	nt setup "$(id_of "$name")" "$D/ns/$name" "$@" >"$D/$name.json"
}

unwire() {
	nt teardown "$(id_of "$1")"
	umount "$D/ns/$1"
	rm "$D/ns/$1"
}

address() {
	jq -rs ".[${2:-0}].ips[0] | split(\"/\")[0]" "$D/$1.json"
}

serve() {
	setsid nsenter --net="$D/ns/$1" busybox nc -ll -p "$2" -e echo "$3" >/dev/null 2>&1 3>&- &
	PIDS+=($!)
	until_ok listens "$1" "$2"
}

listens() {
	in_ns "$1" busybox netstat -ltn | grep -q ":$2 "
}

ask() {
	in_ns "$1" timeout 100 busybox nc -w 60 "$2" "$3" </dev/null
}

answers() {
	in_ns "$1" timeout 5 busybox nc -w 2 "$2" "$3" </dev/null | grep .
}

pings() {
	in_ns "$1" busybox ping -c 1 -W 60 "$2"
}

echoes() {
	in_ns "$1" busybox ping -c 1 -W 1 "$2"
}

# All links of the host but those that net_setup made.
links_left() {
	h ip -br link | grep -v -e '^lo ' -e '^ext0@'
}

files_left() {
	find "$D/run"/{up,containers,doomed,aardvark-dns} "$D/run/ipam" -mindepth 1 \
		! -type d ! -name '.last*' 2>/dev/null | grep .
}

rules_left() {
	h nft list ruleset | grep .
}

no_server() {
	! pgrep -f "[a]ardvark-dns --config $D/run" >/dev/null
}

all_gone() {
	! links_left && ! files_left && ! rules_left
}

nothing_left() {
	until_ok all_gone >/dev/null || {
		links_left
		files_left
		rules_left | head -3
		cat "$D/run/janitor.error"
		return 1
	}
	until_ok no_server
	[ ! -s "$D/run/janitor.error" ]
}
