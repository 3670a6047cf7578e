/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that read, do not read, leave and speak; with a log to fall back on and without. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/attach.h"
#include "sys/fd.h"
#include "sys/sock.h"
#include "wire/monitor.h"

struct rig {
	struct loop *loop;
	struct log *log;
	struct streams streams;
	struct input *input;
	struct attach *attach;
	int container_stdin; /* read end */
	bool ready;
	char path[4096];
	const char *paths[1];
	struct monitor_log_options options;
};

static void on_ready(void *arg)
{
	((struct rig *)arg)->ready = true;
}

static int rig_open(struct rig *r, const char *log)
{
	struct attach_place place = { .bundle = test_tmpdir() };
	struct log_source source = { .id = "id" };
	struct error err = ERROR_INIT;
	int p[2];

	*r = (struct rig){ .streams = STREAMS_INIT, .options = { .max_files = 1 } };
	snprintf(r->path, sizeof(r->path), log ? "k8s-file:%s" : "none", log ? test_path(log) : "");
	r->paths[0] = r->path;
	r->options.paths = (struct option_list){ r->paths, 1 };
	if (loop_new(&r->loop) < 0 || fd_pipe(p, O_NONBLOCK) < 0 ||
	    log_open(&r->options, &source, &r->log, &err) < 0)
		return -1;
	r->streams.in = p[1];
	r->container_stdin = p[0];
	r->input = input_new(r->loop, &r->streams, false);
	if (attach_open(r->loop, &place, r->input, r->log, &r->attach, &err) < 0)
		return -1;
	attach_on_ready(r->attach, on_ready, r);
	return 0;
}

static void rig_close(struct rig *r)
{
	attach_free(r->attach);
	input_free(r->input);
	streams_done(&r->streams);
	log_free(r->log);
	loop_free(r->loop);
	close(r->container_stdin);
}

static int client(struct rig *r)
{
	int fd = sock_connect_unix(AT_FDCWD, test_path("attach"), SOCK_SEQPACKET, NULL);

	loop_run_once(r->loop, 60000);
	return fd;
}

/* As the pump does: clients first, then the log. */
static bool put(struct rig *r, bool is_stderr, const char *text, size_t len)
{
	struct log_chunk c = { .data = text, .len = len, .is_stderr = is_stderr, .time_nsec = 1 };
	struct log_mark mark;
	bool have = log_get_mark(r->log, &mark);
	bool all = attach_send(r->attach, &c, have ? &mark : NULL);

	log_write(r->log, &c);
	return all;
}

static ssize_t get(int fd, char *out, size_t size)
{
	return recv(fd, out, size, MSG_DONTWAIT);
}

TEST(attach_frames)
{
	char out[16384];
	static char big[20000];
	struct rig r;
	int a, b;

	CHECK_INT(rig_open(&r, NULL), 0);
	a = client(&r);
	b = client(&r);
	CHECK(put(&r, false, "out1\npartial", 12));
	CHECK(put(&r, true, "err1\n", 5));
	CHECK_INT(get(a, out, sizeof(out)), 13);
	CHECK(memcmp(out, "\x02out1\npartial", 13) == 0);
	CHECK_INT(get(a, out, sizeof(out)), 6);
	CHECK(memcmp(out,
		     "\x03"
		     "err1\n",
		     6) == 0);
	CHECK_INT(get(b, out, sizeof(out)), 13);
	CHECK_INT(get(b, out, sizeof(out)), 6);
	CHECK(put(&r, false, big, sizeof(big)));
	CHECK_INT(get(a, out, sizeof(out)), 8193);
	CHECK_INT(get(a, out, sizeof(out)), 8193);
	CHECK_INT(get(a, out, sizeof(out)), 20000 - 2 * 8192 + 1);
	close(a);
	close(b);
	rig_close(&r);
	CHECK(access(test_path("attach"), F_OK) != 0);
}

TEST(attach_input_and_its_end)
{
	char out[64] = "";
	struct rig r;
	int a;

	CHECK_INT(rig_open(&r, NULL), 0);
	a = client(&r);
	CHECK(send(a, "hello", 5, 0) == 5);
	CHECK_INT(loop_run_once(r.loop, 60000), 0);
	CHECK_INT(read(r.container_stdin, out, sizeof(out)), 5);
	CHECK_STR(out, "hello");
	CHECK_INT(shutdown(a, SHUT_WR), 0);
	CHECK_INT(loop_run_once(r.loop, 60000), 0);
	CHECK_INT(read(r.container_stdin, out, sizeof(out)), 0);
	CHECK_INT(r.streams.in, -1);
	/* Half closed: output still goes there, and the loop does not spin. */
	CHECK(put(&r, false, "x", 1));
	CHECK_INT(get(a, out, sizeof(out)), 2);
	close(a);
	rig_close(&r);
}

/* The container does not read its stdin: the monitor holds one packet and reads no more. */
TEST(attach_input_backpressure)
{
	static char data[ATTACH_STDIN_MAX];
	char out[65536];
	struct rig r;
	ssize_t sent = 0, got = 0;
	int a;

	CHECK_INT(rig_open(&r, NULL), 0);
	a = client(&r);
	for (int i = 0; i < 64; i++) {
		ssize_t n = send(a, data, sizeof(data), MSG_DONTWAIT);

		sent += n > 0 ? n : 0;
		loop_run_once(r.loop, 0);
	}
	CHECK(input_busy(r.input));
	CHECK(sent < 64 * (ssize_t)sizeof(data));
	shutdown(a, SHUT_WR);
	close(a); /* gone altogether: its bytes count all the same */
	for (int i = 0; i < 1000 && r.streams.in >= 0; i++) {
		ssize_t n = read(r.container_stdin, out, sizeof(out));

		got += n > 0 ? n : 0;
		loop_run_once(r.loop, 0);
	}
	for (ssize_t n; (n = read(r.container_stdin, out, sizeof(out))) > 0;)
		got += n;
	CHECK_INT(got, sent);
	rig_close(&r);
}

