# SPDX-License-Identifier: Apache-2.0
# guest.bash: what the tests in the VM share.  DRIVER, for what starts containers, is cgroupfs or systemd.

# shellcheck source=/dev/null
source "$(dirname "${BASH_SOURCE[0]}")/../integration/runtime.bash"

CGROUPS=/sys/fs/cgroup

guest_setup() {
	runtime_setup
	if [ "$DRIVER" = systemd ]; then
		runtime_config ".linux.cgroupsPath = \"coracle-test.slice:co:$ID\""
		CG=$CGROUPS/coracle.slice/coracle-test.slice/co-$ID.scope
	else
		CG=$CGROUPS/coracle-test/$ID
	fi
	runtime_args sleep 1000
}

# $IMAGE in podman's store.
guest_image() {
	local root=$BATS_FILE_TMPDIR/rootfs

	export IMAGE=localhost/guest
	runtime_rootfs "$root"
	tar -C "$root" -c . | podman import -q - "$IMAGE" >/dev/null
}

# The container of $BUNDLE, running.
start() {
	RT_FLAGS=(--cgroup-manager "$DRIVER")
	"$RUNTIME" --root "$RT_ROOT" "${RT_FLAGS[@]}" run -d --bundle "$BUNDLE" "$@" "$ID" </dev/null >/dev/null
}

knob() {
	cat "$CG/$1"
}

init_pid() {
	rt state "$ID" | jq .pid
}

gone() {
	[ ! -e "$CG" ]
	[ "$DRIVER" != systemd ] || ! systemctl -q is-active "co-$ID.scope"
	[ "$DRIVER" != systemd ] || [ -z "$(systemctl list-units --all --plain --no-legend "co-$ID.scope")" ]
}
