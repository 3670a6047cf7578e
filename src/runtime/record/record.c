/* SPDX-License-Identifier: Apache-2.0 */
/* record: see record.h. */
#include "runtime/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/host/rdt.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"

/* A record carries the process, hooks and annotations of a config.json. */
#define RECORD_MAX_BYTES JSON_MAX_BYTES
/* BPF_MAXINSNS instructions of 8 bytes and the head. */
#define SECCOMP_MAX_BYTES ((size_t)4096 * 8 + 64)
/* A create makes a handful of files. */
#define REMOVE_TRIES 100

static const struct json_field record_fields[] = {
	JROW(struct runtime_record, "ociVersion", oci_version, JT_STR, JF_REQUIRED),
	JROW(struct runtime_record, "id", id, JT_STR, JF_REQUIRED),
	JROW(struct runtime_record, "pid", init_pid, JT_I32, 0),
	JROW(struct runtime_record, "startTime", init_start_time, JT_U64, 0),
	JROW(struct runtime_record, "creatorPid", creator_pid, JT_I32, 0),
	JROW(struct runtime_record, "creatorStartTime", creator_start_time, JT_U64, 0),
	JROW(struct runtime_record, "bundle", bundle, JT_STR, JF_REQUIRED),
	JROW(struct runtime_record, "rootfs", rootfs, JT_STR, 0),
	JROW(struct runtime_record, "created", created_nsec, JT_TIME, 0),
	JROW(struct runtime_record, "owner", owner, JT_STR, 0),
	JROW_OBJ(struct runtime_record, "cgroup", cgroup, JT_OBJ, 0, &cgroup_record_table),
	JROW(struct runtime_record, "annotations", annotations, JT_MAP, 0),
	JROW(struct runtime_record, "noPivot", no_pivot, JT_BOOL, 0),
	JROW(struct runtime_record, "systemd", systemd, JT_BOOL, 0),
	JROW(struct runtime_record, "consoleSocket", console_socket, JT_STR, 0),
	JROW(struct runtime_record, "notifySocket", notify_socket, JT_STR, 0),
	JROW_OBJ(struct runtime_record, "intelRdt", rdt, JT_PTR, 0, &rdt_record_table),
	JROW(struct runtime_record, "addedMounts", added_mounts, JT_STRV, 0),
	JROW(struct runtime_record, "exec", exec_defaults, JT_RAW, 0),
};
const struct json_table runtime_record_table = JTABLE(struct runtime_record, record_fields);

bool record_id_valid(const char *id)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "_+-.";

	return !str_empty(id) && strlen(id) <= NAME_MAX && str_only(id, set) && !streq(id, ".") &&
	       !streq(id, "..");
}

static int check_id(const char *id, struct error *err)
{
	if (record_id_valid(id))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "invalid container id '%s': letters, digits and _+-. are allowed",
			 id ? id : "");
}

int record_open_dir(const struct runtime_context *cx, const char *id, struct error *err)
{
	scoped_fd int root = -1;
	int fd, r = check_id(id, err);

	if (r < 0)
		return r;
	root = fd_open(AT_FDCWD, cx->root, O_PATH | O_DIRECTORY, 0);
	fd = root < 0 ? root : fd_open(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd == -ENOENT)
		return error_set(err, ERROR_NOT_FOUND, "container does not exist: '%s'", id);
	if (fd < 0)
		return error_os(err, -fd, "open state directory '%s/%s'", cx->root, id);
	return fd;
}

int record_make_dir(const struct runtime_context *cx, const char *id, struct error *err)
{
	scoped_fd int root = -1;
	int fd, r = check_id(id, err);

	if (r < 0)
		return r;
	root = fd_open(AT_FDCWD, cx->root, O_PATH | O_DIRECTORY, 0);
	if (root == -ENOENT) {
		r = fd_mkdir_p(AT_FDCWD, cx->root, 0700);
		if (r < 0)
			return error_os(err, -r, "make state root '%s'", cx->root);
		root = fd_open(AT_FDCWD, cx->root, O_PATH | O_DIRECTORY, 0);
	}
	if (root < 0)
		return error_os(err, -root, "open state root '%s'", cx->root);
	if (mkdirat(root, id, 0700) < 0) {
		if (errno == EEXIST)
			return error_set(err, ERROR_EXISTS,
					 "container with given ID already exists: '%s'", id);
		return error_os(err, errno, "make state directory '%s/%s'", cx->root, id);
	}
	fd = fd_open(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0) {
		(void)unlinkat(root, id, AT_REMOVEDIR);
		return error_os(err, -fd, "open state directory '%s/%s'", cx->root, id);
	}
	return fd;
}

