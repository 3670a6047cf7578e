/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stddef.h>

#include "harness/test.h"
#include "sys/signals.h"

static void handler(int sig)
{
	(void)sig;
}

TEST(reset)
{
	struct sigaction sa;
	sigset_t set;

	signal(SIGUSR1, handler);
	signal(SIGRTMAX, SIG_IGN);
	signals_ignore_pipe();
	sigaction(SIGPIPE, NULL, &sa);
	CHECK(sa.sa_handler == SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);

	signals_reset();
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		if (sigaction(sig, NULL, &sa) == 0)
			CHECK(sa.sa_handler == SIG_DFL);
	}
	sigprocmask(SIG_SETMASK, NULL, &set);
	CHECK_INT(sigismember(&set, SIGTERM), 0);
}
