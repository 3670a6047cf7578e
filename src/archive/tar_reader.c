/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/tar_reader.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

/* What the headers in front of an entry's own have said. */
struct front {
	struct tar_pax pax;
	char *long_name, *long_link;
};

static void front_done(struct front *f)
{
	tar_pax_done(&f->pax);
	free(f->long_name);
	free(f->long_link);
}
DEFINE_SCOPED_STRUCT(struct front, front_done)

void tar_reader_init(struct tar_reader *r, tar_next_fn next, void *arg)
{
	*r = (struct tar_reader){ .next = next, .arg = arg };
}

static int corrupt(struct error *err, const char *what)
{
	return error_set(err, ERROR_CORRUPT, "read tar: %s", what);
}

/* ---- bytes ---- */

/* 1 when at least one byte is at hand, 0 at the end of the stream. */
static int fill(struct tar_reader *r, struct error *err)
{
	ssize_t n;

	if (r->left > 0)
		return 1;
	n = r->next(r->arg, &r->p, err);
	if (n < 0)
		return (int)n;
	r->left = (size_t)n;
	return n > 0;
}

static void consume(struct tar_reader *r, size_t n)
{
	r->p += n;
	r->left -= n;
	r->offset += n;
}

/* Exactly n bytes into out (NULL: dropped); 0 when the stream ended before the first one. */
static int take(struct tar_reader *r, void *out, uint64_t n, struct error *err)
{
	bool first = true;

	while (n > 0) {
		size_t part;
		int got = fill(r, err);

		if (got < 0)
			return got;
		if (got == 0)
			return first ? 0 : corrupt(err, "the archive is truncated");
		part = (size_t)MIN(n, (uint64_t)r->left);
		if (out != NULL) {
			memcpy(out, r->p, part);
			out = (char *)out + part;
		}
		consume(r, part);
		n -= part;
		first = false;
	}
	return 1;
}

static int take_all(struct tar_reader *r, void *out, uint64_t n, struct error *err)
{
	int got = n == 0 ? 1 : take(r, out, n, err);

	return got == 0 ? corrupt(err, "the archive is truncated") : got;
}

static unsigned padding(uint64_t size)
{
	return (unsigned)(-size & (TAR_BLOCK - 1));
}

/* ---- headers in front ---- */

/* The data of a header that describes the next one. */
static int read_meta(struct tar_reader *r, uint64_t size, struct buf *out, struct error *err)
{
	char *room;
	int n;

	if (size > TAR_META_MAX)
		return error_set(err, ERROR_LIMIT,
				 "read tar: an extended header of %llu bytes is above the limit",
				 (unsigned long long)size);
	room = buf_reserve(out, size);
	n = take_all(r, room, size, err);
	if (n < 0)
		return n;
	buf_grow(out, size);
	return take_all(r, NULL, padding(size), err);
}

static int read_front(struct tar_reader *r, char type, uint64_t size, struct front *f,
		      struct error *err)
{
	scoped(buf_done) struct buf data = BUF_INIT_MAX(TAR_META_MAX + 1);
	int n = read_meta(r, size, &data, err);
	char **slot;

	if (n < 0)
		return n;
	switch (type) {
	case TAR_PAX:
	case TAR_PAX_SOLARIS:
		tar_pax_done(&f->pax);
		return tar_pax_parse(&f->pax, buf_str(&data), data.len, err);
	case TAR_GNU_LONG_NAME:
	case TAR_GNU_LONG_LINK:
		slot = type == TAR_GNU_LONG_NAME ? &f->long_name : &f->long_link;
		free(*slot);
		*slot = xstrdup(buf_str(&data));
		return 0;
	default:
		return 0; /* global pax header */
	}
}

static bool is_front(char type)
{
	return type == TAR_PAX || type == TAR_PAX_SOLARIS || type == TAR_PAX_GLOBAL ||
	       type == TAR_GNU_LONG_NAME || type == TAR_GNU_LONG_LINK;
}

/* A header block: 1, or 0 at the end of the archive. */
static int read_block(struct tar_reader *r, struct tar_header *h, struct error *err)
{
	int n = take(r, h, sizeof(*h), err);

	if (n <= 0)
		return n;
	if (!tar_block_is_zero(h))
		return tar_checksum_ok(h) ? 1 : corrupt(err, "a header has a wrong checksum");
	/* Two zero blocks end the archive; some writers leave the second one out. */
	n = take(r, h, sizeof(*h), err);
	if (n <= 0)
		return n;
	return tar_block_is_zero(h) ? 0 : corrupt(err, "a zero block stands between entries");
}

