/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_list DIR: one line for each file below DIR, in order of names: everything that two
 * unpackings of one archive must agree on.
 *
 *	NAME TYPE MODE UID:GID TIME SIZE|MAJOR:MINOR|->TARGET same=FIRST-NAME sha256=... NAME=HEX...
 *
 * same: a further name of that inode.  The time of the top directory (".") and of overlay's
 * whiteouts is left out: it is nobody's.  Sizes of directories belong to the file system and are
 * left out, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <dirent.h>

#include "base/digest.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "fs/inode_table.h"
#include "fs/xattr.h"
#include "sys/fd.h"

static int top;
static struct inode_table seen;

static void fail(const char *what, const char *name, int num)
{
	fprintf(stderr, "tree_list: %s '%s': %s\n", what, name, strerror(num));
	exit(1);
}

/* Bytes that would break the form as \xNN. */
static void print_text(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c >= 0x7f || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

static void print_content(const char *name)
{
	scoped_fd int fd = fd_open(top, name, O_RDONLY | O_NOFOLLOW, 0);
	scoped_digest struct digest_ctx *c = NULL;
	static char chunk[1 << 16];
	struct digest d;
	ssize_t n;

	if (fd < 0 || digest_begin("sha256", &c, NULL) < 0)
		fail("open", name, fd < 0 ? -fd : EIO);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		digest_update(c, chunk, (size_t)n);
	if (n < 0 || digest_final(c, &d) < 0)
		fail("read", name, EIO);
	printf(" %s", d.str);
}

static void print_xattrs(const char *name)
{
	scoped_fd int fd = fd_open(top, name, O_PATH | O_NOFOLLOW, 0);
	scoped(buf_done) struct buf list = BUF_INIT;
	scoped_strv char **names = NULL;
	int n = fd < 0 ? fd : xattr_list(fd, &list);

	if (n < 0)
		fail("list attributes of", name, -n);
	for (const char *s = list.data; s != NULL && s < list.data + list.len; s += strlen(s) + 1)
		strv_add(&names, s);
	if (names != NULL)
		strv_sort(names);
	STRV_FOREACH (s, names) {
		scoped(buf_done) struct buf v = BUF_INIT;
		scoped_free char *hex = NULL;

		/* Made by overlay mounts, not by unpacking. */
		if (str_has_prefix(*s, "trusted.overlay.") && !streq(*s, "trusted.overlay.opaque"))
			continue;
		n = xattr_get(fd, *s, &v);
		if (n < 0)
			fail("read attribute of", name, -n);
		hex = xcalloc(2, v.len + 1);
		str_hex(v.data, v.len, hex);
		printf(" %s=%s", *s, hex);
	}
}

static void print_kind(const char *name, const struct stat *st)
{
	char target[PATH_MAX + 1] = "";
	const char *first = NULL;

	if (S_ISREG(st->st_mode))
		printf(" %lld", (long long)st->st_size);
	else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		printf(" %u:%u", major(st->st_rdev), minor(st->st_rdev));
	else if (S_ISLNK(st->st_mode) && readlinkat(top, name, target, PATH_MAX) > 0) {
		printf(" ->");
		print_text(target);
	}
	if (st->st_nlink > 1 && !S_ISDIR(st->st_mode))
		first = inode_table_meet(&seen, st->st_dev, st->st_ino, name);
	if (first != NULL) {
		printf(" same=");
		print_text(first);
	} else if (S_ISREG(st->st_mode)) {
		print_content(name);
	}
}

static void print_entry(const char *name)
{
	static const char types[] = "?pc?d?b?-?l?s???";
	struct stat st;

	if (fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail("stat", name, errno);
	print_text(name);
	printf(" %c %04o %u:%u", types[(st.st_mode & S_IFMT) >> 12], st.st_mode & 07777, st.st_uid,
	       st.st_gid);
	if (!streq(name, ".") && !(S_ISCHR(st.st_mode) && st.st_rdev == 0))
		printf(" %lld.%09ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	print_kind(name, &st);
	print_xattrs(name);
	putchar('\n');
}

static void list(const char *dir)
{
	int fd = fd_open(top, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	scoped_strv char **names = NULL;

	if (d == NULL)
		fail("open directory", dir, fd < 0 ? -fd : errno);
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			strv_add(&names, e->d_name);
	}
	closedir(d);
	if (names != NULL)
		strv_sort(names);
	print_entry(dir);
	STRV_FOREACH (s, names) {
		scoped_free char *name = streq(dir, ".") ? xstrdup(*s) : path_join(dir, *s);
		struct stat st;

		if (fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
			list(name);
		else
			print_entry(name);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: tree_list DIR\n");
		return 2;
	}
	top = fd_open(AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY, 0);
	if (top < 0)
		fail("open directory", argv[1], -top);
	list(".");
	inode_table_done(&seen);
	return fflush(stdout) == 0 ? 0 : 1;
}
