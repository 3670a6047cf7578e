# SPDX-License-Identifier: Apache-2.0
# helpers.bash: an engine of its own for a bats file, with the image $IMAGE made from busybox-static.
#
# setup_file, setup, teardown and teardown_file are made of engine_setup_file, engine_setup, engine_teardown
# and engine_teardown_file; a file that needs more has its own, which call these.
#
#	co ARG...		coracle on the file's own stores
#	r ARG...		... run --rm --network none
#	state NAME		the container's state word
#	field NAME TEMPLATE	of inspect
#	pty STEP... -- ARG...	coracle on a terminal (tests/harness/monitor_client.c: send: expect: size:)
#	keys_match FILE		standard input (a JSON object) has the peer's keys of tests/data/cli/FILE
#	journal_up DIR		a system journal, for what in_journal runs; journal_down ends it
#	in_journal COMMAND...
#	refused STATUS TEXT ARG...	coracle fails with that status; the message has the text, one line
#
# Every container of a test has a name that begins with $C; those that are left are removed.

bats_require_minimum_version 1.5.0
# Also from a directory below.
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/harness/wait.bash
source "$TESTS/harness/wait.bash"
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-300}

: "${BUILD:=build}"
: "${CORACLE:=$BUILD/src/cmd/coracle}"
DATA=$TESTS/data/cli
IMAGE=localhost/busybox
CLIENT=$BUILD/tests/harness/monitor_client

co() {
	"$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" "$@"
}

r() {
	co run --rm --network none "$@"
}

setup_file() { engine_setup_file; }
teardown_file() { engine_teardown_file; }
setup() { engine_setup; }
teardown() { engine_teardown; }

# The tree of the image; the same applets as a small distribution.
image_tree() {
	local dir=$1 applet

	mkdir -p "$dir"/{bin,proc,sys,dev,etc,tmp,root,var/tmp,run,home/user,usr/bin}
	cp /bin/busybox "$dir/bin/busybox"
	for applet in $(/bin/busybox --list); do
		[ "$applet" = busybox ] || ln -sf busybox "$dir/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n' >"$dir/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\naudio:x:63:user\n' >"$dir/etc/group"
	chown 1000:1000 "$dir/home/user"
	chmod 1777 "$dir/tmp" "$dir/var/tmp"
}

engine_setup_file() {
	export ENGINE_DIR=$BATS_FILE_TMPDIR/engine
	# Sockets have short names: not below bats' long directory.
	ENGINE_RUN=$(mktemp -d /run/coracle-test.XXXXXX)
	export ENGINE_RUN
	# Nothing of the machine's own configuration.
	export XDG_CONFIG_HOME=$BATS_FILE_TMPDIR/config
	unset http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY
	image_tree "$BATS_FILE_TMPDIR/tree"
	tar -C "$BATS_FILE_TMPDIR/tree" -cf "$BATS_FILE_TMPDIR/image.tar" .
	co import -q --change 'CMD ["/bin/sh"]' "$BATS_FILE_TMPDIR/image.tar" "$IMAGE"
}

engine_teardown_file() {
	co rm -f -a -t 0 >/dev/null 2>&1 || true
	# Who cleans up after the last container may still be at work.
	until_ok engine_unused
	# Nothing may be left: this is also a test.
	local left
	left=$(grep -c -e "$ENGINE_RUN" -e "$ENGINE_DIR/root/storage/overlay/.*/merged" /proc/self/mountinfo || true)
	[ "$left" -eq 0 ] || {
		echo "# $left mounts left" >&3
		return 1
	}
	rm -rf "$ENGINE_RUN"
}

engine_unused() {
	! pgrep -f -- "$ENGINE_RUN" >/dev/null
}

engine_setup() {
	C=t$BATS_TEST_NUMBER
}

engine_teardown() {
	local names

	# Shown when the test failed.
	echo "output of the last run: '$output'"

	names=$(co ps -a --format '{{.Names}}' 2>/dev/null | grep "^$C" || true)
	# shellcheck disable=SC2086
	[ -z "$names" ] || co rm -f --ignore -t 0 $names >/dev/null
}