#define LINE "0123456789abcde\n"

static void fill_chunk(char *chunk, size_t size)
{
	for (size_t i = 0; i < size; i += strlen(LINE))
		memcpy(chunk + i, LINE, strlen(LINE));
}

/* Reads all there is for now, running the loop in between; the number of data bytes. */
static size_t read_all(struct rig *r, int fd, char *kept, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char out[16384];
	size_t total = 0;
	ssize_t n = 1;

	while (n > 0) {
		while ((n = get(fd, out, sizeof(out))) > 0) {
			if (total + (size_t)n - 1 <= size)
				memcpy(kept + total, out + 1, (size_t)n - 1);
			total += (size_t)n - 1;
		}
		/* More may come now that there is room. */
		loop_run_once(r->loop, 0);
		if (n < 0)
			n = poll(&p, 1, 0);
	}
	return total;
}

/* One client reads, one does not: nobody waits; the slow one gets every byte later, from the log.
 */
TEST(attach_slow_client_is_served_from_the_log)
{
	static char chunk[32768], kept[64 * sizeof(chunk)];
	struct rig r;
	int fast, slow;

	fill_chunk(chunk, sizeof(chunk));
	CHECK_INT(rig_open(&r, "slow.log"), 0);
	fast = client(&r);
	slow = client(&r);
	for (int i = 0; i < 64; i++) {
		CHECK(put(&r, false, chunk, sizeof(chunk)));
		CHECK_INT(read_all(&r, fast, kept, 0), sizeof(chunk));
	}
	CHECK_INT(read_all(&r, slow, kept, sizeof(kept)), sizeof(kept));
	for (int i = 0; i < 64; i++)
		CHECK(memcmp(kept + (size_t)i * sizeof(chunk), chunk, sizeof(chunk)) == 0);
	/* It has caught up: direct again. */
	CHECK(put(&r, true, "now\n", 4));
	CHECK_INT(read_all(&r, slow, kept, sizeof(kept)), 4);
	close(fast);
	close(slow);
	rig_close(&r);
}

/* The container ends while a client is behind: it still gets all, then the end. */
TEST(attach_finish_lets_the_slow_one_catch_up)
{
	static char chunk[32768], kept[1];
	char out[16];
	struct rig r;
	int slow, idle;

	fill_chunk(chunk, sizeof(chunk));
	CHECK_INT(rig_open(&r, "finish.log"), 0);
	slow = client(&r);
	for (int i = 0; i < 32; i++)
		CHECK(put(&r, false, chunk, sizeof(chunk)));
	idle = client(&r);
	attach_finish(r.attach);
	CHECK_INT(get(idle, out, sizeof(out)), 0);
	CHECK(!attach_idle(r.attach));
	CHECK_INT(read_all(&r, slow, kept, 0), 32 * sizeof(chunk));
	CHECK_INT(get(slow, out, sizeof(out)), 0);
	CHECK(attach_idle(r.attach));
	close(slow);
	close(idle);
	rig_close(&r);
}

/* Without a log the only consumer is waited for, and what it did not take yet is not lost. */
TEST(attach_only_consumer_is_waited_for)
{
	static char chunk[32768], kept[1];
	size_t total = 0, sent = 0;
	struct rig r;
	int a;

	fill_chunk(chunk, sizeof(chunk));
	CHECK_INT(rig_open(&r, NULL), 0);
	a = client(&r);
	do
		sent += sizeof(chunk);
	while (put(&r, false, chunk, sizeof(chunk)) && sent < (8 << 20));
	CHECK(sent < (8 << 20));
	CHECK(!r.ready);
	total = read_all(&r, a, kept, 0);
	CHECK(r.ready);
	CHECK_INT(total, sent);
	close(a);
	rig_close(&r);
}

/* Without a log, two clients: the one that does not read is dropped in the end. */
TEST(attach_stalled_client_is_dropped)
{
	static char chunk[32768], kept[1];
	struct rig r;
	int fast, stalled;
	bool all = true;

	fill_chunk(chunk, sizeof(chunk));
	CHECK_INT(rig_open(&r, NULL), 0);
	fast = client(&r);
	stalled = client(&r);
	for (int i = 0; i < 64 && all; i++) {
		all = put(&r, false, chunk, sizeof(chunk));
		read_all(&r, fast, kept, 0);
	}
	CHECK(!all && !r.ready);
	while (!r.ready)
		CHECK_INT(loop_run_once(r.loop, 60000), 0);
	CHECK(put(&r, false, "on\n", 3));
	CHECK_INT(read_all(&r, fast, kept, 0), 3);
	close(fast);
	close(stalled);
	rig_close(&r);
}

TEST(attach_client_that_dies_is_no_obstacle)
{
	static char chunk[32768];
	struct rig r;
	int a, b;
	char out[16384];

	CHECK_INT(rig_open(&r, NULL), 0);
	a = client(&r);
	b = client(&r);
	close(a);
	CHECK(put(&r, false, chunk, sizeof(chunk)));
	CHECK(get(b, out, sizeof(out)) > 0);
	CHECK_INT(loop_run_once(r.loop, 1000), 0);
	CHECK(put(&r, false, "x", 1));
	close(b);
	rig_close(&r);
}
