/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test: a unit-test frame of our own.
 *
 *	TEST(path_join_keeps_one_slash)
 *	{
 *		scoped_free char *p = path_join("/a/", "/b");
 *
 *		CHECK_STR(p, "/a/b");
 *	}
 *
 * A failed CHECK prints the place and both values, marks the test failed, and returns from the
 * function it stands in (cleanup attributes run).  Helpers may CHECK, too: their caller goes on,
 * the test counts as failed.  Output is TAP; `PROGRAM SUBSTRING` runs the tests whose name has the
 * substring.  A test must not depend on another one's order.
 */
#ifndef CORACLE_TESTS_HARNESS_TEST_H
#define CORACLE_TESTS_HARNESS_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

struct test_case {
	const char *name;
	void (*fn)(void);
	struct test_case *next;
};

void test_register(struct test_case *t);
/* Report a failure at a place; the macros below do this. */
void test_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Marks the running test skipped for want of a capability ("cap_sys_admin", "openat2", ...). */
void test_skip(const char *capability);
/* A fresh directory for the running test; removed, with all that is in it, when the program ends.
 */
const char *test_tmpdir(void);
/* A path below test_tmpdir(); lives until the program ends. */
const char *test_path(const char *name) __attribute__((nonnull));
/* Write a whole file (0644) and read one; a failure fails the test and gives -1 or NULL. */
int test_write_file(const char *path, const char *text);
char *test_read_file(const char *path); /* caller frees */
/* CPU time of this process: no other program makes it longer. */
int64_t test_cpu_nsec(void);

bool test_check_int(const char *file, int line, const char *expr, long long got, long long want);
bool test_check_str(const char *file, int line, const char *expr, const char *got,
		    const char *want);
bool test_check_ok(const char *file, int line, const char *expr, long long r,
		   const struct error *err);
/* r is negative and the message has the substring. */
bool test_check_fails(const char *file, int line, const char *expr, long long r,
		      const struct error *err, enum error_kind kind, const char *substring);

#define TEST(test_name)                                                                            \
	static void test_fn_##test_name(void);                                                     \
	static struct test_case test_case_##test_name = { #test_name, test_fn_##test_name, NULL }; \
	__attribute__((constructor)) static void test_register_##test_name(void)                   \
	{                                                                                          \
		test_register(&test_case_##test_name);                                             \
	}                                                                                          \
	static void test_fn_##test_name(void)

#define CHECK(cond)                                                 \
	do {                                                        \
		if (!(cond)) {                                      \
			test_fail(__FILE__, __LINE__, "%s", #cond); \
			return;                                     \
		}                                                   \
	} while (0)
#define CHECK_INT(a, b)                                                                      \
	do {                                                                                 \
		if (!test_check_int(__FILE__, __LINE__, #a, (long long)(a), (long long)(b))) \
			return;                                                              \
	} while (0)
#define CHECK_STR(a, b)                                                \
	do {                                                           \
		if (!test_check_str(__FILE__, __LINE__, #a, (a), (b))) \
			return;                                        \
	} while (0)
/* expr is >= 0; else prints (err).msg.  err is a struct error (not a pointer). */
#define CHECK_OK(expr, err)                                                               \
	do {                                                                              \
		if (!test_check_ok(__FILE__, __LINE__, #expr, (long long)(expr), &(err))) \
			return;                                                           \
	} while (0)
/* expr is < 0, (err).kind is kind, and (err).msg has the substring. */
#define CHECK_FAILS(expr, err, kind, substring)                                             \
	do {                                                                                \
		if (!test_check_fails(__FILE__, __LINE__, #expr, (long long)(expr), &(err), \
				      (kind), (substring)))                                 \
			return;                                                             \
	} while (0)
#define TEST_SKIP(capability)          \
	do {                           \
		test_skip(capability); \
		return;                \
	} while (0)

#endif
