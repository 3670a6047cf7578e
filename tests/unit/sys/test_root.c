/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each case runs twice in one process: with openat2 where the kernel has it, and then, after
 * root_disable_openat2(), by the O_PATH walk.  The order of tests does not matter: the body of each
 * is run by both() in a child, so that disabling does not outlive it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/pidref.h"
#include "sys/root.h"

/* A body returns NULL or what went wrong (static text). */
typedef const char *(*body_fn)(int root);

#define MUST(cond)                                                                           \
	do {                                                                                 \
		if (!(cond)) {                                                               \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #cond, \
				errno);                                                      \
			return #cond;                                                        \
		}                                                                            \
	} while (0)

/* TMP/root is the root; TMP/secret and TMP/outside lie outside of it. */
static int fresh_root(const char *name)
{
	scoped_free char *dir = xasprintf("%s/%s", test_tmpdir(), name);
	scoped_free char *root = xasprintf("%s/root", dir);
	scoped_free char *secret = xasprintf("%s/secret", dir);
	scoped_free char *outside = xasprintf("%s/outside", dir);

	if (mkdir(dir, 0755) < 0 || mkdir(root, 0755) < 0 || mkdir(outside, 0755) < 0 ||
	    test_write_file(secret, "host") < 0)
		return -1;
	return fd_open(AT_FDCWD, root, O_RDONLY | O_DIRECTORY, 0);
}

static void run_one(body_fn body, const char *name, bool walk)
{
	scoped_free char *dir = xasprintf("%s-%s", name, walk ? "walk" : "openat2");
	scoped_fd int root = fresh_root(dir);
	int status = -1;
	pid_t pid;

	CHECK(root >= 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (walk)
			root_disable_openat2();
		_exit(body(root) == NULL ? 0 : 1);
	}
	CHECK_INT(pid_reap(pid, &status), 0);
	if (status != 0)
		test_fail(__FILE__, __LINE__, "%s fails", dir);
}

static void both(body_fn body, const char *name)
{
	run_one(body, name, false);
	run_one(body, name, true);
}

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

static const char *dotdot_body(int root)
{
	static const char *const paths[] = {
		"..", "/..", "../..", "../../../../../..", "a/../..", "/a/b/../../..",
		".",  "/",   "//",
	};

	MUST(mkdirat(root, "a", 0755) == 0 && mkdirat(root, "a/b", 0755) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		scoped_fd int fd = root_open(root, paths[i], O_PATH, 0);

		MUST(fd >= 0);
		MUST(inode_of(fd) == inode_of(root));
	}
	MUST(root_open(root, "../secret", O_RDONLY, 0) == -ENOENT);
	MUST(root_open(root, "../outside", O_RDONLY, 0) == -ENOENT);
	MUST(root_open(root, "", O_PATH, 0) == -ENOENT);
	MUST(root_open(root, "missing/../a", O_PATH, 0) == -ENOENT);
	return NULL;
}

TEST(dotdot_stays_at_root)
{
	both(dotdot_body, "dotdot");
}

static const char *links_body(int root)
{
	scoped_fd int a = -1;
	scoped_fd int via = -1;
	struct stat st;

	MUST(mkdirat(root, "a", 0755) == 0);
	MUST(symlinkat("/a", root, "absolute") == 0);
	MUST(symlinkat("../../../a", root, "climbing") == 0);
	MUST(symlinkat("absolute/../climbing", root, "chain") == 0);
	MUST(symlinkat("/../../../../secret", root, "leak") == 0);
	MUST(symlinkat("loop", root, "loop") == 0);
	a = root_open(root, "a", O_PATH, 0);
	MUST(a >= 0);
	for (const char *const *p =
		     (const char *const[]){ "absolute", "climbing", "chain", "chain/", "/chain/.",
					    "chain/../a", NULL };
	     *p != NULL; p++) {
		via = fd_close(via);
		via = root_open(root, *p, O_PATH, 0);
		MUST(via >= 0);
		MUST(inode_of(via) == inode_of(a));
	}
	MUST(root_open(root, "leak", O_RDONLY, 0) == -ENOENT);
	MUST(root_open(root, "loop", O_PATH, 0) == -ELOOP);
	MUST(root_open(root, "loop/x", O_PATH, 0) == -ELOOP);
	/* The last link itself. */
	via = fd_close(via);
	via = root_open_nofollow(root, "leak", O_PATH, 0);
	MUST(via >= 0 && fstat(via, &st) == 0 && S_ISLNK(st.st_mode));
	MUST(root_open_nofollow(root, "leak", O_RDONLY, 0) == -ELOOP);
	/* No link at all. */
	MUST(root_open_nolinks(root, "absolute", O_PATH, 0) == -ELOOP);
	MUST(root_open_nolinks(root, "chain/x", O_PATH, 0) == -ELOOP);
	via = fd_close(via);
	via = root_open_nolinks(root, "a/../a", O_PATH, 0);
	MUST(via >= 0);
	MUST(root_stat(root, "chain", &st) == 0 && S_ISDIR(st.st_mode));
	return NULL;
}

