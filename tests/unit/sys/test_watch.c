/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "sys/fd.h"
#include "sys/watch.h"

struct seen {
	int wd;
	uint32_t what;
	char name[64];
	int n;
};

static void on_event(void *arg, int wd, uint32_t what, const char *name)
{
	struct seen *s = arg;

	s->wd = wd;
	s->what |= what;
	strncpy(s->name, name, sizeof(s->name) - 1);
	s->n++;
}

static void touch(const char *name)
{
	scoped_fd int fd = fd_open(AT_FDCWD, test_path(name), O_WRONLY | O_CREAT, 0600);

	CHECK_INT(fd_write_all(fd, "x", 1), 0);
}

TEST(events_name_what_happened)
{
	scoped_fd int in = watch_open();
	struct seen s = { 0 };
	int dir, other;

	CHECK_INT(mkdir(test_path("dir"), 0700), 0);
	CHECK_INT(mkdir(test_path("other"), 0700), 0);
	dir = watch_add(in, test_path("dir"), WATCH_APPEAR | WATCH_WRITE | WATCH_GONE);
	other = watch_add(in, test_path("other"), WATCH_APPEAR);
	CHECK(dir > 0 && other > 0 && dir != other);
	CHECK_INT(watch_read(in, on_event, &s), 0);
	touch("dir/file");
	CHECK_INT(watch_read(in, on_event, &s), 1);
	CHECK_INT(s.wd, dir);
	CHECK_INT(s.what, WATCH_APPEAR | WATCH_WRITE);
	CHECK_STR(s.name, "file");
	s = (struct seen){ 0 };
	CHECK_INT(unlink(test_path("dir/file")), 0);
	CHECK_INT(watch_read(in, on_event, &s), 1);
	CHECK_INT(s.what, WATCH_GONE);
	s = (struct seen){ 0 };
	touch("other/file");
	CHECK_INT(watch_read(in, on_event, &s), 1);
	CHECK(s.wd == other && s.what == WATCH_APPEAR && s.n == 1);
	touch("other/file");
	CHECK_INT(watch_drain(in), 0); /* writing was not asked for */
	CHECK_INT(watch_add(in, test_path("missing"), WATCH_APPEAR), -ENOENT);
}
