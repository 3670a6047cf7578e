/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "harness/test.h"
#include "monitor/fixture.h"
#include "monitor/log/json_file.h"

#define OUT "\",\"stream\":\"stdout\",\"time\":\"" STAMP "Z\"}\n"
#define ERR "\",\"stream\":\"stderr\",\"time\":\"" STAMP "Z\"}\n"

static struct log_driver *open_log(const char *name, const struct monitor_log_options *o)
{
	struct error err = ERROR_INIT;
	struct log_driver *d = NULL;

	if (json_file_open(test_path(name), o, &d, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return d;
}

static const struct monitor_log_options plain = { .max_files = 1 };

/* As Docker 20.10 writes them. */
TEST(json_golden)
{
	struct log_driver *d = open_log("golden", &plain);
	scoped_free char *got = NULL;

	put(d, false, "out1\npartial", 12);
	put(d, true, "err1\n", 5);
	put(d, false, "\n", 1);
	d->ops->free(d);
	got = test_read_file(test_path("golden"));
	CHECK_STR(got, "{\"log\":\"out1\\n" OUT "{\"log\":\"partial" OUT "{\"log\":\"err1\\n" ERR
		       "{\"log\":\"\\n" OUT);
}

TEST(json_escapes)
{
	static const char text[] = "q\" b\\ t\t r\r e\x1b d\x7f z\0 u\xc3\xa4\xe2\x82\xac"
				   "\xf0\x9f\x98\x80 bad\xff\xc3(\xed\xa0\x80 cut\xe2\x82\n";
	struct log_driver *d = open_log("escapes", &plain);
	scoped_free char *got = NULL;

	put(d, false, text, sizeof(text) - 1);
	d->ops->free(d);
	got = test_read_file(test_path("escapes"));
	CHECK_STR(
		got,
		"{\"log\":\"q\\\" b\\\\ t\\t r\\r e\\u001b d\\u007f z\\u0000 u\xc3\xa4\xe2\x82\xac"
		"\xf0\x9f\x98\x80 bad\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		" cut\xef\xbf\xbd\xef\xbf\xbd\\n" OUT);
}

TEST(json_attrs)
{
	const char *labels[] = { "a=1", "b c=x\"y" };
	struct monitor_log_options o = { .max_files = 1, .tag = "t", .labels = { labels, 2 } };
	struct log_driver *d = open_log("attrs", &o);
	scoped_free char *got = NULL;

	put(d, false, "x\n", 2);
	d->ops->free(d);
	got = test_read_file(test_path("attrs"));
	CHECK_STR(got, "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"attrs\":{\"tag\":\"t\",\"a\":"
		       "\"1\",\"b c\":"
		       "\"x\\\"y\"},\"time\":\"" STAMP "Z\"}\n");
}

TEST(json_refused)
{
	const char *bad = "novalue";
	scoped_free char *large = xmalloc(5001);
	struct monitor_log_options o = { .max_files = 1, .labels = { &bad, 1 } };
	struct error err = ERROR_INIT;
	struct log_driver *d;

	CHECK_FAILS(json_file_open(test_path("bad"), &o, &d, &err), err, ERROR_INVALID,
		    "'novalue'");
	memset(large, 'x', 5000);
	large[5000] = '\0';
	o = (struct monitor_log_options){ .max_files = 1, .tag = large };
	CHECK_FAILS(json_file_open(test_path("bad"), &o, &d, &err), err, ERROR_LIMIT, "too long");
	CHECK_FAILS(json_file_open("/nonexistent/x", &plain, &d, &err), err, ERROR_OS,
		    "/nonexistent/x");
}

/* The worst text: every byte takes six. */
TEST(json_longest_record)
{
	struct log_driver *d = open_log("longest", &plain);
	scoped_free char *text = xcalloc(1, 20000);
	scoped_free char *got = NULL;
	size_t lines = 0, zeros = 0;

	text[19999] = '\n';
	put(d, false, text, 20000);
	d->ops->free(d);
	got = test_read_file(test_path("longest"));
	for (char *at = got; (at = strstr(at, "\\u0000")); at += 6)
		zeros++;
	for (char *at = got; (at = strchr(at, '\n')); at++)
		lines++;
	CHECK_INT(zeros, 19999);
	CHECK_INT(lines, 3);
	CHECK(strstr(got, "\\n" OUT) != NULL);
}

/* A record is at most one file's, and a text that ends with backslash and n is no line's end. */
TEST(json_rotation)
{
	struct monitor_log_options o = { .max_files = 3, .size_max = 150, .rotate = true };
	struct log_driver *d = open_log("rot", &o);
	scoped_free char *newest = NULL, *older = NULL;

	put(d, false, "1\n2\n3\n", 6);
	put(d, false, "x\\n", 3);
	d->ops->free(d);
	newest = test_read_file(test_path("rot"));
	older = test_read_file(test_path("rot.1"));
	CHECK_STR(older, "{\"log\":\"1\\n" OUT "{\"log\":\"2\\n" OUT);
	CHECK_STR(newest, "{\"log\":\"3\\n" OUT "{\"log\":\"x\\\\n" OUT);
}
