/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/fixture.h"
#include "monitor/log/file.h"
#include "monitor/log/k8s_file.h"
#include "monitor/replay.h"

static struct log_driver *open_log(const char *name, const struct monitor_log_options *o)
{
	struct error err = ERROR_INIT;
	struct log_driver *d = NULL;

	if (k8s_file_open(test_path(name), o, &d, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return d;
}

static const struct monitor_log_options plain = { .max_files = 1 };

static int next(struct replay *r, char *out)
{
	struct replay after;
	ssize_t n = replay_packet(r, out, &after);

	if (n > 0) {
		*r = after;
		out[n] = '\0';
	}
	return (int)n;
}

TEST(replay_gives_the_bytes_again)
{
	struct log_driver *d = open_log("a", &plain);
	char out[REPLAY_PACKET_MAX + 1];
	struct replay r = REPLAY_INIT;
	struct log_mark mark;

	puts_to(d, false, "before\n");
	CHECK(log_file_get_mark(d, &mark));
	CHECK_INT(replay_open(&r, &mark, false, 4), 0);
	puts_to(d, false, "had new\npart");
	puts_to(d, false, "ial\n");
	puts_to(d, true, "e1\ne2");
	puts_to(d, false, "\n");
	/* Lines of one stream are one packet; the four bytes it had are left out. */
	CHECK_INT(next(&r, out), 13);
	CHECK_STR(out + 1, "new\npartial\n");
	CHECK_INT(out[0], ATTACH_PACKET_STDOUT);
	CHECK_INT(next(&r, out), 6);
	CHECK_STR(out + 1, "e1\ne2");
	CHECK_INT(out[0], ATTACH_PACKET_STDERR);
	CHECK_INT(next(&r, out), 2);
	CHECK_STR(out + 1, "\n");
	CHECK_INT(next(&r, out), 0);
	puts_to(d, false, "more\n");
	CHECK_INT(next(&r, out), 6);
	CHECK_INT(next(&r, out), 0);
	replay_done(&r);
	d->ops->free(d);
}

/* Until the packet is on its way nothing moves: the same one comes again. */
TEST(replay_repeats_what_was_not_sent)
{
	struct log_driver *d = open_log("b", &plain);
	char out[REPLAY_PACKET_MAX + 1];
	struct replay r = REPLAY_INIT, after;
	struct log_mark mark;

	log_file_get_mark(d, &mark);
	CHECK_INT(replay_open(&r, &mark, false, 0), 0);
	puts_to(d, false, "abc\n");
	CHECK_INT(replay_packet(&r, out, &after), 5);
	CHECK_INT(replay_packet(&r, out, &after), 5);
	r = after;
	CHECK_INT(next(&r, out), 0);
	replay_done(&r);
	d->ops->free(d);
}

/* All bytes through lines of every length around the packet size, with a skip at any place. */
TEST(replay_all_sizes)
{
	static const size_t sizes[] = { 1,    2,     8190,  8191,  8192, 8193,
					8194, 16383, 16384, 16385, 30000 };
	static char text[40000], got[40000];
	char out[REPLAY_PACKET_MAX + 1];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (size_t skip = 0; skip <= sizes[i]; skip += sizes[i] < 3 ? 1 : sizes[i] / 3) {
			struct log_driver *d = open_log("sizes", &plain);
			struct replay r = REPLAY_INIT;
			struct log_mark mark;
			size_t len = 0;
			int n;

			text[sizes[i] - 1] = '\n';
			log_file_get_mark(d, &mark);
			CHECK_INT(replay_open(&r, &mark, false, skip), 0);
			put(d, false, text, sizes[i]);
			while ((n = next(&r, out)) > 0) {
				CHECK(n <= REPLAY_PACKET_MAX);
				memcpy(got + len, out + 1, (size_t)n - 1);
				len += (size_t)n - 1;
			}
			CHECK_INT(n, 0);
			CHECK_INT(len, sizes[i] - skip);
			CHECK(memcmp(got, text + skip, len) == 0);
			text[sizes[i] - 1] = 'a';
			replay_done(&r);
			d->ops->free(d);
		}
	}
}

static void changed(void *arg, int new_fd, bool lossy)
{
	replay_log_changed(arg, new_fd, lossy);
}

TEST(replay_follows_one_rotation)
{
	struct monitor_log_options o = { .max_files = 3, .rotate = true };
	struct log_driver *d = open_log("rot", &o);
	char out[REPLAY_PACKET_MAX + 1];
	struct replay r = REPLAY_INIT;
	struct log_mark mark;

	log_file_on_change(d, changed, &r);
	log_file_get_mark(d, &mark);
	CHECK_INT(replay_open(&r, &mark, false, 0), 0);
	puts_to(d, false, "old\n");
	CHECK_INT(d->ops->reopen(d), 0);
	puts_to(d, false, "new\n");
	CHECK_INT(next(&r, out), 5);
	CHECK_STR(out + 1, "old\n");
	CHECK_INT(next(&r, out), 5);
	CHECK_STR(out + 1, "new\n");
	CHECK_INT(next(&r, out), 0);
	/* The next rotation after it caught up is the first one again. */
	CHECK_INT(d->ops->reopen(d), 0);
	puts_to(d, false, "newer\n");
	CHECK_INT(next(&r, out), 7);
	replay_done(&r);
	d->ops->free(d);
}

TEST(replay_is_stale_after_two_rotations)
{
	struct log_driver *d = open_log("stale", &plain);
	char out[REPLAY_PACKET_MAX + 1];
	struct replay r = REPLAY_INIT;
	struct log_mark mark;

	log_file_on_change(d, changed, &r);
	log_file_get_mark(d, &mark);
	CHECK_INT(replay_open(&r, &mark, false, 0), 0);
	puts_to(d, false, "one\n");
	CHECK_INT(d->ops->reopen(d), 0);
	puts_to(d, false, "two\n");
	CHECK_INT(d->ops->reopen(d), 0);
	CHECK_INT(next(&r, out), 5);
	CHECK_INT(next(&r, out), -ESTALE);
	replay_done(&r);
	d->ops->free(d);
}

/* Half a line, too: waiting for its rest would be for ever. */
TEST(replay_refuses_what_is_no_log)
{
	static char long_line[10000] = "2026-11-22T02:45:52.981065957+00:00 stdout F ";
	const char *const junk[] = { "hello\nworld\n", "half a line",
				     "2026-11-22T02:45:52.981065957+00:00 stdout F ha", long_line };
	char out[REPLAY_PACKET_MAX + 1];

	memset(long_line + strlen(long_line), 'x', sizeof(long_line) - 2 - strlen(long_line));
	long_line[sizeof(long_line) - 2] = '\n';
	for (size_t i = 0; i < ARRAY_SIZE(junk); i++) {
		struct replay r = REPLAY_INIT;
		struct log_mark mark = { 0 };

		test_write_file(test_path("junk"), junk[i]);
		mark.fd = open(test_path("junk"), O_RDONLY | O_CLOEXEC);
		CHECK_INT(replay_open(&r, &mark, false, 0), 0);
		CHECK_INT(next(&r, out), -EBADMSG);
		replay_done(&r);
		close(mark.fd);
	}
}
