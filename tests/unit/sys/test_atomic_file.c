/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"

static int count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	if (d == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

TEST(writes_and_replaces)
{
	scoped_fd int top = fd_open(AT_FDCWD, test_tmpdir(), O_PATH | O_DIRECTORY, 0);
	const char *path = test_path("w/state.json");
	scoped_free char *text = NULL;
	struct stat st;

	CHECK_INT(fd_mkdir_p(top, "w", 0755), 0);
	umask(077);
	CHECK_INT(atomic_file_write(AT_FDCWD, path, "one", 3, 0644, false), 0);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0644);
	CHECK_INT(atomic_file_write(top, "w/state.json", "second", 6, 0600, true), 0);
	text = test_read_file(path);
	CHECK_STR(text, "second");
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(count_entries(test_path("w")), 1);
}

/* A link at the name is replaced, not written through. */
TEST(links_are_replaced)
{
	const char *victim = test_path("victim");
	const char *path = test_path("link");
	scoped_free char *text = NULL;

	CHECK_INT(test_write_file(victim, "old"), 0);
	CHECK_INT(symlink(victim, path), 0);
	CHECK_INT(atomic_file_write(AT_FDCWD, path, "new", 3, 0600, false), 0);
	text = test_read_file(victim);
	CHECK_STR(text, "old");
}

TEST(nothing_is_left_on_failure)
{
	CHECK_INT(mkdir(test_path("f"), 0755), 0);
	CHECK_INT(mkdir(test_path("f/dir"), 0755), 0);
	/* A directory cannot be replaced by a file. */
	CHECK_INT(atomic_file_write(AT_FDCWD, test_path("f/dir"), "x", 1, 0600, false), -EISDIR);
	CHECK_INT(count_entries(test_path("f")), 1);
	CHECK_INT(atomic_file_write(AT_FDCWD, test_path("f/none/x"), "x", 1, 0600, false), -ENOENT);
	CHECK_INT(atomic_file_write(AT_FDCWD, test_path("f/.."), "x", 1, 0600, false), -EINVAL);
	CHECK_INT(atomic_file_write(AT_FDCWD, "", "x", 1, 0600, false), -EINVAL);
}

TEST(longest_name)
{
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	CHECK_INT(atomic_file_write(AT_FDCWD, test_path(name), "x", 1, 0600, false), 0);
}

static int append_length(const char *old, size_t len, struct buf *ret, void *arg)
{
	buf_add(ret, old, len);
	buf_addf(ret, "%zu;", len);
	return *(int *)arg;
}

TEST(edit_reads_changes_and_writes)
{
	scoped_free char *path = xstrdup(test_path("record"));
	scoped_free char *lock = xstrdup(test_path("record.lock"));
	scoped(buf_done) struct buf text = BUF_INIT;
	int r = 0;

	CHECK_INT(atomic_file_edit(path, lock, 100, 0640, append_length, &r), 0);
	CHECK_INT(atomic_file_edit(path, lock, 100, 0640, append_length, &r), 0);
	/* What is longer than the bound begins anew. */
	CHECK(fd_read_file(AT_FDCWD, path, 100, &text) >= 0);
	CHECK_STR(buf_str(&text), "0;2;");
	CHECK_INT(atomic_file_edit(path, lock, 3, 0640, append_length, &r), 0);
	buf_truncate(&text, 0);
	fd_read_file(AT_FDCWD, path, 100, &text);
	CHECK_STR(buf_str(&text), "0;");
	/* The editor's error is the whole's, and nothing changes. */
	r = -EPERM;
	CHECK_INT(atomic_file_edit(path, lock, 100, 0640, append_length, &r), -EPERM);
	buf_truncate(&text, 0);
	fd_read_file(AT_FDCWD, path, 100, &text);
	CHECK_STR(buf_str(&text), "0;");
}
