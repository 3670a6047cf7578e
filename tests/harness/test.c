/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/strv.h"

static struct {
	struct test_case *first;
	struct test_case **last;
	bool failed;
	const char *skipped; /* capability that the running test lacked */
	char **dirs;	     /* to remove at exit */
	bool dir_is_fresh;   /* the running test has its directory, the last of dirs */
	char **paths;	     /* memory of test_path */
	pid_t pid;	     /* forked children of tests must not clean up */
} run;

void test_register(struct test_case *t)
{
	if (run.last == NULL)
		run.last = &run.first;
	*run.last = t;
	run.last = &t->next;
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	run.failed = true;
	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void test_skip(const char *capability)
{
	run.skipped = capability;
}

bool test_check_int(const char *file, int line, const char *expr, long long got, long long want)
{
	if (got == want)
		return true;
	test_fail(file, line, "%s: got %lld, want %lld", expr, got, want);
	return false;
}

bool test_check_str(const char *file, int line, const char *expr, const char *got, const char *want)
{
	if (got == want || (got != NULL && want != NULL && strcmp(got, want) == 0))
		return true;
	test_fail(file, line, "%s:\n#  got: %s\n# want: %s", expr, got != NULL ? got : "(null)",
		  want != NULL ? want : "(null)");
	return false;
}

bool test_check_ok(const char *file, int line, const char *expr, long long r,
		   const struct error *err)
{
	if (r >= 0)
		return true;
	test_fail(file, line, "%s: %lld: %s: %s", expr, r, error_kind_name(err->kind), err->msg);
	return false;
}

bool test_check_fails(const char *file, int line, const char *expr, long long r,
		      const struct error *err, enum error_kind kind, const char *substring)
{
	if (r >= 0) {
		test_fail(file, line, "%s: succeeded with %lld", expr, r);
		return false;
	}
	if (err->kind == kind && strstr(err->msg, substring) != NULL)
		return true;
	test_fail(file, line, "%s:\n#  got: %s: %s\n# want: %s: ...%s...", expr,
		  error_kind_name(err->kind), err->msg, error_kind_name(kind), substring);
	return false;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void clean_up(void)
{
	if (run.pid != getpid())
		return;
	STRV_FOREACH (d, run.dirs)
		nftw(*d, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	run.dirs = strv_free(run.dirs);
	run.paths = strv_free(run.paths);
}

const char *test_tmpdir(void)
{
	const char *base = getenv("TMPDIR");
	char *path;

	if (run.dir_is_fresh)
		return run.dirs[strv_len(run.dirs) - 1];
	path = xasprintf("%s/coracle-test-XXXXXX", base != NULL ? base : "/tmp");
	if (mkdtemp(path) == NULL) {
		printf("Bail out! mkdtemp '%s': %s\n", path, strerror(errno));
		exit(1);
	}
	strv_add_take(&run.dirs, path);
	run.dir_is_fresh = true;
	return path;
}

const char *test_path(const char *name)
{
	char *path = xasprintf("%s/%s", test_tmpdir(), name);

	strv_add_take(&run.paths, path);
	return path;
}

int test_write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f != NULL && fputs(text, f) >= 0;

	if (f != NULL && fclose(f) != 0)
		ok = false;
	if (!ok)
		test_fail(__FILE__, __LINE__, "write '%s': %s", path, strerror(errno));
	return ok ? 0 : -1;
}

int64_t test_cpu_nsec(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

char *test_read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	struct buf b = BUF_INIT;
	char chunk[4096];
	size_t n;

	if (f == NULL) {
		test_fail(__FILE__, __LINE__, "read '%s': %s", path, strerror(errno));
		return NULL;
	}
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_take(&b);
}

int main(int argc, char **argv)
{
	unsigned number = 0, passed = 0, failed = 0, skipped = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	run.pid = getpid();
	atexit(clean_up);
	for (struct test_case *t = run.first; t != NULL; t = t->next) {
		if (argc > 1 && strstr(t->name, argv[1]) == NULL)
			continue;
		run.failed = false;
		run.skipped = NULL;
		run.dir_is_fresh = false;
		t->fn();
		number++;
		if (run.failed) {
			failed++;
			printf("not ok %u - %s\n", number, t->name);
		} else if (run.skipped != NULL) {
			skipped++;
			printf("ok %u - %s # SKIP lacks %s\n", number, t->name, run.skipped);
		} else {
			passed++;
			printf("ok %u - %s\n", number, t->name);
		}
	}
	printf("1..%u\n# %u passed, %u failed, %u skipped\n", number, passed, failed, skipped);
	if (number == 0)
		printf("# no test has this name\n");
	return failed > 0 || number == 0 ? 1 : 0;
}
