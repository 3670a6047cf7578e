/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "sys/fd.h"

#define FIFO_MODE 0660
/* Sizes beyond this are refused (conmon's bound). */
#define SIZE_MAX_CELLS 1000

struct fifo {
	struct control *control;
	struct loop_source *source;
	int fd;
	struct control_lines lines;
};

struct control {
	struct streams *streams;
	struct log *log;
	struct fifo ctl, winsz;
	control_order_fn on_order;
	void *order_arg;
};

void control_lines_add(struct control_lines *l, const char *data, size_t len, control_line_fn fn,
		       void *arg)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			l->data[l->len] = '\0';
			if (!l->skipping)
				fn(l->data, arg);
			l->len = 0;
			l->skipping = false;
		} else if (l->len < MONITOR_CTL_LINE_MAX) {
			l->data[l->len++] = data[i];
		} else {
			l->skipping = true;
		}
	}
}

static void resize(struct control *c, int rows, int cols)
{
	int r;

	if (rows < 0 || cols < 0 || rows > SIZE_MAX_CELLS || cols > SIZE_MAX_CELLS) {
		log_warn("terminal size %d x %d is out of range; it is ignored", rows, cols);
		return;
	}
	r = streams_resize(c->streams, (unsigned short)rows, (unsigned short)cols);
	if (r < 0)
		log_warn("resize terminal: %s; it keeps its size", strerror(-r));
}

static void reopen(struct control *c)
{
	int r = log_reopen(c->log);

	if (r < 0)
		log_warn("reopen log: %s; the old one goes on", strerror(-r));
}

static void on_ctl_line(const char *line, void *arg)
{
	struct control *c = arg;
	struct monitor_ctl ctl;

	if (monitor_ctl_parse(line, &ctl) < 0)
		ctl.type = 0;
	if (ctl.type == MONITOR_CTL_RESIZE)
		resize(c, ctl.a, ctl.b);
	else if (ctl.type == MONITOR_CTL_REOPEN)
		reopen(c);
	else if (!c->on_order || !c->on_order(ctl.type, c->order_arg))
		log_warn("control line '%s' is not understood; it is ignored", line);
}

static void on_winsz_line(const char *line, void *arg)
{
	char text[MONITOR_CTL_LINE_MAX + 8];
	struct monitor_ctl ctl;

	/* A control line without its type. */
	snprintf(text, sizeof(text), "%d %s", MONITOR_CTL_RESIZE, line);
	if (monitor_ctl_parse(text, &ctl) == 0)
		resize(arg, ctl.a, ctl.b);
	else
		log_warn("window size '%s' is not understood; it is ignored", line);
}

static int on_fifo(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct fifo *f = arg;
	char data[512];
	ssize_t n = read(f->fd, data, sizeof(data));

	if (n > 0)
		control_lines_add(&f->lines, data, (size_t)n,
				  f == &f->control->ctl ? on_ctl_line : on_winsz_line, f->control);
	return 0;
}

static int open_fifo(struct control *c, struct loop *loop, int dir, const char *name,
		     struct fifo *f, struct error *err)
{
	int r;

	f->control = c;
	/* Of the container's last run. */
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove old control fifo '%s'", name);
	if (mkfifoat(dir, name, FIFO_MODE) < 0)
		return error_os(err, errno, "make control fifo '%s'", name);
	/* For writing, too: with no other writer there is still no end of file. */
	f->fd = fd_open(dir, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	if (f->fd < 0)
		return error_os(err, -f->fd, "open control fifo '%s'", name);
	r = loop_add_io(loop, f->fd, EPOLLIN, on_fifo, f, &f->source);
	return r < 0 ? error_os(err, -r, "watch control fifo '%s'", name) : 0;
}

int control_open(struct loop *loop, const char *bundle, struct streams *streams, struct log *log,
		 struct control **ret, struct error *err)
{
	scoped_fd int dir = fd_open(AT_FDCWD, bundle, O_PATH | O_DIRECTORY, 0);
	struct control *c;
	int r;

	if (dir < 0)
		return error_os(err, -dir, "open bundle '%s'", bundle);
	c = xnew(struct control);
	c->streams = streams;
	c->log = log;
	c->ctl.fd = c->winsz.fd = -1;
	r = open_fifo(c, loop, dir, "ctl", &c->ctl, err);
	if (r >= 0)
		r = open_fifo(c, loop, dir, "winsz", &c->winsz, err);
	if (r < 0) {
		control_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void control_on_order(struct control *c, control_order_fn fn, void *arg)
{
	c->on_order = fn;
	c->order_arg = arg;
}

void control_remove(const struct control *c, const char *bundle)
{
	scoped_fd int dir = -1;

	if (!c)
		return;
	dir = fd_open(AT_FDCWD, bundle, O_PATH | O_DIRECTORY, 0);
	unlinkat(dir, "ctl", 0);
	unlinkat(dir, "winsz", 0);
}

void control_free(struct control *c)
{
	if (!c)
		return;
	loop_remove(c->ctl.source);
	loop_remove(c->winsz.source);
	fd_close(c->ctl.fd);
	fd_close(c->winsz.fd);
	free(c);
}
