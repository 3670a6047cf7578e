/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "monitor/fixture.h"
#include "monitor/pump.h"
#include "sys/fd.h"
#include "sys/tty.h"

static struct log *open_log(const char *name)
{
	static char path[4096];
	static const char *paths[] = { path };
	struct monitor_log_options o = { .max_files = 1, .paths = { paths, 1 } };
	struct log_source source = { .id = "id" };
	struct error err = ERROR_INIT;
	struct log *l = NULL;

	snprintf(path, sizeof(path), "k8s-file:%s", test_path(name));
	log_open(&o, &source, &l, &err);
	return l;
}

static struct journal *new_journal(void)
{
	struct journal *j = NULL;

	if (journal_new(&j, NULL) < 0)
		abort();
	return j;
}

/* Texts of a log, a blank between them. */
static char *texts(const char *name)
{
	scoped_free char *all = test_read_file(test_path(name));
	struct buf out = BUF_INIT;

	for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n"))
		buf_addf(&out, "%s ", line + strlen(STAMP "+00:00 "));
	return buf_take(&out);
}

TEST(pump_both_streams)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	struct log *log = open_log("both");
	struct loop *loop;
	struct pump *p;
	scoped_free char *got = NULL;

	CHECK_INT(loop_new(&loop), 0);
	CHECK_OK(streams_open(&s, false, false, &err), err);
	p = pump_new(loop, &s, log, NULL, new_journal());
	CHECK_OK(pump_start(p, &err), err);
	CHECK(write(s.child[1], "a\n", 2) == 2);
	CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK(write(s.child[2], "b\n", 2) == 2);
	CHECK_INT(loop_run_once(loop, 60000), 0);
	/* What is in the pipes when the container has ended. */
	CHECK(write(s.child[1], "c\nd", 3) == 3);
	streams_close_child(&s);
	pump_drain(p);
	CHECK(!pump_blocked(p));
	CHECK_INT(s.out, -1);
	CHECK_INT(s.err, -1);
	pump_free(p);
	log_free(log);
	got = texts("both");
	CHECK_STR(got, "stdout F a stderr F b stdout F c stdout P d ");
	loop_free(loop);
}

/* A process that outlives the container keeps the pipe full: draining ends all the same. */
TEST(pump_drain_is_bounded)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	struct log *log = open_log("bounded");
	struct loop *loop;
	struct pump *p;
	pid_t pid;

	CHECK_INT(loop_new(&loop), 0);
	CHECK_OK(streams_open(&s, false, false, &err), err);
	pid = fork();
	if (pid == 0) {
		static const char text[4096] = "xxxx\n";

		while (write(s.child[1], text, sizeof(text)) > 0)
			;
		_exit(0);
	}
	p = pump_new(loop, &s, log, NULL, new_journal());
	CHECK_OK(pump_start(p, &err), err);
	pump_drain(p);
	CHECK_INT(s.out, -1);
	kill(pid, SIGKILL);
	pump_free(p);
	log_free(log);
	streams_done(&s);
	loop_free(loop);
}

/* What was written to a terminal comes to its master when a kernel thread has run. */
static void await(int fd, int bytes)
{
	while (fd_readable(fd) < bytes)
		sched_yield();
}

/* A console that all programs have closed is there again when one opens it. */
TEST(pump_terminal_reopened)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	struct log *log = open_log("tty");
	struct loop *loop;
	struct pump *p;
	scoped_free char *got = NULL;
	int unlock = 0, peer;

	CHECK_INT(loop_new(&loop), 0);
	s.terminal = true;
	s.out = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	CHECK_INT(ioctl(s.out, TIOCSPTLCK, &unlock), 0);
	s.peer = tty_open_peer(s.out, O_RDWR);
	CHECK(s.peer >= 0);
	p = pump_new(loop, &s, log, NULL, new_journal());
	CHECK_OK(pump_start(p, &err), err);
	for (int i = 0; i < 3; i++) {
		peer = tty_open_peer(s.out, O_RDWR);
		CHECK(peer >= 0);
		CHECK(write(peer, "x\n", 2) == 2);
		close(peer);
		await(s.out, 3);
		CHECK_INT(loop_run_once(loop, 60000), 0);
	}
	/* Even with our own peer gone (a hang-up of the whole terminal). */
	s.peer = fd_close(s.peer);
	for (int i = 0; i < 3 && s.peer < 0; i++)
		CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK(s.peer >= 0);
	CHECK(write(s.peer, "y\n", 2) == 2);
	await(s.out, 3);
	pump_drain(p);
	pump_free(p);
	log_free(log);
	streams_done(&s);
	loop_free(loop);
	got = texts("tty");
	CHECK_STR(got, "stdout F x\r stdout F x\r stdout F x\r stdout F y\r ");
}

