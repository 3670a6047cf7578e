/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/tar_reader.h"

#include "archive/tarmake.h"
#include "harness/test.h"

/* Gives the buffer in odd pieces, so that everything crosses a border somewhere. */
static ssize_t next_piece(void *arg, const unsigned char **ret, struct error *err)
{
	struct tarmake_source *s = arg;
	size_t n = MIN(s->b->len - s->pos, s->step);

	*ret = (const unsigned char *)s->b->data + s->pos;
	s->pos += n;
	return (ssize_t)n;
}

struct fixture {
	struct buf b;
	struct tarmake_source s;
	struct tar_reader r;
	struct tar_entry e;
	struct error err;
};

static void fixture_done(struct fixture *f)
{
	tar_entry_done(&f->e);
	buf_done(&f->b);
}
DEFINE_SCOPED_STRUCT(struct fixture, fixture_done)

static void start(struct fixture *f, size_t step)
{
	f->s = (struct tarmake_source){ .b = &f->b, .step = step };
	tar_reader_init(&f->r, next_piece, &f->s);
}

static int next(struct fixture *f)
{
	tar_entry_done(&f->e);
	return tar_reader_entry(&f->r, &f->e, &f->err);
}

static char *content(struct fixture *f)
{
	struct buf b = BUF_INIT;
	const unsigned char *p;
	ssize_t n;

	while ((n = tar_reader_data(&f->r, &p, &f->err)) > 0)
		buf_add(&b, p, (size_t)n);
	return buf_take(&b);
}

TEST(reader_plain_entries)
{
	scoped(fixture_done) struct fixture f = { 0 };
	scoped_free char *text = NULL;

	TAR_ADD(&f.b, .name = "dir/", .type = TAR_DIRECTORY, .mode = 0755);
	TAR_ADD(&f.b, .name = "dir/file", .data = "hello", .uid = 7, .gid = 8, .mode = 04711);
	TAR_ADD(&f.b, .name = "old/", .data = ""); /* V7's directory */
	TAR_ADD(&f.b, .name = "link", .type = TAR_SYMLINK, .link = "../../etc");
	TAR_ADD(&f.b, .name = "dev", .type = TAR_CHAR, .major = 5, .minor = 1);
	tarmake_end(&f.b);
	buf_adds(&f.b, "behind the end");
	start(&f, 100);
	CHECK_INT(next(&f), 1);
	CHECK_INT(f.e.type, TAR_DIRECTORY);
	CHECK_INT(next(&f), 1);
	CHECK_STR(f.e.name, "dir/file");
	CHECK_INT(f.e.mode, 04711);
	CHECK_INT(f.e.uid, 7);
	CHECK_INT(f.e.gid, 8);
	CHECK_INT(f.e.mtime_sec, 1000000000);
	text = content(&f);
	CHECK_STR(text, "hello");
	CHECK_INT(next(&f), 1);
	CHECK_INT(f.e.type, TAR_DIRECTORY);
	CHECK_INT(next(&f), 1);
	CHECK_STR(f.e.link, "../../etc");
	CHECK_INT(next(&f), 1);
	CHECK_INT(f.e.devmajor, 5);
	CHECK_INT(next(&f), 0);
	CHECK_INT(tar_reader_drain(&f.r, &f.err), 0);
	CHECK_INT(tar_reader_offset(&f.r), f.b.len);
}

TEST(reader_skips_content_not_read)
{
	scoped(fixture_done) struct fixture f = { 0 };

	TAR_ADD(&f.b, .name = "a", .data = "0123456789");
	TAR_ADD(&f.b, .name = "b");
	start(&f, 7);
	CHECK_INT(next(&f), 1);
	CHECK_INT(next(&f), 1);
	CHECK_STR(f.e.name, "b");
	/* No end blocks: the end of the stream is the end of the archive. */
	CHECK_INT(next(&f), 0);
}

