/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "harness/test.h"
#include "monitor/control.h"
#include "sys/fd.h"
#include "sys/tty.h"

static struct buf seen;

static void see(const char *line, void *arg)
{
	buf_adds(&seen, line);
	buf_addc(&seen, '|');
}

static void feed(struct control_lines *l, const char *text)
{
	control_lines_add(l, text, strlen(text), see, NULL);
}

TEST(control_lines_in_pieces)
{
	struct control_lines l = { 0 };

	buf_truncate(&seen, 0);
	feed(&l, "1 2");
	feed(&l, "4 80\n2 0 0\n1");
	feed(&l, "\n\n");
	CHECK_STR(buf_str(&seen), "1 24 80|2 0 0|1||");
}

TEST(control_lines_too_long_are_skipped)
{
	struct control_lines l = { 0 };

	buf_truncate(&seen, 0);
	for (int i = 0; i < 1000; i++)
		feed(&l, "x");
	feed(&l, "\nok\n");
	CHECK_STR(buf_str(&seen), "ok|");
}

static void send_line(const char *fifo, const char *line)
{
	int fd = open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(write(fd, line, strlen(line)) == (ssize_t)strlen(line));
	close(fd);
}

static bool see_order(int type, void *arg)
{
	buf_addf(&seen, "%d|", type);
	return type == MONITOR_CTL_NO_WAIT;
}

TEST(control_resizes_and_reopens)
{
	const char *paths[] = { NULL };
	char path[4096];
	struct monitor_log_options o = { .max_files = 1, .rotate = true };
	struct log_source source = { .id = "id" };
	struct error err = ERROR_INIT;
	struct streams s = STREAMS_INIT;
	unsigned short rows, cols;
	struct control *c;
	struct loop *loop;
	struct stat st;
	struct log *log;

	buf_truncate(&seen, 0);
	snprintf(path, sizeof(path), "k8s-file:%s", test_path("log"));
	paths[0] = path;
	o.paths.items = paths;
	o.paths.n = 1;
	CHECK_OK(log_open(&o, &source, &log, &err), err);
	CHECK_INT(loop_new(&loop), 0);
	s.terminal = true;
	s.out = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(s.out >= 0);
	CHECK_OK(control_open(loop, test_tmpdir(), &s, log, &c, &err), err);
	CHECK_INT(stat(test_path("ctl"), &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	send_line(test_path("ctl"), "1 40 100\n");
	CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK_INT(tty_get_size(s.out, &rows, &cols), 0);
	CHECK_INT(rows, 40);
	CHECK_INT(cols, 100);
	send_line(test_path("winsz"), "41 101\n");
	CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK_INT(tty_get_size(s.out, &rows, &cols), 0);
	CHECK_INT(rows, 41);
	/* Out of range and nonsense change nothing. */
	send_line(test_path("ctl"), "1 -1 5\n1 2000 2\n3 1 1\nnonsense\n2 0 0\n");
	CHECK_INT(loop_run_once(loop, 60000), 0);
	/* What is neither goes to whoever asked for it. */
	control_on_order(c, see_order, NULL);
	send_line(test_path("ctl"), "3 0 0\n1 40 100\nnonsense\n");
	CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK_STR(buf_str(&seen), "3|0|");
	send_line(test_path("ctl"), "1 41 101\n");
	CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK_INT(tty_get_size(s.out, &rows, &cols), 0);
	CHECK_INT(rows, 41);
	CHECK_INT(access(test_path("log.1"), F_OK), 0);
	control_free(c);
	/* They stay for whoever still has the path. */
	CHECK_INT(stat(test_path("ctl"), &st), 0);
	streams_done(&s);
	log_free(log);
	loop_free(loop);
}
