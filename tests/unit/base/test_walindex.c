/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sqldb/walindex.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/sqldb.h"
#include "base/str.h"
#include "harness/test.h"

#define SWITCH_BYTE 128
#define MARK "user.coracle.boot"

static int open_db(struct sqldb **ret, struct error *err)
{
	return sqldb_open(test_path("db"), 7, 1, "CREATE TABLE t(k TEXT PRIMARY KEY)", NULL, ret,
			  err);
}

static int put(struct sqldb *db, const char *k, struct error *err)
{
	return sqldb_exec(db, err, "INSERT INTO t(k) VALUES(?)", "s", k) == 1 ? 0 : -EIO;
}

/* A database with a row in its log, closed. */
static void make_db(void)
{
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;

	CHECK_OK(open_db(&db, &err), err);
	CHECK_OK(put(db, "first", &err), err);
	sqldb_close(db);
}

/* The same; false where the file system cannot carry the mark. */
static bool have_db(void)
{
	make_db();
	if (getxattr(test_path("db-shm"), MARK, NULL, 0) > 36)
		return true;
	test_skip("user_xattr");
	return false;
}

static bool is_held(void)
{
	struct walindex *w = walindex_enter(test_path("db"));
	bool held = walindex_held(w);

	walindex_leave(w);
	return held;
}

static int64_t rows(struct sqldb *db)
{
	struct error err = ERROR_INIT;
	struct sqldb_stmt *s;
	int64_t n = -1;

	if (sqldb_query(db, &s, &err, "SELECT count(*) FROM t", "") == 0 &&
	    sqldb_step(s, &err) == 1)
		n = sqldb_int(s, 0);
	sqldb_reset(s);
	return n;
}

/* Flip a byte of a file. */
static int spoil(const char *path, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char c = 0;
	int r = fd >= 0 && pread(fd, &c, 1, at) == 1 ? 0 : -1;

	c = (char)(c ^ 0x55);
	if (r == 0 && pwrite(fd, &c, 1, at) != 1)
		r = -1;
	close(fd);
	return r;
}

/* Every way in which the index may not be believed; then SQLite reads the log and all is there. */
static void check_read_again(int64_t want)
{
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;

	CHECK(!is_held());
	CHECK_OK(open_db(&db, &err), err);
	CHECK_INT(rows(db), want);
	sqldb_close(db);
	CHECK(is_held());
}

TEST(kept_within_the_boot)
{
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;
	char key[16];

	CHECK(!is_held()); /* there is none */
	if (!have_db())
		return;
	for (int i = 0; i < 5; i++) {
		CHECK(is_held());
		CHECK_OK(open_db(&db, &err), err);
		CHECK_INT(rows(db), i + 1);
		snprintf(key, sizeof(key), "%d", i);
		CHECK_OK(put(db, key, &err), err);
		CHECK_OK(sqldb_check(db, &err), err);
		sqldb_close(db);
	}
}

TEST(mark_of_another_boot)
{
	const char other[] = "00000000-0000-0000-0000-000000000000";

	if (!have_db())
		return;
	CHECK_INT(setxattr(test_path("db-shm"), MARK, other, 36, 0), 0);
	check_read_again(1);
	CHECK_INT(removexattr(test_path("db-shm"), MARK), 0);
	check_read_again(1);
}

TEST(index_that_does_not_fit)
{
	struct stat st;

	if (!have_db())
		return;
	/* One copy of the header, as a writer leaves it that is killed between them. */
	CHECK_INT(spoil(test_path("db-shm"), 16), 0);
	check_read_again(1);
	/* Both copies: another checksum of the last frame, another salt. */
	CHECK_INT(spoil(test_path("db-shm"), 24), 0);
	CHECK_INT(spoil(test_path("db-shm"), 48 + 24), 0);
	check_read_again(1);
	CHECK_INT(spoil(test_path("db-shm"), 32), 0);
	CHECK_INT(spoil(test_path("db-shm"), 48 + 32), 0);
	check_read_again(1);
	/* The log's last frame is gone: the row is, the index must not say otherwise. */
	CHECK_INT(stat(test_path("db-wal"), &st), 0);
	CHECK_INT(truncate(test_path("db-wal"), st.st_size - 1), 0);
	check_read_again(0);
}

TEST(another_log)
{
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;

	if (!have_db())
		return;
	CHECK_OK(open_db(&db, &err), err);
	CHECK_OK(sqldb_exec(db, &err, "PRAGMA wal_checkpoint(TRUNCATE)", ""), err);
	sqldb_close(db);
	unlink(test_path("db-wal"));
	check_read_again(1);
}

