/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sys/fd.h"

/* The longest line of a k8s-file (its text is at most ATTACH_PACKET_MAX) and some more. */
#define READ_SIZE (ATTACH_PACKET_MAX * 2)

int replay_open(struct replay *r, const struct log_mark *mark, bool is_stderr, size_t skip)
{
	int fd = fd_reopen(mark->fd, O_RDONLY);

	if (fd < 0)
		return fd;
	*r = REPLAY_INIT;
	r->fd = fd;
	r->offset = mark->offset;
	r->skip_stderr = is_stderr;
	r->skip = skip;
	return 0;
}

void replay_done(struct replay *r)
{
	fd_close(r->fd);
	fd_close(r->next_fd);
	*r = REPLAY_INIT;
}

void replay_log_changed(struct replay *r, int new_fd, bool lossy)
{
	if (!replay_active(r))
		return;
	if (lossy || r->next_fd >= 0)
		r->stale = true;
	else if (new_fd >= 0)
		r->next_fd = fd_reopen(new_fd, O_RDONLY);
	if (!lossy && r->next_fd < 0)
		r->stale = true;
}

/* Bytes of the container that a line stands for: its text, and the newline of a whole line. */
static size_t line_bytes(const struct monitor_log_line *l)
{
	return l->len + (l->partial ? 0 : 1);
}

/*
 * Put the bytes of one line, less those the client has, behind the packet of *len bytes.  false: it
 * does not go with this packet.
 */
static bool add_line(struct replay *r, const struct monitor_log_line *l, char *out, size_t *len)
{
	char stream = l->is_stderr ? ATTACH_PACKET_STDERR : ATTACH_PACKET_STDOUT;
	size_t bytes = line_bytes(l);
	size_t skip = l->is_stderr == r->skip_stderr ? (r->skip < bytes ? r->skip : bytes) : 0;
	size_t room = REPLAY_PACKET_MAX - *len;
	size_t take = bytes - skip;

	if (*len > 0 && out[0] != stream)
		return false;
	if (*len == 0)
		room--;
	if (take > room) {
		/* A full text and its newline are one byte more than a packet: the newline is the
		 * next one. */
		if (*len > 0 || take > room + 1)
			return false;
		out[0] = stream;
		memcpy(out + 1, l->text + skip, room);
		*len = 1 + room;
		r->skip_stderr = l->is_stderr;
		r->skip = skip + room;
		return false;
	}
	if (*len == 0 && take > 0)
		out[(*len)++] = stream;
	if (take > 0) {
		size_t text = skip < l->len ? l->len - skip : 0;

		memcpy(out + *len, l->text + (l->len - text), text);
		*len += text;
		if (!l->partial)
			out[(*len)++] = '\n';
	}
	r->skip -= skip;
	return true;
}

/* Lines of data[0..n) into the packet; moves the place.  -EBADMSG when it is no log line. */
static int add_lines(struct replay *r, const char *data, size_t n, char *out, size_t *len)
{
	const char *at = data, *end = data + n, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		struct monitor_log_line l;

		if (monitor_log_line_parse(at, (size_t)(newline - at), &l) < 0)
			return -EBADMSG;
		/* The monitor writes no text that does not go into an empty packet. */
		if (!add_line(r, &l, out, len))
			return *len > 0 ? 0 : -EBADMSG;
		r->offset += newline + 1 - at;
		at = newline + 1;
	}
	/* The file ends with a whole line whenever we look: half a one, or one that no buffer takes,
	 * is not of our log. */
	return at == data ? -EBADMSG : 0;
}

ssize_t replay_packet(struct replay *r, char *out, struct replay *ret_after)
{
	static char data[READ_SIZE];
	struct replay after = *r;
	size_t len = 0;

	while (len == 0) {
		ssize_t n = pread(after.fd, data, sizeof(data), after.offset);

		if (n < 0)
			return -errno;
		if (n > 0) {
			int e = add_lines(&after, data, (size_t)n, out, &len);

			if (e < 0)
				return e;
			continue;
		}
		if (r->stale)
			return -ESTALE;
		if (r->next_fd < 0)
			break;
		/* All of the old file is delivered: on with the new one. */
		fd_close(r->fd);
		r->fd = r->next_fd;
		r->next_fd = -1;
		r->offset = 0;
		r->skip = after.skip;
		r->skip_stderr = after.skip_stderr;
		after = *r;
	}
	*ret_after = after;
	return (ssize_t)len;
}
