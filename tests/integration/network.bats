#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# src/network by its tool, in network namespaces of the test's own: nothing of the machine is touched.

load network

setup() {
	net_setup
}

teardown() {
	net_teardown
}

@test "containers reach each other, their gateway and themselves" {
	wire a
	wire b
	[ "$(address a)" = 10.90.0.2 ]
	[ "$(address b)" = 10.90.0.3 ]
	pings a 10.90.0.3
	pings a 10.90.0.1
	pings a 127.0.0.1
	serve b 80 hello
	[ "$(ask a 10.90.0.3 80)" = hello ]
	[ "$(ask H 10.90.0.3 80)" = hello ]
	in_ns a ip route | grep -q '^default via 10.90.0.1 dev eth0 '
	in_ns a ip -o link show lo | grep -q 'LOOPBACK,UP'
	unwire a
	unwire b
	nothing_left
}

@test "what leaves the host has the host's address" {
	wire a
	setsid nsenter --net="$D/ns/X" busybox nc -ll -p 99 -e sh -c 'busybox netstat -tn | grep ":99 "' \
		>/dev/null 2>&1 3>&- &
	PIDS+=($!)
	until_ok listens X 99
	run ask a 192.0.2.2 99
	[[ $output == *"192.0.2.1:"* ]]
	[[ $output != *"10.90."* ]]
	pings a 192.0.2.2
}

@test "published ports: from outside, by 127.0.0.1, and from the other containers" {
	wire a -p 8080:80 -p 192.0.2.1:9000:80 -p 7000-7002:7000-7002
	wire b
	serve a 80 hello
	serve a 7001 range
	[ "$(ask X 192.0.2.1 8080)" = hello ]
	[ "$(ask X 192.0.2.1 9000)" = hello ]
	[ "$(ask X 192.0.2.1 7001)" = range ]
	[ "$(ask H 127.0.0.1 8080)" = hello ]
	[ "$(ask H 192.0.2.1 8080)" = hello ]
	[ "$(ask b 10.90.0.1 8080)" = hello ]
	[ "$(ask b 192.0.2.1 8080)" = hello ]
	[ "$(ask a 192.0.2.1 8080)" = hello ]	# hairpin
	run ! answers H 127.0.0.1 9000
	unwire a
	run ! answers H 127.0.0.1 8080
	[[ $(h nft list ruleset) != *"$(id_of a)"* ]]
	unwire b
	nothing_left
}

@test "a published port shows the client's own address to the container" {
	wire a -p 8080:80
	setsid nsenter --net="$D/ns/a" busybox nc -ll -p 80 -e sh -c 'busybox netstat -tn | grep ":80 "' \
		>/dev/null 2>&1 3>&- &
	PIDS+=($!)
	until_ok listens a 80
	run ask X 192.0.2.1 8080
	[[ $output == *"192.0.2.2:"* ]]
}

@test "published UDP ports" {
	wire a -p 5353:53/udp
	setsid nsenter --net="$D/ns/a" perl -MIO::Socket::INET -e '
		$s = IO::Socket::INET->new(Proto => "udp", LocalPort => 53) or die;
		while ($s->recv($m, 100)) { open(F, ">>", $ARGV[0]); print F $m; close(F) }' "$D/udp" \
		>/dev/null 2>&1 3>&- &
	PIDS+=($!)
	until_ok in_ns a sh -c 'busybox netstat -lun | grep -q ":53 "'
	in_ns X bash -c 'echo outside >/dev/udp/192.0.2.1/5353'
	until_ok grep -q outside "$D/udp"
	h bash -c 'echo inside >/dev/udp/127.0.0.1/5353'
	until_ok grep -q inside "$D/udp"
}

@test "services on the host's loopback stay unreachable for containers" {
	wire a -p 8080:80
	serve H 99 secret
	[ "$(ask H 127.0.0.1 99)" = secret ]
	in_ns a ip route add 127.0.0.2/32 via 10.90.0.1
	in_ns a sysctl -qw net.ipv4.conf.all.route_localnet=1
	in_ns a ip addr del 127.0.0.1/8 dev lo
	in_ns a ip route add 127.0.0.1/32 via 10.90.0.1
	run ! answers a 127.0.0.1 99
	[ "$(h cat /proc/sys/net/ipv4/conf/coracle0/route_localnet)" = 1 ]
}