/* A read ends in the middle of a line, whose rest is there already: no line is cut. */
TEST(pump_holds_the_beginning_of_a_line)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	struct log *log = open_log("held");
	struct loop *loop;
	struct pump *p;
	scoped_free char *got = NULL;
	char text[1000], want[64];
	const char *at;

	CHECK_INT(loop_new(&loop), 0);
	CHECK_OK(streams_open(&s, false, false, &err), err);
	/* More in the pipe than one read takes. */
	CHECK(fcntl(s.out, F_SETPIPE_SZ, 1 << 18) > 0);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	for (int i = 0; i < 200; i++) {
		snprintf(text, 5, "%04d", i);
		text[4] = 'x';
		CHECK(write(s.child[1], text, sizeof(text)) == sizeof(text));
	}
	CHECK(write(s.child[1], "end", 3) == 3);
	p = pump_new(loop, &s, log, NULL, new_journal());
	CHECK_OK(pump_start(p, &err), err);
	CHECK_INT(loop_run_once(loop, 60000), 0);
	pump_free(p);
	log_free(log);
	got = texts("held");
	at = got;
	for (int i = 0; i < 200; i++) {
		snprintf(want, sizeof(want), "stdout F %04dxxx", i);
		CHECK(strncmp(at, want, strlen(want)) == 0);
		at = strchr(at + strlen("stdout F "), ' ') + 1;
	}
	CHECK_STR(at, "stdout P end ");
	streams_done(&s);
	loop_free(loop);
}

/* A line without end is not waited for longer than drivers keep one whole. */
TEST(pump_endless_line)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	struct log *log = open_log("endless");
	struct loop *loop;
	struct pump *p;
	scoped_free char *got = NULL;
	char text[1000];
	size_t bytes = 0;

	CHECK_INT(loop_new(&loop), 0);
	CHECK_OK(streams_open(&s, false, false, &err), err);
	CHECK(fcntl(s.out, F_SETPIPE_SZ, 1 << 18) > 0);
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 200; i++)
		CHECK(write(s.child[1], text, sizeof(text)) == sizeof(text));
	p = pump_new(loop, &s, log, NULL, new_journal());
	CHECK_OK(pump_start(p, &err), err);
	streams_close_child(&s);
	pump_drain(p);
	pump_free(p);
	log_free(log);
	got = texts("endless");
	for (char *c = got; *c; c++)
		bytes += *c == 'x';
	CHECK_INT(bytes, 200 * sizeof(text));
	streams_done(&s);
	loop_free(loop);
}

/* The runtime says more than pipe and buffer take: it is not held up, its first words are kept. */
TEST(pump_runtime_says_much)
{
	static const int total = 1 << 20;
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	struct log *log = open_log("much");
	struct loop *loop;
	struct pump *p;
	scoped_free char *got = NULL;
	char text[1024], message[256];
	int status = -1;
	size_t lines = 0;
	pid_t pid;

	CHECK_INT(loop_new(&loop), 0);
	CHECK_OK(streams_open(&s, false, false, &err), err);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\n';
	pid = fork();
	if (pid == 0) {
		if (write(s.child[2], "first words\n", 12) != 12)
			_exit(1);
		for (int i = 0; i < total / (int)sizeof(text); i++)
			if (write(s.child[2], text, sizeof(text)) != (ssize_t)sizeof(text))
				_exit(1);
		_exit(0);
	}
	streams_close_child(&s);
	p = pump_new(loop, &s, log, NULL, new_journal());
	pump_watch_runtime(p);
	while (waitpid(pid, &status, WNOHANG) == 0)
		CHECK_INT(loop_run_once(loop, 50), 0);
	CHECK_INT(status, 0);
	pump_runtime_ended(p);
	CHECK_INT(pump_runtime_message(p, message, sizeof(message)), sizeof(message) - 1);
	CHECK(strncmp(message, "first words\nxxx", 15) == 0);
	/* It has ended well: all of it is output. */
	CHECK_OK(pump_start(p, &err), err);
	pump_drain(p);
	pump_free(p);
	log_free(log);
	got = texts("much");
	for (char *at = got; (at = strstr(at, "stderr F ")); at++)
		lines++;
	CHECK_INT(lines, 1 + total / sizeof(text));
	streams_done(&s);
	loop_free(loop);
}

