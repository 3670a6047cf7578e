/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "fs/mountinfo.h"
#include "harness/test.h"
#include "sys/pidref.h"

static const char sample[] =
	"22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,errors=continue\n"
	"23 22 0:21 / /proc rw - proc proc rw\n"
	"24 22 0:30 /sub /mnt/with\\040blank\\134\\011x rw - tmpfs  rw,size=1k\n"
	"25 22 0:31 / /proc ro - tmpfs none rw, odd option\n"
	"26 22 0:32 / /mnt/two rw unbindable - overlay overlay rw\n";

TEST(fields)
{
	struct mountinfo m = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(mountinfo_parse(sample, sizeof(sample) - 1, &m, &err), err);
	CHECK_INT(m.n, 5);
	CHECK_INT(m.items[0].id, 22);
	CHECK_INT(m.items[0].parent, 1);
	CHECK_INT(m.items[0].major, 254);
	CHECK_STR(m.items[0].optional, "shared:1 master:2");
	CHECK_STR(m.items[0].super_options, "rw,errors=continue");
	CHECK_STR(m.items[1].optional, "");
	CHECK_STR(m.items[2].root, "/sub");
	CHECK_STR(m.items[2].target, "/mnt/with blank\\\tx");
	/* The source may be empty. */
	CHECK_STR(m.items[2].source, "");
	CHECK_STR(m.items[2].super_options, "rw,size=1k");
	CHECK_STR(m.items[3].super_options, "rw, odd option");
	mountinfo_done(&m);
	CHECK_INT(m.n, 0);
	mountinfo_done(NULL);
}

TEST(finding)
{
	struct mountinfo m = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(mountinfo_parse(sample, sizeof(sample) - 1, &m, &err), err);
	/* The upper one of two. */
	CHECK_INT(mountinfo_find(&m, "/proc")->id, 25);
	CHECK(mountinfo_find(&m, "/mnt") == NULL);
	CHECK_INT(mountinfo_containing(&m, "/mnt")->id, 22);
	CHECK_INT(mountinfo_containing(&m, "/mnt/twofold")->id, 22);
	CHECK_INT(mountinfo_containing(&m, "/mnt/two/x")->id, 26);
	CHECK_INT(mountinfo_containing(&m, "/proc/1")->id, 25);
	mountinfo_done(&m);
}

TEST(broken_lines_are_named)
{
	static const char *const bad[] = {
		"22",
		"22 1 254:0 / / rw",
		"22 1 254:0 / / rw shared:1",
		"22 1 254:0 / / rw -",
		"22 1 254:0 / / rw - ext4",
		"22 1 254:0 / / rw - ext4 src",
		"x 1 254:0 / / rw - ext4 src rw",
		"-2 1 254:0 / / rw - ext4 src rw",
		"4294967295 1 254:0 / / rw - ext4 src rw",
		"22 1 254 / / rw - ext4 src rw",
		"22 1 254:x / / rw - ext4 src rw",
		"22 1 254:0  / rw - ext4 src rw",
		"22 1 254:0 / / rw -  src rw",
	};
	struct mountinfo m = { .n = 7 };
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_FAILS(mountinfo_parse(bad[i], strlen(bad[i]), &m, &err), err, ERROR_CORRUPT,
			    "line 1");
	CHECK_INT(m.n, 7);
	/* A NUL in the middle ends the line, not the world. */
	CHECK_FAILS(mountinfo_parse("22 1\0 254:0", 12, &m, &err), err, ERROR_CORRUPT, "22 1");
	m = (struct mountinfo){ 0 };
	CHECK_OK(mountinfo_parse("\n\n", 2, &m, &err), err);
	CHECK_INT(m.n, 0);
}

TEST(own_mounts)
{
	struct mountinfo m = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(mountinfo_read(0, &m, &err), err);
	CHECK(mountinfo_find(&m, "/proc") != NULL);
	CHECK_STR(mountinfo_find(&m, "/proc")->type, "proc");
	mountinfo_done(&m);
	CHECK_OK(mountinfo_read(getpid(), &m, &err), err);
	mountinfo_done(&m);
	CHECK_FAILS(mountinfo_read(0x7ffffff0, &m, &err), err, ERROR_OS, "/mountinfo");
}

/* Stacked, nested and covered mounts. */
static int umounts(const char *dir)
{
	struct error err = ERROR_INIT;

	if (unshare(CLONE_NEWNS) < 0)
		return 77;
	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 || chdir(dir) < 0)
		return 10;
	if (mkdir("top", 0755) < 0 || mkdir("topper", 0755) < 0 || mkdir("top/a b", 0755) < 0)
		return 11;
	if (mount("x", "topper", "tmpfs", 0, NULL) < 0 ||
	    mount("x", "top/a b", "tmpfs", 0, NULL) < 0 ||
	    mount("x", "top/a b", "tmpfs", 0, NULL) < 0 || mkdir("top/a b/c", 0755) < 0 ||
	    mount("x", "top/a b/c", "tmpfs", 0, NULL) < 0)
		return 12;
	/* Covers the three. */
	if (mount("x", "top", "tmpfs", 0, NULL) < 0)
		return 13;
	if (mountinfo_umount_below(test_path("u/top"), &err) != 4)
		return 14;
	/* Not the neighbour whose name begins the same. */
	if (mountinfo_umount_below(test_path("u/top/"), &err) != 0 ||
	    mountinfo_umount_below(test_path("u/topper"), &err) != 1)
		return 15;
	return 0;
}

TEST(umount_below)
{
	const char *dir = test_path("u");
	int status;
	pid_t pid;

	CHECK_INT(mkdir(dir, 0755), 0);
	pid = fork();
	if (pid == 0)
		_exit(umounts(dir));
	CHECK_INT(pid_reap(pid, &status), 0);
	if (status == 77)
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(status, 0);
}
