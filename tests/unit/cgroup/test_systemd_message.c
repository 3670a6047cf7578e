/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "cgroup/systemd/message.h"
#include "harness/test.h"

static const struct dbus_method method = { "org.x", "/org/x", "org.x.I", "M", "su" };

static void make(struct buf *out)
{
	scoped(buf_done) struct buf body = BUF_INIT;

	dbus_put_string(&body, "text");
	dbus_put_u32(&body, 7);
	dbus_method_format(&method, 3, &body, out);
}

TEST(what_is_written_reads_back)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct dbus_message m;
	struct dbus_reader r;

	make(&out);
	CHECK_INT(dbus_message_size(out.data, out.len), (ssize_t)out.len);
	CHECK_INT(dbus_message_parse(out.data, out.len, &m), 0);
	CHECK_INT(m.type, DBUS_CALL);
	CHECK_INT(m.serial, 3);
	CHECK_STR(m.path, "/org/x");
	CHECK_STR(m.interface, "org.x.I");
	CHECK_STR(m.member, "M");
	CHECK_STR(m.signature, "su");
	CHECK(m.error == NULL);
	r = dbus_body(&m);
	CHECK_STR(dbus_get_string(&r), "text");
	CHECK_INT(dbus_get_u32(&r), 7);
	CHECK(!r.bad);
	(void)dbus_get_u32(&r);
	CHECK(r.bad);
}

/* The bytes of a Hello, as dbus-daemon has always been sent them. */
TEST(the_bytes_are_those_of_the_protocol)
{
	static const char want[] = "l\1\0\1\0\0\0\0\1\0\0\0\x2e\0\0\0"
				   "\1\1o\0\6\0\0\0/org/x\0\0"
				   "\3\1s\0\5\0\0\0Hello\0\0\0"
				   "\6\1s\0\5\0\0\0org.x\0\0";
	static const struct dbus_method hello = { "org.x", "/org/x", NULL, "Hello", NULL };
	scoped(buf_done) struct buf out = BUF_INIT;

	dbus_method_format(&hello, 1, NULL, &out);
	CHECK_INT(out.len, sizeof(want));
	CHECK(memcmp(out.data, want, MIN(out.len, sizeof(want))) == 0);
}

TEST(arrays_know_their_length_without_padding)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	uint32_t len;
	size_t at;

	dbus_put_u32(&b, 1);
	dbus_put_u32(&b, 1);
	at = dbus_array_begin(&b, 8);
	dbus_struct_begin(&b);
	dbus_put_u64(&b, 9);
	dbus_array_end(&b, at, 8);
	CHECK_INT(b.len, 24);
	memcpy(&len, b.data + 8, sizeof(len));
	CHECK_INT(len, 8);
	at = dbus_array_begin(&b, 8);
	dbus_array_end(&b, at, 8);
	memcpy(&len, b.data + 24, sizeof(len));
	CHECK_INT(len, 0);
}

TEST(a_part_of_a_message_is_none)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct dbus_message m;

	make(&out);
	CHECK_INT(dbus_message_size(out.data, DBUS_HEAD_SIZE - 1), 0);
	for (size_t n = 0; n < out.len; n++)
		CHECK_INT(dbus_message_parse(out.data, n, &m), -EPROTO);
}

TEST(lies_about_sizes_are_seen)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	struct dbus_message m;
	uint32_t huge = UINT32_MAX;

	make(&out);
	memcpy(out.data + 4, &huge, sizeof(huge));
	CHECK_INT(dbus_message_size(out.data, out.len), -EMSGSIZE);
	out.data[0] = 'B';
	CHECK_INT(dbus_message_size(out.data, out.len), -EPROTO);
	/* Each byte of the header wrong in turn: an answer, whatever it is, without reading
	 * outside (the sanitizers watch). */
	for (size_t i = 0; i < out.len; i++) {
		scoped(buf_done) struct buf copy = BUF_INIT;

		make(&copy);
		copy.data[i] = (char)(copy.data[i] ^ 0x55);
		(void)dbus_message_parse(copy.data, copy.len, &m);
	}
}

TEST(a_string_ends_where_it_says)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct dbus_reader r;

	dbus_put_string(&b, "a");
	b.data[4] = '\0';
	r = (struct dbus_reader){ .data = b.data, .len = b.len };
	CHECK(dbus_get_string(&r) == NULL);
	CHECK(r.bad);
}

TEST(a_variant_holds_a_string_or_nothing)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct dbus_reader r;

	dbus_put_signature(&b, "s");
	dbus_put_string(&b, "v");
	r = (struct dbus_reader){ .data = b.data, .len = b.len };
	CHECK_STR(dbus_get_variant_string(&r), "v");
	b.data[1] = 'u';
	r = (struct dbus_reader){ .data = b.data, .len = b.len };
	CHECK(dbus_get_variant_string(&r) == NULL);
}
