/* SPDX-License-Identifier: Apache-2.0 */
/* fake: a pretended /sys/fs/cgroup of plain files, so that settings are tested without privileges.
 */
#ifndef CORACLE_TESTS_UNIT_CGROUP_FAKE_H
#define CORACLE_TESTS_UNIT_CGROUP_FAKE_H

#include <stdio.h>
#include <sys/stat.h>

#include "cgroup/cgroup_priv.h"
#include "harness/test.h"

static inline const char *fake_path(const char *hier, const char *file)
{
	static char path[4][512];
	static unsigned at;
	char *p = path[at++ % 4];

	snprintf(p, sizeof(path[0]), "%s/fs%s%s%s%s", test_tmpdir(), *hier ? "/" : "", hier,
		 *file ? "/" : "", file);
	return p;
}

static inline void fake_file(const char *hier, const char *file, const char *text)
{
	(void)test_write_file(fake_path(hier, file), text);
}

/* Hierarchies "memory cpu ...", each with an empty group /g. */
static inline void fake_v1(const char *names)
{
	char copy[256], *save = NULL;

	mkdir(fake_path("", ""), 0755);
	snprintf(copy, sizeof(copy), "%s", names);
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		mkdir(fake_path(w, ""), 0755);
		mkdir(fake_path(w, "g"), 0755);
	}
	cgroup_system_override(fake_path("", ""));
}

static inline void fake_v2(const char *controllers)
{
	mkdir(fake_path("", ""), 0755);
	fake_file("", "cgroup.controllers", controllers);
	mkdir(fake_path("g", ""), 0755);
	cgroup_system_override(fake_path("", ""));
}

static inline const struct cgroup_record *fake_group(void)
{
	static const struct cgroup_record r = { .driver = CGROUP_DRIVER_CGROUPFS,
						.path = (char *)"/g" };

	return &r;
}

/* All settings as "file=value" lines. */
static inline char *settings_text(const struct cgroup_settings *s)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	for (size_t i = 0; i < s->n; i++)
		buf_addf(&b, "%s=%s\n", s->items[i].file, s->items[i].value);
	return buf_take(&b);
}

#endif
