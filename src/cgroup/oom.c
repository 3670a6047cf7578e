/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom: notice that the kernel killed for want of memory.
 *
 * v1: an eventfd registered in cgroup.event_control fires when the group runs out of memory, just
 * before the kill (and when the group is removed); memory.oom_control then counts the kills.
 * v2: memory.events counts them, and inotify tells that it changed.  The counter stays open, so
 * that the truth can be read even after the directory's name is gone from view.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"
#include "sys/watch.h"

#define PROC_CGROUP_MAX ((size_t)64 << 10)
#define COUNTER_TEXT_MAX 512

void cgroup_oom_done(struct cgroup_oom *o)
{
	fd_close(o->fd);
	fd_close(o->aux_fd);
	*o = (struct cgroup_oom){ .fd = -1, .aux_fd = -1 };
}

static bool list_has(const char *list, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	for (size_t i = 0; i < len; i += strcspn(list + i, ",:") + 1) {
		if (len - i >= name_len && strncmp(list + i, name, name_len) == 0 &&
		    (i + name_len == len || list[i + name_len] == ','))
			return true;
	}
	return false;
}

/* cgroups(7): lines "4:memory:/path" and "0::/path". */
static int memory_path(pid_t pid, bool v2, char *out, size_t size)
{
	scoped(buf_done) struct buf text = BUF_INIT_MAX(PROC_CGROUP_MAX);
	char file[32];
	int r;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	r = fd_read_file(AT_FDCWD, file, PROC_CGROUP_MAX, &text);
	if (r < 0)
		return r;
	for (const char *p = buf_str(&text); *p != '\0'; p += *p == '\n') {
		size_t len = strcspn(p, "\n");
		const char *list = memchr(p, ':', len);
		const char *path = list == NULL
					   ? NULL
					   : memchr(list + 1, ':', len - (size_t)(list + 1 - p));

		if (path != NULL &&
		    (v2 ? path == list + 1
			: list_has(list + 1, (size_t)(path - list - 1), "memory"))) {
			size_t n = len - (size_t)(path + 1 - p);

			if (n >= size)
				return -ENAMETOOLONG;
			memcpy(out, path + 1, n);
			out[n] = '\0';
			return 0;
		}
		p += len;
	}
	return -ENOENT;
}

static int read_counter(int fd, uint64_t *ret)
{
	char text[COUNTER_TEXT_MAX];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return cgroup_text_u64(text, "oom_kill", ret);
}

static int open_v1(const struct cgroup_hier *h, const char *path, struct cgroup_oom *o)
{
	char full[PATH_MAX], text[32];
	int r = cgroup_file_path(full, h, path, "memory.oom_control");

	if (r < 0)
		return r;
	o->aux_fd = fd_open(AT_FDCWD, full, O_RDONLY, 0);
	if (o->aux_fd < 0)
		return o->aux_fd;
	o->fd = fd_eventfd();
	if (o->fd < 0)
		return o->fd;
	r = fd_set_nonblock(o->fd, true);
	if (r < 0)
		return r;
	r = cgroup_file_path(full, h, path, "cgroup.event_control");
	if (r < 0)
		return r;
	snprintf(text, sizeof(text), "%d %d", o->fd, o->aux_fd);
	return fd_write_file(AT_FDCWD, full, text);
}

static int open_v2(const struct cgroup_hier *h, const char *path, struct cgroup_oom *o)
{
	char full[PATH_MAX];
	int r = cgroup_file_path(full, h, path, "memory.events");

	if (r < 0)
		return r;
	o->aux_fd = fd_open(AT_FDCWD, full, O_RDONLY, 0);
	if (o->aux_fd < 0)
		return o->aux_fd;
	o->fd = watch_open();
	return o->fd < 0 ? o->fd : watch_add(o->fd, full, WATCH_WRITE);
}

int cgroup_oom_open_pid(pid_t pid, struct cgroup_oom *ret)
{
	const struct cgroup_hier *h = cgroup_hier_of("memory");
	struct cgroup_oom o = { .fd = -1, .aux_fd = -1 };
	char path[PATH_MAX - 512];
	int r;

	if (h == NULL)
		return -EOPNOTSUPP;
	r = memory_path(pid, h->v2, path, sizeof(path));
	/* The root group has no limit and no such files. */
	if (r == 0 && streq(path, "/"))
		r = -EOPNOTSUPP;
	if (r == 0)
		r = h->v2 ? open_v2(h, path, &o) : open_v1(h, path, &o);
	if (r < 0) {
		cgroup_oom_done(&o);
		return r;
	}
	o.layout = h->v2 ? CGROUP_LAYOUT_V2 : CGROUP_LAYOUT_V1;
	(void)read_counter(o.aux_fd, &o.seen);
	*ret = o;
	return 0;
}

/* Takes pending events; whether there was one. */
static bool drain(const struct cgroup_oom *o)
{
	uint64_t count;

	return o->layout == CGROUP_LAYOUT_V2 ? watch_drain(o->fd) > 0
					     : read(o->fd, &count, sizeof(count)) > 0;
}

int cgroup_oom_check(struct cgroup_oom *o)
{
	uint64_t now = 0;
	bool event;
	int r;

	if (o->fd < 0)
		return 0;
	event = drain(o);
	r = read_counter(o->aux_fd, &now);
	if (r == -ENOENT) /* kernels before 4.13 do not count: the event has to do */
		return event && o->layout == CGROUP_LAYOUT_V1;
	if (r < 0) /* removed: that is what the event was about */
		return 0;
	if (now > o->seen) {
		o->seen = now;
		return 1;
	}
	/* v1 tells before it kills: this kill will be counted in a moment. */
	if (event && o->layout == CGROUP_LAYOUT_V1) {
		o->seen = now + 1;
		return 1;
	}
	return 0;
}
