# SPDX-License-Identifier: Apache-2.0
# registry.bash: Debian's docker-registry, and our own bad_registry, for bats tests.
#
#	load ../harness/registry
#	registry_start [tls] [auth]	sets REGISTRY (127.0.0.1:PORT), REGISTRY_PID, REGISTRY_DIR, and
#					with tls REGISTRY_CA (a file), with auth user:secret
#	registry_stop			of the last one started; call it in teardown
#	bad_registry_start		sets BAD (127.0.0.1:PORT), BAD_PID, BAD_LOG
#	bad_registry_stop
#
# Nothing waits for a fixed time: a port is polled until it answers, at most REGISTRY_WAIT seconds
# and no longer than the server lives.

REGISTRY_WAIT=${REGISTRY_WAIT:-60}

# wait_line FILE PID PATTERN: until FILE has a line with the (grep -o) pattern, which is printed.
wait_line() {
	local end=$((SECONDS + REGISTRY_WAIT))

	until grep -o -m 1 -e "$3" "$1" 2>/dev/null; do
		kill -0 "$2" 2>/dev/null || return 1
		((SECONDS < end)) || return 1
		read -r -t 0.02 <> <(:) || :
	done
}

# registry_certs DIR: an authority (ca.crt) and a server certificate of it for 127.0.0.1 (tls.crt,
# tls.key).
registry_certs() {
	(
		cd "$1" || exit
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
			-subj /CN=coracle-test-ca -keyout ca.key -out ca.crt
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
			-subj /CN=127.0.0.1 -keyout tls.key -out tls.csr
		printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >ext
		openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
			-extfile ext -out tls.crt
	) >"$1/openssl.log" 2>&1
}

registry_start() {
	local tls= auth= line

	REGISTRY_DIR=$(mktemp -d "${BATS_TEST_TMPDIR:-/tmp}/registry.XXXXXX")
	for arg; do
		case $arg in
		tls)
			registry_certs "$REGISTRY_DIR" || return 1
			REGISTRY_CA=$REGISTRY_DIR/ca.crt
			tls="  tls: {certificate: $REGISTRY_DIR/tls.crt, key: $REGISTRY_DIR/tls.key}"
			;;
		auth)
			auth="auth: {htpasswd: {realm: test, path: $REGISTRY_DIR/htpasswd}}"
			# bcrypt of 'secret': docker-registry takes no other hash
			echo 'user:$2b$04$y6n5/PSBUf9OPPiHhFtjmOxq9ww604jjA9boN3sIDmrLA6IS6H7j2' \
				>"$REGISTRY_DIR/htpasswd"
			;;
		esac
	done
	cat >"$REGISTRY_DIR/config.yml" <<-YAML
	version: 0.1
	log: {level: info}
	storage:
	  filesystem: {rootdirectory: $REGISTRY_DIR/data}
	  delete: {enabled: true}
	http:
	  addr: 127.0.0.1:0
	$tls
	$auth
	YAML
	docker-registry serve "$REGISTRY_DIR/config.yml" >"$REGISTRY_DIR/log" 2>&1 3>&- 4>&- &
	REGISTRY_PID=$!
	line=$(wait_line "$REGISTRY_DIR/log" "$REGISTRY_PID" 'listening on [0-9.]*:[0-9]*') || {
		cat "$REGISTRY_DIR/log" >&2
		return 1
	}
	REGISTRY=${line#listening on }
}

registry_stop() {
	[ -n "${REGISTRY_PID:-}" ] || return 0
	kill "$REGISTRY_PID" 2>/dev/null || :
	wait "$REGISTRY_PID" 2>/dev/null || :
	REGISTRY_PID=
}

# bad_registry prints its ports when it listens.
bad_registry_start() {
	local out line

	out=$(mktemp "${BATS_TEST_TMPDIR:-/tmp}/bad.XXXXXX")
	"${BAD_REGISTRY:?path of bad_registry}" >"$out" 2>&1 3>&- 4>&- &
	BAD_PID=$!
	line=$(wait_line "$out" "$BAD_PID" 'ports [0-9]* [0-9]*') || return 1
	line=${line#ports }
	BAD=127.0.0.1:${line% *}
	BAD_LOG=$out
}

bad_registry_stop() {
	[ -n "${BAD_PID:-}" ] || return 0
	kill "$BAD_PID" 2>/dev/null || :
	wait "$BAD_PID" 2>/dev/null || :
	BAD_PID=
}
