# SPDX-License-Identifier: Apache-2.0
# engine.bash: what the rows about the engine share.
#
#	control ARG...		podman on a store of its own with the same image, where it is installed: its
#				status and last line are reported, never a failure

load ../integration/helpers
load ../harness/podman

control() {
	command -v podman >/dev/null || return 0
	local podman=(podman --root "$BATS_FILE_TMPDIR/podman" --runroot "$BATS_FILE_TMPDIR/podman-run" --cgroup-manager cgroupfs)
	local status=0

	"${podman[@]}" image exists "$IMAGE" || "${podman[@]}" import -q "$BATS_FILE_TMPDIR/image.tar" "$IMAGE" >/dev/null 2>&1
	timeout 60 "${podman[@]}" run --rm --ulimit nproc=1000:1000 --ulimit nofile=1000:1000 --runtime runc --network none "$@" \
		>"$BATS_TEST_TMPDIR/control" 2>&1 </dev/null || status=$?
	echo "# control podman: $BATS_TEST_DESCRIPTION: status $status: $(tail -1 "$BATS_TEST_TMPDIR/control")" >&3
}

teardown_file() {
	podman_store_release "$BATS_FILE_TMPDIR/podman"
	engine_teardown_file
}
