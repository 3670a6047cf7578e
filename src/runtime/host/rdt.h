/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rdt: .linux.intelRdt: the container's group in the resctrl file system (config-linux.md,
 * IntelRdt; the kernel's Documentation/filesystems/resctrl.rst).
 *
 *	closID	group
 *	absent	directory of the container's id; made and removed with it
 *	"/"	the default group
 *	other	directory of that name; made when it is missing and a schema is given, never
 *		removed; one that is there must have the schema that is wanted
 *
 * With enableMonitoring (or its predecessors enableCMT, enableMBM) a monitoring group of the
 * container's id is made inside, and removed with the container.  All functions take the root of a
 * resctrl file system as descriptor, so that tests can give another directory.
 */
#ifndef CORACLE_RUNTIME_HOST_RDT_H
#define CORACLE_RUNTIME_HOST_RDT_H

#include <sys/types.h>

#include "base/json.h"
#include "oci/runtime_spec.h"

/* What is recorded: enough to enter and to remove the groups. */
struct rdt_record {
	char *clos;    /* directory below the root; "." the default group */
	bool own;      /* named after the container: removed with it */
	char *monitor; /* name in mon_groups, NULL none */
};
extern const struct json_table rdt_record_table;

/* Pure. */
struct rdt_record *rdt_plan(const struct oci_intel_rdt *rdt, const char *id);
void rdt_record_free(struct rdt_record *r);
/* The mounted resctrl; ERROR_UNSUPPORTED when there is none. */
int rdt_open(struct error *err);
/* A group of the container's id must not be there yet: asked before the record is written, by which
 * delete would remove it.  ERROR_EXISTS. */
int rdt_check_free(int root, const struct rdt_record *r, struct error *err);
/* Make the groups and write the schemata. */
int rdt_create(int root, const struct oci_intel_rdt *rdt, const struct rdt_record *r,
	       struct error *err);
/* Put a process in. */
int rdt_enter(int root, const struct rdt_record *r, pid_t pid, struct error *err);
/* What is gone is fine. */
int rdt_remove(int root, const struct rdt_record *r, struct error *err);
/* update: new schemata of the group, either may be NULL.  *ret_before: those that it had (new
 * string), for rdt_restore. */
int rdt_update(int root, const struct rdt_record *r, const char *l3_cache_schema,
	       const char *mem_bw_schema, char **ret_before, struct error *err);
int rdt_restore(int root, const struct rdt_record *r, const char *before, struct error *err);

#endif