static void copy(const char *from, const char *to)
{
	scoped_free char *bytes = xnew_n(char, 1 << 20);
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = read(in, bytes, 1 << 20);

	CHECK(n > 0 && write(out, bytes, (size_t)n) == n);
	close(in);
	close(out);
}

/* Kernels before 6.13 stamp files by the tick of the clock: the next change gets another stamp. */
static void pass_tick(void)
{
	struct timespec now;
	struct stat st;

	CHECK_INT(stat(test_path("db"), &st), 0);
	do
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	while (now.tv_sec == st.st_ctim.tv_sec && now.tv_nsec <= st.st_ctim.tv_nsec);
}

/* Only the database's own file is put back from a copy.  What SQLite makes of it without us (it
 * plays the log on it) is what we make of it: an index that says that the log's pages are in the
 * file already would hide them. */
TEST(another_database_file)
{
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;

	if (!have_db())
		return;
	for (int renamed = 0; renamed < 2; renamed++) {
		CHECK_OK(open_db(&db, &err), err);
		CHECK_OK(sqldb_exec(db, &err, "PRAGMA wal_checkpoint", ""), err);
		copy(test_path("db"), test_path("copy"));
		CHECK_OK(put(db, renamed ? "third" : "second", &err), err);
		CHECK_OK(sqldb_exec(db, &err, "PRAGMA wal_checkpoint", ""), err);
		sqldb_close(db);
		pass_tick();
		if (renamed)
			CHECK_INT(rename(test_path("copy"), test_path("db")), 0);
		else
			copy(test_path("copy"), test_path("db"));
		check_read_again(2 + renamed);
		/* The same, but the index does not speak of a checkpoint. */
		copy(test_path("db"), test_path("copy"));
		pass_tick();
		copy(test_path("copy"), test_path("db"));
		check_read_again(2 + renamed);
	}
}

/* A checkpoint changes the file: the log is read once. */
TEST(after_a_checkpoint)
{
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;

	if (!have_db())
		return;
	CHECK_OK(open_db(&db, &err), err);
	pass_tick();
	CHECK_OK(sqldb_exec(db, &err, "PRAGMA wal_checkpoint", ""), err);
	sqldb_close(db);
	check_read_again(1);
}

/* Killed with an open transaction, some pages of which are in the log and its index. */
TEST(killed_writer)
{
	struct error err = ERROR_INIT;
	struct sqldb *db = NULL;
	int status;
	pid_t pid;

	if (!have_db())
		return;
	pid = fork();
	if (pid == 0) {
		int r = open_db(&db, &err);

		r |= sqldb_exec(db, &err, "PRAGMA cache_size=2", "");
		r |= sqldb_begin(db, SQLDB_VOLATILE, &err);
		for (int i = 0; i < 2000 && r == 0; i++) {
			char key[64];

			snprintf(key, sizeof(key), "%060d", i);
			r |= put(db, key, &err);
		}
		if (r == 0)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	for (int i = 0; i < 3; i++) {
		char key[16];

		CHECK(is_held());
		CHECK_OK(open_db(&db, &err), err);
		CHECK_INT(rows(db), 1 + i);
		snprintf(key, sizeof(key), "after %d", i);
		CHECK_OK(put(db, key, &err), err);
		CHECK_OK(sqldb_check(db, &err), err);
		sqldb_close(db);
	}
}

/* Does another process see a lock of ours on the switch? */
static bool switch_is_locked(void)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0) {
		struct flock fl = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SWITCH_BYTE, .l_len = 1
		};
		int fd = open(test_path("db-shm"), O_RDWR | O_CLOEXEC);

		/* A lock of the process, not of an open file: SQLite's own. */
		_exit(fd < 0 || fcntl(fd, F_GETLK, &fl) < 0  ? 2
		      : fl.l_type != F_UNLCK && fl.l_pid > 0 ? 0
							     : 1);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

TEST(two_connections_of_one_process)
{
	struct error err = ERROR_INIT;
	struct sqldb *a = NULL, *b = NULL;

	if (!have_db())
		return;
	for (int held = 0; held < 2; held++) {
		if (!held)
			CHECK_INT(removexattr(test_path("db-shm"), MARK), 0);
		CHECK_OK(open_db(&a, &err), err);
		CHECK_OK(open_db(&b, &err), err);
		CHECK_INT(rows(b), 1);
		sqldb_close(a);
		CHECK(switch_is_locked() || held);
		sqldb_close(b);
		CHECK(!switch_is_locked());
	}
}
