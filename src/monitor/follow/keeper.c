/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/follow/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strv.h"
#include "base/timeutil.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/pidref.h"
#include "sys/process.h"

/* An eventfd adds up what was asked for. */
#define WISH_STDIN UINT64_C(1)
#define WISH_KEPT (UINT64_C(1) << 32)
/* A successor that dies again and again: so many in a row, less than so long after each other. */
#define TAKEOVERS_MAX 1000
#define TAKEOVER_REST_NSEC NSEC_PER_SEC
/* Closing some descriptors takes no time; a keeper that hangs is not waited for. */
#define DROP_WAIT_MSEC 10000

/* ---- in the keeper ---- */

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Everything else that came with the fork goes: sockets of clients, pipes to the engine. */
static int keep_only(struct keeper_charge *c, const struct keeper *k, int monitor)
{
	const struct takeover *t = &c->goods;
	scoped_free int *fds = xnew_n(int, c->caller->n_keep + 16);
	const int ours[] = { k->wish,	     k->answer,	     monitor,	     t->journal,
			     t->in,	     t->out,	     t->err,	     t->stage[0][0],
			     t->stage[0][1], t->stage[1][0], t->stage[1][1], t->init.fd };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (ours[i] >= 0)
			fds[n++] = ours[i];
	}
	for (size_t i = 0; i < c->caller->n_keep; i++)
		fds[n++] = c->caller->keep[i];
	qsort(fds, n, sizeof(*fds), compare_fds);
	return fd_close_except(fds, n);
}

static void serve(struct keeper_charge *c, const struct keeper *k)
{
	uint64_t wishes = 0, one = 1;

	if (read(k->wish, &wishes, sizeof(wishes)) != (ssize_t)sizeof(wishes))
		return;
	if (wishes % WISH_KEPT)
		c->goods.in = fd_close(c->goods.in);
	if (wishes < WISH_KEPT)
		return;
	for (size_t i = 0; i < c->caller->n_keep; i++)
		fd_close(c->caller->keep[i]);
	fd_write_all(k->answer, &one, sizeof(one));
}

/* Until the monitor has ended. */
static void guard(struct keeper_charge *c, const struct keeper *k, int monitor)
{
	struct pollfd p[] = { { .fd = monitor, .events = POLLIN },
			      { .fd = k->wish, .events = POLLIN } };

	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		/* What it asked for before its end is done, too. */
		if (p[1].revents)
			serve(c, k);
		else
			return;
	}
}

static bool may_take_over(struct journal_life *l)
{
	int64_t now = time_monotonic_nsec();

	if (l->over)
		return false;
	l->taken = now - l->taken_nsec < TAKEOVER_REST_NSEC ? l->taken + 1 : 0;
	l->taken_nsec = now;
	return l->taken < TAKEOVERS_MAX;
}

static void forget(int sig)
{
}

/* Meant for the monitor, sent to all of a group: they must not wait for our successor. */
static void let_signals_pass(void)
{
	static const int passing[] = { SIGTERM, SIGINT, SIGQUIT };
	struct sigaction sa = { .sa_handler = forget };
	sigset_t none;

	sigemptyset(&none);
	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		sigaction(passing[i], &sa, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* We are the monitor now, and have a keeper of our own before anybody can know it. */
static void take_over(struct keeper_charge *c)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", (int)getpid());

	keeper_start(&c->goods.keeper, c, NULL);
	if (c->pidfile)
		atomic_file_write(AT_FDCWD, c->pidfile, text, (size_t)n, 0644, false);
	if (takeover_pass(&c->goods) < 0)
		_exit(1);
	execv("/proc/self/exe", c->argv);
	_exit(127);
}

/* ps(1) and pgrep(1) are to tell us from the monitor.  A successor needs the words; and what a
 * keeper forks is named already. */
static void rename_to(struct keeper_charge *c)
{
	char *words = c->argv[0], *last = words;
	size_t room;

	if (c->renamed)
		return;
	c->renamed = true;
	STRV_FOREACH (word, c->argv)
		last = *word;
	room = (size_t)(last + strlen(last) - words);
	/* They stand in the words that are about to go. */
	c->cid = xstrdup(c->cid);
	c->pidfile = xstrdup_opt(c->pidfile);
	c->argv = strv_dup(c->argv);
	memset(words, 0, room);
	snprintf(words, room, KEEPER_NAME " %s", c->cid);
	process_set_name(KEEPER_NAME);
}

__attribute__((noreturn)) static void keep(struct keeper_charge *c, const struct keeper *k,
					   int monitor)
{
	struct error err = ERROR_INIT;

	rename_to(c);
	let_signals_pass();
	if (caller_leave_stdio(&err) < 0 || keep_only(c, k, monitor) < 0)
		_exit(1);
	process_trim();
	guard(c, k, monitor);
	fd_close(monitor);
	fd_close(k->wish);
	fd_close(k->answer);
	if (may_take_over(&((struct journal *)(uintptr_t)c->journal)->life))
		take_over(c);
	_exit(0);
}

/* ---- in the monitor ---- */

int keeper_start(struct keeper *k, const struct keeper_charge *charge, struct error *err)
{
	struct keeper_charge own = *charge;
	struct keeper new = { .wish = fd_eventfd(), .answer = fd_eventfd() };
	scoped(pidref_done) struct pidref self = PIDREF_INIT;
	int r = new.wish < 0 ? new.wish : new.answer;

	/* Opened here: a moment later we may be dead. */
	if (r >= 0)
		r = pidref_set(&self, getpid());
	if (r >= 0) {
		new.pid = fork();
		r = new.pid < 0 ? -errno : 0;
	}
	if (r >= 0 && new.pid == 0)
		keep(&own, &new, self.fd);
	if (r < 0) {
		keeper_lost(&new);
		return error_os(err, -r, "start the keeper");
	}
	*k = new;
	return 0;
}

static bool wish(struct keeper *k, uint64_t what)
{
	return k->wish >= 0 && fd_write_all(k->wish, &what, sizeof(what)) >= 0;
}

void keeper_drop_stdin(struct keeper *k)
{
	wish(k, WISH_STDIN);
}

void keeper_drop_kept(struct keeper *k)
{
	if (wish(k, WISH_KEPT))
		fd_wait(k->answer, POLLIN, DROP_WAIT_MSEC);
}

void keeper_lost(struct keeper *k)
{
	fd_close(k->wish);
	fd_close(k->answer);
	*k = KEEPER_INIT;
}

void keeper_stop(struct keeper *k)
{
	if (k->pid > 0) {
		kill(k->pid, SIGKILL);
		pid_reap(k->pid, NULL);
	}
	keeper_lost(k);
}
