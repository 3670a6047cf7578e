/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"

TEST(array_add_zeroes_and_keeps)
{
	int *items = NULL;
	size_t n = 0;

	for (int i = 0; i < 1000; i++) {
		int *slot = ARRAY_ADD(items, n);

		if (*slot != 0)
			test_fail(__FILE__, __LINE__, "slot %d is not zero", i);
		*slot = i;
	}
	CHECK_INT(n, 1000);
	for (int i = 0; i < 1000; i++)
		if (items[i] != i)
			test_fail(__FILE__, __LINE__, "slot %d lost its value", i);
	free(items);
}

TEST(take_ptr_moves)
{
	scoped_free char *a = xstrdup("x");
	char *b = take_ptr(a);

	CHECK(a == NULL);
	CHECK_STR(b, "x");
	free(b);
}

TEST(copies)
{
	scoped_free char *a = xstrndup("abc", 2), *b = xstrndup("abc", 9),
			 *c = xasprintf("%d-%s", 7, "x");

	CHECK_STR(a, "ab");
	CHECK_STR(b, "abc");
	CHECK_STR(c, "7-x");
	CHECK(xstrdup_opt(NULL) == NULL);
}

TEST(overflowing_size_aborts)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		volatile size_t n = (size_t)-1 / 4;

		close(STDERR_FILENO);
		free(xrealloc(NULL, n, 8));
		_exit(0);
	}
	CHECK(pid > 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_INT(WTERMSIG(status), SIGABRT);
}
