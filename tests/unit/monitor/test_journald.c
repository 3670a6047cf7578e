/* SPDX-License-Identifier: Apache-2.0 */
/* Against a socket of our own in the journal's place; entries as the native protocol has them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "harness/test.h"
#include "monitor/fixture.h"
#include "monitor/log/journald.h"
#include "sys/sock.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int journal;
static char journal_path[4096];

static struct log_driver *open_driver(const struct monitor_log_options *o)
{
	struct log_source source = { .id = ID, .name = "web" };
	struct error err = ERROR_INIT;
	struct log_driver *d = NULL;

	if (journal == 0) {
		snprintf(journal_path, sizeof(journal_path), "%s",
			 test_path("journal")); /* another one for each test */
		journal = sock_listen_unix(AT_FDCWD, journal_path, SOCK_DGRAM, 0600, &err);
		setenv("CORACLE_JOURNAL_SOCKET", journal_path, 1);
	}
	if (journald_open(o, &source, &d, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return d;
}

/* The next entry as "NAME=value\n" lines, whatever form the fields have; "" when there is none. */
static char *entry(void)
{
	static char data[65536];
	ssize_t n = recv(journal, data, sizeof(data), MSG_DONTWAIT);
	struct buf out = BUF_INIT;
	char *at = data, *end = data + (n > 0 ? n : 0);

	while (at < end) {
		char *stop = at + strcspn(at, "=\n");
		size_t len;

		buf_add(&out, at, (size_t)(stop - at));
		buf_addc(&out, '=');
		if (*stop == '\n') {
			uint64_t size;

			memcpy(&size, stop + 1, sizeof(size));
			buf_add(&out, stop + 9, (size_t)size);
			at = stop + 9 + size + 1;
		} else {
			len = strcspn(stop + 1, "\n");
			buf_add(&out, stop + 1, len);
			at = stop + 1 + len + 1;
		}
		buf_addc(&out, '\n');
	}
	return buf_take(&out);
}

#define FIELDS                                                                      \
	"CONTAINER_ID_FULL=" ID "\nCONTAINER_ID=0123456789ab\nCONTAINER_NAME=web\n" \
	"SYSLOG_IDENTIFIER=web\n"

TEST(journald_entries)
{
	struct monitor_log_options o = { 0 };
	struct log_driver *d = open_driver(&o);
	scoped_free char *one = NULL, *two = NULL, *three = NULL;

	puts_to(d, false, "out\n");
	puts_to(d, true, "err\n<5>notice\n");
	one = entry();
	two = entry();
	three = entry();
	CHECK_STR(one, "MESSAGE=out\nPRIORITY=6\n" FIELDS);
	CHECK_STR(two, "MESSAGE=err\nPRIORITY=3\n" FIELDS);
	CHECK_STR(three, "MESSAGE=notice\nPRIORITY=5\n" FIELDS);
	d->ops->free(d);
}

TEST(journald_tag_and_labels)
{
	const char *labels[] = { "A_1=x=y\nz", "B=" };
	struct monitor_log_options o = { .tag = "tag", .labels = { labels, 2 } };
	struct log_driver *d = open_driver(&o);
	scoped_free char *got = NULL;

	puts_to(d, false, "m\n");
	got = entry();
	CHECK(strstr(got, "CONTAINER_TAG=tag\n") != NULL);
	CHECK(strstr(got, "SYSLOG_IDENTIFIER=tag\n") != NULL);
	CHECK(strstr(got, "A_1=x=y\nz\nB=\n") != NULL);
	d->ops->free(d);
}

/* A line in pieces is one entry; what is left at the end is marked as partial. */
TEST(journald_partial)
{
	struct monitor_log_options o = { 0 };
	struct log_driver *d = open_driver(&o);
	scoped_free char *one = NULL, *none = NULL, *two = NULL;

	puts_to(d, false, "a");
	puts_to(d, false, "b");
	none = entry();
	CHECK_STR(none, "");
	puts_to(d, false, "c\nrest");
	one = entry();
	CHECK(strncmp(one, "MESSAGE=abc\n", 12) == 0);
	CHECK(strstr(one, "PARTIAL") == NULL);
	d->ops->finish(d);
	two = entry();
	CHECK(strncmp(two, "MESSAGE=rest\n", 13) == 0);
	CHECK(strstr(two, "CONTAINER_PARTIAL_MESSAGE=true\n") != NULL);
	d->ops->free(d);
}

TEST(journald_refused)
{
	static const char *bad[] = { "lower=1", "NOVALUE", "=x", "SP ACE=1" };
	struct log_source source = { .id = ID }, short_id = { .id = "0123456789ab" };
	struct monitor_log_options plain = { 0 };
	struct log_driver *d;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct monitor_log_options o = { .labels = { &bad[i], 1 } };
		struct error err = ERROR_INIT;

		CHECK_FAILS(journald_open(&o, &source, &d, &err), err, ERROR_INVALID, bad[i]);
	}
	struct error err = ERROR_INIT;

	CHECK_FAILS(journald_open(&plain, &short_id, &d, &err), err, ERROR_INVALID, "--cuuid");
}

static void swallow(void *arg, enum log_level level, const char *msg)
{
	(*(int *)arg)++;
}

/* The journal is restarted under the same name. */
TEST(journald_comes_back)
{
	struct monitor_log_options o = { 0 };
	struct log_driver *d = open_driver(&o);
	struct error err = ERROR_INIT;
	scoped_free char *got = NULL, *note = NULL;
	int complaints = 0;

	close(journal);
	unlink(journal_path);
	log_set_sink(swallow, &complaints);
	puts_to(d, false, "one\ntwo\n");
	log_set_sink(NULL, NULL);
	CHECK_INT(complaints, 1);
	journal = sock_listen_unix(AT_FDCWD, journal_path, SOCK_DGRAM, 0600, &err);
	CHECK_OK(journal, err);
	puts_to(d, false, "again\n");
	note = entry();
	got = entry();
	CHECK(strncmp(note,
		      "MESSAGE=coracle-monitor: 2 lines of output were lost here\nPRIORITY=3\n",
		      68) == 0);
	CHECK(strncmp(got, "MESSAGE=again\n", 14) == 0);
	d->ops->free(d);
}

/* A journal that reads nothing: waited for a bounded time, once for all lines of a read. */
TEST(journald_full_socket_is_bounded)
{
	struct monitor_log_options o = { 0 };
	struct log_driver *d = open_driver(&o);
	struct buf lines = BUF_INIT;
	int complaints = 0;

	for (int i = 0; i < 5000; i++)
		buf_adds(&lines, "line\n");
	log_set_sink(swallow, &complaints);
	puts_to(d, false, buf_str(&lines));
	log_set_sink(NULL, NULL);
	CHECK_INT(complaints, 1);
	for (bool more = true; more;) {
		scoped_free char *got = entry();

		more = *got != '\0';
	}
	buf_done(&lines);
	d->ops->free(d);
}
