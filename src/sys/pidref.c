/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/pidref.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/procfs.h"

void pidref_done(struct pidref *p)
{
	if (p == NULL)
		return;
	fd_close(p->fd);
	*p = PIDREF_INIT;
}

int pidref_open(struct pidref *p, pid_t pid, uint64_t start_time)
{
	scoped_fd int fd = -1;
	struct proc_stat st;
	int r;

	if (pid <= 0)
		return -ESRCH;
	fd = pidfd_open(pid, 0);
	if (fd < 0)
		return -errno;
	/* The number may have been reused between its recording and the open, but not between the
	 * open and this read unless the process is gone, which the pidfd then tells. */
	r = proc_stat(pid, &st);
	if (r < 0)
		return r;
	if (start_time != 0 && st.start_time != start_time)
		return -ESRCH;
	pidref_done(p);
	*p = (struct pidref){ .pid = pid, .start_time = st.start_time, .fd = take_fd(fd) };
	return 0;
}

int pidref_set(struct pidref *p, pid_t pid)
{
	return pidref_open(p, pid, 0);
}

int pidref_alive_at(pid_t pid, uint64_t start_time)
{
	struct proc_stat st;

	if (pid <= 0 || proc_stat(pid, &st) < 0)
		return 0;
	if (st.state == 'Z' || st.state == 'X' || st.state == 'x')
		return 0;
	return start_time == 0 || st.start_time == start_time;
}

int pidref_alive(const struct pidref *p)
{
	int r;

	if (p->fd < 0)
		return pidref_alive_at(p->pid, p->start_time);
	r = fd_wait(p->fd, POLLIN, 0);
	return r < 0 ? r : r == 0;
}

int pidref_kill(const struct pidref *p, int sig)
{
	struct pidref found = PIDREF_INIT;
	int r;

	if (p->fd < 0) {
		r = pidref_open(&found, p->pid, p->start_time);
		if (r < 0)
			return r;
		r = pidref_kill(&found, sig);
		pidref_done(&found);
		return r;
	}
	return pidfd_send_signal(p->fd, sig, NULL, 0) < 0 ? -errno : 0;
}

int pidref_wait(const struct pidref *p, int timeout_msec)
{
	struct pidref found = PIDREF_INIT;
	int r;

	if (p->fd < 0) {
		r = pidref_open(&found, p->pid, p->start_time);
		if (r == -ESRCH)
			return 1;
		if (r < 0)
			return r;
		r = pidref_wait(&found, timeout_msec);
		pidref_done(&found);
		return r;
	}
	return fd_wait(p->fd, POLLIN, timeout_msec);
}

/* linux/pidfd.h of Linux 6.15; the first, shortest form of the structure. */
struct pidfd_info_v0 {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info_v0) == 64, "PIDFD_INFO_SIZE_VER0");
#define GET_INFO _IOWR(0xFF, 11, struct pidfd_info_v0)
#define INFO_EXIT (UINT64_C(1) << 3)

static int info_end(int fd, int *ret_wstatus)
{
	struct pidfd_info_v0 info = { .mask = INFO_EXIT };

	if (fd < 0 || ioctl(fd, GET_INFO, &info) < 0 || !(info.mask & INFO_EXIT))
		return -ENODATA;
	*ret_wstatus = info.exit_code;
	return 0;
}

/* Others than root read 0 where the status would be. */
static int zombie_end(const struct pidref *p, int *ret_wstatus)
{
	struct proc_stat st;

	if (geteuid() != 0 || proc_stat(p->pid, &st) < 0 || st.state != 'Z' ||
	    st.start_time != p->start_time)
		return -ENODATA;
	return proc_exit_code(p->pid, ret_wstatus);
}

int pidref_end(const struct pidref *p, int *ret_wstatus)
{
	if (zombie_end(p, ret_wstatus) == 0)
		return 0;
	return info_end(p->fd, ret_wstatus);
}

int pidref_reap(const struct pidref *p, int *ret_status)
{
	siginfo_t si = { 0 };

	if (p->fd < 0)
		return pid_reap(p->pid, ret_status);
	while (waitid(P_PIDFD, (id_t)p->fd, &si, WEXITED) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (ret_status != NULL)
		*ret_status = si.si_code == CLD_EXITED ? si.si_status & 0xff : 128 + si.si_status;
	return 0;
}

int pid_reap(pid_t pid, int *ret_status)
{
	int wstatus;

	while (waitpid(pid, &wstatus, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (ret_status != NULL)
		*ret_status = pid_exit_status(wstatus);
	return 0;
}

int pid_exit_status(int wstatus)
{
	if (WIFEXITED(wstatus))
		return WEXITSTATUS(wstatus);
	return WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus) : 0;
}

int pidref_get_fd(const struct pidref *p, int number)
{
	int fd = (int)syscall(SYS_pidfd_getfd, p->fd, number, 0);

	return fd < 0 ? -errno : fd;
}