TEST(links_are_followed_inside_only)
{
	both(links_body, "links");
}

static const char *types_body(int root)
{
	scoped_fd int fd = -1;
	char byte;

	MUST(mkdirat(root, "d", 0755) == 0);
	fd = root_open(root, "d/new", O_RDWR | O_CREAT | O_EXCL, 0600);
	MUST(fd >= 0 && write(fd, "x", 1) == 1);
	MUST(root_open(root, "d/new", O_RDWR | O_CREAT | O_EXCL, 0600) == -EEXIST);
	MUST(root_open(root, "d/new/", O_PATH, 0) == -ENOTDIR);
	MUST(root_open(root, "d/new/x", O_PATH, 0) == -ENOTDIR);
	MUST(root_open(root, "d/new", O_PATH | O_DIRECTORY, 0) == -ENOTDIR);
	MUST(root_open(root, "d", O_WRONLY, 0) == -EISDIR);
	MUST(root_open(root, "d/none", O_RDONLY, 0) == -ENOENT);
	fd = fd_close(fd);
	fd = root_open(root, "/d/../d/./new", O_RDONLY, 0);
	MUST(fd >= 0 && read(fd, &byte, 1) == 1 && byte == 'x');
	/* Through a dangling link: made inside, where the link points as seen from the root. */
	MUST(symlinkat("/d/made", root, "dangling") == 0);
	fd = fd_close(fd);
	fd = root_open(root, "dangling", O_RDWR | O_CREAT, 0600);
	MUST(fd >= 0);
	MUST(faccessat(root, "d/made", F_OK, 0) == 0);
	MUST(root_open(root, "dangling", O_RDWR | O_CREAT | O_EXCL, 0600) == -EEXIST);
	return NULL;
}

TEST(file_types_and_flags)
{
	both(types_body, "types");
}

static const char *magic_body(int root)
{
	scoped_fd int host = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	scoped_free char *fd_link = xasprintf("proc/self/fd/%d", root);
	scoped_free char *fd_below = xasprintf("proc/self/fd/%d/x", root);
	scoped_fd int ok = -1;

	MUST(host >= 0);
	/* The host's own root as root: its /proc is real. */
	MUST(root_open(host, fd_link, O_RDONLY, 0) == -ELOOP);
	MUST(root_open(host, fd_below, O_RDONLY, 0) == -ELOOP);
	MUST(root_open(host, "proc/self/exe", O_RDONLY, 0) == -ELOOP);
	MUST(root_open(host, "proc/self/cwd", O_PATH, 0) == -ELOOP);
	MUST(root_open(host, "proc/self/root/etc", O_PATH, 0) == -ELOOP);
	MUST(root_open(host, "proc/thread-self/root", O_PATH, 0) == -ELOOP);
	MUST(root_open(host, "proc/self/ns/mnt", O_RDONLY, 0) == -ELOOP);
	ok = root_open(host, "proc/self/status", O_RDONLY, 0);
	MUST(ok >= 0);
	ok = fd_close(ok);
	ok = root_open(host, "proc/mounts", O_RDONLY, 0);
	MUST(ok >= 0);
	return NULL;
}

TEST(magic_links_are_refused)
{
	both(magic_body, "magic");
}

