/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/timeutil.h"
#include "monitor/replay.h"
#include "sys/fd.h"
#include "sys/sock.h"
#include "wire/monitor.h"

/* How long others wait for a client that takes nothing, when there is no log to serve it from. */
#define STALL_NSEC (5 * NSEC_PER_SEC)
/* More at once are turned away; the descriptors of a usual limit (1024) must not run out. */
#define CLIENTS_MAX 256

struct client {
	struct attach *attach;
	struct client *next;
	struct loop_source
		*source; /* NULL: gone, but with input that the container has no room for */
	int fd;
	uint32_t events; /* what source waits for */
	bool input_ended;
	size_t sent; /* bytes of the pending chunk it has */
	struct replay replay;
};

struct attach {
	struct loop *loop;
	struct input *input;
	struct log *log;
	attach_ready_fn ready;
	void *ready_arg;
	int dir, listener;
	struct loop_source *listen_source, *stall_timer;
	struct client *clients;
	unsigned n_clients;
	const struct log_chunk *pending; /* not yet with every client */
	struct log_chunk pending_chunk;
	bool any_sent, finishing;
};

/* ---- clients ---- */

static void client_drop(struct client *c)
{
	struct client **p = &c->attach->clients;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->attach->n_clients--;
	loop_remove(c->source);
	replay_done(&c->replay);
	fd_close(c->fd);
	free(c);
}

static bool client_behind(const struct client *c)
{
	return replay_active(&c->replay) ||
	       (c->attach->pending && c->sent < c->attach->pending->len);
}

static int on_client(struct loop_source *s, int fd, uint32_t events, void *arg);
static int on_connect(struct loop_source *s, int fd, uint32_t events, void *arg);

/* What to wait for.  A client that has ended its side would be readable for ever. */
static void client_watch(struct client *c)
{
	uint32_t events = 0;

	if (!c->input_ended && !input_busy(c->attach->input))
		events |= EPOLLIN;
	if (client_behind(c))
		events |= EPOLLOUT;
	if (c->source && events == c->events)
		return;
	c->events = events;
	if (c->source)
		loop_io_set_events(c->source, events);
	else if (events & EPOLLIN)
		loop_add_io(c->attach->loop, c->fd, events, on_client, c, &c->source);
}

/* The client has gone, but its last words must wait for the container: its hang-up would be
 * reported again and again until then. */
static void client_park(struct client *c)
{
	loop_remove(c->source);
	c->source = NULL;
	c->sent = c->attach->pending ? c->attach->pending->len : 0;
	replay_done(&c->replay);
}

