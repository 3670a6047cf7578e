/* SPDX-License-Identifier: Apache-2.0 */
/* manager: the few methods of systemd's manager object that a scope's life takes. */
#ifndef CORACLE_CGROUP_SYSTEMD_MANAGER_H
#define CORACLE_CGROUP_SYSTEMD_MANAGER_H

#include "cgroup/systemd/bus.h"

/* A transient unit of these properties (elements of an a(sv)): made, and its job done.  A failed
 * one of that name that is only remembered makes room.  ERROR_EXISTS: the unit is there. */
int manager_start(struct bus *b, const char *unit, const struct buf *properties, struct error *err);
int manager_set_properties(struct bus *b, const char *unit, const struct buf *properties,
			   struct error *err);
/* Stop it and forget its failure; a unit that is not there is fine. */
int manager_stop(struct bus *b, const char *unit, struct error *err);
/* systemd's own cgroup, to which the paths of its units are relative: "" or "/a/b"; new string. */
int manager_control_group(struct bus *b, char **ret, struct error *err);
/* Major number, 0 when it does not tell. */
unsigned manager_version(struct bus *b);

#endif
