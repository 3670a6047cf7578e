/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/tar_writer.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sys/fd.h"

#define PAX_MAX ((size_t)4 << 20)

struct tar_writer {
	int fd;
	struct digest_ctx *digest;
	unsigned char *chunk;
	size_t used;
	uint64_t bytes;
};

int tar_writer_new(int fd, struct tar_writer **ret, struct error *err)
{
	scoped(tar_writer_free) struct tar_writer *w = xnew(struct tar_writer);
	int n = digest_begin("sha256", &w->digest, err);

	if (n < 0)
		return n;
	w->fd = fd;
	w->chunk = xmalloc(DATA_CHUNK);
	*ret = take_ptr(w);
	return 0;
}

void tar_writer_free(struct tar_writer *w)
{
	if (w == NULL)
		return;
	digest_free(w->digest);
	free(w->chunk);
	free(w);
}

static int flush(struct tar_writer *w, struct error *err)
{
	int n = fd_write_all(w->fd, w->chunk, w->used);

	if (n < 0)
		return error_os(err, -n, "write archive");
	if (digest_update(w->digest, w->chunk, w->used) < 0)
		return error_set(err, ERROR_INTERNAL, "compute sha256 of an archive");
	w->bytes += w->used;
	w->used = 0;
	return 0;
}

int tar_writer_data(struct tar_writer *w, const void *data, size_t len, struct error *err)
{
	while (len > 0) {
		size_t part = MIN(len, DATA_CHUNK - w->used);

		memcpy(w->chunk + w->used, data, part);
		w->used += part;
		data = (const char *)data + part;
		len -= part;
		if (w->used == DATA_CHUNK) {
			int n = flush(w, err);

			if (n < 0)
				return n;
		}
	}
	return 0;
}

int tar_writer_pad(struct tar_writer *w, uint64_t size, struct error *err)
{
	static const char zeros[TAR_BLOCK];

	return tar_writer_data(w, zeros, (size_t)(-size & (TAR_BLOCK - 1)), err);
}

int tar_writer_finish(struct tar_writer *w, struct digest *ret, uint64_t *ret_bytes,
		      struct error *err)
{
	static const char zeros[2 * TAR_BLOCK];
	int n = tar_writer_data(w, zeros, sizeof(zeros), err);

	if (n == 0)
		n = flush(w, err);
	if (n < 0)
		return n;
	if (digest_final(w->digest, ret) < 0)
		return error_set(err, ERROR_INTERNAL, "finish digest");
	*ret_bytes = w->bytes;
	return 0;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void add_record(struct buf *b, const char *prefix, const char *key, const void *value,
		       size_t len)
{
	size_t rest = strlen(prefix) + strlen(key) + len + 3;
	size_t total = rest + 1;

	/* The digits of the length may themselves add one. */
	for (;;) {
		size_t digits = (size_t)snprintf(NULL, 0, "%zu", total);

		if (rest + digits == total)
			break;
		total = rest + digits;
	}
	buf_addf(b, "%zu %s%s=", total, prefix, key);
	buf_add(b, value, len);
	buf_addc(b, '\n');
}

static void add_text(struct buf *b, const char *key, const char *value)
{
	add_record(b, "", key, value, strlen(value));
}

static void add_number(struct buf *b, const char *key, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	add_text(b, key, text);
}

static void add_mtime(struct buf *b, const struct tar_entry *e)
{
	int64_t sec = e->mtime_sec;
	uint32_t nsec = e->mtime_nsec;
	const char *sign = "";
	char text[48];
	size_t len;

	if (sec < 0) {
		sign = "-";
		sec = -sec;
		if (nsec > 0) {
			sec -= 1;
			nsec = 1000000000U - nsec;
		}
	}
	snprintf(text, sizeof(text), "%s%lld.%09u", sign, (long long)sec, nsec);
	len = strlen(text);
	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[--len] = '\0';
	add_text(b, "mtime", text);
}

/* A text field without the need of a NUL; false when it is too long. */
static bool put_text(char *field, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len > size)
		return false;
	memcpy(field, text, len);
	return true;
}

