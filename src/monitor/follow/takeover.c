/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/follow/takeover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "sys/fd.h"
#include "sys/tty.h"

#define STDIO_FILE "stdio"
/* stdin, stdout, stderr */
#define STREAM_COUNT 3

/* All descriptors, in the order of the variable. */
#define FD_COUNT 11
static void list_fds(struct takeover *t, int *ret[FD_COUNT])
{
	int *fds[FD_COUNT] = { &t->journal,	&t->in,		 &t->out,	   &t->err,
			       &t->stage[0][0], &t->stage[0][1], &t->stage[1][0],  &t->stage[1][1],
			       &t->init.fd,	&t->keeper.wish, &t->keeper.answer };

	memcpy(ret, fds, sizeof(fds));
}

int takeover_pass(const struct takeover *t)
{
	struct takeover copy = *t;
	int *fds[FD_COUNT];
	char text[FD_COUNT * 12 + 96];
	size_t n;

	list_fds(&copy, fds);
	n = (size_t)snprintf(text, sizeof(text), "%d %" PRIu64 " %d", (int)t->init.pid,
			     t->init.start_time, (int)t->keeper.pid);
	for (int i = 0; i < FD_COUNT; i++) {
		int r = *fds[i] >= 0 ? fd_set_cloexec(*fds[i], false) : 0;

		if (r < 0)
			return r;
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %d", *fds[i]);
	}
	return setenv(TAKEOVER_ENV, text, 1) < 0 ? -errno : 0;
}

static int parse(const char *text, struct takeover *t)
{
	scoped_strv char **words = strv_split(text, " ", false);
	int *fds[FD_COUNT];
	int64_t number;
	uint32_t pid, keeper;

	if (strv_len(words) != FD_COUNT + 3 || num_u32(words[0], &pid) < 0 ||
	    num_u64(words[1], &t->init.start_time) < 0 || num_u32(words[2], &keeper) < 0)
		return -EINVAL;
	t->init.pid = (pid_t)pid;
	t->keeper.pid = (pid_t)keeper;
	list_fds(t, fds);
	for (int i = 0; i < FD_COUNT; i++) {
		if (num_i64(words[i + 3], &number) < 0 || number < -1 || number > INT32_MAX)
			return -EINVAL;
		*fds[i] = (int)number;
		if (number >= 0 && fd_set_cloexec((int)number, true) < 0)
			return -EBADF;
	}
	return t->journal >= 0 ? 0 : -EINVAL;
}

int takeover_receive(struct takeover *ret, struct error *err)
{
	const char *text = getenv(TAKEOVER_ENV);
	struct takeover t = TAKEOVER_INIT;
	int r;

	if (!text)
		return 0;
	r = parse(text, &t);
	if (r < 0)
		return error_os(err, -r, "use %s='%s'", TAKEOVER_ENV, text);
	unsetenv(TAKEOVER_ENV);
	t.here = true;
	*ret = t;
	return 0;
}

/* ---- without a keeper ---- */

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) ? st.st_ino : 0;
}

int takeover_note_streams(const struct streams *s, const char *bundle)
{
	scoped_free char *path = path_join(bundle, STDIO_FILE);
	char text[96];
	int n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			 inode_of(s->in), inode_of(s->out), inode_of(s->err));

	return fd_make_file(AT_FDCWD, path, text, (size_t)n, 0600);
}

static int read_inodes(const char *bundle, uint64_t inodes[STREAM_COUNT])
{
	scoped_free char *path = path_join(bundle, STDIO_FILE);
	scoped_strv char **words = NULL;
	char text[96];
	int r = fd_read_line(AT_FDCWD, path, text, sizeof(text));

	if (r < 0)
		return r;
	words = strv_split(text, " ", false);
	if (strv_len(words) != STREAM_COUNT)
		return -EINVAL;
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (num_u64(words[i], &inodes[i]) < 0)
			return -EINVAL;
	}
	return 0;
}

/* Our end of the pipe with this inode, if the process has it open under this number. */
static int open_pipe(int dir, const char *name, uint64_t inode, int flags)
{
	struct stat st;

	if (fd_stat(dir, name, 0, &st) < 0 || !S_ISFIFO(st.st_mode) || st.st_ino != inode)
		return -ENOENT;
	return fd_open(dir, name, flags | O_NONBLOCK, 0);
}

static void look_at(int dir, const char *name, const uint64_t inodes[STREAM_COUNT],
		    struct takeover *t)
{
	int *ours[STREAM_COUNT] = { &t->in, &t->out, &t->err };

	for (int i = 0; i < STREAM_COUNT; i++) {
		int fd = *ours[i] < 0 && inodes[i]
				 ? open_pipe(dir, name, inodes[i], i == 0 ? O_WRONLY : O_RDONLY)
				 : -1;

		if (fd >= 0)
			*ours[i] = fd;
	}
}

/* stdio first, but a program may have put them elsewhere. */
static int search_fds(pid_t pid, const uint64_t inodes[STREAM_COUNT], struct takeover *t)
{
	scoped_free char *path = xasprintf("/proc/%d/fd", (int)pid);
	DIR *d = opendir(path);

	if (!d)
		return -errno;
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] != '.')
			look_at(dirfd(d), e->d_name, inodes, t);
	}
	closedir(d);
	return 0;
}

static void tell_missing(const struct takeover *t, const uint64_t inodes[STREAM_COUNT])
{
	static const char *const names[STREAM_COUNT] = { "stdin", "stdout", "stderr" };
	const int ours[STREAM_COUNT] = { t->in, t->out, t->err };

	for (int i = 0; i < STREAM_COUNT; i++) {
		if (inodes[i] && ours[i] < 0)
			log_warn("the container's %s is out of reach; it stays disconnected",
				 names[i]);
	}
}

int takeover_find(pid_t pid, const char *bundle, struct takeover *ret, struct error *err)
{
	struct takeover t = TAKEOVER_INIT;
	uint64_t inodes[STREAM_COUNT] = { 0 };
	int r = pidref_set(&t.init, pid);

	if (r < 0)
		return error_os(err, -r, "open process %d of the container", (int)pid);
	r = read_inodes(bundle, inodes);
	if (r >= 0)
		r = search_fds(pid, inodes, &t);
	if (r < 0)
		log_warn("the container's streams cannot be found: %s; they stay disconnected",
			 strerror(-r));
	else
		tell_missing(&t, inodes);
	t.here = true;
	*ret = t;
	return 0;
}

/* ---- to go on ---- */

void takeover_streams(struct takeover *t, struct streams *ret)
{
	ret->in = take_fd(t->in);
	ret->out = take_fd(t->out);
	ret->err = take_fd(t->err);
	memcpy(ret->stage, t->stage, sizeof(ret->stage));
	memset(t->stage, 0xff, sizeof(t->stage));
	if (ret->terminal && ret->out >= 0)
		ret->peer = tty_open_peer(ret->out, O_RDWR);
}

void takeover_done(struct takeover *t)
{
	int *fds[FD_COUNT];

	list_fds(t, fds);
	for (int i = 0; i < FD_COUNT; i++)
		*fds[i] = fd_close(*fds[i]);
}
