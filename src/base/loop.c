/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll delivers a batch of events; a callback may remove sources whose event is later in the same
 * batch.  So loop_remove only marks a source and unlinks it from the kernel; the memory goes when
 * the round is over.
 */
#include "base/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timeutil.h"

/* Events taken per round; more wait for the next. */
#define LOOP_BATCH 32

enum source_kind { SOURCE_IO, SOURCE_TIMER, SOURCE_SIGNAL };

struct loop_source {
	struct loop *loop;
	struct loop_source *prev, *next;
	enum source_kind kind;
	int fd; /* ours for timers and signals */
	bool dead;
	void *arg;
	union {
		loop_io_fn io;
		loop_timer_fn timer;
		loop_signal_fn signal;
	} fn;
};

struct loop {
	int epfd;
	struct loop_source *sources; /* alive */
	struct loop_source *dead;    /* freed when no dispatch runs */
	unsigned dispatching;
	bool exiting;
	int exit_value;
};

int loop_new(struct loop **ret)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct loop *l;

	if (fd < 0)
		return -errno;
	l = xnew(struct loop);
	l->epfd = fd;
	*ret = l;
	return 0;
}

static void reap(struct loop *l)
{
	while (l->dead != NULL) {
		struct loop_source *s = l->dead;

		l->dead = s->next;
		free(s);
	}
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	while (l->sources != NULL)
		loop_remove(l->sources);
	reap(l);
	close(l->epfd);
	free(l);
}

static int add_source(struct loop *l, struct loop_source *s, uint32_t events,
		      struct loop_source **ret)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, s->fd, &ev) < 0) {
		int r = -errno;

		if (s->kind != SOURCE_IO)
			close(s->fd);
		free(s);
		return r;
	}
	s->loop = l;
	s->next = l->sources;
	if (s->next != NULL)
		s->next->prev = s;
	l->sources = s;
	if (ret != NULL)
		*ret = s;
	return 0;
}

int loop_add_io(struct loop *l, int fd, uint32_t events, loop_io_fn fn, void *arg,
		struct loop_source **ret)
{
	struct loop_source *s = xnew(struct loop_source);

	s->kind = SOURCE_IO;
	s->fd = fd;
	s->fn.io = fn;
	s->arg = arg;
	return add_source(l, s, events, ret);
}

int loop_io_set_events(struct loop_source *s, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	if (s->dead)
		return -EBADF;
	return epoll_ctl(s->loop->epfd, EPOLL_CTL_MOD, s->fd, &ev) < 0 ? -errno : 0;
}

static int arm(int fd, int64_t nsec)
{
	struct itimerspec when = { 0 };

	if (nsec >= 0) {
		/* Zero would disarm. */
		nsec = MAX(nsec, 1);
		when.it_value.tv_sec = nsec / NSEC_PER_SEC;
		when.it_value.tv_nsec = nsec % NSEC_PER_SEC;
	}
	return timerfd_settime(fd, 0, &when, NULL) < 0 ? -errno : 0;
}

int loop_add_timer(struct loop *l, int64_t nsec, loop_timer_fn fn, void *arg,
		   struct loop_source **ret)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct loop_source *s;
	int r;

	if (fd < 0)
		return -errno;
	r = arm(fd, nsec);
	if (r < 0) {
		close(fd);
		return r;
	}
	s = xnew(struct loop_source);
	s->kind = SOURCE_TIMER;
	s->fd = fd;
	s->fn.timer = fn;
	s->arg = arg;
	return add_source(l, s, EPOLLIN, ret);
}

int loop_timer_set(struct loop_source *s, int64_t nsec)
{
	return s->dead ? -EBADF : arm(s->fd, nsec);
}

int loop_add_signals(struct loop *l, const sigset_t *set, loop_signal_fn fn, void *arg,
		     struct loop_source **ret)
{
	struct loop_source *s;
	int fd;

	if (sigprocmask(SIG_BLOCK, set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	s = xnew(struct loop_source);
	s->kind = SOURCE_SIGNAL;
	s->fd = fd;
	s->fn.signal = fn;
	s->arg = arg;
	return add_source(l, s, EPOLLIN, ret);
}

void loop_remove(struct loop_source *s)
{
	struct loop *l;

	if (s == NULL || s->dead)
		return;
	l = s->loop;
	s->dead = true;
	/* Fails when the caller closed the descriptor before; then the kernel has dropped it. */
	epoll_ctl(l->epfd, EPOLL_CTL_DEL, s->fd, NULL);
	if (s->kind != SOURCE_IO)
		close(s->fd);
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		l->sources = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->next = l->dead;
	s->prev = NULL;
	l->dead = s;
	if (l->dispatching == 0)
		reap(l);
}

static int dispatch_timer(struct loop_source *s)
{
	uint64_t times;

	/* Re-armed or disarmed by a callback of this round: not due any more. */
	if (read(s->fd, &times, sizeof(times)) != (ssize_t)sizeof(times))
		return 0;
	return s->fn.timer(s, s->arg);
}

static int dispatch_signals(struct loop_source *s)
{
	struct signalfd_siginfo info;

	while (!s->dead && !s->loop->exiting &&
	       read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int r = s->fn.signal(s, (int)info.ssi_signo, info.ssi_int, s->arg);

		if (r < 0)
			return r;
	}
	return 0;
}

int loop_run_once(struct loop *l, int timeout_msec)
{
	struct epoll_event events[LOOP_BATCH];
	int n, r = 0;

	n = epoll_wait(l->epfd, events, LOOP_BATCH, timeout_msec);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	l->dispatching++;
	for (int i = 0; i < n && r >= 0 && !l->exiting; i++) {
		struct loop_source *s = events[i].data.ptr;

		if (s->dead)
			continue;
		switch (s->kind) {
		case SOURCE_IO:
			r = s->fn.io(s, s->fd, events[i].events, s->arg);
			break;
		case SOURCE_TIMER:
			r = dispatch_timer(s);
			break;
		case SOURCE_SIGNAL:
			r = dispatch_signals(s);
			break;
		}
	}
	if (--l->dispatching == 0)
		reap(l);
	return r < 0 ? r : 0;
}

int loop_run(struct loop *l)
{
	while (!l->exiting) {
		int r = loop_run_once(l, -1);

		if (r < 0)
			return r;
	}
	l->exiting = false; /* the loop may run again */
	return l->exit_value;
}

void loop_exit(struct loop *l, int value)
{
	l->exiting = true;
	l->exit_value = value;
}
