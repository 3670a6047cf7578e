/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/str.h"
#include "runtime/record.h"
#include "sys/fd.h"

static void closedir_ptr(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

int runtime_list(const struct runtime_context *cx, char ***ret, struct error *err)
{
	int fd = fd_open(AT_FDCWD, cx->root, O_RDONLY | O_DIRECTORY, 0);
	__attribute__((cleanup(closedir_ptr))) DIR *d = NULL;
	const struct dirent *e;

	*ret = NULL;
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_os(err, -fd, "open state root '%s'", cx->root);
	d = fdopendir(fd);
	if (d == NULL)
		return error_os(err, errno, "read state root '%s'", cx->root);
	while ((e = readdir(d)) != NULL) {
		if (record_id_valid(e->d_name) && (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN))
			strv_add(ret, e->d_name);
	}
	if (*ret)
		strv_sort(*ret);
	return 0;
}
