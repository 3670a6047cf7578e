/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/fd/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/str.h"
#include "base/strv.h"
#include "sys/fd.h"

int dir_names(int dirfd, char ***ret)
{
	scoped_fd int fd = fd_open(dirfd, ".", O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	int num;

	if (d == NULL)
		return fd < 0 ? fd : -errno;
	(void)take_fd(fd);
	for (;;) {
		struct dirent *e;

		errno = 0;
		e = readdir(d);
		if (e == NULL)
			break;
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			strv_add(ret, e->d_name);
	}
	num = errno;
	closedir(d);
	return -num;
}