state() {
	co inspect --format '{{.State.Status}}' "$1"
}

state_is() {
	[ "$(state "$1")" = "$2" ]
}

field() {
	co inspect --format "$2" "$1"
}

logs_have() {
	co logs "$1" 2>&1 | grep -q -e "$2"
}

pty() {
	local steps=()

	while [ "$1" != -- ]; do
		steps+=("$1")
		shift
	done
	shift
	"$CLIENT" pty "${steps[@]}" -- "$CORACLE" --root "$ENGINE_DIR/root" --runroot "$ENGINE_RUN" "$@"
}

refused() {
	local status_wanted=$1 text=$2
	shift 2

	run "-$status_wanted" co "$@"
	echo "$output"
	[[ $output == *"$text"* ]]
	[ "$(grep -c '^Error: ' <<<"$output")" -eq 1 ]
}

# Paths of a JSON object as in the lists: "A.B", "A[].B"; below a map of the user's own, nothing.
json_paths() {
	jq -r 'def walk_paths($p):
			if type == "object" then
				to_entries[] | .key as $k | ($p + (if $p == "" then "" else "." end) + $k) as $q |
				($q, (.value | walk_paths($q)))
			elif type == "array" then .[0] // empty | walk_paths($p + "[]")
			else empty end;
		walk_paths("")' |
		sed -E -e 's/^((NetworkSettings|HostConfig)\.(Networks|Ports|PortBindings))\.[^.[]+(\.[0-9][^.[]*)*/\1.<key>/' \
			-e '/^(Config\.|HostConfig\.)?(Labels|labels|Annotations|Volumes|ExposedPorts|Options|options)\./d' \
			-e '/^(GraphDriver\.Data|HostConfig\.Tmpfs|HostConfig\.LogConfig\.Config|ipam_options)\./d' \
			-e '/^Config\.(Env|Volumes|ExposedPorts)\b.+/{/^Config\.(Env|Volumes|ExposedPorts)$/!d}' |
		sort -u
}

keys_match() {
	local list=$DATA/$1.keys have=$BATS_TEST_TMPDIR/keys status=0 path flag parent

	json_paths >"$have"
	[ -s "$have" ] || return 1
	# Nothing that the peer does not have; what the list does not look into may hold anything.
	while read -r path; do
		awk -F'\t' -v p="$path" '
			{ known[$1] = 1; up = $1; while (sub(/(\.[^.]*|\[\])$/, "", up)) inside[up] = 1 }
			END {
				if (known[p]) exit 0
				while (sub(/(\.[^.]*|\[\])$/, "", p)) if (known[p] && !inside[p]) exit 0
				exit 1
			}' "$list" || [[ $path == *'<key>' ]] || {
			echo "the peer has no $path"
			status=1
		}
	done <"$have"
	# All that it always has, where the object around it is there.
	while IFS=$'\t' read -r path flag; do
		[ "$flag" = r ] || continue
		parent=${path%.*}
		parent=${parent%\[\]}
		if [ "$parent" != "$path" ] && [[ $path == *.* ]]; then
			grep -qF -e "$parent${path:${#parent}:1}" "$have" || continue
		fi
		grep -qxF -e "$path" "$have" || {
			echo "missing: $path"
			status=1
		}
	done < <(grep -v '^#' "$list")
	return $status
}

# A systemd-journald of the test's own, in a mount namespace of its own; needs a directory.
journal_up() {
	mkdir "$1/etc"
	unshare -m sh "$TESTS/harness/journald.sh" "$1/etc" >"$1/journald.out" 2>&1 3>&- &
	JOURNAL_PID=$!
	until_ok in_journal test -S /run/systemd/journal/io.systemd.journal || {
		cat "$1/journald.out"
		return 1
	}
}

in_journal() {
	nsenter -t "$JOURNAL_PID" -m -- "$@"
}

journal_down() {
	[ -z "${JOURNAL_PID:-}" ] || kill "$JOURNAL_PID" || true
}
