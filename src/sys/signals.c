/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libc keeps two real-time signals to itself, but whoever started us may have left them ignored. */
static void reset_raw(int sig)
{
	/* Handler, flags, restorer and mask of the kernel's struct sigaction: all zero is the
	 * default. */
	static const unsigned long kernel_default[4];

	(void)syscall(SYS_rt_sigaction, sig, kernel_default, NULL, sizeof(unsigned long));
}

void signals_reset(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* SIGKILL and SIGSTOP refuse. */
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (sigaction(sig, &sa, NULL) < 0)
			reset_raw(sig);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void signals_ignore_pipe(void)
{
	signal(SIGPIPE, SIG_IGN);
}

static const int stop_signals[] = { SIGINT, SIGTERM };
static struct sigaction stop_before[2], pipe_before;
static volatile sig_atomic_t stop_eventfd = -1;

static void on_stop(int sig)
{
	int saved = errno;
	uint64_t one = 1;
	ssize_t ignored;

	/* The counter of an eventfd does not fill up with two signals: the write cannot fail. */
	ignored = write(stop_eventfd, &one, sizeof(one));
	(void)ignored;
	sigaction(sig, &stop_before[sig == SIGTERM], NULL);
	errno = saved;
}

void signals_catch_stop(int eventfd)
{
	struct sigaction stop = { .sa_handler = on_stop }, ignore = { .sa_handler = SIG_IGN };

	stop_eventfd = eventfd;
	sigaction(SIGPIPE, &ignore, &pipe_before);
	for (size_t i = 0; i < 2; i++) {
		sigaction(stop_signals[i], NULL, &stop_before[i]);
		if ((stop_before[i].sa_flags & SA_SIGINFO) != 0 ||
		    stop_before[i].sa_handler != SIG_IGN)
			sigaction(stop_signals[i], &stop, NULL);
	}
}

void signals_release_stop(void)
{
	for (size_t i = 0; i < 2; i++)
		sigaction(stop_signals[i], &stop_before[i], NULL);
	sigaction(SIGPIPE, &pipe_before, NULL);
	stop_eventfd = -1;
}