TEST(reader_ustar_prefix)
{
	scoped(fixture_done) struct fixture f = { 0 };
	struct tar_header h = tarmake_header(&(struct tarmake){ .name = "name" }, 0);

	memset(h.prefix, 'p', sizeof(h.prefix));
	tar_put_checksum(&h);
	buf_add(&f.b, &h, sizeof(h));
	start(&f, 512);
	CHECK_INT(next(&f), 1);
	CHECK_INT(strlen(f.e.name), sizeof(h.prefix) + 5);
}

TEST(reader_pax_records)
{
	scoped(fixture_done) struct fixture f = { 0 };
	char value[] = "a\0b";

	tarmake_pax(&f.b, "SCHILY.xattr.security.capability", value, 3);
	TAR_ADD(&f.b, .name = "short", .data = "x");
	TAR_PAX_ADD(&f.b, "path", "replaced", "uid", "5");
	TAR_PAX_ADD(&f.b, "path", "long/name", "mtime", "5.25", "gid", "4000000000");
	TAR_ADD(&f.b, .name = "short2");
	start(&f, 33);
	CHECK_OK(next(&f), f.err);
	CHECK_STR(f.e.name, "short");
	CHECK_INT(f.e.n_xattrs, 1);
	CHECK_STR(f.e.xattrs[0].name, "security.capability");
	CHECK_INT(f.e.xattrs[0].len, 3);
	CHECK(memcmp(f.e.xattrs[0].value, value, 3) == 0);
	CHECK_OK(next(&f), f.err);
	CHECK_STR(f.e.name, "long/name");
	/* The second of two headers replaces the first one as a whole. */
	CHECK_INT(f.e.uid, 0);
	CHECK(f.e.gid == 4000000000U);
	CHECK_INT(f.e.mtime_sec, 5);
	CHECK_INT(f.e.mtime_nsec, 250000000);
}

TEST(reader_libarchive_xattr)
{
	scoped(fixture_done) struct fixture f = { 0 };

	tarmake_pax(&f.b, "LIBARCHIVE.xattr.user%2Eb", "aGk", 3);
	TAR_ADD(&f.b, .name = "f");
	start(&f, 512);
	CHECK_OK(next(&f), f.err);
	CHECK_INT(f.e.n_xattrs, 1);
	CHECK_STR(f.e.xattrs[0].name, "user.b");
	CHECK_INT(f.e.xattrs[0].len, 2);
	CHECK(memcmp(f.e.xattrs[0].value, "hi", 2) == 0);
}

TEST(reader_global_pax_is_skipped)
{
	scoped(fixture_done) struct fixture f = { 0 };

	TAR_ADD(&f.b, .name = "g", .type = TAR_PAX_GLOBAL, .data = "12 path=xyz\n");
	TAR_ADD(&f.b, .name = "f");
	start(&f, 512);
	CHECK_OK(next(&f), f.err);
	CHECK_STR(f.e.name, "f");
}

TEST(reader_gnu_long_names)
{
	scoped(fixture_done) struct fixture f = { 0 };
	char name[301], link[701];

	memset(name, 'n', 300);
	name[300] = '\0';
	memset(link, 'l', 700);
	link[700] = '\0';
	TAR_ADD(&f.b, .name = "././@LongLink", .type = TAR_GNU_LONG_NAME, .data = name, .len = 301);
	TAR_ADD(&f.b, .name = "././@LongLink", .type = TAR_GNU_LONG_LINK, .data = link, .len = 701);
	TAR_ADD(&f.b, .name = "cut", .type = TAR_SYMLINK, .link = "cut");
	TAR_ADD(&f.b, .name = "next");
	start(&f, 50);
	CHECK_OK(next(&f), f.err);
	CHECK_STR(f.e.name, name);
	CHECK_STR(f.e.link, link);
	CHECK_OK(next(&f), f.err);
	CHECK_STR(f.e.name, "next");
}