static int header_size(const struct tar_header *h, uint64_t *ret, struct error *err)
{
	int64_t v;

	if (tar_number(h->size, sizeof(h->size), &v) < 0 || v < 0)
		return corrupt(err, "a header has a bad size");
	*ret = (uint64_t)v;
	return 0;
}

/* ---- the entry's own header ---- */

static char *header_name(const struct tar_header *h)
{
	scoped_free char *name = tar_text(h->name, sizeof(h->name));
	scoped_free char *prefix = NULL;

	if (!tar_is_ustar(h) || h->prefix[0] == '\0')
		return take_ptr(name);
	prefix = tar_text(h->prefix, sizeof(h->prefix));
	return xasprintf("%s/%s", prefix, name);
}

static int header_id(const char *field, size_t size, bool has, uint32_t pax, uint32_t *ret,
		     struct error *err)
{
	int64_t v;

	if (has) {
		*ret = pax;
		return 0;
	}
	if (tar_number(field, size, &v) < 0 || v < 0 || v >= UINT32_MAX)
		return corrupt(err, "a header has a bad owner");
	*ret = (uint32_t)v;
	return 0;
}

static int header_device(const struct tar_header *h, struct tar_entry *e, struct error *err)
{
	int64_t major, minor;

	if (e->type != TAR_CHAR && e->type != TAR_BLOCK_DEVICE)
		return 0;
	if (tar_number(h->devmajor, sizeof(h->devmajor), &major) < 0 ||
	    tar_number(h->devminor, sizeof(h->devminor), &minor) < 0 || major < 0 || minor < 0 ||
	    major >> 12 != 0 || minor >> 20 != 0)
		return corrupt(err, "a header has a bad device number");
	e->devmajor = (unsigned)major;
	e->devminor = (unsigned)minor;
	return 0;
}

static int header_numbers(const struct tar_header *h, const struct tar_pax *p, struct tar_entry *e,
			  struct error *err)
{
	int64_t v;
	int n;

	if (tar_number(h->mode, sizeof(h->mode), &v) < 0 || v < 0)
		return corrupt(err, "a header has a bad mode");
	e->mode = (uint32_t)v & 07777;
	n = header_id(h->uid, sizeof(h->uid), p->has_uid, p->uid, &e->uid, err);
	if (n < 0)
		return n;
	n = header_id(h->gid, sizeof(h->gid), p->has_gid, p->gid, &e->gid, err);
	if (n < 0)
		return n;
	if (p->has_mtime) {
		e->mtime_sec = p->mtime_sec;
		e->mtime_nsec = p->mtime_nsec;
	} else if (tar_number(h->mtime, sizeof(h->mtime), &e->mtime_sec) < 0) {
		return corrupt(err, "a header has a bad time");
	}
	return header_device(h, e, err);
}

static int entry_type(const struct tar_header *h, const char *name, char *ret, struct error *err)
{
	char type = h->typeflag;

	if (type == '\0' || type == TAR_CONTIGUOUS || type == TAR_GNU_SPARSE)
		type = TAR_REGULAR;
	/* V7 had no type for directories */
	if (type == TAR_REGULAR && str_has_suffix(name, "/"))
		type = TAR_DIRECTORY;
	if (type < TAR_REGULAR || type > TAR_FIFO)
		return error_set(err, ERROR_UNSUPPORTED,
				 "read tar: an entry has the unknown type 0x%02x",
				 (unsigned char)type);
	*ret = type;
	return 0;
}

/* ---- sparse files ---- */

/* Ordered, disjoint, inside the file, and as long as what is stored. */
static int check_segments(const struct tar_entry *e, struct error *err)
{
	uint64_t end = 0, sum = 0;

	for (size_t i = 0; i < e->n_segments; i++) {
		const struct tar_segment *s = &e->segments[i];

		if (s->offset < end || s->offset > e->size || s->length > e->size - s->offset)
			return corrupt(err, "a sparse map contradicts itself");
		end = s->offset + s->length;
		sum += s->length;
	}
	return sum == e->stored ? 0 : corrupt(err, "a sparse map contradicts the size");
}

