/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/input.h"
#include "sys/fd.h"
#include "sys/signals.h"
#include "wire/monitor.h"

static int setup(struct streams *s, struct loop **loop)
{
	int p[2];

	signals_ignore_pipe();
	*s = STREAMS_INIT;
	if (loop_new(loop) < 0 || fd_pipe(p, O_NONBLOCK) < 0)
		return -1;
	s->in = p[1];
	return p[0];
}

static void type(struct input *in, const char *text)
{
	memcpy(input_buffer(in), text, strlen(text));
	input_commit(in, strlen(text));
}

TEST(input_goes_through_and_ends)
{
	struct streams s;
	struct loop *loop;
	char out[16] = "";
	int fd = setup(&s, &loop);
	struct input *in = input_new(loop, &s, false);

	type(in, "abc");
	CHECK(!input_busy(in));
	CHECK_INT(read(fd, out, sizeof(out)), 3);
	CHECK_STR(out, "abc");
	input_end(in);
	CHECK_INT(read(fd, out, sizeof(out)), 0);
	/* More from another client is dropped. */
	type(in, "late");
	CHECK(!input_busy(in));
	input_free(in);
	loop_free(loop);
	close(fd);
}

TEST(input_left_open)
{
	struct streams s;
	struct loop *loop;
	char out[16];
	int fd = setup(&s, &loop);
	struct input *in = input_new(loop, &s, true);

	input_end(in);
	CHECK_INT(read(fd, out, sizeof(out)), -1);
	CHECK_INT(errno, EAGAIN);
	input_free(in);
	streams_done(&s);
	loop_free(loop);
	close(fd);
}

static void note(void *arg)
{
	(*(int *)arg)++;
}

/* A full pipe: the end of file comes behind what was held. */
TEST(input_end_waits_for_what_is_held)
{
	static char out[ATTACH_STDIN_MAX];
	struct streams s;
	struct loop *loop;
	int fd = setup(&s, &loop), ready = 0;
	struct input *in = input_new(loop, &s, false);
	size_t total = 0, got = 0;
	ssize_t n;

	input_on_ready(in, note, &ready);
	while (!input_busy(in)) {
		memset(input_buffer(in), 'x', ATTACH_STDIN_MAX);
		input_commit(in, ATTACH_STDIN_MAX);
		total += ATTACH_STDIN_MAX;
	}
	input_end(in);
	CHECK(s.in >= 0);
	while (s.in >= 0) {
		n = read(fd, out, sizeof(out));
		got += n > 0 ? (size_t)n : 0;
		CHECK_INT(loop_run_once(loop, 0), 0);
	}
	while ((n = read(fd, out, sizeof(out))) > 0)
		got += (size_t)n;
	CHECK_INT(n, 0);
	CHECK_INT(got, total);
	CHECK_INT(ready, 1);
	input_free(in);
	loop_free(loop);
	close(fd);
}

TEST(input_container_closed_its_stdin)
{
	struct streams s;
	struct loop *loop;
	int fd = setup(&s, &loop);
	struct input *in = input_new(loop, &s, false);

	close(fd);
	type(in, "nobody");
	CHECK(!input_busy(in));
	CHECK_INT(s.in, -1);
	input_free(in);
	loop_free(loop);
}