static void check_sparse(struct fixture *f)
{
	scoped_free char *text = NULL;

	start(f, 77);
	CHECK_OK(next(f), f->err);
	CHECK_STR(f->e.name, "sparse");
	CHECK(f->e.sparse);
	CHECK_INT(f->e.size, 100000);
	CHECK_INT(f->e.stored, 6);
	CHECK_INT(f->e.n_segments, 2);
	CHECK_INT(f->e.segments[1].offset, 4096);
	text = content(f);
	CHECK_STR(text, "abcdef");
	CHECK_OK(next(f), f->err);
	CHECK_STR(f->e.name, "behind");
}

TEST(reader_sparse_gnu)
{
	scoped(fixture_done) struct fixture f = { 0 };
	struct tar_header h =
		tarmake_header(&(struct tarmake){ .name = "sparse", .type = TAR_GNU_SPARSE }, 6);
	char *raw = (char *)&h;

	memcpy(h.magic, "ustar ", 6);
	memcpy(h.version, " ", 2);
	tar_put_number(raw + 386, 12, 0);
	tar_put_number(raw + 398, 12, 3);
	tar_put_number(raw + 410, 12, 4096);
	tar_put_number(raw + 422, 12, 3);
	tar_put_number(raw + 483, 12, 100000);
	tar_put_checksum(&h);
	buf_add(&f.b, &h, sizeof(h));
	buf_adds(&f.b, "abcdef");
	tarmake_pad(&f.b);
	TAR_ADD(&f.b, .name = "behind");
	check_sparse(&f);
}

TEST(reader_sparse_pax_0_1)
{
	scoped(fixture_done) struct fixture f = { 0 };

	TAR_PAX_ADD(&f.b, "GNU.sparse.size", "100000", "GNU.sparse.name", "sparse",
		    "GNU.sparse.map", "0,3,4096,3");
	TAR_ADD(&f.b, .name = "GNUSparseFile.1/sparse", .data = "abcdef");
	TAR_ADD(&f.b, .name = "behind");
	check_sparse(&f);
}

TEST(reader_sparse_pax_1_0)
{
	scoped(fixture_done) struct fixture f = { 0 };
	char data[512 + 6] = "2\n0\n3\n4096\n3\n";

	memcpy(data + 512, "abcdef", 6);
	TAR_PAX_ADD(&f.b, "GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.name",
		    "sparse", "GNU.sparse.realsize", "100000");
	TAR_ADD(&f.b, .name = "GNUSparseFile.1/sparse", .data = data, .len = sizeof(data));
	TAR_ADD(&f.b, .name = "behind");
	check_sparse(&f);
}

/* ---- broken ---- */

TEST(reader_truncated)
{
	scoped(fixture_done) struct fixture f = { 0 };
	size_t whole;

	TAR_ADD(&f.b, .name = "f", .data = "0123456789");
	whole = f.b.len;
	for (size_t cut = 1; cut < whole; cut += 37) {
		int n;

		f.err = ERROR_INIT;
		f.b.len = cut;
		start(&f, 100);
		n = next(&f);
		if (n > 0)
			n = next(&f);
		CHECK_FAILS(n, f.err, ERROR_CORRUPT, "truncated");
	}
}