TEST(pump_runtime_message)
{
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	struct log *log = open_log("message");
	struct loop *loop;
	struct pump *p;
	char message[256];

	CHECK_INT(loop_new(&loop), 0);
	CHECK_OK(streams_open(&s, false, false, &err), err);
	p = pump_new(loop, &s, log, NULL, new_journal());
	pump_watch_runtime(p);
	CHECK(write(s.child[2], "one ", 4) == 4);
	CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK(write(s.child[2], "two\n", 4) == 4);
	pump_runtime_ended(p);
	CHECK_INT(pump_runtime_message(p, message, sizeof(message)), 8);
	CHECK_STR(message, "one two\n");
	pump_free(p);
	log_free(log);
	streams_done(&s);
	loop_free(loop);
}

/* Nobody keeps it and nobody looks: it goes, the container goes on, and its end is seen. */
TEST(pump_output_that_nobody_wants)
{
	static const char *paths[] = { "none" };
	struct monitor_log_options o = { .max_files = 1, .paths = { paths, 1 } };
	struct log_source source = { .id = "id" };
	struct streams s = STREAMS_INIT;
	struct error err = ERROR_INIT;
	struct log *log = NULL;
	struct loop *loop;
	struct pump *p;
	char text[4096] = "";
	int status;
	pid_t pid;

	CHECK_INT(loop_new(&loop), 0);
	CHECK_OK(log_open(&o, &source, &log, &err), err);
	CHECK_OK(streams_open(&s, false, false, &err), err);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 1000; i++)
			if (write(s.child[1], text, sizeof(text)) != (ssize_t)sizeof(text))
				_exit(1);
		_exit(7);
	}
	streams_close_child(&s);
	p = pump_new(loop, &s, log, NULL, new_journal());
	CHECK_OK(pump_start(p, &err), err);
	while (s.out >= 0)
		CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WEXITSTATUS(status), 7);
	pump_free(p);
	log_free(log);
	streams_done(&s);
	loop_free(loop);
}

/* Killed between the announcement of a read and the note that it was done: it was done, or not. */
TEST(pump_resumes_an_announced_read)
{
	struct journal_stream place = { .at = JOURNAL_FRONT_SIZE, .held = 3, .want = 4 };

	for (int done = 0; done < 2; done++) {
		struct streams s = STREAMS_INIT;
		struct error err = ERROR_INIT;
		struct log *log = open_log(done ? "done" : "undone");
		struct journal *j = new_journal();
		struct loop *loop;
		struct pump *p;
		scoped_free char *got = NULL;

		CHECK_INT(loop_new(&loop), 0);
		CHECK_OK(streams_open(&s, false, false, &err), err);
		CHECK_INT(streams_open_stage(&s), 0);
		memcpy(j->buffer[JOURNAL_OUT] + place.at, "abc", 3);
		if (done)
			memcpy(j->buffer[JOURNAL_OUT] + place.at + 3, "def\n", 4);
		else
			CHECK(write(s.stage[0][1], "def\n", 4) == 4);
		journal_stream_set(&j->stream[JOURNAL_OUT], &place);
		p = pump_new(loop, &s, log, NULL, j);
		CHECK_OK(pump_start(p, &err), err);
		pump_free(p);
		log_free(log);
		got = texts(done ? "done" : "undone");
		CHECK_STR(got, "stdout F abcdef ");
		streams_done(&s);
		journal_free(j);
		loop_free(loop);
	}
}
