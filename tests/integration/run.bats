#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# coracle run: the options that shape the process and what it sees.

load helpers

@test "output, errors and status come through" {
	run -3 --separate-stderr r "$IMAGE" sh -c 'echo out; echo err >&2; exit 3'
	[ "$output" = out ]
	[ "$stderr" = err ]
}

@test "the image's command is the default" {
	run -0 r -i "$IMAGE" <<<'echo from the shell'
	[ "$output" = "from the shell" ]
}

@test "--rm leaves nothing, without it the container stays" {
	co run --rm --name "$C" --network none "$IMAGE" true
	run -1 co container exists "$C"
	co run --name "$C" --network none "$IMAGE" true
	co container exists "$C"
	[ "$(state "$C")" = exited ]
}

@test "-d prints the id and returns" {
	run -0 co run -d --name "$C" --network none "$IMAGE" sleep 1000
	[[ $output =~ ^[0-9a-f]{64}$ ]]
	[ "$(state "$C")" = running ]
}

@test "-i passes standard input, without it there is none" {
	run -0 r -i "$IMAGE" cat <<<"through"
	[ "$output" = through ]
	run -0 r "$IMAGE" cat <<<"through"
	[ -z "$output" ]
}

@test "a megabyte goes through unchanged" {
	local sum

	head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	sum=$(sha256sum <"$BATS_TEST_TMPDIR/data")
	[ "$(r -i "$IMAGE" cat <"$BATS_TEST_TMPDIR/data" | sha256sum)" = "$sum" ]
}

@test "-t gives a terminal" {
	run -0 pty expect:/dev/pts/ -- run --rm -t --network none "$IMAGE" tty
	run -1 r "$IMAGE" tty
}

@test "-it: keys arrive, the size follows" {
	run -5 pty size:33x99 'expect:# ' 'send:stty size\n' 'expect:33 99' 'expect:# ' size:44x88 \
		'send:stty size\n' 'expect:44 88' 'expect:# ' 'send:exit 5\n' -- \
		run --rm -it --network none -e 'PS1=# ' "$IMAGE" sh
}

@test "-it: control-C interrupts" {
	run -130 pty 'expect:ready' 'send:\x03' -- \
		run --rm -it --network none "$IMAGE" sh -c 'trap "exit 130" INT; echo ready; while :; do sleep 1; done'
}

@test "-e, --env-file, -e NAME, -e PREFIX*" {
	printf '# comment\nFILE=1\nBOTH=file\nTAKEN\n' >"$BATS_TEST_TMPDIR/env"
	TAKEN=t PRE_A=a PRE_B=b run -0 r --env-file "$BATS_TEST_TMPDIR/env" -e BOTH=line -e 'PRE_*' --env EMPTY= "$IMAGE" env
	for line in FILE=1 BOTH=line TAKEN=t PRE_A=a PRE_B=b EMPTY= HOME=/root; do
		grep -qx "$line" <<<"$output"
	done
	grep -qx 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' <<<"$output"
	refused 125 "$BATS_TEST_TMPDIR/nope" run --env-file "$BATS_TEST_TMPDIR/nope" "$IMAGE" true
	run -0 r --unsetenv PATH "$IMAGE" /bin/env
	! grep -q '^PATH=' <<<"$output"
}

@test "-w" {
	run -0 r -w /home/user "$IMAGE" pwd
	[ "$output" = /home/user ]
	run -0 r -w /dev/shm "$IMAGE" pwd
	[ "$output" = /dev/shm ]
	refused 126 'workdir "/not/there" does not exist' run --rm --network none -w /not/there "$IMAGE" true
	refused 126 '"relative"' run --rm --network none -w relative "$IMAGE" true
	refused 126 /etc/passwd run --rm --network none -w /etc/passwd "$IMAGE" true
	co import -q --change 'WORKDIR /made/for it' "$BATS_FILE_TMPDIR/image.tar" localhost/workdir
	run -0 r -u user localhost/workdir sh -c 'pwd; stat -c %U .'
	[ "$output" = $'/made/for it\nuser' ]
}

@test "-u in its forms" {
	run -0 r -u user "$IMAGE" id
	[ "$output" = "uid=1000(user) gid=1000(user) groups=63(audio),1000(user)" ]
	run -0 r -u 1000 "$IMAGE" sh -c 'echo $HOME; id -u'
	[ "$output" = $'/home/user\n1000' ]
	run -0 r -u 5:6 "$IMAGE" id
	[ "$output" = "uid=5(5) gid=6(6) groups=6(6)" ]
	run -0 r -u user:audio "$IMAGE" id -g
	[ "$output" = 63 ]
	run -0 r -u 7 --group-add audio --group-add 99 "$IMAGE" id -G
	[ "$output" = "0 63 99" ]
	refused 126 "unable to find user nobody" run -u nobody "$IMAGE" true
}