static const char *mkdir_body(int root)
{
	scoped_fd int fd = -1;
	struct stat st;

	umask(077);
	fd = root_mkdir_p(root, "/x/y/../z/w", 0751);
	MUST(fd >= 0);
	MUST(fstatat(root, "x/y", &st, 0) == 0 && S_ISDIR(st.st_mode));
	MUST(fstatat(root, "x/z/w", &st, 0) == 0 && (st.st_mode & 07777) == 0751);
	MUST(inode_of(fd) == st.st_ino);
	fd = fd_close(fd);
	fd = root_mkdir_p(root, "x/z", 0700);
	MUST(fd >= 0);
	/* A dangling link leads to where it points inside, never outside. */
	MUST(symlinkat("../../outside/planted", root, "evil") == 0);
	fd = fd_close(fd);
	fd = root_mkdir_p(root, "evil/deep", 0755);
	MUST(fd >= 0);
	MUST(fstatat(root, "outside/planted/deep", &st, AT_SYMLINK_NOFOLLOW) == 0);
	MUST(fstatat(root, "../outside/planted", &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT);
	fd = fd_close(fd);
	fd = root_open(root, "plain", O_WRONLY | O_CREAT, 0644);
	MUST(fd >= 0);
	MUST(root_mkdir_p(root, "plain/x", 0755) == -ENOTDIR);
	MUST(root_mkdir_p(root, "plain", 0755) == -ENOTDIR);
	MUST(root_mkdir_p(root, "", 0755) == -ENOENT);
	if (geteuid() == 0) {
		fd = fd_close(fd);
		fd = root_mkdir_p_owned(root, "own/ed", 0700, 12, 34);
		MUST(fd >= 0);
		MUST(fstatat(root, "own/ed", &st, 0) == 0 && st.st_uid == 12 && st.st_gid == 34);
		MUST(fstatat(root, "own", &st, 0) == 0 && st.st_uid == 12);
	}
	return NULL;
}

TEST(mkdir_p_stays_inside)
{
	both(mkdir_body, "mkdir");
}

static const char *touch_body(int root)
{
	scoped_fd int fd = -1;
	struct stat st;

	umask(077);
	fd = root_touch(root, "a/b/file", 0644);
	MUST(fd >= 0);
	MUST(fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0644);
	fd = fd_close(fd);
	MUST(mkfifoat(root, "fifo", 0600) == 0);
	fd = root_touch(root, "fifo", 0644);
	MUST(fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode));
	MUST(symlinkat("../../../../outside/touched", root, "evil") == 0);
	fd = fd_close(fd);
	fd = root_touch(root, "evil", 0644);
	MUST(fd >= 0);
	MUST(fstatat(root, "outside/touched", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	     S_ISREG(st.st_mode));
	MUST(fstatat(root, "../outside/touched", &st, AT_SYMLINK_NOFOLLOW) < 0);
	MUST(root_touch(root, "a/none/", 0644) < 0);
	return NULL;
}

TEST(touch_stays_inside)
{
	both(touch_body, "touch");
}

static const char *parent_body(int root)
{
	static const char *const refused[] = { "", "/", ".", "..", "a/.", "a/..", "///" };
	scoped_fd int fd = -1;
	char name[256];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		MUST(root_open_parent(root, refused[i], false, name, sizeof(name)) == -EINVAL);
	MUST(root_open_parent(root, "no/where", false, name, sizeof(name)) == -ENOENT);
	fd = root_open_parent(root, "no/where//x/", true, name, sizeof(name));
	MUST(fd >= 0 && streq(name, "x"));
	MUST(fstatat(root, "no/where", &st, 0) == 0 && st.st_ino == inode_of(fd));
	fd = fd_close(fd);
	fd = root_open_parent(root, "top", false, name, sizeof(name));
	MUST(fd >= 0 && streq(name, "top") && inode_of(fd) == inode_of(root));
	MUST(root_open_parent(root, "toolong", false, name, 4) == -ENAMETOOLONG);
	return NULL;
}

TEST(open_parent_gives_last_component)
{
	both(parent_body, "parent");
}

static const char *resolve_body(int root)
{
	static const struct {
		const char *path, *want;
	} rows[] = {
		{ "/", "/" },
		{ "..", "/" },
		{ "link", "/d/e" },
		{ "link/../f", "/d/f" },
		{ "/link/none/./x", "/d/e/none/x" },
		{ "none/../link", "/d/e" },
		{ "none/a/../../d", "/d" },
		{ "d/file", "/d/file" },
		{ "evil", "/secret" },
		{ "evil/..", "/" },
	};

	MUST(mkdirat(root, "d", 0755) == 0 && mkdirat(root, "d/e", 0755) == 0);
	MUST(symlinkat("/../d/e", root, "link") == 0);
	MUST(symlinkat("../secret", root, "evil") == 0);
	MUST(fd_close(fd_open(root, "d/file", O_WRONLY | O_CREAT, 0600)) == -1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scoped_free char *got = NULL;

		MUST(root_resolve(root, rows[i].path, &got) == 0);
		if (!streq(got, rows[i].want)) {
			fprintf(stderr, "%s: %s, not %s\n", rows[i].path, got, rows[i].want);
			return "root_resolve";
		}
	}
	return NULL;
}

TEST(resolve_for_display)
{
	both(resolve_body, "resolve");
}

static const char *read_body(int root)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	scoped_fd int fd = -1;

	MUST(mkfifoat(root, "fifo", 0600) == 0);
	MUST(mkdirat(root, "dir", 0755) == 0);
	fd = fd_open(root, "file", O_WRONLY | O_CREAT, 0600);
	MUST(fd_write_all(fd, "hello", 5) == 0);
	MUST(symlinkat("../file", root, "link") == 0);
	MUST(symlinkat("/dev/zero", root, "zero") == 0);
	/* A FIFO would block for ever: the alarm ends the test then. */
	alarm(60);
	MUST(root_read_file(root, "fifo", 100, &out) == -EINVAL);
	MUST(root_read_file(root, "dir", 100, &out) == -EINVAL);
	MUST(root_read_file(root, "zero", 100, &out) == -ENOENT);
	MUST(root_read_file(root, "file", 4, &out) == -EFBIG);
	MUST(root_read_file(root, "link", 5, &out) == 0);
	MUST(streq(buf_str(&out), "hello"));
	if (geteuid() == 0 && mknodat(root, "null", S_IFCHR | 0666, makedev(1, 3)) == 0)
		MUST(root_read_file(root, "null", 100, &out) == -EINVAL);
	alarm(0);
	return NULL;
}

