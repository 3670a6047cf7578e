/* SPDX-License-Identifier: Apache-2.0 */
/* v2 stats.  A controller that is not enabled has no files and leaves its members as they are. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

#define STAT_TEXT_MAX ((size_t)64 << 10)

static const char *read_text(const struct cgroup_record *r, const char *file, struct buf *out)
{
	const struct cgroup_hier *h = cgroup_hier_v2();
	char full[PATH_MAX];

	out->max = STAT_TEXT_MAX;
	if (out->data != NULL)
		buf_truncate(out, 0);
	if (h == NULL || cgroup_file_path(full, h, r->path, file) < 0)
		return "";
	return fd_read_file(AT_FDCWD, full, STAT_TEXT_MAX, out) < 0 ? "" : buf_str(out);
}

static int get(const struct cgroup_record *r, const char *file, uint64_t *ret)
{
	return cgroup_read_u64(r, "cgroup", file, ret);
}

static void cpu(const char *t, struct cgroup_stats *s)
{
	(void)cgroup_text_u64(t, "usage_usec", &s->cpu_usage_usec);
	(void)cgroup_text_u64(t, "user_usec", &s->cpu_user_usec);
	(void)cgroup_text_u64(t, "system_usec", &s->cpu_system_usec);
	(void)cgroup_text_u64(t, "nr_periods", &s->cpu_periods);
	(void)cgroup_text_u64(t, "nr_throttled", &s->cpu_throttled_periods);
	(void)cgroup_text_u64(t, "throttled_usec", &s->cpu_throttled_usec);
}

/* Lines "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6". */
static void io(const char *text, struct cgroup_stats *s)
{
	struct {
		const char *key;
		uint64_t *sum;
	} const keys[] = {
		{ " rbytes=", &s->io_read_bytes },
		{ " wbytes=", &s->io_write_bytes },
		{ " rios=", &s->io_read_ops },
		{ " wios=", &s->io_write_ops },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		for (const char *p = text; (p = strstr(p, keys[i].key)) != NULL;) {
			p += strlen(keys[i].key);
			*keys[i].sum += strtoull(p, NULL, 10);
		}
	}
}

int cgroup_v2_stats(const struct cgroup_record *r, struct cgroup_stats *s, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	const char *t;

	(void)err;
	cpu(read_text(r, "cpu.stat", &text), s);
	(void)get(r, "memory.current", &s->memory_usage);
	(void)get(r, "memory.max", &s->memory_limit);
	(void)get(r, "memory.peak", &s->memory_max_usage);
	(void)get(r, "memory.swap.current", &s->swap_usage);
	(void)get(r, "memory.swap.max", &s->swap_limit);
	t = read_text(r, "memory.stat", &text);
	(void)cgroup_text_u64(t, "file", &s->memory_cache);
	(void)cgroup_text_u64(t, "anon", &s->memory_rss);
	t = read_text(r, "memory.events", &text);
	(void)cgroup_text_u64(t, "max", &s->memory_failcnt);
	(void)cgroup_text_u64(t, "oom_kill", &s->oom_kills);
	(void)get(r, "pids.current", &s->pids_current);
	(void)get(r, "pids.max", &s->pids_limit);
	io(read_text(r, "io.stat", &text), s);
	return 0;
}
