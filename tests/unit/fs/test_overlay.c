/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "fs/overlay.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/feature.h"
#include "sys/mountapi.h"
#include "sys/pidref.h"

#define LOWERS 130

#define MUST(cond)                                                                           \
	do {                                                                                 \
		if (!(cond)) {                                                               \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #cond, \
				errno);                                                      \
			return 1;                                                            \
		}                                                                            \
	} while (0)
#define MUST_OK(expr)                                                                           \
	do {                                                                                    \
		if ((expr) < 0) {                                                               \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #expr, err.msg); \
			return 1;                                                               \
		}                                                                               \
	} while (0)

/* overlayfs takes no overlay as upper: the tests work on a tmpfs of their own. */
static void in_namespace(int (*fn)(const char *dir), const char *name)
{
	const char *dir = test_path(name);
	int status = -1;
	pid_t pid;

	if (!feature_filesystem("overlay"))
		TEST_SKIP("overlay");
	CHECK_INT(mkdir(dir, 0755), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			_exit(77);
		if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0 ||
		    mount("x", dir, "tmpfs", 0, NULL) < 0 || chdir(dir) < 0)
			_exit(2);
		_exit(fn(dir));
	}
	CHECK_INT(pid_reap(pid, &status), 0);
	if (status == 77)
		TEST_SKIP("cap_sys_admin");
	CHECK_INT(status, 0);
}

/* Directories named `prefix`0.. with a file each, and "top" in all: the first is the topmost. */
static char **make_lowers(const char *dir, const char *prefix, int n)
{
	char **lowers = NULL;

	for (int i = 0; i < n; i++) {
		scoped_free char *path = xasprintf("%s/%s%d", dir, prefix, i);
		scoped_free char *own = xasprintf("%s/file%d", path, i);
		scoped_free char *top = xasprintf("%s/top", path);
		scoped_free char *text = xasprintf("%d", i);

		if (fd_mkdir_p(AT_FDCWD, path, 0755) < 0 || test_write_file(own, text) < 0 ||
		    test_write_file(top, text) < 0)
			return strv_free(lowers);
		strv_add(&lowers, path);
	}
	return lowers;
}

static int check_mounted(int n)
{
	for (int i = 0; i < n; i++) {
		char path[64];

		snprintf(path, sizeof(path), "m/file%d", i);
		MUST(access(path, F_OK) == 0);
	}
	scoped_free char *top = test_read_file("m/top");
	MUST(top != NULL && streq(top, "0"));
	return 0;
}

static int writable(const char *dir, const char *prefix, int n)
{
	scoped_free char *upper = xasprintf("%s/upper", dir);
	scoped_free char *work = xasprintf("%s/work", dir);
	scoped_free char *target = xasprintf("%s/m", dir);
	scoped_strv char **lowers = make_lowers(dir, prefix, n);
	struct overlay_mount o = {
		.lower = lowers, .upper = upper, .work = work, .is_volatile = true, .nodev = true
	};
	struct error err = ERROR_INIT;
	char before[4096], after[4096];

	MUST(lowers != NULL);
	MUST(mkdir(upper, 0755) == 0 && mkdir(work, 0755) == 0 && mkdir(target, 0755) == 0);
	MUST(getcwd(before, sizeof(before)) != NULL);
	MUST_OK(overlay_mount_at(&o, target, &err));
	MUST(getcwd(after, sizeof(after)) != NULL && streq(before, after));
	MUST(check_mounted(n) == 0);
	/* A write lands in the upper. */
	MUST(test_write_file("m/new", "x") == 0 && access("upper/new", F_OK) == 0);
	MUST(unlink("m/top") == 0);
	MUST(umount2("m", MNT_DETACH) == 0);
	return 0;
}

static int many(const char *dir)
{
	/* 130 paths of some 100 bytes are more than the page of mount(2). */
	return writable(dir,
			"a-long-name-so-that-all-paths-together-are-longer-than-a-page-of-memory-",
			LOWERS);
}

static int many_classic(const char *dir)
{
	mountapi_disable();
	return many(dir);
}

TEST(many_lowers)
{
	in_namespace(many, "many");
}

TEST(many_lowers_by_the_classic_call)
{
	in_namespace(many_classic, "classic");
}

static int long_paths(const char *dir)
{
	char prefix[512];

	/* Longer than fsconfig takes as a string. */
	memset(prefix, 'p', sizeof(prefix));
	prefix[200] = prefix[401] = '/';
	snprintf(prefix + 402, sizeof(prefix) - 402, "l");
	return writable(dir, prefix, 3);
}

TEST(long_paths_and_odd_names)
{
	in_namespace(long_paths, "long");
}

static int odd_names(const char *dir)
{
	scoped_free char *odd = xasprintf("%s/a:b,c\\d e", dir);

	MUST(mkdir(odd, 0755) == 0 && chdir(odd) == 0);
	return writable(odd, "l:o,w\\er", 3);
}

static int odd_names_classic(const char *dir)
{
	mountapi_disable();
	return odd_names(dir);
}

TEST(names_with_separators)
{
	in_namespace(odd_names, "odd");
	in_namespace(odd_names_classic, "odd-classic");
}

static int read_only(const char *dir)
{
	scoped_free char *target = xasprintf("%s/m", dir);
	scoped_strv char **lowers = make_lowers(dir, "l", 3);
	struct overlay_mount o = { .lower = lowers };
	struct error err = ERROR_INIT;

	MUST(mkdir(target, 0755) == 0);
	MUST_OK(overlay_mount_at(&o, target, &err));
	MUST(check_mounted(3) == 0);
	MUST(open("m/new", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	MUST(umount2("m", MNT_DETACH) == 0);
	/* One lower only. */
	o.lower = (char *[]){ lowers[0], NULL };
	MUST_OK(overlay_mount_at(&o, target, &err));
	MUST(check_mounted(1) == 0);
	MUST(open("m/new", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS);
	return 0;
}

static int read_only_classic(const char *dir)
{
	mountapi_disable();
	return read_only(dir);
}

TEST(without_upper_it_is_read_only)
{
	in_namespace(read_only, "ro");
	in_namespace(read_only_classic, "ro-classic");
}

static int failures(const char *dir)
{
	scoped_free char *missing = xasprintf("%s/missing", dir);
	scoped_strv char **lowers = make_lowers(dir, "l", 2);
	struct overlay_mount o = { .lower = (char *[]){ lowers[0], missing, NULL } };
	struct error err = ERROR_INIT;

	MUST(overlay_open(&o, &err) < 0 && strstr(err.msg, missing) != NULL);
	MUST(err.num == ENOENT);
	o.lower = (char *[]){ NULL };
	MUST(overlay_open(&o, &err) < 0 && err.kind == ERROR_INVALID);
	o.lower = lowers;
	o.upper = lowers[0];
	MUST(overlay_open(&o, &err) < 0 && err.kind == ERROR_INVALID);
	o.upper = NULL;
	MUST(overlay_mount_at(&o, missing, &err) < 0 && strstr(err.msg, missing) != NULL);
	return 0;
}

TEST(failures_name_the_directory)
{
	in_namespace(failures, "failures");
}

TEST(escape)
{
	scoped_free char *e = overlay_escape("a:b,c\\d");

	CHECK_STR(e, "a\\:b\\,c\\\\d");
}
