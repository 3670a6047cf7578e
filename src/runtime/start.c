/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start: tell a created container's init to go on.
 *
 * The start socket makes it safe (invariant I9): connecting never blocks, fails when init is dead,
 * and only the one who got HELLO may say GO.  The socket's name is removed before GO is said, so
 * that a second start finds the container started; should we die between the two, init sees the
 * connection end, finds no name any more and can only be deleted, which is a legal state.
 */
#include "runtime/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/trace.h"
#include "runtime/hooks.h"
#include "runtime/record.h"
#include "runtime/sync.h"
#include "sys/fd.h"
#include "sys/sock.h"

static int state_error(const struct runtime_record *rec, enum runtime_status s, struct error *err)
{
	if (s == RUNTIME_STOPPED)
		return error_set(err, ERROR_STATE,
				 "cannot start a container that has stopped: the init process of "
				 "'%s' has died",
				 rec->id);
	if (s == RUNTIME_CREATING)
		return error_set(err, ERROR_STATE,
				 "cannot start container '%s': it is still being created", rec->id);
	return error_set(err, ERROR_STATE, "cannot start an already running container: '%s' is %s",
			 rec->id, runtime_status_name(s));
}

static int connect_init(int dir, const struct runtime_record *rec, struct error *err)
{
	struct sync_message m;
	scoped_fd int conn = sock_connect_unix(dir, RECORD_SOCKET, SOCK_SEQPACKET, err);
	int r = conn < 0 ? conn : sync_recv(conn, &m);

	if (r > 0 && m.type == SYNC_HELLO)
		return take_fd(conn);
	/* Another start won, or init died: what is it now? */
	return state_error(rec, record_status(dir, rec), err);
}

int start_send_listener(const struct runtime_record *rec, const struct pidref *init,
			const char *status, int32_t number, struct error *err)
{
	const char *path = record_default_text(rec, "listenerPath");
	const char *metadata = record_default_text(rec, "listenerMetadata");
	scoped(buf_done) struct buf state = BUF_INIT;
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_fd int listener = pidref_get_fd(init, number);
	scoped_fd int sock = -1;
	int r;

	if (listener < 0)
		return error_os(err, -listener, "take seccomp listener from container init");
	if (path == NULL)
		return error_set(err, ERROR_INVALID,
				 "the seccomp filter notifies and no "
				 "listenerPath is set");
	sock = sock_connect_unix(AT_FDCWD, path, SOCK_STREAM, err);
	if (sock < 0)
		return error_prefix(err, "seccomp listener");
	/* config-linux.md, "The Container Process State" */
	/* An exec is another process than the container's. */
	record_state_text(rec, status, rec->init_pid, 0, &state);
	buf_addf(&b, "{\"ociVersion\":\"%s\",\"fds\":[\"seccompFd\"],\"pid\":%d", rec->oci_version,
		 (int)init->pid);
	if (metadata) {
		buf_adds(&b, ",\"metadata\":");
		buf_add_json_string(&b, metadata);
	}
	buf_addf(&b, ",\"state\":%s}", buf_str(&state));
	r = sock_send_fds(sock, buf_str(&b), b.len, &listener, 1);
	return r < 0 ? error_os(err, -r, "send seccomp listener to '%s'", path) : 0;
}

/* Until exec or an error. */
int start_wait_exec(const struct runtime_record *rec, const struct pidref *init, int conn,
		    struct error *err)
{
	for (;;) {
		struct sync_message m;
		int r = sync_recv(conn, &m);

		if (r < 0)
			return error_os(err, -r, "receive from container init");
		if (r == 0)
			return 0; /* closed by exec */
		if (m.type == SYNC_ERROR)
			return sync_error(&m, err);
		if (m.type != SYNC_SECCOMP)
			return error_set(err, ERROR_INTERNAL, "container init: wrong message");
		r = start_send_listener(rec, init, "running", m.value, err);
		if (r < 0)
			return r;
		r = sync_send(conn, SYNC_ACK, 0);
		if (r < 0)
			return error_os(err, -r, "send to container init");
	}
}

/* Its failure ends the container (spec 4). */
static int run_poststart(const struct runtime_record *rec, const struct pidref *init,
			 struct error *err)
{
	struct plan_hooks hooks = { 0 };
	scoped(hook_output_done) struct hook_output output = HOOK_OUTPUT_INIT;
	scoped(buf_done) struct buf state = BUF_INIT;
	int r = record_hooks(rec, PLAN_HOOK_POSTSTART, &hooks, err);

	if (r == 0 && hooks.n > 0) {
		record_state_text(rec, "running", init->pid, 0, &state);
		r = hook_output_open(&rec->annotations, &output, err);
		if (r == 0)
			r = hooks_run(&hooks, PLAN_HOOK_POSTSTART, buf_str(&state), rec->bundle,
				      &output, err);
		if (r < 0)
			(void)pidref_kill(init, SIGKILL);
	}
	record_hooks_done(&hooks);
	return r;
}

int runtime_start(const struct runtime_context *cx, const char *id, struct error *err)
{
	return start_relayed(cx, id, NULL, err);
}

int start_relayed(const struct runtime_context *cx, const char *id, struct notify_relay *ret,
		  struct error *err)
{
	trace_scope("runtime start");
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	scoped(notify_relay_done) struct notify_relay relay = NOTIFY_RELAY_INIT;
	scoped_fd int dir = record_open_dir(cx, id, err);
	scoped_fd int conn = -1;
	enum runtime_status s;
	int r;

	if (dir < 0)
		return dir;
	r = record_load_at(dir, id, &rec, err);
	if (r < 0)
		return r;
	r = record_status_init(dir, &rec, &init, &s, err);
	if (r < 0)
		return r;
	if (s != RUNTIME_CREATED)
		return state_error(&rec, s, err);
	conn = connect_init(dir, &rec, err);
	if (conn < 0)
		return conn;
	if (rec.notify_socket) {
		r = notify_listen(dir, rec.notify_socket, &relay, err);
		if (r < 0)
			return r;
	}
	/* A starter that got HELLO before us may have died between the two. */
	if (unlinkat(dir, RECORD_SOCKET, 0) < 0 && errno != ENOENT)
		return state_error(&rec, record_status(dir, &rec), err);
	r = sync_send(conn, SYNC_GO, 0);
	if (r < 0)
		return state_error(&rec, RUNTIME_STOPPED, err);
	r = start_wait_exec(&rec, &init, conn, err);
	if (r == 0)
		r = run_poststart(&rec, &init, err);
	if (r < 0 || relay.sock < 0)
		return r;
	if (ret == NULL)
		return notify_wait_ready(&relay, &init, err);
	*ret = relay;
	relay = NOTIFY_RELAY_INIT;
	return 0;
}
