/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor: the least that a container costs on this machine.
 *
 *	floor LOWERDIR PROGRAM [ARGS]
 *
 * New namespaces, an overlay over LOWERDIR, proc, sys, a /dev of its own with its nodes, devpts,
 * shm and mqueue, pivot_root, exec; nothing is parsed, recorded, limited or filtered.  What a
 * runtime takes beyond this is its own doing.  Linked statically, prints nothing, gives PROGRAM's
 * status.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_FLOOR 125

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(STATUS_FLOOR);
}

static void must(int r, const char *what)
{
	if (r < 0)
		die(what);
}

struct node {
	const char *path;
	unsigned major, minor;
};

/* Relative to the root, which is the working directory. */
static void make_dev(void)
{
	static const struct node nodes[] = {
		{ "dev/null", 1, 3 },	{ "dev/zero", 1, 5 },	 { "dev/full", 1, 7 },
		{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "dev/fd" },	     { "/proc/self/fd/0", "dev/stdin" },
		{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
		{ "pts/ptmx", "dev/ptmx" },
	};

	must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"),
	     "mount dev");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)),
		     nodes[i].path);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
	must(mkdir("dev/pts", 0755), "mkdir dev/pts");
	must(mkdir("dev/shm", 01777), "mkdir dev/shm");
	must(mkdir("dev/mqueue", 0755), "mkdir dev/mqueue");
	must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "newinstance,ptmxmode=0666,mode=0620,gid=5"),
	     "mount dev/pts");
	must(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV,
		   "mode=1777,size=65536k"),
	     "mount dev/shm");
	must(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL),
	     "mount dev/mqueue");
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die(path);
}

__attribute__((noreturn)) static void child(const char *options, const char *merged, char **argv)
{
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
	must(mount("overlay", merged, "overlay", 0, options), "mount overlay");
	must(chdir(merged), "chdir");
	make_dir("proc");
	make_dir("sys");
	make_dir("dev");
	must(mount("proc", "proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL), "mount proc");
	must(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL),
	     "mount sys");
	make_dev();
	must(sethostname("floor", 5), "sethostname");
	must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount old root");
	must(chdir("/"), "chdir /");
	execv(argv[0], argv);
	die(argv[0]);
}

static void remove_dirs(const char *base)
{
	static const char *const dirs[] = {
		"/merged",    "/work/work", "/work",  "/upper/proc",
		"/upper/sys", "/upper/dev", "/upper", "",
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", base, dirs[i]);
		(void)rmdir(path);
	}
}

int main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	char base[] = "/var/tmp/floor-XXXXXX", options[4 * PATH_MAX], path[3][64];
	static const char *const names[] = { "upper", "work", "merged" };
	int status;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: floor LOWERDIR PROGRAM [ARGS]\n");
		return STATUS_FLOOR;
	}
	if (mkdtemp(base) == NULL)
		die("mkdtemp");
	for (int i = 0; i < 3; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/%s", base, names[i]);
		must(mkdir(path[i], 0755), path[i]);
	}
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", argv[1], path[0],
		 path[1]);
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	must(pid, "clone3");
	if (pid == 0)
		child(options, path[2], argv + 2);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid");
	}
	remove_dirs(base);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
