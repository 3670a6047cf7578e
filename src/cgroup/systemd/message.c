/* SPDX-License-Identifier: Apache-2.0 */
/* message: see message.h. */
#include "cgroup/systemd/message.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"

#define PROTOCOL_VERSION 1
#define ALIGN_UP(n, a) (((n) + (a)-1) / (a) * (a))
/* Header fields (D-Bus specification, "Header Fields"). */
enum {
	FIELD_PATH = 1,
	FIELD_INTERFACE = 2,
	FIELD_MEMBER = 3,
	FIELD_ERROR_NAME = 4,
	FIELD_REPLY_SERIAL = 5,
	FIELD_DESTINATION = 6,
	FIELD_SENDER = 7,
	FIELD_SIGNATURE = 8,
	FIELD_UNIX_FDS = 9,
};

static const char own_endian = __BYTE_ORDER == __LITTLE_ENDIAN ? 'l' : 'B';

static void put_align(struct buf *b, size_t align)
{
	static const char zeros[8];

	buf_add(b, zeros, ALIGN_UP(b->len, align) - b->len);
}

void dbus_put_u32(struct buf *b, uint32_t v)
{
	put_align(b, 4);
	buf_add(b, &v, sizeof(v));
}

void dbus_put_u64(struct buf *b, uint64_t v)
{
	put_align(b, 8);
	buf_add(b, &v, sizeof(v));
}

void dbus_put_string(struct buf *b, const char *s)
{
	dbus_put_u32(b, (uint32_t)strlen(s));
	buf_add(b, s, strlen(s) + 1);
}

void dbus_put_signature(struct buf *b, const char *s)
{
	buf_addc(b, (char)strlen(s));
	buf_add(b, s, strlen(s) + 1);
}

size_t dbus_array_begin(struct buf *b, unsigned align)
{
	size_t at;

	dbus_put_u32(b, 0);
	at = b->len;
	put_align(b, align);
	return at;
}

void dbus_array_end(struct buf *b, size_t begin, unsigned align)
{
	/* The length leaves out the padding before the first element. */
	uint32_t len = (uint32_t)(b->len - ALIGN_UP(begin, align));

	if (buf_ok(b))
		memcpy(b->data + begin - sizeof(len), &len, sizeof(len));
}

void dbus_struct_begin(struct buf *b)
{
	put_align(b, 8);
}

static void put_field(struct buf *b, char code, const char *type, const char *value)
{
	if (value == NULL)
		return;
	dbus_struct_begin(b);
	buf_addc(b, code);
	dbus_put_signature(b, type);
	if (*type == 'g')
		dbus_put_signature(b, value);
	else
		dbus_put_string(b, value);
}

void dbus_method_format(const struct dbus_method *m, uint32_t serial, const struct buf *body,
			struct buf *out)
{
	size_t fields;

	buf_addc(out, own_endian);
	buf_addc(out, DBUS_CALL);
	buf_addc(out, 0);
	buf_addc(out, PROTOCOL_VERSION);
	dbus_put_u32(out, body != NULL ? (uint32_t)body->len : 0);
	dbus_put_u32(out, serial);
	fields = dbus_array_begin(out, 8);
	put_field(out, FIELD_PATH, "o", m->path);
	put_field(out, FIELD_INTERFACE, "s", m->interface);
	put_field(out, FIELD_MEMBER, "s", m->member);
	put_field(out, FIELD_DESTINATION, "s", m->destination);
	put_field(out, FIELD_SIGNATURE, "g", m->signature);
	dbus_array_end(out, fields, 8);
	put_align(out, 8);
	if (body != NULL)
		buf_add(out, body->data, body->len);
}

ssize_t dbus_message_size(const void *data, size_t len)
{
	const char *p = data;
	uint32_t body, fields;
	size_t total;

	if (len < DBUS_HEAD_SIZE)
		return 0;
	if (p[0] != own_endian || p[3] != PROTOCOL_VERSION)
		return -EPROTO;
	memcpy(&body, p + 4, sizeof(body));
	memcpy(&fields, p + 12, sizeof(fields));
	if (body > DBUS_MESSAGE_MAX || fields > DBUS_MESSAGE_MAX)
		return -EMSGSIZE;
	total = ALIGN_UP(DBUS_HEAD_SIZE + (size_t)fields, 8) + body;
	return total > DBUS_MESSAGE_MAX ? -EMSGSIZE : (ssize_t)total;
}

