/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdlib.h>

#include "harness/test.h"

TEST(set_gives_kind_number_and_text)
{
	struct error err = ERROR_INIT;

	CHECK_INT(error_set(&err, ERROR_NOT_FOUND, "no container '%s'", "x"), -ENOENT);
	CHECK_INT(err.kind, ERROR_NOT_FOUND);
	CHECK_INT(err.num, ENOENT);
	CHECK_STR(err.msg, "no container 'x'");
}

TEST(os_appends_the_reason)
{
	struct error err = ERROR_INIT;

	CHECK_INT(error_os(&err, ENOENT, "open '%s'", "/x"), -ENOENT);
	CHECK_INT(err.kind, ERROR_OS);
	CHECK_STR(err.msg, "open '/x': No such file or directory");
}

TEST(os_is_never_a_success)
{
	struct error err = ERROR_INIT;

	CHECK(error_os(&err, 0, "x") < 0);
	CHECK_INT(error_os(&err, -EPERM, "x"), -EPERM);
	CHECK_INT(error_os(NULL, EPERM, "x"), -EPERM);
}

TEST(null_err_gives_the_number_only)
{
	CHECK_INT(error_set(NULL, ERROR_TIMEOUT, "x"), -ETIMEDOUT);
	CHECK(error_prefix(NULL, "x") < 0);
	CHECK(error_copy(NULL, NULL) < 0);
}

TEST(prefix_keeps_kind_and_order)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_BUSY, "in use");
	CHECK_INT(error_prefix(&err, "mount '%s'", "/a"), -EBUSY);
	CHECK_STR(err.msg, "mount '/a': in use");
	CHECK_INT(err.kind, ERROR_BUSY);
}

TEST(arguments_may_point_into_the_message)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_INVALID, "inner");
	error_set(&err, ERROR_INVALID, "outer: %s", err.msg);
	CHECK_STR(err.msg, "outer: inner");
	error_prefix(&err, "%s", err.msg);
	CHECK_STR(err.msg, "outer: inner: outer: inner");
}

TEST(long_messages_are_cut)
{
	char *text = malloc(3 * ERROR_MSG_MAX);
	struct error err = ERROR_INIT;

	memset(text, 'a', 3 * ERROR_MSG_MAX - 1);
	text[3 * ERROR_MSG_MAX - 1] = '\0';
	error_set(&err, ERROR_INVALID, "%s", text);
	CHECK_INT(strlen(err.msg), ERROR_MSG_MAX - 1);
	error_os(&err, ENOENT, "%s", text);
	CHECK_INT(strlen(err.msg), ERROR_MSG_MAX - 1);
	error_prefix(&err, "%s", text);
	CHECK_INT(strlen(err.msg), ERROR_MSG_MAX - 1);
	free(text);
}

TEST(copy_carries_everything)
{
	struct error a = ERROR_INIT, b = ERROR_INIT;

	error_set(&a, ERROR_CORRUPT, "bad");
	CHECK_INT(error_copy(&b, &a), -EUCLEAN);
	CHECK_STR(b.msg, "bad");
	CHECK_INT(b.kind, ERROR_CORRUPT);
}

TEST(every_kind_has_name_and_number)
{
	for (int k = ERROR_NONE; k < ERROR_KIND_COUNT; k++) {
		CHECK(error_kind_name(k) != NULL && *error_kind_name(k) != '\0');
		CHECK(error_kind_errno(k) > 0);
	}
	CHECK_STR(error_kind_name(ERROR_NOT_FOUND), "not_found");
	CHECK_STR(error_kind_name(ERROR_KIND_COUNT), "unknown");
}
