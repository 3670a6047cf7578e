/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "harness/test.h"
#include "sys/feature.h"

TEST(answers_agree_with_the_kernel)
{
	struct error err = ERROR_INIT;

	CHECK(feature_filesystem("proc") && feature_filesystem("tmpfs"));
	CHECK(!feature_filesystem("no-such-fs") && !feature_filesystem("") &&
	      !feature_filesystem("nodev"));
	CHECK(feature_namespace("mnt") && !feature_namespace("none"));
	CHECK_INT(feature_selinux(), access("/sys/fs/selinux/enforce", F_OK) == 0);
	if (feature_filesystem("overlay"))
		CHECK_OK(feature_require_overlay(&err), err);
	else
		CHECK_FAILS(feature_require_overlay(&err), err, ERROR_UNSUPPORTED, "modprobe");
	/* Twice the same. */
	CHECK_INT(feature_openat2(), feature_openat2());
	CHECK_INT(feature_clone3(), feature_clone3());
	CHECK_INT(feature_seccomp(), feature_seccomp());
	CHECK_INT(feature_apparmor(), feature_apparmor());
	CHECK(feature_seccomp() == (access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0));
}