/* 1 sent, 0 the socket is full, -errno. */
static int send_packet(int fd, char stream, const char *data, size_t len)
{
	struct iovec iov[] = { { &stream, 1 }, { (void *)(uintptr_t)data, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	for (;;) {
		if (sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 1;
		if (errno == EAGAIN || errno == ENOBUFS)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

/* As much of the chunk as the socket takes; 1 all, 0 full, -errno. */
static int client_send_chunk(struct client *c, const struct log_chunk *chunk)
{
	while (c->sent < chunk->len) {
		size_t n = MIN(chunk->len - c->sent, (size_t)ATTACH_PACKET_MAX);
		int r = send_packet(c->fd,
				    chunk->is_stderr ? ATTACH_PACKET_STDERR : ATTACH_PACKET_STDOUT,
				    chunk->data + c->sent, n);

		if (r <= 0)
			return r;
		c->sent += n;
	}
	return 1;
}

/* From the log, as much as the socket takes; 1 caught up, 0 full, -errno. */
static int client_send_replay(struct client *c)
{
	static char packet[REPLAY_PACKET_MAX];

	for (;;) {
		struct replay after;
		ssize_t n = replay_packet(&c->replay, packet, &after);
		int r;

		if (n < 0)
			return (int)n;
		if (n == 0) {
			/* The log has the pending chunk, too. */
			replay_done(&c->replay);
			c->sent = c->attach->pending ? c->attach->pending->len : 0;
			return 1;
		}
		r = send_packet(c->fd, packet[0], packet + 1, (size_t)n - 1);
		if (r <= 0)
			return r;
		c->replay = after;
	}
}

/* ---- pending chunk ---- */

static bool pending_done(const struct attach *a)
{
	for (const struct client *c = a->clients; c; c = c->next) {
		if (!replay_active(&c->replay) && c->sent < a->pending->len)
			return false;
	}
	return true;
}

static void pending_check(struct attach *a)
{
	if (!a->pending || !pending_done(a))
		return;
	a->pending = NULL;
	loop_remove(a->stall_timer);
	a->stall_timer = NULL;
	if (a->ready)
		a->ready(a->ready_arg);
}

/* The container has ended: who has all of it may go.  Callers touch no client after this. */
static void sweep(struct attach *a)
{
	struct client *next;

	if (!a->finishing || a->pending)
		return;
	for (struct client *c = a->clients; c; c = next) {
		next = c->next;
		if (!client_behind(c))
			client_drop(c);
	}
}

static int on_stall(struct loop_source *s, void *arg)
{
	struct attach *a = arg;
	struct client *next;

	if (!a->pending)
		return 0;
	for (struct client *c = a->clients; c; c = next) {
		next = c->next;
		if (replay_active(&c->replay) || c->sent >= a->pending->len)
			continue;
		log_warn("an attach client does not read; it is disconnected");
		client_drop(c);
	}
	pending_check(a);
	sweep(a);
	return 0;
}

/* Somebody else wants the output, too, so one client may not hold it up for ever. */
static void stall_arm(struct attach *a)
{
	if (!log_keeps(a->log) && a->clients && !a->clients->next)
		return;
	if (a->stall_timer)
		loop_timer_set(a->stall_timer, STALL_NSEC);
	else
		loop_add_timer(a->loop, STALL_NSEC, on_stall, a, &a->stall_timer);
}

/* ---- events ---- */

static void client_end_input(struct client *c)
{
	c->input_ended = true;
	input_end(c->attach->input);
}

static void client_read(struct client *c)
{
	struct input *in = c->attach->input;
	ssize_t n = recv(c->fd, input_buffer(in), ATTACH_STDIN_MAX, MSG_DONTWAIT);

	if (n > 0)
		input_commit(in, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		client_end_input(c);
}

/* It can take more; false when it has been dropped. */
static bool client_write(struct client *c)
{
	struct attach *a = c->attach;
	size_t before = c->sent;
	int r = 1;

	if (replay_active(&c->replay))
		r = client_send_replay(c);
	else if (a->pending)
		r = client_send_chunk(c, a->pending);
	if (r == -ESTALE || r == -EBADMSG)
		log_warn("an attach client fell behind the log's rotation; it is disconnected");
	if (r >= 0 && a->pending && c->sent > before)
		stall_arm(a);
	if (r < 0)
		client_drop(c);
	return r >= 0;
}

/* Reading of all clients stops while a packet waits for the container, and goes on after it. */
static void watch_all(void *arg)
{
	struct attach *a = arg;

	for (struct client *c = a->clients; c; c = c->next)
		client_watch(c);
}

static int on_client(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct client *c = arg;
	struct attach *a = c->attach;

	if ((events & EPOLLIN) && !c->input_ended && !input_busy(a->input)) {
		client_read(c);
		if (input_busy(a->input))
			watch_all(a);
	}
	if (events & (EPOLLHUP | EPOLLERR)) {
		/* It has gone for good; what it had sent before is still to be read. */
		if (!c->input_ended && input_busy(a->input))
			client_park(c);
		else if (!c->input_ended && (events & EPOLLIN))
			return 0;
		else if (!c->input_ended)
			client_end_input(c);
		if (c->source)
			client_drop(c);
	} else if (!(events & EPOLLOUT) || client_write(c)) {
		client_watch(c);
	}
	pending_check(a);
	sweep(a);
	return 0;
}

static int on_connect(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct attach *a = arg;

	for (;;) {
		int peer = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		struct client *c;

		if (peer < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (peer < 0)
			return 0;
		if (a->n_clients >= CLIENTS_MAX) {
			log_warn("more than %d attach clients; one is turned away", CLIENTS_MAX);
			fd_close(peer);
			continue;
		}
		c = xnew(struct client);
		c->attach = a;
		c->fd = peer;
		c->events = EPOLLIN;
		c->replay = REPLAY_INIT;
		c->sent = a->pending ? a->pending->len : 0;
		if (loop_add_io(a->loop, peer, EPOLLIN, on_client, c, &c->source) < 0) {
			fd_close(peer);
			free(c);
			return 0;
		}
		c->next = a->clients;
		a->clients = c;
		a->n_clients++;
		client_watch(c);
		if (a->pending)
			stall_arm(a);
	}
}

static void on_log_changed(void *arg, int new_fd, bool lossy)
{
	struct attach *a = arg;

	for (struct client *c = a->clients; c; c = c->next)
		replay_log_changed(&c->replay, new_fd, lossy);
}

/* ---- from the pump ---- */

/* true: nobody has to wait for this client. */
static bool client_offer(struct client *c, const struct log_chunk *chunk,
			 const struct log_mark *mark)
{
	int r;

	if (replay_active(&c->replay) || !c->source)
		return true;
	c->sent = 0;
	r = client_send_chunk(c, chunk);
	if (r < 0) {
		/* Its hang-up is reported, too; until then it counts as served. */
		c->sent = chunk->len;
		return true;
	}
	if (r > 0)
		return true;
	if (!mark || replay_open(&c->replay, mark, chunk->is_stderr, c->sent) < 0) {
		client_watch(c);
		return false;
	}
	client_watch(c);
	return true;
}

/* An engine connects before it starts the container: its connection may still stand in the queue
 * when the first output is here already, and must not miss it. */
static void accept_first(struct attach *a)
{
	if (!a->any_sent && a->listener >= 0)
		on_connect(a->listen_source, a->listener, EPOLLIN, a);
	a->any_sent = true;
}

bool attach_wanted(struct attach *a)
{
	accept_first(a);
	return a->clients != NULL;
}

bool attach_send(struct attach *a, const struct log_chunk *chunk, const struct log_mark *mark)
{
	bool all = true;

	accept_first(a);
	for (struct client *c = a->clients; c; c = c->next)
		all = client_offer(c, chunk, mark) && all;
	if (all)
		return true;
	a->pending_chunk = *chunk;
	a->pending = &a->pending_chunk;
	for (struct client *c = a->clients; c; c = c->next)
		client_watch(c);
	stall_arm(a);
	return false;
}

void attach_on_ready(struct attach *a, attach_ready_fn fn, void *arg)
{
	a->ready = fn;
	a->ready_arg = arg;
}

/* ---- opening and closing ---- */

static int make_link(const struct attach_place *p, struct error *err)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", p->socket_dir, p->uuid);

	if (n < 0 || (size_t)n >= sizeof(path))
		return error_set(err, ERROR_INVALID, "--socket-dir-path is too long");
	if (unlink(path) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove old link '%s'", path);
	if (symlink(p->bundle, path) < 0)
		return error_os(err, errno, "make link '%s' to the bundle", path);
	return 0;
}

static int start_listening(struct attach *a, const struct attach_place *p, struct error *err)
{
	int r;

	if (p->socket_dir) {
		r = make_link(p, err);
		if (r < 0)
			return r;
	}
	a->dir = fd_open(AT_FDCWD, p->bundle, O_PATH | O_DIRECTORY, 0);
	if (a->dir < 0)
		return error_os(err, -a->dir, "open bundle '%s'", p->bundle);
	/* Of a monitor that was killed. */
	if (unlinkat(a->dir, "attach", 0) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove old attach socket in '%s'", p->bundle);
	a->listener = sock_listen_unix(a->dir, "attach", SOCK_SEQPACKET | SOCK_NONBLOCK, 0700, err);
	if (a->listener < 0)
		return a->listener;
	r = loop_add_io(a->loop, a->listener, EPOLLIN, on_connect, a, &a->listen_source);
	return r < 0 ? error_os(err, -r, "watch the attach socket") : 0;
}

int attach_open(struct loop *loop, const struct attach_place *place, struct input *input,
		struct log *log, struct attach **ret, struct error *err)
{
	struct attach *a = xnew(struct attach);
	int r;

	a->loop = loop;
	a->input = input;
	a->log = log;
	a->dir = a->listener = -1;
	r = start_listening(a, place, err);
	if (r < 0) {
		attach_free(a);
		return r;
	}
	input_on_ready(input, watch_all, a);
	log_on_change(log, on_log_changed, a);
	*ret = a;
	return 0;
}

void attach_finish(struct attach *a)
{
	if (a->listener >= 0) {
		/* Who connected just now gets the end of file as an answer, not an error. */
		on_connect(a->listen_source, a->listener, EPOLLIN, a);
		unlinkat(a->dir, "attach", 0);
	}
	loop_remove(a->listen_source);
	a->listen_source = NULL;
	a->listener = fd_close(a->listener);
	a->finishing = true;
	sweep(a);
}

bool attach_idle(const struct attach *a)
{
	return !a->clients;
}

void attach_free(struct attach *a)
{
	if (!a)
		return;
	if (a->listener >= 0 && a->dir >= 0)
		unlinkat(a->dir, "attach", 0);
	while (a->clients)
		client_drop(a->clients);
	loop_remove(a->listen_source);
	loop_remove(a->stall_timer);
	fd_close(a->listener);
	fd_close(a->dir);
	free(a);
}
