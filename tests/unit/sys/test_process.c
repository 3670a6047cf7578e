/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/test.h"
#include "sys/pidref.h"
#include "sys/process.h"

TEST(rlimit_names)
{
	CHECK_INT(process_rlimit_from_name("RLIMIT_NOFILE"), RLIMIT_NOFILE);
	CHECK_INT(process_rlimit_from_name("RLIMIT_RTTIME"), RLIMIT_RTTIME);
	CHECK_INT(process_rlimit_from_name("NOFILE"), -EINVAL);
	CHECK_INT(process_rlimit_from_name(""), -EINVAL);
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		CHECK(process_rlimit_name(i) != NULL);
		CHECK_INT(process_rlimit_from_name(process_rlimit_name(i)), i);
	}
	CHECK(process_rlimit_name(RLIM_NLIMITS) == NULL);
}

/* Runs fn in a child, as what it does cannot be undone. */
static int in_child(int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	pid_reap(pid, &status);
	return status;
}

static int set_many(void)
{
	struct process_sched batch = { .policy = SCHED_BATCH, .nice = 3 };
	struct rlimit rl;
	cpu_set_t cpus;

	if (process_set_rlimit(RLIMIT_NOFILE, 10, 20) < 0 || getrlimit(RLIMIT_NOFILE, &rl) < 0 ||
	    rl.rlim_cur != 10 || rl.rlim_max != 20)
		return 10;
	if (process_set_rlimit(RLIMIT_NOFILE, 30, 20) != -EINVAL)
		return 11;
	if (process_set_personality(PER_LINUX32) < 0 || personality(0xffffffff) != PER_LINUX32)
		return 12;
	if (process_set_scheduler(&batch) < 0 || sched_getscheduler(0) != SCHED_BATCH ||
	    getpriority(PRIO_PROCESS, 0) != 3)
		return 13;
	if (process_set_ioprio(2, 7) < 0 || process_set_ioprio(9, 7) != -EINVAL)
		return 14;
	if (process_set_affinity(0, "0") < 0 || sched_getaffinity(0, sizeof(cpus), &cpus) < 0 ||
	    CPU_COUNT(&cpus) != 1 || !CPU_ISSET(0, &cpus))
		return 15;
	if (process_no_new_privs() < 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 16;
	if (process_set_dumpable(false) < 0 || prctl(PR_GET_DUMPABLE) != 0)
		return 17;
	if (process_subreaper(true) < 0 || process_pdeathsig(9) < 0)
		return 18;
	return 0;
}

TEST(settings)
{
	CHECK_INT(in_child(set_many), 0);
}

TEST(cpu_lists)
{
	static const char *const bad[] = { "",	 ",",	"0,",	"a",	"1-0",	  "-1",
					   "0-", "0-a", "0--1", "8192", "0-8192", "0 1" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(process_set_affinity(0, bad[i]), -EINVAL);
	CHECK_INT(process_set_affinity(0, "0-8191"), 0);
	CHECK_INT(process_set_affinity(0, " 0 - 3, 7 "), 0);
	CHECK_INT(process_set_affinity(0x7ffffff0, "0"), -ESRCH);
}

static int refuse_prctl(void)
{
	struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	char name[16];

	if (process_no_new_privs() < 0 || process_seccomp_install(prog, 4, 0) != 0)
		return 10;
	return prctl(PR_GET_NAME, name, 0, 0, 0) == -1 && errno == EXDEV ? 0 : 11;
}

TEST(seccomp)
{
	CHECK_INT(in_child(refuse_prctl), 0);
	CHECK_INT(process_seccomp_install(NULL, 0, 0x80000000u), -EINVAL);
}

static int keyring(void)
{
	int a = process_new_keyring("coracle-test");

	if (a == -ENOSYS || a == -EDQUOT)
		return 77;
	return a > 0 ? 0 : 10;
}

TEST(session_keyring)
{
	int status = in_child(keyring);

	if (status == 77)
		TEST_SKIP("keyrings");
	CHECK_INT(status, 0);
}

static int drop_user(void)
{
	uint32_t groups[] = { 7, 8 };
	gid_t got[4];

	if (process_setgroups(groups, 2) < 0 || getgroups(4, got) != 2 || got[1] != 8)
		return 10;
	if (process_setid(1000, 2000) < 0)
		return 11;
	return getuid() == 1000 && geteuid() == 1000 && getgid() == 2000 && getegid() == 2000 &&
			       process_setid(0, 0) == -EPERM
		       ? 0
		       : 12;
}

TEST(user_and_groups)
{
	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK_INT(in_child(drop_user), 0);
}
