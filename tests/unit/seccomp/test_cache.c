/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/timeutil.h"
#include "harness/test.h"
#include "seccomp/seccomp_priv.h"
#include "sys/fd.h"

static const struct oci_seccomp *section(void)
{
	static struct oci_seccomp s;

	if (s.default_action == NULL)
		(void)seccomp_default_profile(0, &s, NULL);
	return &s;
}

/* Path of the only file in the cache, or NULL. */
static char *only_file(const char *dir)
{
	char *found = NULL;
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (found != NULL) {
			test_fail(__FILE__, __LINE__, "a second file: %s", e->d_name);
			break;
		}
		found = xasprintf("%s/%s", dir, e->d_name);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

static bool same(const struct seccomp_program *a, const struct seccomp_program *b)
{
	return a->len == b->len && a->flags == b->flags && a->notify == b->notify &&
	       memcmp(a->filter, b->filter, a->len * sizeof(struct sock_filter)) == 0;
}

TEST(second_time_comes_from_the_file)
{
	const char *dir = test_path("cache/below");
	scoped(seccomp_program_done) struct seccomp_program a = { 0 }, b = { 0 }, c = { 0 };
	struct error err = ERROR_INIT;
	struct stat st, st2;

	CHECK_OK(seccomp_compile_cached(section(), false, NULL, &a, &err), err);
	CHECK_OK(seccomp_compile_cached(section(), false, dir, &b, &err), err);
	scoped_free char *file = only_file(dir);

	CHECK(file != NULL);
	CHECK_INT(stat(file, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_OK(seccomp_compile_cached(section(), false, dir, &c, &err), err);
	CHECK_INT(stat(file, &st2), 0);
	CHECK_INT(st.st_ino, st2.st_ino);
	CHECK(same(&a, &b) && same(&a, &c));
}

TEST(another_section_is_another_file)
{
	const char *dir = test_path("cache2");
	scoped(seccomp_program_done) struct seccomp_program a = { 0 }, b = { 0 };
	struct oci_seccomp other = { .default_action = (char *)"SCMP_ACT_ALLOW" };
	struct error err = ERROR_INIT;

	CHECK_OK(seccomp_compile_cached(&other, false, dir, &a, &err), err);
	scoped_free char *file = only_file(dir);

	other.default_action = (char *)"SCMP_ACT_LOG";
	CHECK_OK(seccomp_compile_cached(&other, false, dir, &b, &err), err);
	CHECK(!same(&a, &b));
	CHECK_INT(unlink(file), 0);
	scoped_free char *file2 = only_file(dir);

	CHECK(file2 != NULL && strcmp(file, file2) != 0);
}

static int flip(int fd, off_t at)
{
	char c;

	if (pread(fd, &c, 1, at) != 1)
		return -1;
	c ^= 1;
	return pwrite(fd, &c, 1, at) == 1 ? 0 : -1;
}

static int spoil(const char *file, int how)
{
	scoped_fd int fd = open(file, O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	switch (how) {
	case 0: /* cut */
		return ftruncate(fd, st.st_size - 8);
	case 1: /* longer */
		return ftruncate(fd, st.st_size + 8);
	case 2: /* a bit of the program */
		return flip(fd, st.st_size - 1);
	case 3: /* a bit of the key */
		return flip(fd, 100);
	case 4: /* a bit of the header's length */
		return flip(fd, 9);
	case 5: /* writable for others */
		return fchmod(fd, 0666);
	case 6:
		return unlink(file) | symlink("/etc/passwd", file);
	case 7:
		return unlink(file) | mkfifo(file, 0600);
	case 8:
		return ftruncate(fd, 0);
	default: /* somebody else's */
		return fchown(fd, 12345, (gid_t)-1);
	}
}

TEST(a_damaged_or_foreign_file_is_replaced)
{
	const char *dir = test_path("cache3");
	scoped(seccomp_program_done) struct seccomp_program a = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(seccomp_compile_cached(section(), false, dir, &a, &err), err);
	scoped_free char *file = only_file(dir);

	for (int how = 0; how <= (geteuid() == 0 ? 9 : 8); how++) {
		scoped(seccomp_program_done) struct seccomp_program b = { 0 };
		struct stat st;

		CHECK_INT(spoil(file, how), 0);
		CHECK_OK(seccomp_compile_cached(section(), false, dir, &b, &err), err);
		if (!same(&a, &b))
			test_fail(__FILE__, __LINE__, "kind %d gave another program", how);
		CHECK_INT(lstat(file, &st), 0);
		CHECK(S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0600 &&
		      st.st_uid == geteuid());
	}
}

TEST(a_directory_of_others_is_not_used)
{
	const char *dir = test_path("cache4");
	scoped(seccomp_program_done) struct seccomp_program a = { 0 }, b = { 0 };
	struct error err = ERROR_INIT;

	CHECK_INT(mkdir(dir, 0700), 0);
	CHECK_INT(chmod(dir, 0777), 0);
	CHECK_OK(seccomp_compile_cached(section(), false, dir, &a, &err), err);
	scoped_free char *file = only_file(dir);

	CHECK(file == NULL);
	/* Nor does a path that is no directory do harm. */
	CHECK_OK(seccomp_compile_cached(section(), false, "/proc/version", &b, &err), err);
}