@test "a flushed firewall is built anew by the next start" {
	wire a -p 8080:80
	serve a 80 hello
	h nft flush ruleset
	run ! answers X 192.0.2.1 8080
	wire b
	[ "$(ask X 192.0.2.1 8080)" = hello ]
	pings a 192.0.2.2
	h nft flush table inet coracle
	wire c
	[ "$(ask X 192.0.2.1 8080)" = hello ]
	unwire a
	unwire b
	unwire c
	nothing_left
}

@test "teardown: any number of times, also of what never was" {
	wire a -p 8080:80
	unwire a
	nt teardown "$(id_of a)" "$(id_of a)" "$(id_of nobody)"
	nothing_left
}

@test "an address is not given again before the others were" {
	wire a
	unwire a
	wire b
	[ "$(address b)" = 10.90.0.3 ]
	wire a
	[ "$(address a)" = 10.90.0.4 ]
}

@test "static addresses, and their refusal" {
	wire a -n podman:10.90.7.7
	[ "$(address a)" = 10.90.7.7 ]
	in_ns a ip -o link show eth0 | grep -q 'link/ether 92:ca:0a:5a:07:07 '
	run wire b -n podman:10.90.7.7
	[ "$status" -ne 0 ]
	[[ $output == *"address 10.90.7.7 of network 'podman' is in use by container $(id_of a | cut -c1-12)"* ]]
	run wire c -n podman:10.1.1.1
	[[ $output == *"address 10.1.1.1 is in no subnet of network 'podman'"* ]]
	run wire d -n podman:10.90.0.1
	[[ $output == *"10.90.0.1 cannot be given"* ]]
	[ "$(nt holders)" = "$(id_of a)" ]
	unwire a
	nothing_left
}

@test "several networks: interfaces, one preferred default route, no overlap" {
	[ "$(nt create one)" = "coracle1 10.91.0.0/24" ]
	h ip route add 10.91.1.0/24 dev lo
	[ "$(nt create two)" = "coracle2 10.91.2.0/24" ]
	run nt create one
	[[ $output == *"network 'one' exists already"* ]]
	run nt create three -s 10.91.2.128/25
	[[ $output == *"subnet 10.91.2.128/25 is used by network 'two' already"* ]]
	wire a -n one -n two -n podman
	[ "$(in_ns a ip -br addr show eth1 | awk '{print $3}')" = 10.91.2.2/24 ]
	in_ns a ip route get 192.0.2.2 | grep -q 'via 10.91.0.1 dev eth0'
	wire b -n two
	pings b 10.91.2.2
	unwire a
	until_ok h sh -c '! ip link show coracle1 2>/dev/null'
	h ip link show coracle2
	unwire b
	nothing_left
	nt remove one
	nt remove two
	[ "$(nt list | wc -l)" = 1 ]
	run nt remove podman
	[[ $output == *"default network 'podman' cannot be removed"* ]]
}

@test "internal networks have no way out and no ports" {
	nt create -i quiet 2>/dev/null || nt create quiet -i
	wire a -n quiet
	wire b -n quiet
	pings a "$(address b)"
	[ -z "$(in_ns a ip route show default)" ]
	in_ns a ip route add default via 10.91.0.1
	in_ns X ip route add 10.91.0.0/24 via 192.0.2.1
	run ! echoes a 192.0.2.2
	run ! echoes X "$(address a)"
	run wire c -n quiet -p 8080:80
	[[ $output == *"no address for it on a bridge network that is not internal"* ]]
}

@test "isolated networks do not reach each other" {
	nt create red -o isolate=true
	nt create green -o isolate=true
	nt create plain
	nt create strict -o isolate=strict
	wire r -n red
	wire g -n green
	wire p -n plain
	wire s -n strict
	run ! echoes r "$(address g)"
	run ! echoes s "$(address p)"
	pings r "$(address p)"
	pings r 192.0.2.2
	pings s 192.0.2.2
}