TEST(read_file_refuses_what_is_no_file)
{
	both(read_body, "read");
}

/* A link text and a path at their limits. */
static const char *limits_body(int root)
{
	scoped_free char *deep = xcalloc(1, 5000);
	scoped_fd int fd = -1;
	char name[8];

	for (int i = 0; i < 42; i++) {
		char to[8];

		snprintf(name, sizeof(name), "l%d", i);
		snprintf(to, sizeof(to), "l%d", i + 1);
		MUST(symlinkat(to, root, name) == 0);
	}
	fd = fd_open(root, "l42", O_WRONLY | O_CREAT, 0600);
	MUST(fd >= 0);
	MUST(root_open(root, "l0", O_PATH, 0) == -ELOOP);
	fd = fd_close(fd);
	fd = root_open(root, "l2", O_PATH, 0); /* exactly 40 links */
	MUST(fd >= 0);
	memset(deep, '/', 4999);
	MUST(root_open(root, deep, O_PATH, 0) == -ENAMETOOLONG);
	memset(deep, 'n', 300);
	deep[300] = '\0';
	MUST(root_open(root, deep, O_PATH, 0) == -ENAMETOOLONG);
	return NULL;
}

TEST(limits)
{
	both(limits_body, "limits");
}

/* How often the attacker has acted: shared with it, so that rounds without an attack do not count.
 */
static volatile unsigned *attacks;

