/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: the part of D-Bus's wire format that talking to systemd takes (D-Bus specification,
 * "Marshaling" and "Message Format").
 *
 * Both ends are on one machine: messages are in its own byte order, and one in the other order is
 * refused.  A writer appends values to a buf, each aligned to its size; a body begins at a multiple
 * of 8, so offsets in the body are offsets in the message.  A reader is bounded by what it was
 * given: whatever does not fit sets `bad`, after which it yields zeros and NULL; callers look once
 * at the end.  Strings that it returns lie in the message and end with NUL there.
 */
#ifndef CORACLE_CGROUP_SYSTEMD_MESSAGE_H
#define CORACLE_CGROUP_SYSTEMD_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

/* What systemd sends us are names and numbers; the protocol's own limit is 128 MiB. */
#define DBUS_MESSAGE_MAX ((size_t)1 << 20)
/* The fixed part, by which a message's size is known. */
#define DBUS_HEAD_SIZE 16

enum dbus_type { DBUS_CALL = 1, DBUS_RETURN = 2, DBUS_ERROR = 3, DBUS_SIGNAL = 4 };

/* A method call; destination may be NULL (a direct connection). */
struct dbus_method {
	const char *destination, *path, *interface, *member, *signature;
};

struct dbus_message {
	enum dbus_type type;
	uint32_t serial, reply_serial;
	/* NULL when absent; the sender is the bus's word, not the peer's. */
	const char *path, *interface, *member, *error, *signature, *sender;
	const char *body;
	size_t body_len;
};

void dbus_put_u32(struct buf *b, uint32_t v);
void dbus_put_u64(struct buf *b, uint64_t v);
void dbus_put_string(struct buf *b, const char *s);
void dbus_put_signature(struct buf *b, const char *s);
/* An array: the position that dbus_array_end needs; `align` is that of its elements (1, 4 or 8). */
size_t dbus_array_begin(struct buf *b, unsigned align);
void dbus_array_end(struct buf *b, size_t begin, unsigned align);
void dbus_struct_begin(struct buf *b); /* structs have no end */

/* The whole message; body may be NULL.  `out` is appended to and must be empty. */
void dbus_method_format(const struct dbus_method *m, uint32_t serial, const struct buf *body,
			struct buf *out);
/* Size of the message that begins at data: 0 when fewer than DBUS_HEAD_SIZE bytes are there,
 * -EPROTO when it is none, -EMSGSIZE. */
ssize_t dbus_message_size(const void *data, size_t len);
/* data holds exactly one message, aligned to 8 as malloc does.  -EPROTO. */
int dbus_message_parse(const void *data, size_t len, struct dbus_message *ret);

struct dbus_reader {
	const char *data;
	size_t len, at;
	bool bad;
};
struct dbus_reader dbus_body(const struct dbus_message *m);
uint32_t dbus_get_u32(struct dbus_reader *r);
const char *dbus_get_string(struct dbus_reader *r); /* also an object path */
const char *dbus_get_signature(struct dbus_reader *r);
/* A variant that holds a string or an object path. */
const char *dbus_get_variant_string(struct dbus_reader *r);

#endif
