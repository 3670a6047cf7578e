/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar application: whatever the bytes, nothing outside the target changes, the target can be
 * removed, and a failure has a message.  The same bytes also go through the index of outer
 * archives.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "archive/tar_format.h"
#include "sys/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

static char top[64];
static int top_fd = -1;

static ssize_t read_input(void *arg, void *buf, size_t size, struct error *err)
{
	struct input *in = arg;
	size_t n = in->left < size ? in->left : size;

	memcpy(buf, in->data, n);
	in->data += n;
	in->left -= n;
	return (ssize_t)n;
}

static void remove_top(void)
{
	fd_remove_tree(AT_FDCWD, top);
}

/* TOP/outside must stay as it is made here; TOP/target is made anew for each input. */
static void set_up(void)
{
	const char *dir = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(top, sizeof(top), "%s/coracle-fuzz-XXXXXX", dir);
	if (mkdtemp(top) == NULL)
		abort();
	atexit(remove_top);
	top_fd = fd_open(AT_FDCWD, top, O_RDONLY | O_DIRECTORY, 0);
	if (top_fd < 0 || mkdirat(top_fd, "outside", 0700) < 0)
		abort();
}

static void check_outside(const struct stat *before)
{
	struct stat after, outer;

	if (fstatat(top_fd, "outside", &after, AT_SYMLINK_NOFOLLOW) < 0 ||
	    after.st_nlink != before->st_nlink || after.st_mode != before->st_mode ||
	    after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		abort();
	if (fstat(top_fd, &outer) < 0 || outer.st_nlink != 4 || (outer.st_mode & 07777) != 0700)
		abort();
}

static void check_failure(int n, const struct error *err)
{
	if (n < 0 &&
	    (err->kind == ERROR_NONE || err->msg[0] == '\0' || err->kind == ERROR_INTERNAL))
		abort();
}

static void try_apply(const uint8_t *data, size_t size, enum archive_whiteouts whiteouts)
{
	struct input in = { data, size };
	struct archive_result r;
	struct error err = ERROR_INIT;
	struct stat before;
	struct archive_apply a = {
		.read = read_input,
		.arg = &in,
		.whiteouts = whiteouts,
		.max_bytes = 1 << 20,
		.max_entries = 300,
	};

	if (mkdirat(top_fd, "target", 0700) < 0 || fstatat(top_fd, "outside", &before, 0) < 0)
		abort();
	a.target_fd = fd_open(top_fd, "target", O_RDONLY | O_DIRECTORY, 0);
	check_failure(archive_apply(&a, &r, &err), &err);
	fd_close(a.target_fd);
	check_outside(&before);
	if (fd_remove_tree(top_fd, "target") < 0)
		abort();
}

static void try_index(const uint8_t *data, size_t size)
{
	struct archive_index *ix = NULL;
	struct error err = ERROR_INIT;
	int fd = fd_memfd("fuzz", false);
	int n;

	if (fd < 0 || fd_write_all(fd, data, size) < 0)
		abort();
	n = archive_index_open(fd, &ix, &err);
	check_failure(n, &err);
	archive_index_free(ix);
	fd_close(fd);
}

/* Make the checksums right, which a fuzzer would hardly ever do. */
static void mend_headers(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + TAR_BLOCK <= size;) {
		struct tar_header *h = (struct tar_header *)(data + at);
		int64_t len;

		at += TAR_BLOCK;
		if (tar_block_is_zero(h))
			continue;
		tar_put_checksum(h);
		if (tar_number(h->size, sizeof(h->size), &len) < 0 || len < 0 ||
		    (h->typeflag >= TAR_HARD_LINK && h->typeflag <= TAR_FIFO))
			continue;
		if ((uint64_t)len > size)
			return;
		at += ((size_t)len + TAR_BLOCK - 1) & ~(size_t)(TAR_BLOCK - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	if (top_fd < 0)
		set_up();
	if (size < 1)
		return 0;
	/* The first byte chooses, so that the rest is a real archive. */
	copy = malloc(size);
	if (copy == NULL)
		abort();
	memcpy(copy, data + 1, size - 1);
	if (data[0] < 128)
		mend_headers(copy, size - 1);
	try_apply(copy, size - 1, data[0] % 3);
	if (data[0] % 4 == 0)
		try_index(copy, size - 1);
	free(copy);
	return 0;
}
