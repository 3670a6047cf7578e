# SPDX-License-Identifier: Apache-2.0
# runtime.bash: what the rows about the OCI runtime share.
#
#	control ARG...		the same with runc, where it is there: reported, never a failure

load ../integration/runtime

control() {
	command -v runc >/dev/null || return 0
	local rc=0

	RUNTIME=runc RT_ROOT=$BATS_TEST_TMPDIR/runc RT_TIMEOUT=10 "$@" \
		</dev/null >"$BATS_TEST_TMPDIR/control" 2>&1 || rc=$?
	echo "# control runc: $BATS_TEST_DESCRIPTION: status $rc: $(tail -1 "$BATS_TEST_TMPDIR/control")" >&3
	RUNTIME=runc RT_ROOT=$BATS_TEST_TMPDIR/runc rt delete -f "$ID" >/dev/null 2>&1 || true
}

# Without a mounted /dev: the image's own.
bare_dev() {
	runtime_config '.mounts |= map(select(.destination | startswith("/dev") | not))'
}