static void count_attacks(void)
{
	void *p = mmap(NULL, sizeof(*attacks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	attacks = p;
}

/* Swaps root/dir (a directory) and root/swap (a link out of the root) until killed. */
static void attack(int root)
{
	for (;;) {
		if (renameat2(root, "dir", root, "swap", RENAME_EXCHANGE) < 0)
			_exit(1);
		(*attacks)++;
	}
}

#define RACE_ROUNDS 4000
#define RACE_ROUNDS_MAX 400000
#define RACE_ATTACKS 4000

static bool race_goes_on(unsigned round)
{
	return round < RACE_ROUNDS || (*attacks < RACE_ATTACKS && round < RACE_ROUNDS_MAX);
}

static const char *race_rounds(int root, unsigned *escaped, unsigned *inside)
{
	for (unsigned i = 0; race_goes_on(i); i++) {
		scoped(buf_done) struct buf out = BUF_INIT;
		char name[64];
		int fd = root_open(root, "dir/file", O_RDONLY, 0);

		if (fd >= 0) {
			scoped(buf_done) struct buf text = BUF_INIT;

			MUST(fd_read_all(fd, 100, &text) == 0);
			*escaped += streq(buf_str(&text), "host");
			*inside += streq(buf_str(&text), "inside");
			fd_close(fd);
		} else {
			MUST(fd == -ENOENT || fd == -EAGAIN || fd == -ELOOP);
		}
		fd = root_open(root, "dir/../dir/../../file", O_RDONLY, 0);
		fd_close(fd);
		if (root_read_file(root, "dir/file", 100, &out) == 0)
			*escaped += streq(buf_str(&out), "host");
		snprintf(name, sizeof(name), "dir/made-%u/x", i % 50);
		fd_close(root_mkdir_p(root, name, 0755));
		snprintf(name, sizeof(name), "dir/touched-%u", i % 50);
		fd_close(root_touch(root, name, 0644));
	}
	return NULL;
}

static const char *race_body(int root)
{
	unsigned escaped = 0, inside = 0;
	const char *why;
	struct stat st;
	pid_t pid;

	MUST(mkdirat(root, "dir", 0755) == 0);
	MUST(symlinkat("../outside", root, "swap") == 0);
	MUST(fd_close(fd_open(root, "../outside/keep", O_WRONLY | O_CREAT, 0600)) == -1);
	for (int i = 0; i < 2; i++) {
		int fd = fd_open(root, i == 0 ? "dir/file" : "../outside/file", O_WRONLY | O_CREAT,
				 0644);

		MUST(fd >= 0 && fd_write_all(fd, i == 0 ? "inside" : "host", i == 0 ? 6 : 4) == 0);
		fd_close(fd);
	}
	count_attacks();
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0)
		attack(root);
	why = race_rounds(root, &escaped, &inside);
	kill(pid, SIGKILL);
	pid_reap(pid, NULL);
	if (why != NULL)
		return why;
	MUST(escaped == 0);
	MUST(*attacks >= RACE_ATTACKS);
	MUST(inside > 0);
	for (unsigned i = 0; i < 50; i++) {
		char name[64];

		snprintf(name, sizeof(name), "../outside/made-%u", i);
		MUST(fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) < 0);
		snprintf(name, sizeof(name), "../outside/touched-%u", i);
		MUST(fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) < 0);
	}
	return NULL;
}

TEST(swapping_links_never_leads_outside)
{
	both(race_body, "race");
}

/* A directory that is moved out of the root while we are in it: ".." must not climb there. */
static const char *moved_body(int root)
{
	unsigned escaped = 0;
	pid_t pid;

	MUST(mkdirat(root, "a", 0755) == 0 && mkdirat(root, "a/b", 0755) == 0);
	MUST(mkdirat(root, "../outside/in", 0755) == 0);
	MUST(fd_close(fd_open(root, "../outside/file", O_WRONLY | O_CREAT, 0600)) == -1);
	count_attacks();
	pid = fork();
	MUST(pid >= 0);
	while (pid == 0) {
		(*attacks)++;
		if (renameat(root, "a/b", root, "../outside/in/b") < 0 ||
		    renameat(root, "../outside/in/b", root, "a/b") < 0)
			_exit(1);
	}
	/* From inside outside/in/b, "../../file" would be outside/file. */
	for (unsigned i = 0; race_goes_on(i); i++) {
		int fd = root_open(root, "a/b/../../file", O_PATH, 0);

		escaped += fd >= 0;
		fd_close(fd);
	}
	kill(pid, SIGKILL);
	pid_reap(pid, NULL);
	MUST(escaped == 0);
	MUST(*attacks >= RACE_ATTACKS);
	return NULL;
}

TEST(moved_directory_never_leads_outside)
{
	both(moved_body, "moved");
}
