/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remount FILE: try to make the mount that FILE lies on writable, by a descriptor and by path.
 * Status 0: one of them worked; 1: neither; 2: FILE cannot be looked at.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	struct mount_attr rw = { .attr_clr = MOUNT_ATTR_RDONLY };
	int fd = argc == 2 ? open(argv[1], O_PATH) : -1;

	if (fd < 0)
		return 2;
	return mount_setattr(fd, "", AT_EMPTY_PATH, &rw, sizeof(rw)) < 0 &&
	       mount(NULL, argv[1], NULL, MS_REMOUNT | MS_BIND, NULL) < 0;
}