static int add_gnu_segment(struct tar_entry *e, const char *field)
{
	int64_t offset, length;

	if (field[0] == '\0')
		return 0;
	if (tar_number(field, 12, &offset) < 0 || tar_number(field + 12, 12, &length) < 0 ||
	    offset < 0 || length < 0)
		return -EINVAL;
	*ARRAY_ADD(e->segments, e->n_segments) = (struct tar_segment){ (uint64_t)offset,
								       (uint64_t)length };
	return 0;
}

/* Old GNU form: the map begins in the header and goes on in blocks behind it. */
static int gnu_sparse(struct tar_reader *r, const struct tar_header *h, struct tar_entry *e,
		      struct error *err)
{
	const char *raw = (const char *)h;
	char block[TAR_BLOCK];
	int64_t size;
	bool more = raw[TAR_GNU_SPARSE_EXTENDED] != 0;

	e->sparse = true;
	if (tar_number(raw + TAR_GNU_REALSIZE_OFFSET, 12, &size) < 0 || size < 0)
		return corrupt(err, "a sparse file has a bad size");
	e->size = (uint64_t)size;
	for (size_t i = 0; i < TAR_GNU_SPARSE_COUNT; i++) {
		if (add_gnu_segment(e, raw + TAR_GNU_SPARSE_OFFSET + i * 24) < 0)
			return corrupt(err, "a sparse map has a bad number");
	}
	while (more) {
		int n = take_all(r, block, sizeof(block), err);

		if (n < 0)
			return n;
		if (e->n_segments > TAR_META_MAX / 24)
			return error_set(err, ERROR_LIMIT, "read tar: a sparse map is too long");
		for (size_t i = 0; i < TAR_GNU_EXTENSION_COUNT; i++) {
			if (add_gnu_segment(e, block + i * 24) < 0)
				return corrupt(err, "a sparse map has a bad number");
		}
		more = block[TAR_GNU_EXTENSION_EXTENDED] != 0;
	}
	return 0;
}

/* One decimal line of a 1.0 map, read block by block from the entry's data. */
static int map_number(struct tar_reader *r, struct tar_entry *e, struct buf *b, size_t *pos,
		      uint64_t *ret, struct error *err)
{
	for (;;) {
		char *start = b->len > *pos ? b->data + *pos : NULL;
		char *nl = start != NULL ? memchr(start, '\n', b->len - *pos) : NULL;
		char *room;
		int n;

		if (nl != NULL) {
			*nl = '\0';
			*pos += (size_t)(nl - start) + 1;
			return num_u64(start, ret) < 0
				       ? corrupt(err, "a sparse map has a bad number")
				       : 0;
		}
		room = buf_reserve(b, TAR_BLOCK);
		if (room == NULL)
			return error_set(err, ERROR_LIMIT, "read tar: a sparse map is too long");
		if (e->stored < TAR_BLOCK)
			return corrupt(err, "a sparse map ends in the middle");
		n = take_all(r, room, TAR_BLOCK, err);
		if (n < 0)
			return n;
		buf_grow(b, TAR_BLOCK);
		e->stored -= TAR_BLOCK;
	}
}

/* GNU.sparse 1.0: the map stands in front of the data. */
static int pax_sparse_1_0(struct tar_reader *r, struct tar_entry *e, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(TAR_META_MAX);
	uint64_t count = 0;
	size_t pos = 0;
	int n = map_number(r, e, &b, &pos, &count, err);

	for (uint64_t i = 0; n == 0 && i < count; i++) {
		struct tar_segment s = { 0 };

		n = map_number(r, e, &b, &pos, &s.offset, err);
		if (n == 0)
			n = map_number(r, e, &b, &pos, &s.length, err);
		if (n == 0)
			*ARRAY_ADD(e->segments, e->n_segments) = s;
	}
	return n;
}

static int read_sparse(struct tar_reader *r, const struct tar_header *h, struct tar_pax *p,
		       struct tar_entry *e, struct error *err)
{
	bool in_data = p->sparse_major == 1 && p->sparse_minor == 0;
	int n;

