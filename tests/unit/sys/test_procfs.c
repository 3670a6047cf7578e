/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/pidref.h"
#include "sys/procfs.h"

TEST(open_and_read)
{
	struct error err = ERROR_INIT;
	scoped_fd int proc = proc_open(&err);
	scoped_fd int fd = -1;
	char path[64];

	CHECK_OK(proc, err);
	CHECK(proc_fd_is_procfs(proc));
	fd = proc_open_at(proc, "sys/kernel/osrelease", O_RDONLY);
	CHECK(fd >= 0);
	fd = fd_close(fd);
	fd = proc_open_at(proc, "self/status", O_RDONLY);
	CHECK(fd >= 0);
	fd = fd_close(fd);
	fd = proc_open_at(proc, "thread-self/attr", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 || fd == -ENOENT);
	snprintf(path, sizeof(path), "%d/stat", getpid());
	fd = fd_close(fd);
	fd = proc_open_at(proc, path, O_RDONLY);
	CHECK(fd >= 0);
}

TEST(links_and_dotdot_are_refused)
{
	struct error err = ERROR_INIT;
	scoped_fd int proc = proc_open(&err);

	CHECK_INT(proc_open_at(proc, "self/exe", O_RDONLY), -ELOOP);
	CHECK_INT(proc_open_at(proc, "self/root/etc/passwd", O_RDONLY), -ELOOP);
	CHECK_INT(proc_open_at(proc, "mounts", O_RDONLY), -ELOOP);
	CHECK_INT(proc_open_at(proc, "../etc/passwd", O_RDONLY), -EXDEV);
	CHECK_INT(proc_open_at(proc, "sys/none", O_RDONLY), -ENOENT);
}

/* A file put over an entry of /proc: the write must not reach it. */
static int over_mount(const char *trap)
{
	struct error err = ERROR_INIT;
	scoped_fd int plain = -1;
	scoped_fd int proc = -1;

	if (unshare(CLONE_NEWNS) < 0)
		return 77;
	if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 ||
	    mount(trap, "/proc/self/comm", NULL, MS_BIND, NULL) < 0)
		return 10;
	plain = fd_open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY, 0);
	if (proc_write(plain, "self/comm", "trapped") != -EXDEV)
		return 11;
	/* A mount of our own has no traps. */
	proc = proc_open(&err);
	if (proc < 0)
		return 12;
	if (proc_write(proc, "self/comm", "fine") < 0)
		return 13;
	return 0;
}

TEST(over_mounts_are_not_written_to)
{
	const char *trap = test_path("trap");
	scoped_free char *text = NULL;
	pid_t pid;
	int status;

	CHECK_INT(test_write_file(trap, "clean"), 0);
	pid = fork();
	if (pid == 0)
		_exit(over_mount(trap));
	CHECK_INT(pid_reap(pid, &status), 0);
	if (status == 77)
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(status, 0);
	text = test_read_file(trap);
	CHECK_STR(text, "clean");
}

TEST(private_mount_with_processes_only)
{
	scoped_fd int proc = proc_open_private(true);

	if (proc == -EPERM || proc == -ENOSYS)
		TEST_SKIP("cap_sys_admin");
	CHECK(proc >= 0);
	CHECK_INT(proc_open_at(proc, "sys/kernel/osrelease", O_RDONLY), -ENOENT);
	CHECK(proc_fd_is_procfs(proc));
	CHECK(!proc_fd_is_sysfs(proc));
}

/* The command's name may hold brackets, blanks and newlines. */
TEST(stat_with_hostile_name)
{
	char name[16] = "";
	struct proc_stat before, st;

	CHECK_INT(proc_stat(0, &before), 0);
	prctl(PR_GET_NAME, name, 0, 0, 0);
	prctl(PR_SET_NAME, ") R 1 2\n3 (x", 0, 0, 0);
	CHECK_INT(proc_stat(getpid(), &st), 0);
	prctl(PR_SET_NAME, name, 0, 0, 0);
	CHECK_INT(st.state, 'R');
	CHECK_INT(st.ppid, getppid());
	CHECK(st.start_time == before.start_time && st.start_time > 0);
	CHECK_INT(proc_stat(0x7ffffff0, &st), -ESRCH);
}

TEST(nspids)
{
	int32_t pids[8] = { 0 };
	int n = proc_nspids(0, pids, ARRAY_SIZE(pids));

	CHECK(n >= 1);
	CHECK_INT(pids[n - 1], getpid());
	CHECK_INT(proc_nspids(0, pids, 0), -EFBIG);
	CHECK_INT(proc_nspids(0x7ffffff0, pids, 8), -ESRCH);
}

TEST(boot)
{
	int64_t boot = proc_boot_time_nsec();
	char a[37], b[37];

	CHECK_INT(proc_boot_id(a), 0);
	CHECK_INT(proc_boot_id(b), 0);
	CHECK_STR(a, b);
	CHECK_INT(strlen(a), 36);
	CHECK(boot > 0 && boot < time_now_nsec());
}