bool record_dir_is(const struct runtime_context *cx, const char *id, int dirfd)
{
	scoped_free char *path = path_join(cx->root, id);
	struct stat named, open;

	return fstat(dirfd, &open) == 0 &&
	       fd_stat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &named) == 0 &&
	       named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

int record_remove_dir(const struct runtime_context *cx, const char *id, struct error *err)
{
	scoped_fd int root = fd_open(AT_FDCWD, cx->root, O_PATH | O_DIRECTORY, 0);
	scoped_fd int dir = -1;
	int r;

	if (root == -ENOENT)
		return 0;
	if (root < 0)
		return error_os(err, -root, "open state root '%s'", cx->root);
	dir = fd_open(root, id, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (dir == -ENOENT)
		return 0;
	/* The files that we make, by name; the tree walk only for what is unexpected. */
	if (dir >= 0) {
		(void)unlinkat(dir, RECORD_SOCKET, 0);
		(void)unlinkat(dir, RECORD_SECCOMP, 0);
		(void)unlinkat(dir, RECORD_FILE, 0);
		if (unlinkat(root, id, AT_REMOVEDIR) == 0)
			return 0;
	}
	/* A create that is still at work may put another file there meanwhile. */
	for (int i = 0; i < REMOVE_TRIES; i++) {
		r = fd_remove_tree(root, id);
		if (r != -ENOTEMPTY)
			break;
	}
	return r < 0 ? error_os(err, -r, "remove state directory '%s/%s'", cx->root, id) : 0;
}

int record_save(int dirfd, const struct runtime_record *rec, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	int r;

	json_table_dump(&runtime_record_table, rec, 0, &b);
	r = atomic_file_write(dirfd, RECORD_FILE, buf_str(&b), b.len, 0600, false);
	return r < 0 ? error_os(err, -r, "write state of container '%s'", rec->id) : 0;
}

int record_load_at(int dirfd, const char *id, struct runtime_record *ret, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(RECORD_MAX_BYTES);
	scoped_free char *what = xasprintf("state of container '%s'", id);
	int r = fd_read_file(dirfd, RECORD_FILE, RECORD_MAX_BYTES, &b);

	/* The directory without a record: create was killed between the two. */
	if (r == -ENOENT) {
		*ret = (struct runtime_record){ .oci_version = xstrdup("1.0.0"),
						.id = xstrdup(id),
						.bundle = xstrdup("") };
		return 0;
	}
	if (r < 0)
		return error_os(err, -r, "read %s", what);
	return json_table_parse(&runtime_record_table, buf_str(&b), b.len, ret, what, 0, err);
}

int runtime_record_load(const struct runtime_context *cx, const char *id,
			struct runtime_record *ret, struct error *err)
{
	scoped_fd int dir = record_open_dir(cx, id, err);

	return dir < 0 ? dir : record_load_at(dir, id, ret, err);
}

void runtime_record_done(struct runtime_record *r)
{
	if (r != NULL)
		json_table_free(&runtime_record_table, r);
}

int record_save_seccomp(int dirfd, const struct seccomp_program *p, struct error *err)
{
	uint32_t head[3] = { p->len, p->flags, p->notify };
	scoped_fd int fd = fd_open(dirfd, RECORD_SECCOMP, O_WRONLY | O_CREAT | O_EXCL, 0600);
	int r = fd;

	if (r >= 0)
		r = fd_write_all(fd, head, sizeof(head));
	if (r >= 0)
		r = fd_write_all(fd, p->filter, p->len * sizeof(struct sock_filter));
	return r < 0 ? error_os(err, -r, "write the container's seccomp filter") : 0;
}

int record_load_seccomp(int dirfd, struct seccomp_program *ret, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(SECCOMP_MAX_BYTES);
	int r = fd_read_file(dirfd, RECORD_SECCOMP, SECCOMP_MAX_BYTES, &b);
	uint32_t head[3];

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_os(err, -r, "read the container's seccomp filter");
	if (b.len >= sizeof(head))
		memcpy(head, b.data, sizeof(head));
	if (b.len < sizeof(head) ||
	    b.len != sizeof(head) + (size_t)head[0] * sizeof(struct sock_filter))
		return error_set(err, ERROR_CORRUPT, "the container's seccomp filter is damaged");
	ret->len = (unsigned short)head[0];
	ret->flags = head[1];
	ret->notify = head[2] != 0;
	ret->filter = xmemdup(b.data + sizeof(head), b.len - sizeof(head));
	return 0;
}