/* n bytes at a multiple of align, or NULL. */
static const char *take(struct dbus_reader *r, size_t n, size_t align)
{
	size_t at = ALIGN_UP(r->at, align);

	if (r->bad || at > r->len || n > r->len - at) {
		r->bad = true;
		return NULL;
	}
	r->at = at + n;
	return r->data + at;
}

uint32_t dbus_get_u32(struct dbus_reader *r)
{
	const char *p = take(r, sizeof(uint32_t), 4);
	uint32_t v = 0;

	if (p != NULL)
		memcpy(&v, p, sizeof(v));
	return v;
}

/* n bytes, without a NUL among them and one behind. */
static const char *take_text(struct dbus_reader *r, size_t n)
{
	const char *p = n < DBUS_MESSAGE_MAX ? take(r, n + 1, 1) : NULL;

	if (p == NULL || memchr(p, '\0', n + 1) != p + n) {
		r->bad = true;
		return NULL;
	}
	return p;
}

const char *dbus_get_string(struct dbus_reader *r)
{
	uint32_t n = dbus_get_u32(r);

	return r->bad ? NULL : take_text(r, n);
}

const char *dbus_get_signature(struct dbus_reader *r)
{
	const char *p = take(r, 1, 1);

	return p == NULL ? NULL : take_text(r, (unsigned char)*p);
}

const char *dbus_get_variant_string(struct dbus_reader *r)
{
	const char *type = dbus_get_signature(r);

	if (type == NULL || (!streq(type, "s") && !streq(type, "o"))) {
		r->bad = true;
		return NULL;
	}
	return dbus_get_string(r);
}

struct dbus_reader dbus_body(const struct dbus_message *m)
{
	return (struct dbus_reader){ .data = m->body, .len = m->body_len };
}

/* A field's value by its type; fields that we do not know are of these types, too. */
static void get_field(struct dbus_reader *r, struct dbus_message *m)
{
	const char *code = (take(r, 0, 8), take(r, 1, 1));
	const char *type = dbus_get_signature(r), *text = NULL;
	uint32_t number = 0;

	if (type == NULL)
		return;
	if (streq(type, "s") || streq(type, "o"))
		text = dbus_get_string(r);
	else if (streq(type, "g"))
		text = dbus_get_signature(r);
	else if (streq(type, "u"))
		number = dbus_get_u32(r);
	else
		r->bad = true;
	switch (*code) {
	case FIELD_PATH:
		m->path = text;
		break;
	case FIELD_INTERFACE:
		m->interface = text;
		break;
	case FIELD_MEMBER:
		m->member = text;
		break;
	case FIELD_ERROR_NAME:
		m->error = text;
		break;
	case FIELD_REPLY_SERIAL:
		m->reply_serial = number;
		break;
	case FIELD_SENDER:
		m->sender = text;
		break;
	case FIELD_SIGNATURE:
		m->signature = text;
		break;
	default:
		break;
	}
}

int dbus_message_parse(const void *data, size_t len, struct dbus_message *ret)
{
	const char *p = data;
	struct dbus_reader r = { .data = p, .at = DBUS_HEAD_SIZE };
	struct dbus_message m = { 0 };
	uint32_t fields;
	size_t head;

	if (dbus_message_size(data, len) != (ssize_t)len || len == 0)
		return -EPROTO;
	m.type = (enum dbus_type)p[1];
	memcpy(&m.serial, p + 8, sizeof(m.serial));
	memcpy(&fields, p + 12, sizeof(fields));
	r.len = DBUS_HEAD_SIZE + (size_t)fields;
	head = ALIGN_UP(r.len, 8);
	while (!r.bad && r.at < r.len)
		get_field(&r, &m);
	if (r.bad || m.type < DBUS_CALL || m.type > DBUS_SIGNAL)
		return -EPROTO;
	m.body = p + head;
	m.body_len = len - head;
	*ret = m;
	return 0;
}