@test "--entrypoint" {
	run -0 r --entrypoint echo "$IMAGE" a b
	[ "$output" = "a b" ]
	run -0 r --entrypoint '["echo","x y"]' "$IMAGE" z
	[ "$output" = "x y z" ]
	run -0 r --entrypoint '' "$IMAGE" echo plain
	[ "$output" = plain ]
	refused 125 "no command" run --entrypoint '' "$IMAGE"
}

@test "--hostname, --add-host, --dns, --dns-search, --dns-option" {
	run -0 r --hostname box.example "$IMAGE" sh -c 'hostname; cat /etc/hostname'
	[ "$output" = $'box.example\nbox.example' ]
	run -0 r --add-host db:192.0.2.7 "$IMAGE" cat /etc/hosts
	[[ $output == *$'192.0.2.7\tdb'* ]]
	[[ $output == *$'127.0.0.1\tlocalhost'* ]]
	run -0 co run --rm --network host --dns 192.0.2.53 --dns-search x.example --dns-option ndots:3 "$IMAGE" cat /etc/resolv.conf
	[[ $output == *"nameserver 192.0.2.53"* ]]
	[[ $output == *"search x.example"* ]]
	[[ $output == *"options ndots:3"* ]]
	refused 125 "conflicting options: dns and the network mode: none" run --network none --dns 192.0.2.53 "$IMAGE" true
	refused 125 "db:nonsense" run --add-host db:nonsense "$IMAGE" true
}

@test "--label, --annotation" {
	co run --name "$C" --network none --label a=1 -l b --annotation org.x=y "$IMAGE" true
	[ "$(field "$C" '{{index .Config.Labels "a"}}-{{index .Config.Labels "b"}}-{{index .Config.Annotations "org.x"}}')" = 1--y ]
}

@test "--cidfile, --pidfile" {
	local file=$BATS_TEST_TMPDIR/cid id

	id=$(co run -d --name "$C" --network none --cidfile "$file" --pidfile "$file.pid" "$IMAGE" sleep 1000)
	[ "$(cat "$file")" = "$id" ]
	[ "$(cat "$file.pid")" = "$(field "$C" '{{.State.Pid}}')" ]
	refused 125 "$file" run --cidfile "$file" "$IMAGE" true
}

@test "--name is unique, --replace takes it over" {
	local first

	first=$(co run -d --name "$C" --stop-timeout 0 --network none "$IMAGE" sleep 1000)
	refused 125 "$C" run --name "$C" --network none "$IMAGE" true
	co run -d --replace --name "$C" --network none "$IMAGE" sleep 1000
	[ "$(field "$C" '{{.Id}}')" != "$first" ]
	run -1 co container exists "$first"
	refused 125 "a b" run --name 'a b' "$IMAGE" true
	refused 125 ../x run --name ../x "$IMAGE" true
}

@test "--read-only, --tmpfs, --read-only-tmpfs" {
	run -1 r --read-only "$IMAGE" touch /x
	[[ $output == *"Read-only"* ]]
	r --read-only "$IMAGE" sh -c 'echo 1 >/tmp/x; echo 1 >/run/x; echo 1 >/var/tmp/x'
	run -1 r --read-only --read-only-tmpfs=false "$IMAGE" touch /tmp/x
	run -0 r --tmpfs /scratch:size=64k,mode=750 "$IMAGE" sh -c 'stat -c %a /scratch; grep " /scratch " /proc/mounts'
	[[ $output == 750* ]]
	[[ $output == *size=64k* ]]
	[[ $output == *nosuid*nodev* ]]
}

@test "--init: process 1 reaps and forwards" {
	command -v catatonit >/dev/null || skip "catatonit"
	run -0 r --init "$IMAGE" sh -c 'cat /proc/1/comm; echo $$'
	[[ $output != sh* ]]
	[[ $output != *$'\n'1 ]]
	run -9 r --init "$IMAGE" sh -c 'exit 9'
}

