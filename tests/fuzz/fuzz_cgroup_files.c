/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of cgroups: the same bytes as mountinfo of the cgroup mounts, as every file that statistics
 * are read from on either version, and as a list of processes.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const v1_files[] = {
	"memory/g/memory.stat",
	"memory/g/memory.usage_in_bytes",
	"memory/g/memory.limit_in_bytes",
	"memory/g/memory.oom_control",
	"memory/g/cgroup.procs",
	"cpu,cpuacct/g/cpuacct.stat",
	"cpu,cpuacct/g/cpuacct.usage",
	"cpu,cpuacct/g/cpu.stat",
	"pids/g/pids.current",
	"pids/g/pids.max",
	"blkio/g/blkio.throttle.io_service_bytes_recursive",
	"blkio/g/blkio.bfq.io_service_bytes_recursive",
	NULL,
};

static const char *const v2_files[] = {
	"cgroup.controllers", "g/memory.stat",	 "g/memory.current", "g/memory.max",
	"g/memory.events",    "g/cpu.stat",	 "g/io.stat",	     "g/pids.current",
	"g/pids.max",	      "g/cgroup.events", "g/cgroup.procs",   NULL,
};

static char root[2][64];

static void make(char *dir, const char *const *files)
{
	snprintf(dir, sizeof(root[0]), "/tmp/coracle-fuzz.XXXXXX");
	if (!mkdtemp(dir))
		abort();
	for (const char *const *f = files; *f; f++) {
		scoped_free char *path = xasprintf("%s/%s", dir, *f);

		*strrchr(path, '/') = '\0';
		if (fd_mkdir_p(AT_FDCWD, path, 0700) < 0)
			abort();
	}
}

static void clean(void)
{
	for (int i = 0; i < 2; i++)
		if (root[i][0] && fd_remove_tree(AT_FDCWD, root[i]) < 0)
			abort();
}

static void fill(const char *dir, const char *const *files, const uint8_t *data, size_t size)
{
	for (const char *const *f = files; *f; f++) {
		scoped_free char *path = xasprintf("%s/%s", dir, *f);

		if (fd_make_file(AT_FDCWD, path, data, size, 0600) < 0)
			abort();
	}
}

static void read_all(const char *dir)
{
	struct cgroup_record r = { .path = (char *)"/g" };
	struct cgroup_stats s = { 0 };
	struct error err = ERROR_INIT;
	pid_t *pids = NULL;
	size_t n = 0;

	cgroup_system_override(dir);
	if (cgroup_stats(&r, &s, &err) < 0 && err.msg[0] == '\0')
		abort();
	if (cgroup_pids(&r, &pids, &n, &err) < 0 && err.msg[0] == '\0')
		abort();
	for (size_t i = 0; i < n; i++)
		if (pids[i] < 1)
			abort();
	free(pids);
	(void)cgroup_is_frozen(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_free char *text = xstrndup((const char *)data, size);
	struct cgroup_system sys = { 0 };
	uint64_t value;

	if (root[0][0] == '\0') {
		make(root[0], v1_files);
		make(root[1], v2_files);
		atexit(clean);
	}
	(void)cgroup_text_u64(text, "anon", &value);
	fill(root[0], v1_files, data, size);
	read_all(root[0]);
	fill(root[1], v2_files, data, size);
	read_all(root[1]);
	(void)cgroup_mountinfo_parse(text, &sys);
	if (sys.n > CGROUP_HIER_MAX)
		abort();
	return 0;
}
