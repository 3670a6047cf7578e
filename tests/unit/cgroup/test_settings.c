/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake.h"

TEST(values_reach_their_files)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	struct error err = ERROR_INIT;

	fake_v1("memory pids");
	fake_file("memory", "g/memory.limit_in_bytes", "5\n");
	fake_file("pids", "g/pids.max", "max\n");
	cgroup_setting_add(&s, "memory", "memory.limit", "memory.limit_in_bytes", "%d", 42);
	cgroup_setting_add(&s, "pids", "pids.limit", "pids.max", "7");
	CHECK_OK(cgroup_settings_apply(&s, fake_group(), NULL, &err), err);
	scoped_free char *a = test_read_file(fake_path("memory", "g/memory.limit_in_bytes"));
	scoped_free char *b = test_read_file(fake_path("pids", "g/pids.max"));

	CHECK_STR(a, "42");
	CHECK_STR(b, "7");
}

TEST(a_missing_file_names_limit_and_file)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	struct error err = ERROR_INIT;

	fake_v1("blkio");
	cgroup_setting_add(&s, "blkio", "blockIO.weight", "blkio.weight", "500")->alt_file =
		xstrdup("blkio.bfq.weight");
	CHECK_FAILS(cgroup_settings_apply(&s, fake_group(), NULL, &err), err, ERROR_UNSUPPORTED,
		    "'blockIO.weight'");
	CHECK(strstr(err.msg, "g/blkio.weight") != NULL);
	/* The other name will do. */
	fake_file("blkio", "g/blkio.bfq.weight", "100\n");
	CHECK_OK(cgroup_settings_apply(&s, fake_group(), NULL, &err), err);
	scoped_free char *a = test_read_file(fake_path("blkio", "g/blkio.bfq.weight"));

	CHECK_STR(a, "500");
}

TEST(a_file_that_stays_without_a_limit_is_refused)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	struct error err = ERROR_INIT;

	fake_v1("memory");
	fake_file("memory", "g/memory.kmem.limit_in_bytes", "9223372036854771712\n");
	cgroup_setting_add(&s, "memory", "memory.kernel", "memory.kmem.limit_in_bytes", "4096")
		->flags = SETTING_READ_BACK;
	CHECK_OK(cgroup_settings_apply(&s, fake_group(), NULL, &err), err);
	/* What the kernel has for "none", whatever was written. */
	free(s.items[0].value);
	s.items[0].value = xstrdup("9223372036854771712");
	CHECK_FAILS(cgroup_settings_apply(&s, fake_group(), NULL, &err), err, ERROR_OS,
		    "'memory.kernel'");
	CHECK_INT(err.num, EOPNOTSUPP);
}

TEST(a_missing_controller_names_it)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	struct error err = ERROR_INIT;

	fake_v1("memory");
	cgroup_setting_add(&s, "hugetlb", "hugepageLimits", "x", "1");
	CHECK_FAILS(cgroup_settings_check(&s, &err), err, ERROR_UNSUPPORTED, "'hugetlb'");
	CHECK_FAILS(cgroup_settings_apply(&s, fake_group(), NULL, &err), err, ERROR_UNSUPPORTED,
		    "hugepageLimits");
}

TEST(an_optional_file_may_be_missing)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	struct error err = ERROR_INIT;

	fake_v1("hugetlb");
	cgroup_setting_add(&s, "hugetlb", "hugepageLimits", "x.rsvd", "1")->flags =
		SETTING_OPTIONAL;
	CHECK_OK(cgroup_settings_apply(&s, fake_group(), NULL, &err), err);
}

TEST(failure_puts_earlier_values_back)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	scoped(cgroup_undo_done) struct cgroup_undo undo = { 0 };
	struct error err = ERROR_INIT;
	struct cgroup_setting *dev;

	fake_v1("memory cpuset blkio");
	fake_file("memory", "g/memory.limit_in_bytes", "5\n");
	fake_file("memory", "g/memory.oom_control", "oom_kill_disable 1\nunder_oom 0\n");
	fake_file("cpuset", "g/cpuset.cpus", "");
	fake_file("blkio", "g/rate", "8:0 100\n8:16 7\n");
	cgroup_setting_add(&s, "memory", "memory.limit", "memory.limit_in_bytes", "42");
	cgroup_setting_add(&s, "memory", "memory.disableOOMKiller", "memory.oom_control", "0")
		->flags = SETTING_OOMCTL;
	cgroup_setting_add(&s, "cpuset", "cpu.cpus", "cpuset.cpus", "0-1");
	dev = cgroup_setting_add(&s, "blkio", "blockIO", "rate", "8:16 9");
	dev->flags = SETTING_KEYED;
	dev = cgroup_setting_add(&s, "blkio", "blockIO", "rate2", "8:32 9");
	CHECK_FAILS(cgroup_settings_apply(&s, fake_group(), &undo, &err), err, ERROR_UNSUPPORTED,
		    "rate2");
	scoped_free char *a = test_read_file(fake_path("memory", "g/memory.limit_in_bytes"));
	scoped_free char *b = test_read_file(fake_path("memory", "g/memory.oom_control"));
	scoped_free char *c = test_read_file(fake_path("cpuset", "g/cpuset.cpus"));
	scoped_free char *d = test_read_file(fake_path("blkio", "g/rate"));

	CHECK_STR(a, "5\n");
	CHECK_STR(b, "1");
	CHECK_STR(c, "\n");
	CHECK_STR(d, "8:16 7");
}

TEST(a_key_without_a_line_is_reset)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	scoped(cgroup_undo_done) struct cgroup_undo undo = { 0 };
	struct error err = ERROR_INIT;
	struct cgroup_setting *dev;

	fake_v1("blkio");
	fake_file("blkio", "g/rate", "8:160 7\n");
	dev = cgroup_setting_add(&s, "blkio", "blockIO", "rate", "8:16 9");
	dev->flags = SETTING_KEYED;
	dev->reset = xstrdup("8:16 0");
	cgroup_setting_add(&s, "blkio", "blockIO", "missing", "1");
	CHECK_FAILS(cgroup_settings_apply(&s, fake_group(), &undo, &err), err, ERROR_UNSUPPORTED,
		    "missing");
	scoped_free char *a = test_read_file(fake_path("blkio", "g/rate"));

	CHECK_STR(a, "8:16 0");
}

TEST(a_controller_that_is_not_passed_down_is_named)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	struct error err = ERROR_INIT;

	fake_v2("cpuset memory");
	fake_file("", "g/cgroup.controllers", "memory\n");
	cgroup_setting_add(&s, "cpuset", "cpu.cpus", "cpuset.cpus", "0");
	CHECK_FAILS(cgroup_settings_apply(&s, fake_group(), NULL, &err), err, ERROR_UNSUPPORTED,
		    "controller 'cpuset' is not enabled");
	CHECK(strstr(err.msg, "'cpu.cpus'") != NULL);
}