@test "--device" {
	run -0 r --device /dev/fuse:/dev/x:r "$IMAGE" stat -c '%t:%T %F' /dev/x
	[[ $output == "a:e5 character special file" ]]
	run -1 r "$IMAGE" ls /dev/fuse
	refused 125 /dev/nonexistent run --device /dev/nonexistent "$IMAGE" true
	# Only what was given: the kernel refuses writing.
	run ! r --device /dev/fuse:/dev/x:r "$IMAGE" sh -c 'exec 3<>/dev/x'
	[[ $output == *"not permitted"* ]]
	r --device /dev/fuse:/dev/x:rw "$IMAGE" sh -c 'exec 3<>/dev/x'
}

@test "--ulimit, --umask, --sysctl, --shm-size" {
	run -0 r --ulimit nofile=100:200 --ulimit core=0 "$IMAGE" sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c'
	[ "$output" = $'100\n200\n0' ]
	run -0 r --umask 077 "$IMAGE" sh -c umask
	[ "$output" = 0077 ]
	run -0 r "$IMAGE" sh -c umask
	[ "$output" = 0022 ]
	run -0 r --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=4096 "$IMAGE" cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
	[ "$output" = $'1\n4096' ]
	refused 125 kernel.panic run --rm --network none --sysctl kernel.panic=1 "$IMAGE" true
	run -0 r --shm-size 2m "$IMAGE" df -k /dev/shm
	[[ $output == *" 2048 "* ]]
	run -0 r "$IMAGE" df -k /dev/shm
	[[ $output == *" 64000 "* || $output == *" 65536 "* ]]
}

@test "--pull never names the image; a missing image is not invented" {
	refused 125 localhost/none run --pull never localhost/none true
	refused 125 '"perhaps"' run --pull perhaps "$IMAGE" true
	r --pull missing "$IMAGE" true
}

@test "--network none has only loopback, host has the host's, container:ID another's" {
	run -0 r "$IMAGE" ls /sys/class/net
	[ "$output" = lo ]
	run -0 co run --rm --network host "$IMAGE" readlink /proc/self/ns/net
	[ "$output" = "$(readlink /proc/self/ns/net)" ]
	co run -d --name "$C" --network none "$IMAGE" sleep 1000
	run -0 co run --rm --network "container:$C" "$IMAGE" readlink /proc/self/ns/net
	[ "$output" = "$(readlink "/proc/$(field "$C" '{{.State.Pid}}')/ns/net")" ]
	refused 125 nosuch run --network container:nosuch "$IMAGE" true
	refused 125 nosuch run --network nosuch "$IMAGE" true
}

@test "--pid and --ipc of the host and of another container" {
	run -0 r --pid host "$IMAGE" readlink /proc/self/ns/pid
	[ "$output" = "$(readlink /proc/self/ns/pid)" ]
	run -0 r --ipc host --uts host "$IMAGE" sh -c 'readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts'
	[ "$output" = "$(readlink /proc/self/ns/ipc /proc/self/ns/uts)" ]
	co run -d --name "$C" --network none "$IMAGE" sleep 1234
	run -0 r --pid "container:$C" "$IMAGE" ps -o args
	[[ $output == *"sleep 1234"* ]]
}

@test "--log-driver none keeps nothing, passthrough is refused on a detached terminal" {
	co run --name "$C" --network none --log-driver none "$IMAGE" echo shown
	refused 125 none logs "$C"
}

@test "--runtime runc" {
	command -v runc >/dev/null || skip "runc"
	run -4 r --runtime runc --ulimit host "$IMAGE" sh -c 'echo by runc; exit 4' ||
		run -4 co --runtime runc run --rm --network none --ulimit host "$IMAGE" sh -c 'echo by runc; exit 4'
	[ "$output" = "by runc" ]
	co --runtime runc run -d --name "$C" --network none --ulimit host "$IMAGE" sleep 1000
	run -0 co exec "$C" echo inside
	[ "$output" = inside ]
	co stop -t 0 "$C"
	[ "$(state "$C")" = exited ]
	co rm "$C"
}

@test "the first output is not lost, many at once" {
	local i k pids

	for i in {1..15}; do
		pids=()
		for k in 1 2 3 4; do
			r "$IMAGE" echo "line $i.$k" >"$BATS_TEST_TMPDIR/$i.$k" 3>&- &
			pids+=($!)
		done
		wait "${pids[@]}"
	done
	[ "$(cat "$BATS_TEST_TMPDIR"/*.* | grep -c '^line ')" -eq 60 ]
}

@test "flags of the command are the command's" {
	run -0 r "$IMAGE" echo --rm -it --help
	[ "$output" = "--rm -it --help" ]
}

@test "values with = and clusters" {
	run -0 co run --rm=true --network=none -ie=A=1 "$IMAGE" sh -c 'echo $A' </dev/null
	[ "$output" = 1 ]
}