	if (h->typeflag == TAR_GNU_SPARSE) {
		n = gnu_sparse(r, h, e, err);
		return n < 0 ? n : check_segments(e, err);
	}
	/* Records without a map are what other tools left of a sparse file's header. */
	if (!p->sparse || (!in_data && p->segments == NULL))
		return 0;
	if (p->sparse_major > 1 || (p->sparse_major == 1 && p->sparse_minor > 0))
		return error_set(err, ERROR_UNSUPPORTED, "read tar: sparse format %llu.%llu",
				 (unsigned long long)p->sparse_major,
				 (unsigned long long)p->sparse_minor);
	if (!p->has_realsize)
		return corrupt(err, "a sparse file has no size");
	e->sparse = true;
	e->size = p->realsize;
	if (in_data) {
		n = pax_sparse_1_0(r, e, err);
		return n < 0 ? n : check_segments(e, err);
	}
	e->segments = take_ptr(p->segments);
	e->n_segments = p->n_segments;
	p->n_segments = 0;
	return check_segments(e, err);
}

/* ---- entries ---- */

static int read_sizes(struct tar_reader *r, const struct tar_header *h, struct tar_pax *p,
		      struct tar_entry *e, struct error *err)
{
	uint64_t stored = 0;
	int n = header_size(h, &stored, err);

	if (n < 0)
		return n;
	if (p->has_size)
		stored = p->size;
	/* Other types have no data, whatever their size field says. */
	if (e->type != TAR_REGULAR)
		return 0;
	if (stored > INT64_MAX)
		return corrupt(err, "a header has a bad size");
	e->size = stored;
	e->stored = stored;
	n = read_sparse(r, h, p, e, err);
	r->data = e->stored;
	r->pad = padding(e->stored);
	return n;
}

static int build(struct tar_reader *r, const struct tar_header *h, struct front *f,
		 struct tar_entry *e, struct error *err)
{
	int n;

	if (f->pax.path != NULL)
		e->name = take_ptr(f->pax.path);
	else if (f->long_name != NULL)
		e->name = take_ptr(f->long_name);
	else
		e->name = header_name(h);
	if (f->pax.linkpath != NULL)
		e->link = take_ptr(f->pax.linkpath);
	else if (f->long_link != NULL)
		e->link = take_ptr(f->long_link);
	else
		e->link = tar_text(h->linkname, sizeof(h->linkname));
	n = entry_type(h, e->name, &e->type, err);
	if (n < 0)
		return n;
	n = header_numbers(h, &f->pax, e, err);
	if (n < 0)
		return n;
	e->xattrs = take_ptr(f->pax.xattrs);
	e->n_xattrs = f->pax.n_xattrs;
	f->pax.n_xattrs = 0;
	return read_sizes(r, h, &f->pax, e, err);
}

int tar_reader_entry(struct tar_reader *r, struct tar_entry *ret, struct error *err)
{
	scoped(tar_entry_done) struct tar_entry e = { 0 };
	scoped(front_done) struct front f = { 0 };
	struct tar_header h;
	int n;

	if (r->ended)
		return 0;
	n = take_all(r, NULL, r->data + r->pad, err);
	if (n < 0)
		return n;
	r->data = 0;
	r->pad = 0;
	for (;;) {
		uint64_t size = 0;

		n = read_block(r, &h, err);
		if (n < 0)
			return n;
		if (n == 0) {
			r->ended = true;
			return 0;
		}
		if (!is_front(h.typeflag))
			break;
		n = header_size(&h, &size, err);
		if (n == 0)
			n = read_front(r, h.typeflag, size, &f, err);
		if (n < 0)
			return n;
	}
	n = build(r, &h, &f, &e, err);
	if (n < 0)
		return n;
	*ret = e;
	e = (struct tar_entry){ 0 };
	return 1;
}

ssize_t tar_reader_data(struct tar_reader *r, const unsigned char **ret, struct error *err)
{
	size_t part;
	int n;

	if (r->data == 0)
		return 0;
	n = fill(r, err);
	if (n < 0)
		return n;
	if (n == 0)
		return corrupt(err, "the archive is truncated");
	part = (size_t)MIN(r->data, (uint64_t)r->left);
	*ret = r->p;
	consume(r, part);
	r->data -= part;
	return (ssize_t)part;
}

uint64_t tar_reader_offset(const struct tar_reader *r)
{
	return r->offset;
}

int tar_reader_drain(struct tar_reader *r, struct error *err)
{
	for (;;) {
		int n = fill(r, err);

		if (n <= 0)
			return n;
		consume(r, r->left);
	}
}
