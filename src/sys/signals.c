/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/signals.h"

#include <signal.h>
#include <stddef.h>

void signals_reset(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* SIGKILL, SIGSTOP and libc's own two refuse: nothing to do about them. */
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		sigaction(sig, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void signals_ignore_pipe(void)
{
	signal(SIGPIPE, SIG_IGN);
}
