/* SPDX-License-Identifier: Apache-2.0 */
#include "network/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/ns.h"
#include "sys/procfs.h"

/* A record with 65,535 published ports in single options is below this. */
#define RECORD_BYTES_MAX ((size_t)16 << 20)

#define BOOT_FILE "boot"
#define BOOT_LOCK "boot.lock"

static const char *const parts[] = { "up", "containers", "ipam", "locks", "doomed" };

const char *rundir_path(const struct network_config *c)
{
	static int on_host = -1; /* a process does not change its namespace for good */

	if (!c->host_rundir)
		return c->rundir;
	if (on_host < 0) {
		scoped_fd int first = ns_open(1, NS_NET);

		on_host = first >= 0 && ns_is_own(first, NS_NET) > 0;
	}
	return on_host ? c->host_rundir : c->rundir;
}

/* Whatever an earlier boot left describes links and rules that are gone. */
static int forget_last_boot(int dir, struct error *err)
{
	char boot[64], noted[64];
	scoped_fd int lock = -1;
	int r = proc_boot_id(boot);

	if (r < 0)
		return error_os(err, -r, "read the boot id");
	if (fd_read_line(dir, BOOT_FILE, noted, sizeof(noted)) >= 0 && streq(boot, noted))
		return 0;
	lock = lock_file(dir, BOOT_LOCK, true, true);
	if (lock < 0)
		return error_os(err, -lock, "lock the network state");
	if (fd_read_line(dir, BOOT_FILE, noted, sizeof(noted)) >= 0 && streq(boot, noted))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(parts) && r >= 0; i++)
		r = fd_remove_tree(dir, parts[i]);
	if (r >= 0)
		r = fd_remove_tree(dir, "aardvark-dns");
	if (r >= 0)
		r = atomic_file_write(dir, BOOT_FILE, boot, strlen(boot), 0600, false);
	return r < 0 ? error_os(err, -r, "forget the network state of the last boot") : 0;
}

int rundir_open(const struct network_config *c, struct error *err)
{
	const char *path = rundir_path(c);
	scoped_fd int dir = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (dir == -ENOENT) {
		r = fd_mkdir_p(AT_FDCWD, path, 0700);
		dir = r < 0 ? r : fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	}
	if (dir < 0)
		return error_os(err, -dir, "open directory '%s'", path);
	r = forget_last_boot(dir, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (mkdirat(dir, parts[i], 0700) < 0 && errno != EEXIST)
			return error_os(err, errno, "make directory '%s/%s'", path, parts[i]);
	}
	return take_fd(dir);
}

int rundir_lock(int dir, const char *name, struct error *err)
{
	scoped_free char *path = path_join("locks", name);
	int fd = lock_file(dir, path, true, true);

	return fd < 0 ? error_os(err, -fd, "lock network state '%s'", name) : fd;
}

int rundir_try_lock(int dir, const char *name)
{
	scoped_free char *path = path_join("locks", name);

	return lock_file(dir, path, true, false);
}

int rundir_names(int dir, const char *sub, char ***ret, struct error *err)
{
	scoped_strv char **names = NULL;
	int fd = fd_open(dir, sub, O_RDONLY | O_DIRECTORY, 0);
	const struct dirent *e;
	DIR *d;

	if (fd < 0 && fd != -ENOENT)
		return error_os(err, -fd, "open network state '%s'", sub);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !d) {
		int num = errno;

		fd_close(fd);
		return error_os(err, num, "read network state '%s'", sub);
	}
	while (d && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			strv_add(&names, e->d_name);
	}
	if (d)
		closedir(d);
	if (names)
		strv_sort(names);
	*ret = take_ptr(names);
	return 0;
}

static const struct json_field link_fields[] = {
	JROW(struct record_link, "network", network, JT_STR, JF_REQUIRED),
	JROW(struct record_link, "driver", driver, JT_STR, JF_REQUIRED),
	JROW(struct record_link, "bridge", bridge, JT_STR, 0),
	JROW(struct record_link, "interface", interface, JT_STR, 0),
	JROW(struct record_link, "hostInterface", host_interface, JT_STR, 0),
	JROW(struct record_link, "ips", ips, JT_STRV, 0),
	JROW(struct record_link, "names", names, JT_STRV, 0),
	JROW(struct record_link, "dns", dns, JT_BOOL, 0),
	JROW(struct record_link, "internal", internal, JT_BOOL, 0),
};
static const struct json_table link_table = JTABLE(struct record_link, link_fields);

static const struct json_field record_fields[] = {
	JROW(struct record, "id", id, JT_STR, JF_REQUIRED),
	JROW(struct record, "owner", owner, JT_STR, 0),
	JROW_ARR(struct record, "links", links, n_links, JT_ARR, 0, &link_table),
	JROW_ARR(struct record, "ports", ports, n_ports, JT_ARR, 0, &network_port_table),
};
static const struct json_table record_table = JTABLE(struct record, record_fields);

static const struct json_field up_fields[] = {
	JROW_OBJ(struct up, "network", network, JT_OBJ, 0, &network_table),
	JROW(struct up, "adopted", adopted, JT_BOOL, 0),
};
static const struct json_table up_table = JTABLE(struct up, up_fields);

static int file_write(int dir, const char *sub, const char *name, const struct json_table *t,
		      const void *obj, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_free char *path = path_join(sub, name);
	int r;

	json_table_dump(t, obj, 0, &text);
	/* Dies with the boot: nothing to sync. */
	r = atomic_file_write(dir, path, buf_str(&text), text.len, 0600, false);
	return r < 0 ? error_os(err, -r, "write network state '%s'", path) : 0;
}

static int file_read(int dir, const char *sub, const char *name, const struct json_table *t,
		     void *obj, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_free char *path = path_join(sub, name);
	int r = fd_read_file(dir, path, RECORD_BYTES_MAX, &text);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return error_os(err, -r, "read network state '%s'", path);
	r = json_table_parse(t, buf_str(&text), text.len, obj, path, 0, err);
	return r < 0 ? r : 1;
}

static int file_remove(int dir, const char *sub, const char *name, struct error *err)
{
	scoped_free char *path = path_join(sub, name);

	if (unlinkat(dir, path, 0) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove network state '%s'", path);
	return 0;
}

void record_done(struct record *r)
{
	json_table_free(&record_table, r);
}

int record_write(int dir, const struct record *r, struct error *err)
{
	return file_write(dir, "containers", r->id, &record_table, r, err);
}

int record_read(int dir, const char *id, struct record *ret, struct error *err)
{
	return file_read(dir, "containers", id, &record_table, ret, err);
}

int record_remove(int dir, const char *id, struct error *err)
{
	return file_remove(dir, "containers", id, err);
}

void up_done(struct up *u)
{
	json_table_free(&up_table, u);
}

int up_write(int dir, const struct up *u, struct error *err)
{
	return file_write(dir, "up", u->network.name, &up_table, u, err);
}

int up_read(int dir, const char *name, struct up *ret, struct error *err)
{
	return file_read(dir, "up", name, &up_table, ret, err);
}

int up_remove(int dir, const char *name, struct error *err)
{
	return file_remove(dir, "up", name, err);
}

int up_any(int dir)
{
	scoped_strv char **names = NULL;
	int r = rundir_names(dir, "up", &names, NULL);

	return r < 0 ? r : names != NULL;
}
