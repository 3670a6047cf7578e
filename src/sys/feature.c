/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/feature.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/fd.h"

/* /proc/filesystems has some 50 lines. */
#define FILESYSTEMS_MAX 65536

bool feature_openat2(void)
{
	static int known = -1;
	struct open_how how = { .flags = O_PATH | O_CLOEXEC };

	if (known < 0) {
		int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

		known = fd >= 0;
		fd_close(fd);
	}
	return known == 1;
}

bool feature_clone3(void)
{
	static int known = -1;
	struct clone_args args = { .exit_signal = ~0ULL };

	/* An impossible signal: EINVAL from a kernel that has the call. */
	if (known < 0)
		known = syscall(SYS_clone3, &args, sizeof(args)) < 0 && errno == EINVAL;
	return known == 1;
}

bool feature_filesystem(const char *type)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	char *save = NULL;

	if (fd_read_file(AT_FDCWD, "/proc/filesystems", FILESYSTEMS_MAX, &text) < 0 ||
	    text.data == NULL)
		return false;
	/* "nodev\tproc" or "\text4" */
	for (char *l = strtok_r(text.data, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save)) {
		const char *tab = strchr(l, '\t');

		if (tab != NULL && streq(tab + 1, type))
			return true;
	}
	return false;
}

bool feature_seccomp(void)
{
	static int known = -1;

	/* EFAULT: filters are there, this one was not. */
	if (known < 0)
		known = prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, NULL, 0, 0) < 0 &&
			errno == EFAULT;
	return known == 1;
}

bool feature_apparmor(void)
{
	static int known = -1;
	char line[8];

	if (known < 0)
		known = fd_read_line(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", line,
				     sizeof(line)) > 0 &&
			line[0] == 'Y' && access("/sys/kernel/security/apparmor", F_OK) == 0;
	return known == 1;
}

bool feature_selinux(void)
{
	static int known = -1;

	if (known < 0)
		known = access("/sys/fs/selinux/enforce", F_OK) == 0;
	return known == 1;
}

bool feature_namespace(const char *proc_name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", proc_name);
	return access(path, F_OK) == 0;
}

int feature_require_overlay(struct error *err)
{
	if (feature_filesystem("overlay"))
		return 0;
	return error_set(
		err, ERROR_UNSUPPORTED,
		"the kernel has no overlay file system; load it with 'modprobe overlay' or "
		"choose the storage driver 'vfs'");
}
