/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"

#define EXIT_MODE 0644
#define OOM_MODE 0666

static int write_status(const char *dir, const char *name, int status, struct error *err)
{
	char text[16];
	scoped_free char *path = path_join(dir, name);
	int n = snprintf(text, sizeof(text), "%d", status);
	/* Not synced: these directories die with the boot, and so does the container. */
	int r = atomic_file_write(AT_FDCWD, path, text, (size_t)n, EXIT_MODE, false);

	return r < 0 ? error_os(err, -r, "record exit status in '%s'", path) : 0;
}

int record_exit(const struct record_places *p, int status, struct error *err)
{
	struct error second = ERROR_INIT;
	int r = 0, r2 = 0;

	if (p->persist_dir)
		r = write_status(p->persist_dir, "exit", status, err);
	if (p->exit_dir)
		r2 = write_status(p->exit_dir, p->cid, status, &second);
	if (r < 0)
		return r;
	return r2 < 0 ? error_copy(err, &second) : 0;
}

static int touch(const char *dir, const char *name, struct error *err)
{
	scoped_free char *path = path_join(dir, name);
	scoped_fd int fd = fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_NOFOLLOW, OOM_MODE);

	return fd < 0 ? error_os(err, -fd, "make OOM marker '%s'", path) : 0;
}

int record_oom(const struct record_places *p, struct error *err)
{
	struct error second = ERROR_INIT;
	int r = touch(p->bundle, "oom", err);
	int r2 = p->persist_dir ? touch(p->persist_dir, "oom", &second) : 0;

	if (r < 0)
		return r;
	return r2 < 0 ? error_copy(err, &second) : 0;
}

static void forget(const char *dir, const char *name)
{
	scoped_free char *path = path_join(dir, name);

	unlink(path);
}

void record_clear(const struct record_places *p)
{
	forget(p->bundle, "oom");
	if (!p->persist_dir)
		return;
	forget(p->persist_dir, "oom");
	forget(p->persist_dir, "exit");
}
