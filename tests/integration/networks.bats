#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks as the engine's commands: modes, published ports, networks of the user's own, names.  What the
# wiring itself does is tested in network.bats.

load helpers

setup() {
	engine_setup
	NET=ct$$-$BATS_TEST_NUMBER
}
teardown() {
	engine_teardown
	co network rm "$NET" >/dev/null 2>&1 || true
}

@test "the default is a bridge with an address of its own" {
	co run -d --name "$C" --cap-add NET_RAW "$IMAGE" sleep 1000
	run -0 co exec "$C" ls /sys/class/net
	[ "$output" = $'eth0\nlo' ]
	ip=$(field "$C" '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')
	[[ $ip =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]]
	co exec "$C" ip addr show eth0 | grep -q "inet $ip/"
	gateway=$(field "$C" '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}')
	co exec "$C" ping -c 1 -W 60 "$gateway"
	run -0 co exec "$C" cat /etc/hosts
	[[ $output == *"$ip"*"$C"* ]]
	[[ $output == *"$gateway"*host.containers.internal* ]]
}

@test "-p: from the host, port, ps and inspect; free again afterwards" {
	co run -d --name "$C" -p 127.0.0.1:38080:80 "$IMAGE" sh -c 'mkdir /w; echo served >/w/index.html; httpd -f -p 80 -h /w'
	until_ok busybox wget -q -O "$BATS_TEST_TMPDIR/got" http://127.0.0.1:38080/
	[ "$(cat "$BATS_TEST_TMPDIR/got")" = served ]
	[ "$(co port "$C")" = "80/tcp -> 127.0.0.1:38080" ]
	[ "$(co port "$C" 80)" = "127.0.0.1:38080" ]
	[ "$(co ps --filter name="$C" --format '{{.Ports}}')" = "127.0.0.1:38080->80/tcp" ]
	[ "$(field "$C" '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}')" = 38080 ]
	co ps --format json | jq '.[0]' | keys_match ps
	co inspect "$C" | jq '.[0]' | keys_match inspect-container
	# Taken while it runs.
	run -126 co run --rm -p 127.0.0.1:38080:80 "$IMAGE" true
	[[ $output == *38080* ]]
	co rm -f -t 0 "$C"
	co run --rm -p 127.0.0.1:38080:80 "$IMAGE" true
}

@test "-p without a host port, -P" {
	co run -d --name "$C" -p 80 --expose 81 -P "$IMAGE" sleep 1000
	run -0 co port "$C"
	[[ $output == *"80/tcp -> 0.0.0.0:"* ]]
	[[ $output == *"81/tcp -> 0.0.0.0:"* ]]
}

@test "network create, ls, inspect, exists, rm" {
	run -0 co network create --subnet 10.177.3.0/24 --gateway 10.177.3.9 --label a=1 "$NET"
	[ "$output" = "$NET" ]
	co network exists "$NET"
	run -1 co network exists nosuch
	[ "$(co network ls --format '{{.Name}}' --filter name="$NET")" = "$NET" ]
	co network inspect "$NET" | jq -e '.[0] | .subnets[0].subnet == "10.177.3.0/24" and .subnets[0].gateway == "10.177.3.9" and .labels.a == "1"' >/dev/null
	run -0 co run --rm --network "$NET" "$IMAGE" ip route
	[[ $output == *"default via 10.177.3.9"* ]]
	refused 125 "$NET" network create "$NET"
	refused 125 10.177.3 network create --subnet 10.177.3.0/25 "$NET-b"
	co create --name "$C" --network "$NET" "$IMAGE" true
	refused 2 "$NET" network rm "$NET" || refused 125 "$NET" network rm "$NET"
	co rm "$C"
	run -0 co network rm "$NET"
	run -1 co network exists "$NET"
	refused 1 nosuch network rm nosuch || refused 125 nosuch network rm nosuch
	refused 125 "a b" network create "a b"
}

@test "containers of a network know each other by name" {
	[ -x /usr/lib/podman/aardvark-dns ] || skip "aardvark-dns"
	co network create "$NET"
	co run -d --name "$C-a" --network "$NET:alias=db" "$IMAGE" sleep 1000
	co run -d --name "$C-b" --cap-add NET_RAW --network "$NET" "$IMAGE" sleep 1000
	until_ok co exec "$C-b" nslookup "$C-a"
	run -0 co exec "$C-b" ping -c 1 -W 60 "$C-a"
	run -0 co exec "$C-b" ping -c 1 -W 60 db
	run -0 co exec "$C-b" cat /etc/resolv.conf
	[[ $output == *"nameserver $(field "$C-b" '{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}')"* ]]
}

@test "an address of one's own choice" {
	co network create --subnet 10.177.4.0/24 "$NET"
	run -0 co run --rm --network "$NET:ip=10.177.4.77,mac=02:00:00:00:00:77" "$IMAGE" ip addr show eth0
	[[ $output == *"inet 10.177.4.77/24"* ]]
	[[ $output == *"02:00:00:00:00:77"* ]]
	refused 126 10.99.99.99 run --rm --network "$NET:ip=10.99.99.99" "$IMAGE" true
}

@test "container:ID shares the namespace and its files" {
	co run -d --name "$C" --hostname shared "$IMAGE" sleep 1000
	run -0 co run --rm --network "container:$C" "$IMAGE" sh -c 'readlink /proc/self/ns/net; ip addr show eth0'
	[[ $output == *"$(readlink "/proc/$(field "$C" '{{.State.Pid}}')/ns/net")"* ]]
	[[ $output == *"$(field "$C" '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')"* ]]
}

@test "nothing is left" {
	local id

	co run -d --name "$C" -p 38081:80 "$IMAGE" sleep 1000
	id=$(field "$C" '{{.Id}}')
	co rm -f -t 0 "$C"
	no_rules() { ! nft list ruleset 2>/dev/null | grep -q "${id:0:12}"; }
	until_ok no_rules
	[[ $(ip -o link) != *"${id:0:12}"* ]]
	[ ! -e "$ENGINE_RUN/netns/$id" ]
}