@test "IPv6: addresses, routes, ports" {
	nt create six -6
	wire a -n six -p 8080:80
	wire b -n six
	local b6
	b6=$(jq -rs '.[0].ips[1] | split("/")[0]' "$D/b.json")
	[[ $b6 == fd* ]]
	pings a "$b6"
	in_ns a ip -6 route show default | grep -q 'via fd'
	serve a 80 hello
	h ip -6 addr add 2001:db8::1/64 dev ext0 nodad
	in_ns X ip -6 addr add 2001:db8::2/64 dev eth0 nodad
	until_ok answers X 2001:db8::1 8080
	[ "$(ask X 2001:db8::1 8080)" = hello ]
	pings a 2001:db8::2
	unwire a
	unwire b
	h ip -6 addr flush dev ext0
	nothing_left
}

@test "names of containers" {
	nt create named -D
	wire a -n named -a web
	wire b -n named
	local a
	a=$(address a)
	[ "$(jq -r '.dnsServers[0]' "$D/a.json")" = 10.91.0.1 ]
	[ "$(jq -r '.dnsSearch[0]' "$D/a.json")" = dns.podman ]
	until_ok in_ns b busybox nslookup -type=a "name-$(id_of a | cut -c1-8)" 10.91.0.1
	in_ns b busybox nslookup -type=a web.dns.podman 10.91.0.1 | grep -q "Address: $a"
	in_ns b busybox nslookup -type=a "$(id_of a | cut -c1-12)" 10.91.0.1 | grep -q "Address: $a"
	wire c -n named -a late
	until_ok in_ns b busybox nslookup -type=a late 10.91.0.1
	unwire c
	until_ok in_ns b sh -c '! busybox nslookup -type=a late 10.91.0.1'
	unwire a
	unwire b
	nothing_left
}

@test "the name server is started again when it was killed" {
	nt create named -D
	wire a -n named -a web
	kill -9 "$(cat "$D/run/aardvark-dns/aardvark.pid")"
	wire b -n named
	until_ok in_ns b busybox nslookup -type=a web 10.91.0.1
	unwire a
	unwire b
	nothing_left
}

@test "twenty at once" {
	local i pids=()

	for i in $(seq 20); do
		new_ns "p$i"
		nt setup "$(id_of "p$i")" "$D/ns/p$i" -p "$((9000 + i)):80" >"$D/p$i.json" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	[ "$(for i in $(seq 20); do address "p$i"; done | sort -u | wc -l)" = 20 ]
	[ "$(nt holders | wc -l)" = 20 ]
	pings p1 "$(address p20)"
	serve p7 80 seven
	[ "$(ask X 192.0.2.1 9007)" = seven ]
	pids=()
	for i in $(seq 20); do
		nt teardown "$(id_of "p$i")" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	nothing_left
}

@test "killed at any moment: the teardown finds all" {
	local i id

	nt create named -D
	for i in $(seq 40); do
		id=$(id_of "k$i")
		new_ns "k$i"
		# A tracer that ends it at its i-th system call of a kind that changes something.
		h strace -qq -o /dev/null \
			-e trace=sendto,renameat,symlinkat,unlinkat,openat,setns,mkdirat,clone3,wait4,waitid \
			-e inject=sendto,renameat,symlinkat,unlinkat,setns,mkdirat:signal=KILL:when=$i \
			"$TOOL" "$D" setup "$id" "$D/ns/k$i" -n named -n podman -p 8080:80 >/dev/null 2>&1 3>&- || :
		nt teardown "$id"
		umount "$D/ns/k$i"
		[ -z "$(nt holders)" ]
	done
	nothing_left
}

@test "killed in a teardown: the next one goes on" {
	local i id

	for i in $(seq 25); do
		id=$(id_of "t$i")
		wire "t$i" -p 8080:80
		h strace -qq -o /dev/null -e trace=sendto,symlinkat,unlinkat,clone3 \
			-e inject=sendto,symlinkat,unlinkat,clone3:signal=KILL:when=$i \
			"$TOOL" "$D" teardown "$id" >/dev/null 2>&1 3>&- || :
		unwire "t$i"
	done
	nt holders
	nothing_left
}

