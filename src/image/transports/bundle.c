/* SPDX-License-Identifier: Apache-2.0 */
#include "image/transports/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "sys/fd.h"
#include "sys/root.h"

struct bundle {
	char *path;
	int dir_fd; /* -1: an archive */
	struct archive_index *index;
};

struct stream {
	int fd;
	uint64_t left;
	char *name;
};

int bundle_open_dir(const char *path, struct bundle **ret, struct error *err)
{
	int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	struct bundle *b;

	if (fd < 0)
		return error_os(err, -fd, "open directory '%s'", path);
	b = xnew(struct bundle);
	b->path = xstrdup(path);
	b->dir_fd = fd;
	*ret = b;
	return 0;
}

int bundle_open_archive(const char *path, struct bundle **ret, struct error *err)
{
	scoped_fd int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NOCTTY, 0);
	scoped(bundle_free) struct bundle *b = xnew(struct bundle);
	int n;

	b->path = xstrdup(path);
	b->dir_fd = -1;
	if (fd < 0)
		return error_os(err, -fd, "open archive '%s'", path);
	n = archive_index_open(fd, &b->index, err);
	if (n < 0)
		return error_prefix(err, "archive '%s'", path);
	*ret = take_ptr(b);
	return 0;
}

void bundle_free(struct bundle *b)
{
	if (b == NULL)
		return;
	archive_index_free(b->index);
	fd_close(b->dir_fd);
	free(b->path);
	free(b);
}

static int open_in_dir(struct bundle *b, const char *name, int *ret_fd, uint64_t *ret_size,
		       struct error *err)
{
	scoped_fd int fd = root_open(b->dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	if (fd == -ENOENT)
		return error_set(err, ERROR_NOT_FOUND, "'%s' has no file '%s'", b->path, name);
	if (fd < 0)
		return error_os(err, -fd, "open '%s' in '%s'", name, b->path);
	if (fstat(fd, &st) < 0)
		return error_os(err, errno, "stat '%s' in '%s'", name, b->path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_INVALID, "'%s' in '%s' is no regular file", name,
				 b->path);
	*ret_fd = take_fd(fd);
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int bundle_open(struct bundle *b, const char *name, int *ret_fd, uint64_t *ret_size,
		struct error *err)
{
	int n;

	if (b->index == NULL)
		return open_in_dir(b, name, ret_fd, ret_size, err);
	n = archive_index_member(b->index, name, ret_fd, ret_size, err);
	return n < 0 ? error_prefix(err, "archive '%s'", b->path) : 0;
}

int bundle_read(struct bundle *b, const char *name, size_t max, struct buf *out, struct error *err)
{
	void *stream = NULL;
	char chunk[16384];
	ssize_t r = bundle_stream_open(b, name, &stream, err);

	while (r >= 0 && (r = bundle_stream_read(stream, chunk, sizeof(chunk), err)) > 0) {
		if ((size_t)r > max - out->len) {
			r = error_set(err, ERROR_LIMIT, "'%s' in '%s' has more than %zu bytes",
				      name, b->path, max);
			break;
		}
		buf_add(out, chunk, (size_t)r);
	}
	bundle_stream_close(stream);
	return r < 0 ? (int)r : 0;
}

int bundle_stream_open(struct bundle *b, const char *name, void **ret_stream, struct error *err)
{
	uint64_t size = 0;
	struct stream *s;
	int fd = -1;
	int n = bundle_open(b, name, &fd, &size, err);

	if (n < 0)
		return n;
	s = xnew(struct stream);
	s->fd = fd;
	s->left = size;
	s->name = xstrdup(name);
	*ret_stream = s;
	return 0;
}

ssize_t bundle_stream_read(void *stream, void *buf, size_t size, struct error *err)
{
	struct stream *s = stream;
	size_t part = (size_t)MIN(s->left, (uint64_t)size);
	ssize_t n;

	if (part == 0)
		return 0;
	n = archive_read_fd(&s->fd, buf, part, err);
	if (n == 0)
		return error_set(err, ERROR_CORRUPT, "'%s' is cut short", s->name);
	if (n > 0)
		s->left -= (uint64_t)n;
	return n;
}

void bundle_stream_close(void *stream)
{
	struct stream *s = stream;

	if (s == NULL)
		return;
	fd_close(s->fd);
	free(s->name);
	free(s);
}
