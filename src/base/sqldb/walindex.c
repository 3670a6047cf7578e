/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sqldb/walindex.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define MARK "user.coracle.boot"
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_LEN 36
/* Boot id, inode and time of change of the database's own file. */
#define MARK_MAX (BOOT_ID_LEN + 64)

/* Byte of the file that every connection holds for reading as long as it lives. */
#define SWITCH_BYTE 128
#define INDEX_VERSION 3007000
#define WAL_HEADER_LEN 32
#define WAL_SALT_AT 16
#define FRAME_HEADER_LEN 24
#define FRAME_SALT_AT 8
#define FRAME_SUM_AT 16

/* Numbers are of the machine's byte order, salts as they stand in the log. */
struct index_header {
	uint32_t version, unused, change;
	uint8_t is_init, big_endian_sums;
	uint16_t page_size; /* 1: 65536 */
	uint32_t last_frame, n_pages;
	uint32_t frame_sum[2];
	uint8_t salt[8];
	uint32_t sum[2];
};
_Static_assert(sizeof(struct index_header) == 48, "form of the index's header");

/* Per database that this process has open, held or not. */
struct walindex {
	char *path;
	int fd; /* -1: not held */
	unsigned users;
	struct walindex *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct walindex *open_ones;

/* This boot's id; NULL when the kernel does not tell it. */
static const char *boot_id(void)
{
	static char id[BOOT_ID_LEN + 1];
	int fd;

	if (id[0] != '\0')
		return id;
	fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return NULL;
	if (read(fd, id, BOOT_ID_LEN) != BOOT_ID_LEN)
		id[0] = '\0';
	close(fd);
	return id[0] != '\0' ? id : NULL;
}

/* What an index is marked with that fits the database as it is: its length, -errno. */
static int make_mark(const char *path, char out[MARK_MAX])
{
	const char *boot = boot_id();
	struct stat st;

	if (boot == NULL)
		return -ENOENT;
	if (stat(path, &st) < 0)
		return -errno;
	return snprintf(out, MARK_MAX, "%s %ju %jd.%09ld", boot, (uintmax_t)st.st_ino,
			(intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static bool is_marked(int fd, const char *path)
{
	char want[MARK_MAX], mark[MARK_MAX];
	int len = make_mark(path, want);

	return len > 0 && fgetxattr(fd, MARK, mark, sizeof(mark)) == len &&
	       memcmp(mark, want, (size_t)len) == 0;
}

/* Does the log end where the index says? */
static bool fits_log(const struct index_header *h, int log)
{
	uint8_t head[WAL_HEADER_LEN], frame[FRAME_HEADER_LEN];
	off_t page = h->page_size == 1 ? 65536 : h->page_size;
	uint32_t sum[2];
	struct stat st;
	off_t at;

	if (fstat(log, &st) < 0)
		return false;
	if (h->last_frame == 0 && st.st_size == 0)
		return true;
	if (pread(log, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head + WAL_SALT_AT, h->salt, sizeof(h->salt)) != 0)
		return false;
	if (h->last_frame == 0)
		return true;
	at = WAL_HEADER_LEN + (off_t)(h->last_frame - 1) * (FRAME_HEADER_LEN + page);
	if (st.st_size < at + FRAME_HEADER_LEN + page ||
	    pread(log, frame, sizeof(frame), at) != (ssize_t)sizeof(frame) ||
	    memcmp(frame + FRAME_SALT_AT, h->salt, sizeof(h->salt)) != 0)
		return false;
	memcpy(sum, frame + FRAME_SUM_AT, sizeof(sum));
	return be32toh(sum[0]) == h->frame_sum[0] && be32toh(sum[1]) == h->frame_sum[1];
}

static bool is_sound(int fd, const char *path)
{
	scoped_free char *name = xasprintf("%s-wal", path);
	struct index_header h[2];
	bool sound;
	int log;

	if (!is_marked(fd, path) || pread(fd, h, sizeof(h), 0) != (ssize_t)sizeof(h) ||
	    memcmp(&h[0], &h[1], sizeof(h[0])) != 0 || h[0].version != INDEX_VERSION ||
	    h[0].is_init == 0)
		return false;
	log = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	if (log < 0)
		return false;
	sound = fits_log(&h[0], log);
	close(log); /* SQLite locks nothing in the log */
	return sound;
}

/* Not waited for: whoever has it for writing empties the file now. */
static bool take_switch(int fd)
{
	struct flock fl = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = SWITCH_BYTE, .l_len = 1
	};

	return fcntl(fd, F_OFD_SETLK, &fl) == 0;
}

/* Looked at first, locked then: holding an unsound one even for a moment would tell others that it
 * is good.  One that is sound may be emptied in between, as it may while others use it. */
static int hold(const char *path)
{
	scoped_free char *name = xasprintf("%s-shm", path);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);

	if (fd >= 0 && is_sound(fd, path) && take_switch(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

struct walindex *walindex_enter(const char *path)
{
	struct walindex *w;

	pthread_mutex_lock(&mutex);
	for (w = open_ones; w != NULL && !streq(w->path, path); w = w->next)
		;
	if (w == NULL) {
		w = xnew(struct walindex);
		*w = (struct walindex){ .path = xstrdup(path),
					.fd = hold(path),
					.next = open_ones };
		open_ones = w;
	}
	w->users++;
	pthread_mutex_unlock(&mutex);
	return w;
}

bool walindex_held(const struct walindex *w)
{
	return w->fd >= 0;
}

int walindex_mark(const struct walindex *w)
{
	scoped_free char *name = xasprintf("%s-shm", w->path);
	char mark[MARK_MAX];
	int len = make_mark(w->path, mark);

	if (len < 0)
		return len;
	return setxattr(name, MARK, mark, (size_t)len, 0) < 0 ? -errno : 0;
}

void walindex_leave(struct walindex *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&mutex);
	if (--w->users == 0) {
		struct walindex **at = &open_ones;

		while (*at != w)
			at = &(*at)->next;
		*at = w->next;
		if (w->fd >= 0)
			close(w->fd);
		free(w->path);
		free(w);
	}
	pthread_mutex_unlock(&mutex);
}