/* Into name, or prefix and name at a slash. */
static bool put_name(struct tar_header *h, const char *name)
{
	size_t len = strlen(name);
	const char *slash;

	if (put_text(h->name, sizeof(h->name), name))
		return true;
	if (len > sizeof(h->prefix) + 1 + sizeof(h->name))
		return false;
	slash = strchr(name + len - sizeof(h->name) - 1, '/');
	if (slash == NULL || slash == name || slash[1] == '\0' ||
	    (size_t)(slash - name) > sizeof(h->prefix))
		return false;
	memcpy(h->prefix, name, (size_t)(slash - name));
	memcpy(h->name, slash + 1, strlen(slash + 1));
	return true;
}

static void put_fixed(struct tar_header *h)
{
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	tar_put_number(h->devmajor, sizeof(h->devmajor), 0);
	tar_put_number(h->devminor, sizeof(h->devminor), 0);
}

static int write_pax(struct tar_writer *w, struct buf *records, struct error *err)
{
	struct tar_header h = { 0 };
	int n;

	if (!buf_ok(records))
		return error_set(err, ERROR_LIMIT, "write archive: attributes are too large");
	put_fixed(&h);
	put_text(h.name, sizeof(h.name), "PaxHeaders.0/entry");
	h.typeflag = TAR_PAX;
	tar_put_number(h.mode, sizeof(h.mode), 0644);
	tar_put_number(h.uid, sizeof(h.uid), 0);
	tar_put_number(h.gid, sizeof(h.gid), 0);
	tar_put_number(h.size, sizeof(h.size), records->len);
	tar_put_number(h.mtime, sizeof(h.mtime), 0);
	tar_put_checksum(&h);
	n = tar_writer_data(w, &h, sizeof(h), err);
	if (n == 0)
		n = tar_writer_data(w, records->data, records->len, err);
	return n < 0 ? n : tar_writer_pad(w, records->len, err);
}

int tar_writer_entry(struct tar_writer *w, const struct tar_entry *e, struct error *err)
{
	scoped(buf_done) struct buf pax = BUF_INIT_MAX(PAX_MAX);
	struct tar_header h = { 0 };
	const char *link = e->link != NULL ? e->link : "";

	put_fixed(&h);
	h.typeflag = e->type;
	tar_put_number(h.mode, sizeof(h.mode), e->mode);
	if (!put_name(&h, e->name))
		add_text(&pax, "path", e->name);
	if (!put_text(h.linkname, sizeof(h.linkname), link))
		add_text(&pax, "linkpath", link);
	if (!tar_put_number(h.uid, sizeof(h.uid), e->uid))
		add_number(&pax, "uid", e->uid);
	if (!tar_put_number(h.gid, sizeof(h.gid), e->gid))
		add_number(&pax, "gid", e->gid);
	if (!tar_put_number(h.size, sizeof(h.size), e->size))
		add_number(&pax, "size", e->size);
	if (e->mtime_sec < 0 || !tar_put_number(h.mtime, sizeof(h.mtime), (uint64_t)e->mtime_sec) ||
	    e->mtime_nsec > 0)
		add_mtime(&pax, e);
	if (!tar_put_number(h.devmajor, sizeof(h.devmajor), e->devmajor) ||
	    !tar_put_number(h.devminor, sizeof(h.devminor), e->devminor))
		return error_set(err, ERROR_LIMIT, "write '%s': device number too large", e->name);
	for (size_t i = 0; i < e->n_xattrs; i++)
		add_record(&pax, "SCHILY.xattr.", e->xattrs[i].name, e->xattrs[i].value,
			   e->xattrs[i].len);
	tar_put_checksum(&h);
	if (pax.len > 0 || !buf_ok(&pax)) {
		int n = write_pax(w, &pax, err);

		if (n < 0)
			return n;
	}
	return tar_writer_data(w, &h, sizeof(h), err);
}
