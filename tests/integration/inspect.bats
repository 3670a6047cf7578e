#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# inspect: documents with the peer's keys and true values.

load helpers

@test "a container's keys" {
	co run -d --name "$C" --network none --tmpfs /t -v "$C:/data" -v /tmp:/host:ro --label a=1 --annotation x=y \
		-e A=1 --ulimit nofile=100:200 --cap-add NET_RAW -m 64m --cpus 1 --device /dev/fuse "$IMAGE" sleep 1000
	co inspect "$C" | jq '.[0]' | keys_match inspect-container
	co inspect --size "$C" | jq -e '.[0].SizeRootFs > 1000000 and .[0].SizeRw >= 0' >/dev/null
}

@test "a container's values" {
	co run -d --name "$C" --network none --hostname h.example --user user --workdir /home/user --entrypoint /bin/sleep \
		--label a=1 -e A=1 --read-only --cap-add NET_RAW --cap-drop CHOWN --stop-signal USR1 --stop-timeout 3 -t \
		-v "$C-vol:/data:ro" --tmpfs /t:size=1m --add-host db:192.0.2.7 --shm-size 1m --pids-limit 50 "$IMAGE" 1000
	local doc=$BATS_TEST_TMPDIR/doc

	co inspect "$C" | jq '.[0]' >"$doc"
	check() {
		[ "$(jq -c "$1" "$doc")" = "$2" ] || {
			echo "$1: $(jq -c "$1" "$doc"), want $2"
			return 1
		}
	}
	check .Name "\"$C\""
	check .Path '"/bin/sleep"'
	check .Args '["1000"]'
	check .State.Status '"running"'
	check .State.Running true
	check .Config.Hostname '"h.example"'
	check .Config.User '"user"'
	check .Config.WorkingDir '"/home/user"'
	check .Config.Tty true
	check .Config.Labels.a '"1"'
	check '.Config.Env | index("A=1") != null' true
	check .Config.StopTimeout 3
	check .HostConfig.ReadonlyRootfs true
	check .HostConfig.NetworkMode '"none"'
	check .HostConfig.PidsLimit 50
	check .HostConfig.ShmSize 1048576
	check '.HostConfig.ExtraHosts' '["db:192.0.2.7"]'
	check '.HostConfig.CapAdd' '["CAP_NET_RAW"]'
	check '.HostConfig.CapDrop' '["CAP_CHOWN"]'
	check '.BoundingCaps | index("CAP_CHOWN")' null
	check '.BoundingCaps | index("CAP_NET_RAW") != null' true
	check '.HostConfig.Tmpfs | keys' '["/t"]'
	check '.Mounts | map(select(.Type == "volume")) | .[0] | [.Name, .Destination, .RW]' "[\"$C-vol\",\"/data\",false]"
	check .ImageName '"localhost/busybox:latest"'
	[ -e "/proc/$(jq .State.Pid "$doc")" ]
	[ -e "$(jq -r .HostsPath "$doc")" ]
	[ -e "$(jq -r .OCIConfigPath "$doc")" ]
}

@test "limits" {
	co create --name "$C" --network none -m 64m --cpus 1.5 --cpu-shares 512 --cpuset-cpus 0 --memory-reservation 32m "$IMAGE" true
	[ "$(field "$C" '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}} {{.HostConfig.CpusetCpus}} {{.HostConfig.MemoryReservation}} {{.HostConfig.MemorySwap}}')" = \
		"67108864 1500000000 512 0 33554432 134217728" ]
}

@test "several objects, types, formats" {
	co create --name "$C-1" --network none "$IMAGE" true
	co create --name "$C-2" --network none "$IMAGE" true
	run -0 co inspect --format '{{.Name}}' "$C-1" "$C-2"
	[ "$output" = "$C-1"$'\n'"$C-2" ]
	co inspect "$C-1" "$C-2" | jq -e 'length == 2' >/dev/null
	[ "$(co inspect --type image --format '{{.Os}}' "$IMAGE")" = linux ]
	[ "$(co inspect --format '{{index .RepoTags 0}}' "$IMAGE")" = "$IMAGE:latest" ]
	refused 125 nosuch inspect nosuch
	refused 125 "$C-1" inspect --type image "$C-1"
	refused 125 frob inspect --type frob "$C-1"
	[ "$(co inspect --format '{{json .State.ExitCode}}{{range $k, $v := .Config.Labels}}{{$k}}{{end}}' "$C-1")" = 0 ]
}

@test "an image's keys and values" {
	co image inspect "$IMAGE" | jq '.[0]' | keys_match inspect-image
	co image inspect "$IMAGE" | jq -e '.[0] | .Architecture == "amd64" and (.RootFS.Layers | length) == 1 and .Config.Cmd == ["/bin/sh"]' >/dev/null
	refused 125 nosuch image inspect nosuch
}

@test "a volume's keys" {
	co volume create --label a=1 "$C" >/dev/null
	co volume inspect "$C" | jq '.[0]' | keys_match inspect-volume
	co volume rm "$C"
}

@test "a network's keys" {
	co network create "$C" >/dev/null
	co network inspect "$C" | jq '.[0]' | jq 'del(.containers)' | keys_match inspect-network
	co network rm "$C" >/dev/null
}
