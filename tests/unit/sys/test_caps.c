/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/capability.h>
#include <unistd.h>

#include "harness/test.h"
#include "sys/caps.h"
#include "sys/pidref.h"
#include "sys/process.h"

TEST(names)
{
	CHECK_INT(caps_from_name("CAP_CHOWN"), CAP_CHOWN);
	CHECK_INT(caps_from_name("cap_sys_admin"), CAP_SYS_ADMIN);
	CHECK_INT(caps_from_name("Net_Raw"), CAP_NET_RAW);
	CHECK_INT(caps_from_name("CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
	CHECK_INT(caps_from_name("CAP_"), -EINVAL);
	CHECK_INT(caps_from_name(""), -EINVAL);
	CHECK_INT(caps_from_name("CAP_NONE"), -EINVAL);
	CHECK_STR(caps_name(CAP_SYS_CHROOT), "CAP_SYS_CHROOT");
	CHECK(caps_name(-1) == NULL && caps_name(64) == NULL);
	for (int i = 0; caps_name(i) != NULL; i++) {
		CHECK_INT(caps_from_name(caps_name(i)), i);
		CHECK((caps_known() >> i & 1) == 1);
	}
	CHECK(caps_last() >= CAP_AUDIT_READ && caps_last() < 64);
}

/* What the body of a test does to its own process is done in a child. */
static int drop(void)
{
	const uint64_t keep = 1ULL << CAP_CHOWN | 1ULL << CAP_KILL;
	const uint64_t beyond = 1ULL << 63; /* the kernel lacks it: ignored */
	struct caps c;

	if (caps_drop_bounding(keep) < 0)
		return 10;
	if (caps_set(keep | beyond, keep | beyond, keep | beyond) < 0)
		return 11;
	if (caps_set_ambient(1ULL << CAP_KILL | beyond) < 0)
		return 12;
	if (caps_get(&c) < 0 || c.bounding != keep || c.effective != keep || c.permitted != keep ||
	    c.inheritable != keep || c.ambient != 1ULL << CAP_KILL)
		return 13;
	if (!caps_have(CAP_CHOWN) || caps_have(CAP_SYS_ADMIN) || caps_have(-1) || caps_have(64))
		return 14;
	/* Not there any more: neither to raise nor to drop. */
	if (caps_set(1ULL << CAP_SYS_ADMIN, 1ULL << CAP_SYS_ADMIN, 0) != -EPERM)
		return 15;
	if (caps_drop_bounding(0) != -EPERM)
		return 16;
	if (caps_drop_bounding(keep) != 0)
		return 17;
	if (caps_set(0, 0, 0) < 0 || caps_set_ambient(0) < 0)
		return 18;
	if (caps_get(&c) < 0 || (c.effective | c.permitted | c.inheritable | c.ambient) != 0)
		return 19;
	return 0;
}

TEST(sets)
{
	pid_t pid;
	int status;

	if (!caps_have(CAP_SETPCAP))
		TEST_SKIP("cap_setpcap");
	pid = fork();
	if (pid == 0)
		_exit(drop());
	CHECK_INT(pid_reap(pid, &status), 0);
	CHECK_INT(status, 0);
}

static int change_user(void)
{
	struct caps c;

	if (caps_keep(true) < 0 || process_setgroups(NULL, 0) < 0 || process_setid(1234, 1234) < 0)
		return 10;
	if (caps_get(&c) < 0 || c.permitted == 0 || c.effective != 0)
		return 11;
	return getuid() == 1234 && getegid() == 1234 ? 0 : 12;
}

TEST(keep_over_change_of_user)
{
	pid_t pid;
	int status;

	if (!caps_have(CAP_SETUID))
		TEST_SKIP("cap_setuid");
	pid = fork();
	if (pid == 0)
		_exit(change_user());
	CHECK_INT(pid_reap(pid, &status), 0);
	CHECK_INT(status, 0);
}
