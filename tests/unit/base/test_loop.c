/* SPDX-License-Identifier: Apache-2.0 */
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timeutil.h"
#include "harness/test.h"

struct state {
	struct loop *loop;
	struct loop_source *source, *other;
	int fd;
	int count;
	int value;
	char last;
};

static int on_read(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct state *st = arg;
	char c = 0;

	st->count++;
	if (read(fd, &c, 1) != 1)
		return -EIO;
	st->last = c;
	if (c == 'q')
		loop_exit(st->loop, 7);
	if (c == 'e')
		return -EDOM;
	return 0;
}

static int make_pipe(int fds[2])
{
	return pipe2(fds, O_CLOEXEC | O_NONBLOCK);
}

TEST(descriptors_until_exit)
{
	struct state st = { 0 };
	int fds[2];

	CHECK_INT(loop_new(&st.loop), 0);
	CHECK_INT(make_pipe(fds), 0);
	CHECK_INT(loop_add_io(st.loop, fds[0], EPOLLIN, on_read, &st, &st.source), 0);
	CHECK_INT(write(fds[1], "abq", 3), 3);
	CHECK_INT(loop_run(st.loop), 7);
	CHECK_INT(st.count, 3);
	/* The loop may run again. */
	CHECK_INT(write(fds[1], "aq", 2), 2);
	CHECK_INT(loop_run(st.loop), 7);
	CHECK_INT(st.count, 5);
	loop_free(st.loop);
	CHECK_INT(close(fds[0]), 0); /* not closed by the loop */
	close(fds[1]);
}

TEST(callback_error_ends_the_run)
{
	struct state st = { 0 };
	int fds[2];

	CHECK_INT(loop_new(&st.loop), 0);
	CHECK_INT(make_pipe(fds), 0);
	CHECK_INT(loop_add_io(st.loop, fds[0], EPOLLIN, on_read, &st, NULL), 0);
	CHECK_INT(write(fds[1], "e", 1), 1);
	CHECK_INT(loop_run(st.loop), -EDOM);
	CHECK_INT(loop_add_io(st.loop, fds[0], EPOLLIN, on_read, &st, NULL), -EEXIST);
	CHECK_INT(loop_add_io(st.loop, -1, EPOLLIN, on_read, &st, NULL), -EBADF);
	loop_free(st.loop);
	close(fds[0]);
	close(fds[1]);
}

static int on_timer(struct loop_source *s, void *arg)
{
	struct state *st = arg;

	if (++st->count < 3)
		return loop_timer_set(s, NSEC_PER_MSEC);
	loop_exit(st->loop, st->value);
	return 0;
}

TEST(timers_fire_and_rearm)
{
	struct state st = { .value = 3 };
	int64_t start = time_monotonic_nsec();

	CHECK_INT(loop_new(&st.loop), 0);
	CHECK_INT(loop_add_timer(st.loop, 0, on_timer, &st, &st.source), 0);
	CHECK_INT(loop_run(st.loop), 3);
	CHECK_INT(st.count, 3);
	CHECK(time_monotonic_nsec() - start >= 2 * NSEC_PER_MSEC);
	loop_free(st.loop);
}

TEST(disarmed_timer_is_silent)
{
	struct state st = { 0 };

	CHECK_INT(loop_new(&st.loop), 0);
	CHECK_INT(loop_add_timer(st.loop, NSEC_PER_MSEC, on_timer, &st, &st.source), 0);
	CHECK_INT(loop_timer_set(st.source, -1), 0);
	CHECK_INT(loop_run_once(st.loop, 20), 0);
	CHECK_INT(st.count, 0);
	loop_free(st.loop);
}

/* Both descriptors are ready in one batch; whichever runs first removes both. */
static int on_read_remove_all(struct loop_source *s, int fd, uint32_t events, void *arg)
{
	struct state *st = arg;

	st->count++;
	loop_remove(st->source);
	loop_remove(st->other);
	loop_remove(st->other); /* twice is harmless before the round ends */
	return 0;
}

TEST(callback_may_remove_any_source)
{
	struct state st = { 0 };
	int a[2], b[2];

	CHECK_INT(loop_new(&st.loop), 0);
	CHECK_INT(make_pipe(a), 0);
	CHECK_INT(make_pipe(b), 0);
	CHECK_INT(loop_add_io(st.loop, a[0], EPOLLIN, on_read_remove_all, &st, &st.source), 0);
	CHECK_INT(loop_add_io(st.loop, b[0], EPOLLIN, on_read_remove_all, &st, &st.other), 0);
	CHECK_INT(write(a[1], "x", 1), 1);
	CHECK_INT(write(b[1], "x", 1), 1);
	CHECK_INT(loop_run_once(st.loop, 1000), 0);
	CHECK_INT(loop_run_once(st.loop, 0), 0);
	CHECK_INT(st.count, 1);
	loop_remove(NULL);
	loop_free(st.loop);
	loop_free(NULL);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

TEST(interest_can_change)
{
	struct state st = { 0 };
	int fds[2];

	CHECK_INT(loop_new(&st.loop), 0);
	CHECK_INT(make_pipe(fds), 0);
	CHECK_INT(loop_add_io(st.loop, fds[0], 0, on_read, &st, &st.source), 0);
	CHECK_INT(write(fds[1], "a", 1), 1);
	CHECK_INT(loop_run_once(st.loop, 0), 0);
	CHECK_INT(st.count, 0);
	CHECK_INT(loop_io_set_events(st.source, EPOLLIN), 0);
	CHECK_INT(loop_run_once(st.loop, 1000), 0);
	CHECK_INT(st.last, 'a');
	loop_free(st.loop);
	close(fds[0]);
	close(fds[1]);
}

static int on_signal(struct loop_source *s, int sig, int32_t value, void *arg)
{
	struct state *st = arg;

	st->count++;
	st->value = value;
	st->last = (char)sig;
	loop_exit(st->loop, 0);
	return 0;
}

TEST(signals_carry_their_value)
{
	struct state st = { 0 };
	union sigval v = { .sival_int = -42 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_INT(loop_new(&st.loop), 0);
	CHECK_INT(loop_add_signals(st.loop, &set, on_signal, &st, &st.source), 0);
	CHECK_INT(sigqueue(getpid(), SIGUSR2, v), 0);
	CHECK_INT(loop_run(st.loop), 0);
	CHECK_INT(st.count, 1);
	CHECK_INT(st.last, SIGUSR2);
	CHECK_INT(st.value, -42);
	loop_free(st.loop);
}

TEST(exit_before_run_counts)
{
	struct loop *l;

	CHECK_INT(loop_new(&l), 0);
	loop_exit(l, 5);
	CHECK_INT(loop_run(l), 5);
	loop_free(l);
}
