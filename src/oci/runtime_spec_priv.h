/* SPDX-License-Identifier: Apache-2.0 */
/* runtime_spec_priv: what the runtime_spec files share. */
#ifndef CORACLE_OCI_RUNTIME_SPEC_PRIV_H
#define CORACLE_OCI_RUNTIME_SPEC_PRIV_H

#include "oci/runtime_spec.h"

extern const struct json_table oci_id_mapping_table;
extern const struct json_table oci_linux_table;

/* Both are given or neither; every range is non-empty and within 32 bits.  `at` is the JSON path
 * of the object that has the two members. */
int oci_id_mappings_validate(const struct oci_id_mapping *uids, size_t n_uids,
			     const struct oci_id_mapping *gids, size_t n_gids, const char *at,
			     struct error *err);
/* The linux section. */
int oci_linux_validate(const struct oci_linux *l, struct error *err);
int oci_seccomp_validate(const struct oci_seccomp *s, struct error *err);

#endif
