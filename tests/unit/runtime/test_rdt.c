/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of resctrl, on a directory that stands in for its root: no machine of ours has RDT. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/test.h"
#include "runtime/host/rdt.h"
#include "sys/fd.h"

static void rdt_record_free_ptr(struct rdt_record **r)
{
	rdt_record_free(*r);
}
#define scoped_record __attribute__((cleanup(rdt_record_free_ptr)))

/* "root/<name>" with the files that the kernel makes. */
static void make_group(const char *root, const char *name)
{
	scoped_free char *dir = xasprintf("%s/%s", root, name);
	scoped_free char *mon = xasprintf("%s/%s/mon_groups", root, name);
	scoped_free char *tasks = xasprintf("%s/%s/tasks", root, name);
	scoped_free char *schemata = xasprintf("%s/%s/schemata", root, name);

	(void)mkdir(dir, 0755);
	CHECK_INT(mkdir(mon, 0755), 0);
	CHECK_INT(test_write_file(tasks, ""), 0);
	CHECK_INT(test_write_file(schemata, "    MB:0=100;1= 70\n    L3:0=7f;1=0ff\n"), 0);
}

static int make_root(const char *name, const char **ret_path)
{
	const char *path = test_path(name);

	(void)mkdir(path, 0755);
	make_group(path, ".");
	*ret_path = path;
	return fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
}

static void check_file(const char *root, const char *name, const char *want)
{
	scoped_free char *path = xasprintf("%s/%s", root, name);
	scoped_free char *got = test_read_file(path);

	CHECK(got != NULL);
	CHECK_STR(got, want);
}

TEST(group_of_the_container)
{
	char *more[] = { (char *)"L2:0=3", NULL };
	struct oci_intel_rdt rdt = { .l3_cache_schema = (char *)"L3:0=f;1=f\nMB:0=10",
				     .mem_bw_schema = (char *)"MB:0=20;1=70",
				     .schemata = more };
	struct error err = ERROR_INIT;
	const char *path;
	scoped_fd int root = make_root("own", &path);
	scoped_record struct rdt_record *r = rdt_plan(&rdt, "c1");
	scoped_free char *schemata = xasprintf("%s/c1/schemata", path);
	scoped_free char *before = NULL;

	CHECK_OK(rdt_check_free(root, r, &err), err);
	CHECK_OK(rdt_create(root, &rdt, r, &err), err);
	CHECK_FAILS(rdt_check_free(root, r, &err), err, ERROR_EXISTS, "'c1'");
	/* MB: of the L3 schema gives way, schemata comes last. */
	check_file(path, "c1/schemata", "L3:0=f;1=f\nMB:0=20;1=70\nL2:0=3\n");
	CHECK_FAILS(rdt_create(root, &rdt, r, &err), err, ERROR_EXISTS, "'c1'");
	/* The file of a real group answers with what was written; this one keeps what is behind. */
	CHECK_INT(test_write_file(schemata, "L3:0=7\n"), 0);
	CHECK_OK(rdt_update(root, r, "L3:0=1", NULL, &before, &err), err);
	check_file(path, "c1/schemata", "L3:0=1\n");
	CHECK_STR(before, "L3:0=7\n");
	CHECK_OK(rdt_restore(root, r, before, &err), err);
	check_file(path, "c1/schemata", "L3:0=7\n");
	CHECK_INT(unlink(schemata), 0);
	CHECK_OK(rdt_remove(root, r, &err), err);
	CHECK(faccessat(root, "c1", F_OK, 0) < 0);
	CHECK_OK(rdt_remove(root, r, &err), err);
}

TEST(shared_group)
{
	struct oci_intel_rdt rdt = { .clos_id = (char *)"gold", .enable_monitoring = true };
	struct error err = ERROR_INIT;
	const char *path;
	scoped_fd int root = make_root("shared", &path);
	scoped_record struct rdt_record *r = rdt_plan(&rdt, "c2");

	CHECK_FAILS(rdt_create(root, &rdt, r, &err), err, ERROR_NOT_FOUND, "closID");
	make_group(path, "gold");
	CHECK_OK(rdt_create(root, &rdt, r, &err), err);
	make_group(path, "gold/mon_groups/c2");
	CHECK_OK(rdt_enter(root, r, 4711, &err), err);
	CHECK_OK(rdt_enter(root, r, 4712, &err), err);
	check_file(path, "gold/tasks", "4711\n4712\n");
	check_file(path, "gold/mon_groups/c2/tasks", "4711\n4712\n");
	CHECK_INT(fd_remove_tree(root, "gold/mon_groups/c2/mon_groups"), 0);
	(void)unlinkat(root, "gold/mon_groups/c2/tasks", 0);
	(void)unlinkat(root, "gold/mon_groups/c2/schemata", 0);
	CHECK_OK(rdt_remove(root, r, &err), err);
	CHECK(faccessat(root, "gold/mon_groups/c2", F_OK, 0) < 0);
	CHECK(faccessat(root, "gold", F_OK, 0) == 0);
}

