/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test executes itself: `unit_sys_protect ROLE ...` plays a part (constructor below), so that
 * process_protect_self() has a real program to protect.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/spawn.h"
#include "sys/userns.h"

#define EXE "/proc/self/exe"

/* All that a process inside could try on the executable; the number of the first that works. */
static int attack_exe(void)
{
	scoped_fd int node = fd_open(AT_FDCWD, EXE, O_PATH, 0);
	struct mount_attr rw = { .attr_clr = MOUNT_ATTR_RDONLY };
	char again[64];
	int status;
	pid_t pid;

	if (node < 0)
		return 20;
	if (mount_setattr(node, "", AT_EMPTY_PATH, &rw, sizeof(rw)) == 0)
		return 21;
	if (open_tree(node, "", OPEN_TREE_CLONE | AT_EMPTY_PATH) >= 0)
		return 22;
	if (mount(NULL, EXE, NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
		return 23;
	if (chmod(EXE, 0777) == 0 && fd_open(AT_FDCWD, EXE, O_WRONLY, 0) >= 0)
		return 24;
	if (truncate(EXE, 0) == 0)
		return 25;
	if (linkat(AT_FDCWD, EXE, AT_FDCWD, test_path("linked"), AT_SYMLINK_FOLLOW) == 0)
		return 26;
	/* The real attack: keep the descriptor, let the program end, then write through it. */
	snprintf(again, sizeof(again), "echo x > /proc/self/fd/%d", node);
	fd_set_cloexec(node, false);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", again, NULL);
		_exit(0);
	}
	if (pid_reap(pid, &status) < 0 || status == 0)
		return 27;
	return 0;
}

/* As root of a new user namespace with a mount namespace of its own. */
static int attack_from_user_namespace(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return 77;
	return attack_exe();
}

static int play(const char *role, char **argv)
{
	char name[16] = "";

	if (streq(role, "protect")) {
		if (process_protect_self(argv) < 0)
			return 10;
		/* A second call finds it done. */
		if (process_is_protected() != 1 || process_protect_self(argv) != 0)
			return 11;
		if (prctl(PR_GET_NAME, name, 0, 0, 0) < 0 || !str_has_prefix(argv[0], name))
			return 12;
		/* Arguments survive. */
		if (!streq(argv[2], "argument"))
			return 13;
		return attack_exe();
	}
	if (streq(role, "attack"))
		return process_is_protected() == 1 ? attack_exe() : 10;
	if (streq(role, "attack-userns"))
		return process_is_protected() == 1 ? attack_from_user_namespace() : 10;
	if (streq(role, "unprotected"))
		return process_is_protected() == 0 ? 0 : 10;
	return 1;
}

__attribute__((constructor)) static void play_role(int argc, char **argv, char **env)
{
	(void)env;
	if (argc > 2 && streq(argv[2], "argument"))
		_exit(play(argv[1], argv));
}

static int run_self(const char *path, int exec_fd, const char *role)
{
	scoped(buf_done) struct buf errout = BUF_INIT;
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	int status = -1;

	s.path = path;
	s.exec_fd = exec_fd;
	s.args = (char *[]){ "coracle-test", (char *)(uintptr_t)role, "argument", NULL };
	if (spawn_run(&s, NULL, 0, 1000, NULL, &errout, 60000, &status, &err) < 0) {
		printf("# %s\n", err.msg);
		return -1;
	}
	return status;
}

/* A copy of this program, so that a test that fails spoils only that. */
static const char *copy_of_self(const char *name)
{
	const char *path = test_path(name);
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_fd int fd = -1;

	if (fd_read_file(AT_FDCWD, EXE, (size_t)64 << 20, &text) < 0)
		return NULL;
	fd = fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	return fd >= 0 && fd_write_all(fd, text.data, text.len) == 0 ? path : NULL;
}

static bool unchanged(const char *a, const char *b)
{
	scoped(buf_done) struct buf x = BUF_INIT, y = BUF_INIT;
	struct stat st;

	return fd_read_file(AT_FDCWD, a, (size_t)64 << 20, &x) == 0 &&
	       fd_read_file(AT_FDCWD, b, (size_t)64 << 20, &y) == 0 && x.len == y.len &&
	       memcmp(x.data, y.data, x.len) == 0 && stat(a, &st) == 0 &&
	       (st.st_mode & 0777) == 0755;
}

TEST(plain_start_is_not_protected)
{
	const char *self = copy_of_self("plain");

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK(self != NULL);
	CHECK_INT(run_self(self, -1, "unprotected"), 0);
}

TEST(protects_itself)
{
	const char *self = copy_of_self("itself");

	CHECK(self != NULL);
	CHECK_INT(run_self(self, -1, "protect"), 0);
	CHECK(unchanged(self, EXE));
}

TEST(protected_start)
{
	const char *self = copy_of_self("started");
	scoped_fd int exe = -1;

	CHECK(self != NULL);
	exe = process_protected_exe(self);
	CHECK(exe >= 0);
	CHECK_INT(run_self(NULL, exe, "attack"), 0);
	CHECK(unchanged(self, EXE));
}

TEST(protected_from_a_user_namespace)
{
	const char *self = copy_of_self("userns");
	scoped_fd int exe = -1;
	int status;

	CHECK(self != NULL);
	exe = process_protected_exe(self);
	CHECK(exe >= 0);
	status = run_self(NULL, exe, "attack-userns");
	if (status == 77)
		TEST_SKIP("user namespaces");
	CHECK_INT(status, 0);
	CHECK(unchanged(self, EXE));
}

/* Why the clone is dissolved before the exec: with its descriptor open the attack works. */
TEST(undissolved_mount_would_not_do)
{
	const char *self = copy_of_self("undissolved");
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	scoped_fd int exe = -1;
	int status;

	if (!userns_initial())
		TEST_SKIP("cap_sys_admin");
	CHECK(self != NULL);
	exe = open_tree(AT_FDCWD, self, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	CHECK(exe >= 0);
	CHECK_INT(mount_setattr(exe, "", AT_EMPTY_PATH, &ro, sizeof(ro)), 0);
	status = run_self(NULL, exe, "attack");
	/* 21: mount_setattr succeeded.  A kernel that refuses it makes this 0. */
	CHECK(status == 21 || status == 0);
}

TEST(missing_program)
{
	CHECK_INT(process_protected_exe("/no/such/program"), -ENOENT);
}

/* An ordinary user without the right to clone mounts: the sealed copy. */
TEST(without_rights)
{
	const char *self = copy_of_self("copied");
	int status;
	pid_t pid;

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK(self != NULL);
	CHECK_INT(chmod(test_tmpdir(), 0755), 0);
	CHECK_INT(chown(self, 65534, 65534), 0);
	pid = fork();
	if (pid == 0) {
		if (process_setgroups(NULL, 0) < 0 || process_setid(65534, 65534) < 0)
			_exit(10);
		_exit(run_self(self, -1, "protect"));
	}
	CHECK_INT(pid_reap(pid, &status), 0);
	CHECK_INT(status, 0);
	CHECK(unchanged(self, EXE));
}