TEST(reader_bad_headers)
{
	static const struct {
		size_t offset, size;
		const char *text, *message;
	} cases[] = {
		{ offsetof(struct tar_header, size), 12, "zzz", "bad size" },
		{ offsetof(struct tar_header, size), 12,
		  "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "bad size" },
		{ offsetof(struct tar_header, mode), 8, "9", "bad mode" },
		{ offsetof(struct tar_header, uid), 8, "\x80\0\0\1\0\0\0\0", "bad owner" },
		{ offsetof(struct tar_header, mtime), 12, "-1", "bad time" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		scoped(fixture_done) struct fixture f = { 0 };
		struct tar_header h = tarmake_header(&(struct tarmake){ .name = "f" }, 0);

		memset((char *)&h + cases[i].offset, 0, cases[i].size);
		memcpy((char *)&h + cases[i].offset, cases[i].text,
		       cases[i].text[0] == '\x80' || cases[i].text[0] == '\xff'
			       ? cases[i].size
			       : strlen(cases[i].text));
		tar_put_checksum(&h);
		buf_add(&f.b, &h, sizeof(h));
		start(&f, 512);
		CHECK_FAILS(next(&f), f.err, ERROR_CORRUPT, cases[i].message);
	}
}

TEST(reader_bad_checksum_and_type)
{
	scoped(fixture_done) struct fixture f = { 0 };

	TAR_ADD(&f.b, .name = "f");
	f.b.data[0] = 'g';
	start(&f, 512);
	CHECK_FAILS(next(&f), f.err, ERROR_CORRUPT, "checksum");
	f.b.len = 0;
	TAR_ADD(&f.b, .name = "f", .type = 'V');
	start(&f, 512);
	CHECK_FAILS(next(&f), f.err, ERROR_UNSUPPORTED, "unknown type 0x56");
}

TEST(reader_bad_pax_form)
{
	static const char *const records[] = {
		"12 path=abc", "x path=abc\n", "99 path=abc\n", "11 path=abc\n",
		"5 =a\n",      "0 \n",	       "path",
	};

	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		scoped(fixture_done) struct fixture f = { 0 };

		TAR_ADD(&f.b, .name = "p", .type = TAR_PAX, .data = records[i]);
		TAR_ADD(&f.b, .name = "f");
		start(&f, 512);
		CHECK_FAILS(next(&f), f.err, ERROR_CORRUPT, "broken pax record");
	}
}

TEST(reader_bad_pax_values)
{
	static const char *const pairs[][2] = {
		{ "size", "abc" },
		{ "size", "-1" },
		{ "uid", "4294967295" },
		{ "mtime", "1.x" },
		{ "GNU.sparse.offset", "1x" },
		{ "GNU.sparse.numbytes", "1" },
		{ "LIBARCHIVE.xattr.a", "****" },
		{ "SCHILY.xattr.", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		scoped(fixture_done) struct fixture f = { 0 };

		TAR_PAX_ADD(&f.b, pairs[i][0], pairs[i][1]);
		TAR_ADD(&f.b, .name = "f");
		start(&f, 512);
		CHECK_FAILS(next(&f), f.err, ERROR_CORRUPT, "has a bad value");
	}
}

TEST(reader_pax_name_with_nul)
{
	scoped(fixture_done) struct fixture f = { 0 };

	tarmake_pax(&f.b, "path", "a\0b", 3);
	TAR_ADD(&f.b, .name = "f");
	start(&f, 512);
	CHECK_FAILS(next(&f), f.err, ERROR_CORRUPT, "'path'");
}

TEST(reader_meta_is_bounded)
{
	scoped(fixture_done) struct fixture f = { 0 };
	struct tar_header h = tarmake_header(&(struct tarmake){ .name = "p", .type = TAR_PAX },
					     TAR_META_MAX + 1);

	buf_add(&f.b, &h, sizeof(h));
	start(&f, 512);
	CHECK_FAILS(next(&f), f.err, ERROR_LIMIT, "extended header");
}

TEST(reader_sparse_map_lies)
{
	static const char *const maps[] = {
		"0,3,4096,4",	/* more than is stored */
		"4096,3,0,3",	/* backwards */
		"0,4,2,2",	/* overlap */
		"0,3,999999,3", /* behind the end */
		"0,3,18446744073709551615,3",
		"0,3,5",
	};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		scoped(fixture_done) struct fixture f = { 0 };

		TAR_PAX_ADD(&f.b, "GNU.sparse.size", "100000", "GNU.sparse.map", maps[i]);
		TAR_ADD(&f.b, .name = "f", .data = "abcdef");
		start(&f, 512);
		CHECK_FAILS(next(&f), f.err, ERROR_CORRUPT, "sparse");
	}
}
