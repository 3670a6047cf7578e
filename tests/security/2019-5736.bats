#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# CVE-2019-5736: the runtime's binary overwritten through /proc/self/exe.

bats_require_minimum_version 1.5.0
load runtime

setup() {
	runtime_setup
	# The victim is a copy: should we be wrong, the build stays whole.
	cp "$BUILD/src/cmd/coracle-runtime" "$BATS_TEST_TMPDIR/coracle-runtime"
	RUNTIME=$BATS_TEST_TMPDIR/coracle-runtime
	before=$(sha256sum <"$RUNTIME")
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/evil"
	chmod 755 "$BUNDLE/rootfs/evil"
}
teardown() { runtime_teardown; }

# Hold the executable of every process open, and write to it as soon as that is possible.
ATTACK='echo ready >/ready; while :; do for p in /proc/[0-9]*; do
	[ $p = /proc/$$ ] || [ $p = /proc/1 ] && continue
	( exec 5<$p/exe && for i in 1 2 3 4 5 6 7 8 9; do echo overwritten >/proc/self/fd/5; done ) 2>/dev/null
	( echo overwritten >$p/exe ) 2>/dev/null
done; done'

@test "run of #!/proc/self/exe" {
	runtime_args /evil
	run rt run -b "$BUNDLE" "$ID"
	runtime_args /proc/self/exe
	run rt run -b "$BUNDLE" "$ID"
	[ "$(sha256sum <"$RUNTIME")" = "$before" ]
}

@test "exec of #!/proc/self/exe beside a writer" {
	local i

	runtime_args sh -c "$ATTACK"
	rt run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	until_ok test -e "$BUNDLE/rootfs/ready"
	for i in {1..40}; do
		run rt exec "$ID" /evil
		run rt exec "$ID" /proc/self/exe features
	done
	[ "$(sha256sum <"$RUNTIME")" = "$before" ]
}

@test "what runs from the runtime inside is a read-only mount" {
	runtime_args /evil
	cp /bin/busybox "$BUNDLE/rootfs/bin/busybox"
	# The payload is the runtime itself: its own executable must refuse writing.
	runtime_args sh -c 'exec 5</proc/self/exe; true'
	rt run -b "$BUNDLE" "$ID"
	[ "$(sha256sum <"$RUNTIME")" = "$before" ]
}

@test "the mount that a created container's init runs from is dissolved: the host's root cannot make it writable" {
	local pid

	gcc -O1 -o "$BATS_TEST_TMPDIR/remount" "$BATS_TEST_DIRNAME/programs/remount.c"
	rt create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	pid=$(rt state "$ID" | jq .pid)
	run touch -c "/proc/$pid/exe"
	[[ "$output" == *"Read-only file system"* ]]
	run "$BATS_TEST_TMPDIR/remount" "/proc/$pid/exe"
	[ "$status" -eq 1 ]
	# The program does it where it can be done.
	run unshare -m sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" "$1"' \
		sh "$RUNTIME" "$BATS_TEST_TMPDIR/remount"
	[ "$status" -eq 0 ]
}
