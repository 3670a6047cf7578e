/* SPDX-License-Identifier: Apache-2.0 */
/* live: the driver against the hierarchies of this machine.  Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/cgroup_priv.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/ns.h"

#define MIB (1 << 20)

struct group {
	struct cgroup_request rq;
	struct cgroup_record r;
	struct cgroup_hold hold;
	char id[64];
};

static void group_done(struct group *g)
{
	(void)cgroup_remove(&g->r, true, NULL);
	cgroup_record_done(&g->r);
}
DEFINE_SCOPED_STRUCT(struct group, group_done)

static bool usable(void)
{
	const struct cgroup_hier *h = cgroup_hier_main();

	return geteuid() == 0 && h != NULL && access(h->mount, W_OK) == 0;
}

static int group_init(struct group *g, const struct oci_resources *res, struct error *err)
{
	static unsigned count;
	int n;

	snprintf(g->id, sizeof(g->id), "unit-%d-%u", (int)getpid(), count++);
	g->rq = (struct cgroup_request){
		.id = g->id, .default_parent = "coracle-unit", .resources = res, .owner = (uid_t)-1
	};
	g->hold = CGROUP_HOLD_INIT;
	n = cgroup_plan(&g->rq, &g->r, err);
	return n < 0 ? n : cgroup_create(&g->rq, &g->r, &g->hold, err);
}

/* A child inside the group, stopped in a read until killed. */
static pid_t child_in(const struct cgroup_record *r, struct error *err)
{
	scoped(cgroup_gate_done) struct cgroup_gate gate = CGROUP_GATE_INIT;
	int go[2];
	char c;
	pid_t pid;

	if (cgroup_gate_open(r, &gate, err) < 0 || fd_pipe(go, 0) < 0)
		return -1;
	pid = ns_clone3(&(struct ns_clone){ .cgroup_fd = gate.clone_fd, .exit_signal = SIGCHLD });
	if (pid == 0) {
		int e = cgroup_gate_enter(&gate, true);

		close(go[0]);
		if (write(go[1], e == 0 ? "y" : "n", 1) != 1 || e != 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(go[1]);
	if (pid < 0 || read(go[0], &c, 1) != 1 || c != 'y')
		pid = -1;
	close(go[0]);
	return pid;
}

static char *value(const struct cgroup_record *r, const char *controller, const char *file)
{
	char text[256];

	return xstrdup(cgroup_read_value(r, controller, file, text, sizeof(text)) < 0 ? "(none)"
										      : text);
}

TEST(create_enter_list_remove)
{
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;
	char file[64], want[128];
	pid_t pid;

	if (!usable())
		TEST_SKIP("writable cgroups");
	CHECK_OK(group_init(&g, NULL, &err), err);
	CHECK(cgroup_exists(&g.r));
	pid = child_in(&g.r, &err);
	CHECK_OK(pid, err);

	/* In every hierarchy. */
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	snprintf(want, sizeof(want), ":%s\n", g.r.path);
	scoped_free char *text = test_read_file(file);

	CHECK(text != NULL);
	for (size_t i = 0; i < cgroup_system()->n; i++) {
		const struct cgroup_hier *h = &cgroup_system()->hier[i];
		scoped_free char *line = h->v2 ? xasprintf("0::%s\n", g.r.path)
					       : xasprintf(":%s:%s\n", h->controllers[0], g.r.path);

		if (strstr(text, line) == NULL && !(h->controllers[1] != NULL && !h->v2))
			test_fail(__FILE__, __LINE__, "not in %s: %s", h->mount, text);
	}

	scoped_free pid_t *pids = NULL;
	size_t n = 0;

	CHECK_OK(cgroup_pids(&g.r, &pids, &n, &err), err);
	CHECK_INT(n, 1);
	CHECK_INT(pids[0], pid);
	CHECK_FAILS(cgroup_create(&g.rq, &g.r, &g.hold, &err), err, ERROR_EXISTS, "has processes");
	CHECK_FAILS(cgroup_remove(&g.r, false, &err), err, ERROR_BUSY, "still in it");
	CHECK_OK(cgroup_remove(&g.r, true, &err), err);
	CHECK(!cgroup_exists(&g.r));
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	CHECK_OK(cgroup_remove(&g.r, true, &err), err);
}

TEST(limits_are_in_the_files)
{
	struct oci_memory m = { .limit = OPT_SET(64 * MIB) };
	struct oci_pids p = { .limit = OPT_SET(17) };
	struct oci_cpu c = { .quota = OPT_SET(50000),
			     .period = OPT_SET(100000),
			     .shares = OPT_SET(1024) };
	struct oci_resources res = { .memory = &m, .pids = &p, .cpu = &c };
	scoped(group_done) struct group g = { 0 };
	struct cgroup_stats st;
	struct error err = ERROR_INIT;

	if (!usable() || cgroup_hier_of("memory") == NULL || cgroup_hier_of("pids") == NULL)
		TEST_SKIP("writable cgroups");
	CHECK_OK(group_init(&g, &res, &err), err);
	CHECK_OK(cgroup_stats(&g.r, &st, &err), err);
	CHECK_INT(st.memory_limit, 64 * MIB);
	CHECK_INT(st.pids_limit, 17);
	if (cgroup_layout() == CGROUP_LAYOUT_V2)
		return;
	scoped_free char *quota = value(&g.r, "cpu", "cpu.cfs_quota_us");
	scoped_free char *cpus = value(&g.r, "cpuset", "cpuset.cpus");

	CHECK_STR(quota, "50000");
	CHECK(*cpus != '\0');
}

TEST(memory_goes_up_and_down_with_swap)
{
	struct oci_memory m = { .limit = OPT_SET(64 * MIB), .swap = OPT_SET(64 * MIB) };
	struct oci_resources res = { .memory = &m };
	scoped(group_done) struct group g = { 0 };
	struct cgroup_stats st;
	struct error err = ERROR_INIT;

	if (!usable() || cgroup_hier_of("memory") == NULL)
		TEST_SKIP("writable cgroups");
	CHECK_OK(group_init(&g, &res, &err), err);
	m = (struct oci_memory){ .limit = OPT_SET(256 * MIB), .swap = OPT_SET(256 * MIB) };
	CHECK_OK(cgroup_update(&g.r, &res, &err), err);
	CHECK_OK(cgroup_stats(&g.r, &st, &err), err);
	CHECK_INT(st.memory_limit, 256 * MIB);
	CHECK_INT(st.swap_limit, 0);
	m = (struct oci_memory){ .limit = OPT_SET(32 * MIB), .swap = OPT_SET(48 * MIB) };
	CHECK_OK(cgroup_update(&g.r, &res, &err), err);
	CHECK_OK(cgroup_stats(&g.r, &st, &err), err);
	CHECK_INT(st.memory_limit, 32 * MIB);
	CHECK_INT(st.swap_limit, 16 * MIB);
	m = (struct oci_memory){ .limit = OPT_SET(-1) };
	CHECK_OK(cgroup_update(&g.r, &res, &err), err);
	CHECK_OK(cgroup_stats(&g.r, &st, &err), err);
	CHECK(st.memory_limit == UINT64_MAX);
}

TEST(a_refused_update_changes_nothing)
{
	struct oci_memory m = { .limit = OPT_SET(64 * MIB) };
	struct oci_cpu c = { .shares = OPT_SET(512) };
	struct oci_pids p = { .limit = OPT_SET(5) };
	struct oci_resources res = { .memory = &m, .cpu = &c, .pids = &p };
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;
	struct cgroup_stats st;

	if (!usable() || cgroup_hier_of("memory") == NULL || cgroup_hier_of("cpuset") == NULL)
		TEST_SKIP("writable cgroups");
	CHECK_OK(group_init(&g, &res, &err), err);
	m.limit.value = 128 * MIB;
	c = (struct oci_cpu){ .shares = OPT_SET(700), .cpus = (char *)"900-901" };
	p.limit.value = 6;
	CHECK_FAILS(cgroup_update(&g.r, &res, &err), err, ERROR_OS, "cpu.cpus");
	CHECK_OK(cgroup_stats(&g.r, &st, &err), err);
	CHECK_INT(st.memory_limit, 64 * MIB);
	CHECK_INT(st.pids_limit, 5);
	if (cgroup_layout() != CGROUP_LAYOUT_V2) {
		scoped_free char *shares = value(&g.r, "cpu", "cpu.shares");

		CHECK_STR(shares, "512");
	}
}

TEST(a_failed_create_leaves_nothing)
{
	struct oci_cpu c = { .cpus = (char *)"900-901" };
	struct oci_resources res = { .cpu = &c };
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;

	if (!usable() || cgroup_hier_of("cpuset") == NULL)
		TEST_SKIP("writable cgroups");
	CHECK_FAILS(group_init(&g, &res, &err), err, ERROR_OS, "cpu.cpus");
	for (size_t i = 0; i < cgroup_system()->n; i++) {
		char path[PATH_MAX];

		cgroup_file_path(path, &cgroup_system()->hier[i], g.r.path, NULL);
		CHECK_INT(access(path, F_OK), -1);
	}
}

TEST(devices_are_denied)
{
	struct oci_device_rule rules[] = { { .allow = false },
					   { .allow = true,
					     .type = (char *)"c",
					     .major = OPT_SET(10),
					     .minor = OPT_SET(229),
					     .access = (char *)"rw" } };
	struct oci_resources res = { .devices = rules, .n_devices = 2 };
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;

	if (!usable() || cgroup_hier_of("devices") == NULL)
		TEST_SKIP("v1 devices controller");
	CHECK_OK(group_init(&g, &res, &err), err);
	scoped_free char *path = xasprintf("%s%s/devices.list", cgroup_hier_of("devices")->mount,
					   g.r.path);
	scoped_free char *list = test_read_file(path);

	CHECK(list != NULL && strstr(list, "c 1:3 rwm\n") != NULL);
	CHECK(strstr(list, "c 10:229 rw\n") != NULL);
	CHECK(!str_has_prefix(list, "a "));
	/* Everything, and back by a failed update: the old list stands. */
	struct oci_device_rule all = { .allow = true };
	struct oci_resources wide = { .devices = &all, .n_devices = 1 };

	CHECK_OK(cgroup_update(&g.r, &wide, &err), err);
	scoped_free char *now = test_read_file(path);

	CHECK_STR(now, "a *:* rwm\n");
	CHECK_OK(cgroup_update(&g.r, &res, &err), err);
	scoped_free char *again = test_read_file(path);

	CHECK_STR(again, list);
}

static char state_of(pid_t pid)
{
	char path[64], text[512];
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fd_read_line(AT_FDCWD, path, text, sizeof(text)) < 0)
		return '?';
	p = strrchr(text, ')');
	return p != NULL ? p[2] : '?';
}

TEST(freeze_thaw_and_kill_frozen)
{
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;
	pid_t pid;
	int status;

	if (!usable())
		TEST_SKIP("writable cgroups");
	CHECK_OK(group_init(&g, NULL, &err), err);
	pid = child_in(&g.r, &err);
	CHECK_OK(pid, err);
	CHECK_INT(cgroup_is_frozen(&g.r), 0);
	CHECK_OK(cgroup_freeze(&g.r, true, &err), err);
	CHECK_INT(cgroup_is_frozen(&g.r), 1);
	CHECK(state_of(pid) == 'D' || state_of(pid) == 'S');
	CHECK_OK(cgroup_freeze(&g.r, false, &err), err);
	CHECK_INT(cgroup_is_frozen(&g.r), 0);
	CHECK_OK(cgroup_freeze(&g.r, true, &err), err);
	CHECK_OK(cgroup_kill_all(&g.r, SIGKILL, &err), err);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(kill_all_takes_children_of_children)
{
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;
	scoped_free char *sub = NULL;
	pid_t a, b;

	if (!usable())
		TEST_SKIP("writable cgroups");
	CHECK_OK(group_init(&g, NULL, &err), err);
	/* As the container itself would. */
	sub = xasprintf("%s/below", g.r.path);
	for (size_t i = 0; i < cgroup_system()->n; i++) {
		const struct cgroup_hier *h = &cgroup_system()->hier[i];
		size_t existed;

		CHECK_INT(cgroup_tree_make(h, sub, &existed), 1);
		if (!h->v2 && cgroup_hier_has(h, "cpuset"))
			CHECK_OK(cgroup_v1_cpuset_inherit(h, sub, existed, &err), err);
	}
	a = child_in(&g.r, &err);
	CHECK_OK(a, err);
	b = child_in(&g.r, &err);
	CHECK_OK(b, err);
	CHECK_OK(cgroup_attach_sub(&g.r, "below", b, &err), err);
	CHECK_FAILS(cgroup_attach_sub(&g.r, "../x", b, &err), err, ERROR_INVALID, "not below");
	CHECK_FAILS(cgroup_attach_sub(&g.r, "missing", b, &err), err, ERROR_OS, "missing");
	CHECK_FAILS(cgroup_attach_sub(&g.r, "nothing:below", b, &err), err, ERROR_INVALID,
		    "no controller 'nothing'");

	scoped_free pid_t *pids = NULL;
	size_t n = 0;

	CHECK_OK(cgroup_pids(&g.r, &pids, &n, &err), err);
	CHECK_INT(n, 2);
	CHECK_OK(cgroup_kill_all(&g.r, SIGKILL, &err), err);
	CHECK_INT(waitpid(a, NULL, 0), a);
	CHECK_INT(waitpid(b, NULL, 0), b);
	CHECK_OK(cgroup_remove(&g.r, false, &err), err);
	CHECK(!cgroup_exists(&g.r));
}

/* As far as a child has come whose creator was killed. */
TEST(who_is_in_one_hierarchy_only_is_killed_too)
{
	struct error err = ERROR_INIT;

	if (!usable())
		TEST_SKIP("writable cgroups");
	for (size_t i = 0; i < cgroup_system()->n; i++) {
		scoped(group_done) struct group g = { 0 };
		char full[PATH_MAX];
		int status;
		pid_t pid;

		CHECK_OK(group_init(&g, NULL, &err), err);
		pid = fork();
		if (pid == 0) {
			for (;;)
				pause();
		}
		CHECK(pid > 0);
		CHECK(cgroup_file_path(full, &cgroup_system()->hier[i], g.r.path, "cgroup.procs") >
		      0);
		scoped_free char *text = xasprintf("%d", (int)pid);

		CHECK_INT(fd_write_file(AT_FDCWD, full, text), 0);
		CHECK_OK(cgroup_remove(&g.r, true, &err), err);
		CHECK(!cgroup_exists(&g.r));
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

TEST(other_signals_reach_all)
{
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;
	int status;
	pid_t pid;

	if (!usable())
		TEST_SKIP("writable cgroups");
	CHECK_OK(group_init(&g, NULL, &err), err);
	pid = child_in(&g.r, &err);
	CHECK_OK(pid, err);
	CHECK_OK(cgroup_kill_all(&g.r, SIGTERM, &err), err);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	/* Just ended: remove waits as long as it takes. */
	CHECK_OK(cgroup_remove(&g.r, false, &err), err);
}

TEST(remove_right_after_the_end)
{
	struct error err = ERROR_INIT;

	if (!usable())
		TEST_SKIP("writable cgroups");
	for (int i = 0; i < 30; i++) {
		scoped(group_done) struct group g = { 0 };
		pid_t pid;

		CHECK_OK(group_init(&g, NULL, &err), err);
		pid = child_in(&g.r, &err);
		CHECK_OK(pid, err);
		kill(pid, SIGKILL);
		CHECK_OK(cgroup_remove(&g.r, false, &err), err);
		CHECK(!cgroup_exists(&g.r));
		CHECK_INT(waitpid(pid, NULL, 0), pid);
	}
}

TEST(oom_is_noticed)
{
	struct oci_memory m = { .limit = OPT_SET(16 * MIB), .swap = OPT_SET(16 * MIB) };
	struct oci_resources res = { .memory = &m };
	struct cgroup_oom oom = { .fd = -1, .aux_fd = -1 };
	scoped(cgroup_gate_done) struct cgroup_gate gate = CGROUP_GATE_INIT;
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;
	int go[2], status, seen;
	pid_t pid;

	if (!usable() || cgroup_hier_of("memory") == NULL)
		TEST_SKIP("writable cgroups");
	CHECK_OK(group_init(&g, &res, &err), err);
	CHECK_OK(cgroup_gate_open(&g.r, &gate, &err), err);
	CHECK_INT(fd_pipe(go, 0), 0);
	pid = ns_clone3(&(struct ns_clone){ .cgroup_fd = gate.clone_fd, .exit_signal = SIGCHLD });
	if (pid == 0) {
		size_t size = 64 * MIB;
		char *p, c;

		if (cgroup_gate_enter(&gate, true) < 0 || read(go[0], &c, 1) != 1)
			_exit(1);
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (size_t i = 0; p != MAP_FAILED && i < size; i += 4096)
			((volatile char *)p)[i] = 1;
		_exit(2);
	}
	CHECK(pid > 0);
	/* By the pid, as the monitor does; it may not have entered yet. */
	do
		sched_yield();
	while (cgroup_tree_empty(cgroup_hier_of("memory"), g.r.path) == 1);
	CHECK_INT(cgroup_oom_open_pid(pid, &oom), 0);
	CHECK_INT(cgroup_oom_check(&oom), 0);
	CHECK_INT(write(go[1], "g", 1), 1);
	/* v2 also tells when the limit is only met: no kill yet, look again. */
	do {
		CHECK_INT(fd_wait(oom.fd, POLLIN, 60000), 1);
		seen = cgroup_oom_check(&oom);
	} while (seen == 0);
	CHECK_INT(seen, 1);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_INT(cgroup_oom_check(&oom), 0);
	CHECK_OK(cgroup_remove(&g.r, false, &err), err);
	/* Removal fires the v1 descriptor, too, and is no kill. */
	CHECK_INT(cgroup_oom_check(&oom), 0);
	cgroup_oom_done(&oom);
	close(go[0]);
	close(go[1]);
}

/* Writes more of a file, over and over, than its memory holds. */
static void press(const struct cgroup_gate *gate, int file, size_t size)
{
	static char part[MIB];

	if (cgroup_gate_enter(gate, true) < 0)
		_exit(1);
	for (;;) {
		for (size_t at = 0; at < size; at += sizeof(part)) {
			if (pwrite(file, part, sizeof(part), (off_t)at) < 0)
				_exit(2);
		}
	}
}

TEST(memory_pressure_is_noticed)
{
	struct oci_memory m = { .limit = OPT_SET(16 * MIB) };
	struct oci_resources res = { .memory = &m };
	scoped(cgroup_gate_done) struct cgroup_gate gate = CGROUP_GATE_INIT;
	scoped(cgroup_pressure_done) struct cgroup_pressure quiet = CGROUP_PRESSURE_INIT;
	scoped(cgroup_pressure_done) struct cgroup_pressure p = CGROUP_PRESSURE_INIT;
	scoped(group_done) struct group g = { 0 };
	scoped_free char *path = xasprintf("%s/file", test_tmpdir());
	struct error err = ERROR_INIT;
	scoped_fd int file = -1;
	pid_t pid;

	if (!usable() || cgroup_hier_of("memory") == NULL || cgroup_hier_of("memory")->v2)
		TEST_SKIP("cgroup v1");
	CHECK_OK(group_init(&g, &res, &err), err);
	CHECK_OK(cgroup_gate_open(&g.r, &gate, &err), err);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(file >= 0);
	CHECK_OK(cgroup_pressure_open(&g.r, CGROUP_PRESSURE_LOW, &p, &err), err);
	CHECK_INT(fd_wait(p.fd, p.events, 0), 0);
	pid = ns_clone3(&(struct ns_clone){ .cgroup_fd = gate.clone_fd, .exit_signal = SIGCHLD });
	if (pid == 0)
		press(&gate, file, 64 * MIB);
	CHECK(pid > 0);
	CHECK_INT(fd_wait(p.fd, p.events, 60000), 1);
	CHECK_INT(cgroup_pressure_check(&p, p.events), 1);
	kill(pid, SIGKILL);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	/* Removal fires the descriptor and is no pressure. */
	CHECK_OK(cgroup_pressure_open(&g.r, CGROUP_PRESSURE_CRITICAL, &quiet, &err), err);
	CHECK_OK(cgroup_remove(&g.r, false, &err), err);
	CHECK_INT(fd_wait(quiet.fd, quiet.events, 60000), 1);
	CHECK_INT(cgroup_pressure_check(&quiet, quiet.events), -ENODEV);
	CHECK_FAILS(cgroup_pressure_open(&g.r, CGROUP_PRESSURE_LOW, &p, &err), err, ERROR_OS,
		    "memory.pressure_level");
}

TEST(names_of_pressure)
{
	enum cgroup_pressure_level level;

	for (unsigned i = 0; i < CGROUP_PRESSURE_COUNT; i++) {
		CHECK_INT(cgroup_pressure_parse(cgroup_pressure_name(i), &level), 0);
		CHECK_INT(level, i);
	}
	CHECK_INT(cgroup_pressure_parse("some", &level), -EINVAL);
}

TEST(v1_mounts_cover_every_hierarchy)
{
	struct cgroup_mount *mounts = NULL;
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;
	size_t n = 0;

	if (!usable() || cgroup_layout() == CGROUP_LAYOUT_V2)
		TEST_SKIP("cgroup v1");
	CHECK_OK(group_init(&g, NULL, &err), err);
	CHECK_OK(cgroup_v1_mounts(&g.r, &mounts, &n, &err), err);
	for (size_t i = 0; i < n; i++) {
		CHECK(mounts[i].controller != NULL);
		CHECK((mounts[i].host_path != NULL) != (mounts[i].link_of != NULL));
		CHECK(mounts[i].host_path == NULL || access(mounts[i].host_path, F_OK) == 0);
	}
	CHECK(n >= cgroup_system()->n - (cgroup_hier_v2() != NULL));
	cgroup_v1_mounts_free(mounts, n);
}

/* The v2 parts on whatever v2 tree there is (on hybrid: beside v1). */
TEST(v2_freezer_and_devices)
{
	const struct cgroup_hier *h = cgroup_hier_v2();
	struct oci_device_rule deny = { .allow = false }, allow = { .allow = true };
	scoped(cgroup_devices_done) struct cgroup_devices none = { 0 }, all = { 0 };
	scoped(group_done) struct group g = { 0 };
	struct error err = ERROR_INIT;
	pid_t pid;

	if (!usable() || h == NULL)
		TEST_SKIP("cgroup v2");
	CHECK_OK(group_init(&g, NULL, &err), err);
	pid = child_in(&g.r, &err);
	CHECK_OK(pid, err);
	CHECK_OK(cgroup_v2_freeze(&g.r, true, &err), err);
	CHECK_INT(cgroup_v2_is_frozen(&g.r), 1);
	CHECK_OK(cgroup_v2_freeze(&g.r, false, &err), err);
	CHECK_INT(cgroup_v2_is_frozen(&g.r), 0);

	CHECK_OK(cgroup_devices_from_spec(&deny, 1, true, &none, &err), err);
	CHECK_OK(cgroup_devices_from_spec(&allow, 1, true, &all, &err), err);
	if (cgroup_v2_devices_apply(&g.r, &none, &err) == -EPERM)
		TEST_SKIP("cap_bpf");
	/* A new one takes the place of the old. */
	CHECK_OK(cgroup_v2_devices_apply(&g.r, &none, &err), err);

	/* /dev/null is one of the standard ones, /dev/kmsg is not. */
	scoped(cgroup_gate_done) struct cgroup_gate gate = CGROUP_GATE_INIT;
	int status = 0;

	CHECK_OK(cgroup_gate_open(&g.r, &gate, &err), err);
	for (int round = 0; round < 2; round++) {
		pid_t other = ns_clone3(
			&(struct ns_clone){ .cgroup_fd = gate.clone_fd, .exit_signal = SIGCHLD });

		if (other == 0)
			_exit((open("/dev/null", O_RDWR) >= 0) |
			      (open("/dev/kmsg", O_RDONLY) >= 0 ? 2 : 0));
		CHECK(other > 0);
		CHECK_INT(waitpid(other, &status, 0), other);
		if (access("/dev/kmsg", R_OK) == 0)
			CHECK_INT(WEXITSTATUS(status), round == 0 ? 1 : 3);
		CHECK_OK(cgroup_v2_devices_apply(&g.r, &all, &err), err);
	}
	CHECK_OK(cgroup_remove(&g.r, true, &err), err);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

/* The parent that all groups above share. */
__attribute__((destructor)) static void remove_parent(void)
{
	const struct cgroup_system *sys = cgroup_system();

	for (size_t i = 0; i < sys->n; i++)
		(void)cgroup_tree_remove(&sys->hier[i], "/coracle-unit");
}
