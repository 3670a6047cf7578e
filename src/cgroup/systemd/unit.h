/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit: names of systemd units and where their cgroups are.  Pure.
 *
 * cgroupsPath has the form "slice:prefix:name" (as runc and crun take it): the scope is
 * "prefix-name.scope" ("name.scope" without a prefix) in the slice.  A slice "a-b.slice" lies in
 * "a.slice" (systemd.slice(5)): its cgroup is "/a.slice/a-b.slice".
 */
#ifndef CORACLE_CGROUP_SYSTEMD_UNIT_H
#define CORACLE_CGROUP_SYSTEMD_UNIT_H

#include "base/error.h"
#include "base/mem.h"

/* systemd's own limit (UNIT_NAME_MAX), with the NUL. */
#define UNIT_NAME_MAX_BYTES 256

struct unit_name {
	char *slice; /* "machine.slice" */
	char *unit;  /* "libpod-ID.scope" */
};
void unit_name_done(struct unit_name *u);
DEFINE_SCOPED_STRUCT(struct unit_name, unit_name_done)

/* cgroups_path NULL or "": "<default_slice>:coracle:<id>".  ERROR_INVALID. */
int unit_name_parse(const char *cgroups_path, const char *default_slice, const char *id,
		    struct unit_name *ret, struct error *err);
/* "a-b.slice" to "/a.slice/a-b.slice", "-.slice" to ""; new string. */
char *unit_slice_path(const char *slice);

#endif
