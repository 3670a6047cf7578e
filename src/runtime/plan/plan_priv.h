/* SPDX-License-Identifier: Apache-2.0 */
/* plan_priv: the parts of plan_resolve and plan_open, one per file here. */
#ifndef CORACLE_RUNTIME_PLAN_PRIV_H
#define CORACLE_RUNTIME_PLAN_PRIV_H

#include "runtime/plan.h"

/* Nothing in it, no descriptor open. */
void plan_init(struct plan *p);

int plan_resolve_namespaces(const struct plan_request *rq, struct plan_namespaces *ret,
			    struct error *err);
/* Wants ret->ns, mount_label and root.propagation already set. */
int plan_resolve_mounts(const struct oci_mount *mounts, size_t n, struct plan *ret,
			struct error *err);
int plan_resolve_devices(const struct oci_spec *spec, struct plan *ret, struct error *err);
int plan_resolve_sysctls(const struct oci_spec *spec, struct plan *ret, struct error *err);
/* NULL leaves ret unset. */
int plan_resolve_memory_policy(const struct oci_memory_policy *m, struct plan_mempolicy *ret,
			       struct error *err);
/* Wants ret->ns. */
int plan_resolve_annotations(const struct strmap *m, struct plan *ret, struct error *err);
/* Word of rootfsPropagation to MS_* bits; 0 for NULL; ULONG_MAX unknown. */
unsigned long plan_propagation(const char *word);

/* A copy, or NULL for an absent or empty text. */
static inline char *plan_dup_text(const char *s)
{
	return s != NULL && s[0] != '\0' ? xstrdup(s) : NULL;
}

/* A new file system in a user namespace: options that it cannot have are left out, and m->fd
 * becomes what may stand in when the kernel refuses it. */
int plan_open_in_userns(const struct plan *p, struct plan_mount *m, struct error *err);
int plan_bind_host_cgroups(struct plan_mount *m, struct error *err);
int plan_open_mounts(struct plan *p, struct error *err);
int plan_open_devices(struct plan *p, struct error *err);

/* Copy OCI mappings; validated by oci_spec_validate. */
void plan_copy_map(const struct oci_id_mapping *m, size_t n, struct id_map *ret);

void plan_landlock_free(struct plan_landlock *l);
void plan_mount_done(struct plan_mount *m);

#endif
