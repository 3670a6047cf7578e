/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/decompress.h"

#include <stdio.h>

#include "archive/tarmake.h"
#include "base/str.h"
#include "harness/test.h"
#include "sys/spawn.h"

/* `text` through a program; false when it is not installed. */
static bool filtered(const char *program, const char *text, struct buf *out)
{
	const char *args[] = { program, "-c", NULL };
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	int status = -1;

	s.args = (char *const *)args;
	s.flags = SPAWN_SEARCH_PATH | SPAWN_NULL_STDERR;
	return spawn_run(&s, text, strlen(text), 64 << 20, out, NULL, 60000, &status, &err) == 0 &&
	       status == 0;
}

static int unpack(const struct buf *in, size_t step, struct buf *out, struct archive_result *r,
		  struct error *err)
{
	scoped(decompress_free) struct decompress *d = NULL;
	struct tarmake_source s = { .b = in, .step = step };
	struct decompress_options o = { .read = tarmake_read, .arg = &s, .digests = true };
	int n = decompress_new(&o, &d, err);

	while (n >= 0) {
		const unsigned char *p;
		ssize_t got = decompress_next(d, &p, err);

		if (got < 0)
			return (int)got;
		if (got == 0)
			return decompress_result(d, r, err);
		buf_add(out, p, (size_t)got);
	}
	return n;
}

static void check_program(const char *program, const char *package)
{
	scoped(buf_done) struct buf text = BUF_INIT, packed = BUF_INIT;
	struct error err = ERROR_INIT;
	struct digest want;

	for (int i = 0; i < 100000; i++)
		buf_addf(&text, "line %d\n", i);
	if (!filtered(program, buf_str(&text), &packed))
		TEST_SKIP(package);
	CHECK_OK(digest_of(text.data, text.len, &want, &err), err);
	for (size_t step = 0; step < 3000; step += 1000) {
		scoped(buf_done) struct buf out = BUF_INIT;
		struct archive_result r = { 0 };
		struct digest compressed;

		CHECK_OK(unpack(&packed, step, &out, &r, &err), err);
		CHECK_INT(out.len, text.len);
		CHECK_STR(r.diff_id.str, want.str);
		CHECK_OK(digest_of(packed.data, packed.len, &compressed, &err), err);
		CHECK_STR(r.compressed.str, compressed.str);
		CHECK_INT(r.compressed_bytes, packed.len);
		CHECK_INT(r.tar_bytes, text.len);
	}
	/* An end in the middle is never the end. */
	for (size_t cut = 10; cut < packed.len; cut += packed.len / 7) {
		scoped(buf_done) struct buf out = BUF_INIT;
		struct buf part = { .data = packed.data, .len = cut };
		struct archive_result r = { 0 };

		CHECK_FAILS(unpack(&part, 0, &out, &r, &err), err, ERROR_CORRUPT, "decompress");
	}
}

TEST(decompress_gzip)
{
	check_program("gzip", "gzip");
}

TEST(decompress_xz)
{
	check_program("xz", "xz-utils");
}

TEST(decompress_bzip2)
{
	check_program("bzip2", "bzip2");
}

TEST(decompress_zstd)
{
	check_program("zstd", "zstd");
}

TEST(decompress_none)
{
	scoped(buf_done) struct buf in = BUF_INIT, out = BUF_INIT;
	struct archive_result r = { 0 };
	struct error err = ERROR_INIT;

	buf_adds(&in, "plain text");
	CHECK_OK(unpack(&in, 3, &out, &r, &err), err);
	CHECK_STR(buf_str(&out), "plain text");
	CHECK_STR(r.diff_id.str, r.compressed.str);
	in.len = 0;
	CHECK_OK(unpack(&in, 0, &out, &r, &err), err);
	CHECK_INT(r.tar_bytes, 0);
}

TEST(decompress_gzip_members)
{
	scoped(buf_done) struct buf in = BUF_INIT, out = BUF_INIT;
	struct archive_result r = { 0 };
	struct error err = ERROR_INIT;

	CHECK(filtered("gzip", "one ", &in));
	CHECK(filtered("gzip", "two", &in));
	CHECK_OK(unpack(&in, 1, &out, &r, &err), err);
	CHECK_STR(buf_str(&out), "one two");
	buf_add(&in, "\0\0\0", 3);
	buf_truncate(&out, 0);
	CHECK_OK(unpack(&in, 0, &out, &r, &err), err);
	CHECK_STR(buf_str(&out), "one two");
	CHECK_INT(r.compressed_bytes, in.len);
	buf_addc(&in, 'x');
	CHECK_FAILS(unpack(&in, 0, &out, &r, &err), err, ERROR_CORRUPT, "garbage");
}

TEST(decompress_gzip_broken)
{
	scoped(buf_done) struct buf in = BUF_INIT, out = BUF_INIT;
	struct archive_result r = { 0 };
	struct error err = ERROR_INIT;

	CHECK(filtered("gzip", "some text that is long enough", &in));
	in.data[in.len - 6] ^= 1; /* its checksum */
	CHECK_FAILS(unpack(&in, 0, &out, &r, &err), err, ERROR_CORRUPT, "gzip");
}

TEST(decompress_is_bounded)
{
	scoped(decompress_free) struct decompress *d = NULL;
	scoped(buf_done) struct buf in = BUF_INIT;
	struct tarmake_source s = { .b = &in };
	struct decompress_options o = { .read = tarmake_read, .arg = &s, .max_bytes = 1 << 20 };
	struct error err = ERROR_INIT;
	scoped_free char *text = xcalloc(1, 5000001);
	const unsigned char *p;
	ssize_t n;

	memset(text, 'x', 5000000);
	CHECK(filtered("gzip", text, &in));
	CHECK_OK(decompress_new(&o, &d, &err), err);
	do
		n = decompress_next(d, &p, &err);
	while (n > 0);
	CHECK_FAILS(n, err, ERROR_LIMIT, "more than 1048576 bytes");
}

static ssize_t read_fails(void *arg, void *buf, size_t size, struct error *err)
{
	return error_set(err, ERROR_REMOTE, "the registry went away");
}

TEST(decompress_passes_errors_of_the_source)
{
	scoped(decompress_free) struct decompress *d = NULL;
	struct decompress_options o = { .read = read_fails };
	struct error err = ERROR_INIT;

	CHECK_FAILS(decompress_new(&o, &d, &err), err, ERROR_REMOTE, "went away");
}