TEST(shared_group_must_have_the_schema)
{
	static const struct {
		const char *l3, *mb;
		bool fits;
	} rows[] = {
		{ "L3:0=7f;1=ff", "MB:0=100;1=70", true },
		{ "L3:1=0FF", NULL, true },
		{ NULL, "MB:1=70", true },
		{ "L3:0=ff", NULL, false },
		{ "L3:2=7f", NULL, false },
		{ "L2:0=7f", NULL, false },
		{ "nonsense", NULL, false },
	};
	const char *path;
	scoped_fd int root = make_root("schema", &path);

	make_group(path, "gold");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_intel_rdt rdt = { .clos_id = (char *)"gold",
					     .l3_cache_schema = (char *)rows[i].l3,
					     .mem_bw_schema = (char *)rows[i].mb };
		scoped_record struct rdt_record *r = rdt_plan(&rdt, "c3");
		struct error err = ERROR_INIT;
		int e = rdt_create(root, &rdt, r, &err);

		if (rows[i].fits)
			CHECK_OK(e, err);
		else
			CHECK_FAILS(e, err, ERROR_INVALID, "schemata");
	}
}

TEST(default_group)
{
	struct oci_intel_rdt rdt = { .clos_id = (char *)"/" };
	struct error err = ERROR_INIT;
	const char *path;
	scoped_fd int root = make_root("default", &path);
	scoped_record struct rdt_record *r = rdt_plan(&rdt, "c4");

	CHECK_OK(rdt_check_free(root, r, &err), err);
	CHECK_OK(rdt_create(root, &rdt, r, &err), err);
	CHECK_OK(rdt_enter(root, r, 1, &err), err);
	check_file(path, "tasks", "1\n");
	CHECK_OK(rdt_remove(root, r, &err), err);
	CHECK(faccessat(root, "tasks", F_OK, 0) == 0);
}

TEST(counters_of_older_versions)
{
	struct oci_intel_rdt rdt = { .clos_id = (char *)"/", .enable_cmt = true };
	struct error err = ERROR_INIT;
	const char *path;
	scoped_fd int root = make_root("counters", &path);
	scoped_record struct rdt_record *r = rdt_plan(&rdt, "c5");

	CHECK_STR(r->monitor, "c5");
	CHECK_FAILS(rdt_create(root, &rdt, r, &err), err, ERROR_UNSUPPORTED, "enableCMT");
	CHECK_INT(fd_mkdir_p(root, "info/L3_MON", 0755), 0);
	CHECK_INT(
		test_write_file(test_path("counters/info/L3_MON/mon_features"), "llc_occupancy\n"),
		0);
	CHECK_OK(rdt_create(root, &rdt, r, &err), err);
	rdt.enable_mbm = true;
	CHECK_FAILS(rdt_create(root, &rdt, r, &err), err, ERROR_UNSUPPORTED, "enableMBM");
}

TEST(a_refusal_carries_the_kernels_reason)
{
	struct oci_intel_rdt rdt = { .clos_id = (char *)"/" };
	struct error err = ERROR_INIT;
	const char *path;
	scoped_fd int root = make_root("reason", &path);
	scoped_record struct rdt_record *r = rdt_plan(&rdt, "c6");

	CHECK_INT(fd_mkdir_p(root, "info", 0755), 0);
	CHECK_INT(test_write_file(test_path("reason/info/last_cmd_status"), "no such task\n"), 0);
	CHECK_INT(unlinkat(root, "tasks", 0), 0);
	CHECK_FAILS(rdt_enter(root, r, 1, &err), err, ERROR_OS, "no such task");
}
