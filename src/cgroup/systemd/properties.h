/* SPDX-License-Identifier: Apache-2.0 */
/*
 * properties: what systemd must know of a scope, as the a(sv) of StartTransientUnit and
 * SetUnitProperties (org.freedesktop.systemd1(5), systemd.resource-control(5)).
 *
 * systemd writes the control files of its units again whenever it likes (daemon-reload, a sibling
 * that starts).  So each value that we write into a file of a controller which systemd manages
 * has to be a property, too.  The properties are made from the same settings that are written
 * (cgroup_priv.h): no limit can be in one and not in the other.  What systemd does not manage
 * (hugetlb, rdma, misc, cpu.max.burst, cpuset on v1, ...) is in the files alone, and stays.
 */
#ifndef CORACLE_CGROUP_SYSTEMD_PROPERTIES_H
#define CORACLE_CGROUP_SYSTEMD_PROPERTIES_H

#include "base/buf.h"
#include "base/error.h"
#include "base/strmap.h"
#include "cgroup/cgroup_priv.h"

/* Annotations with this prefix are properties: the rest is its name, the value is text of a
 * GVariant: true, 'text', 42, uint64 42, ['a', 'b']. */
#define PROPERTY_ANNOTATION "org.systemd.property."

/* Elements of an a(sv); the caller brackets them by dbus_array_begin and dbus_array_end. */
void property_bool(struct buf *b, const char *name, bool v);
void property_string(struct buf *b, const char *name, const char *v);
void property_u64(struct buf *b, const char *name, uint64_t v);
void property_pids(struct buf *b, uint32_t pid);

/* All settings that systemd manages.  r (NULL: a new cgroup) gives the half of a pair that is not
 * set; `version` is systemd's major one, 0 when unknown.  ERROR_INVALID for a value (of the
 * unified map) that the property cannot hold. */
int property_add_settings(struct buf *b, const struct cgroup_settings *s,
			  const struct cgroup_record *r, unsigned version, struct error *err);
/* Device rules; only v1 needs them (systemd writes devices.allow there, on v2 each adds a program
 * of its own and the kernel asks both). */
void property_add_devices(struct buf *b, const struct cgroup_devices *d);
/* The properties of the annotations. */
int property_add_annotations(struct buf *b, const struct strmap *annotations, struct error *err);
/* Does a setting need to know systemd's version? */
bool property_needs_version(const struct cgroup_settings *s);

#endif