@test "a bridge of somebody else is used and left" {
	h ip link add coracle0 type bridge
	h ip addr add 10.90.0.1/16 dev coracle0
	wire a
	pings a 10.90.0.1
	unwire a
	until_ok h sh -c '[ -z "$(nft list ruleset)" ]'
	h ip link show coracle0
}

@test "an interface of that name that is no bridge is an error" {
	h ip link add coracle0 type veth peer name other
	run wire a
	[ "$status" -ne 0 ]
	[[ $output == *"bridge 'coracle0' of network 'podman' cannot be made: an interface of that name exists"* ]]
	h ip link del coracle0
	nothing_left
}

@test "a host port is published once" {
	wire a -p 8080:80
	run wire b -p 8080:80
	[ "$status" -ne 0 ]
	[[ $output == *"publish host port 8080: another container has published it"* ]]
	serve a 80 hello
	[ "$(ask X 192.0.2.1 8080)" = hello ]
	unwire a
	nothing_left
}

@test "reserved host ports: nobody else gets them, and a busy one is named" {
	mkfifo "$D/hold"
	h "$TOOL" "$D" reserve 127.0.0.1:8080:80 <"$D/hold" >"$D/held" 3>&- &
	exec 9>"$D/hold"
	until_ok grep -q 'held 1' "$D/held"
	run nt reserve 127.0.0.1:8080:80 </dev/null
	[ "$status" -ne 0 ]
	[[ $output == *"host port 127.0.0.1:8080/tcp is in use by another program"* ]]
	run h timeout 60 busybox nc -l -p 8080
	[[ $output == *"Address already in use"* ]]
	exec 9>&-
	wait
	run nt reserve 127.0.0.1:8080:80 </dev/null
	[ "$output" = "held 1" ]
	serve H 8081 busy
	run nt reserve 8081:80 </dev/null
	[[ $output == *"host port :8081/tcp is in use"* ]]
}

@test "macvlan: the parent's neighbours are ours" {
	nt create lan -d macvlan -s 192.0.2.0/24 -o parent=ext0
	wire a -n lan:192.0.2.77
	pings a 192.0.2.2
	unwire a
	nothing_left
	run nt create other -d macvlan -o parent=ext0
	[[ $output == *"ipam driver 'dhcp' is not supported"* ]]
}

@test "options: mtu works, unknown and unsupported ones are named" {
	nt create small -o mtu=1400
	wire a -n small
	in_ns a ip -o link show eth0 | grep -q 'mtu 1400 '
	h ip -o link show coracle1 | grep -q 'mtu 1400 '
	run nt create x -o vlan=3
	[[ $output == *"network option 'vlan' is not supported"* ]]
	run nt create x -o nonsense=3
	[[ $output == *"network option 'nonsense' is unknown to driver bridge"* ]]
	run nt create x -d host
	[[ $output == *"network driver 'host' is not supported"* ]]
	[ ! -e "$D/conf/x.json" ]
}

@test "without a firewall there are no rules, and ports are refused" {
	export NETWORK_TOOL_FIREWALL=none
	wire a
	pings a 10.90.0.1
	[ -z "$(h nft list ruleset)" ]
	run wire b -p 8080:80
	[[ $output == *"the firewall driver is 'none'"* ]]
}

@test "a killed janitor's work is taken up by the next command" {
	wire a
	wire b
	# What it leaves: a noted link, and a network that nobody uses.
	mkdir -p "$D/run/doomed"
	ln -s "cr$(id_of a | cut -c1-12)0" "$D/run/doomed/$(h ip -o link show "cr$(id_of a | cut -c1-12)0" | cut -d: -f1)"
	wire c
	until_ok h sh -c "! ip link show cr$(id_of a | cut -c1-12)0 2>/dev/null"
	h ip link show "cr$(id_of b | cut -c1-12)0"
}

@test "files of another boot are forgotten" {
	wire a
	printf 'another boot' >"$D/run/boot"
	wire b
	[ "$(address b)" = 10.90.0.2 ]
	[ ! -e "$D/run/containers/$(id_of a)" ]
}
