/* SPDX-License-Identifier: Apache-2.0 */
/* sync: see sync.h. */
#include "runtime/sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_message(int fd, const struct sync_message *m, size_t text_len)
{
	size_t len = offsetof(struct sync_message, text) + text_len + 1;
	ssize_t r;

	do
		r = write(fd, m, len);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return (size_t)r == len ? 0 : -EIO;
}

int sync_send(int fd, enum sync_type type, int32_t value)
{
	struct sync_message m = { .type = type, .value = value };
	ssize_t r;

	do
		r = send(fd, &m, offsetof(struct sync_message, text) + 1, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int sync_send_plain(int fd, enum sync_type type, int32_t value)
{
	struct sync_message m = { .type = type, .value = value };

	return send_message(fd, &m, 0);
}

int sync_send_error(int fd, const struct error *err)
{
	struct sync_message m = { .type = SYNC_ERROR, .kind = err->kind, .num = err->num };
	size_t len = strnlen(err->msg, sizeof(m.text) - 1);

	memcpy(m.text, err->msg, len);
	return send_message(fd, &m, len);
}

int sync_recv(int fd, struct sync_message *ret)
{
	ssize_t r;

	do
		r = read(fd, ret, sizeof(*ret));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (r == 0)
		return 0;
	if ((size_t)r <= offsetof(struct sync_message, text))
		return -EPROTO;
	((char *)ret)[r - 1] = '\0';
	if (ret->type == SYNC_NONE || ret->type >= SYNC_TYPE_COUNT)
		return -EPROTO;
	return 1;
}

int sync_error(const struct sync_message *m, struct error *err)
{
	enum error_kind kind = m->kind > ERROR_NONE && m->kind < ERROR_KIND_COUNT
				       ? (enum error_kind)m->kind
				       : ERROR_INTERNAL;

	(void)error_set(err, kind, "%s", m->text[0] ? m->text : "container init failed");
	if (m->num > 0 && err)
		err->num = m->num;
	return m->num > 0 ? -m->num : -EIO;
}
