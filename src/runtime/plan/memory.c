/* SPDX-License-Identifier: Apache-2.0 */
/* plan/memory: .linux.memoryPolicy for set_mempolicy(2). */
#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "runtime/plan/plan_priv.h"

/* linux/mempolicy.h; the index is the mode. */
static const char *const modes[] = { "MPOL_DEFAULT",
				     "MPOL_PREFERRED",
				     "MPOL_BIND",
				     "MPOL_INTERLEAVE",
				     "MPOL_LOCAL",
				     "MPOL_PREFERRED_MANY",
				     "MPOL_WEIGHTED_INTERLEAVE",
				     NULL };
/* The first is bit 13, the next ones follow. */
static const char *const flags[] = { "MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
				     "MPOL_F_STATIC_NODES", NULL };
#define FIRST_FLAG_BIT 13

const char *const *plan_memory_modes(void)
{
	return modes;
}

const char *const *plan_memory_flags(void)
{
	return flags;
}

/* "0-3,7" into the mask. */
static int parse_nodes(const char *list, struct plan_mempolicy *ret)
{
	scoped_strv char **parts = strv_split(list, ",", true);

	STRV_FOREACH (p, parts) {
		char *dash = strchr(*p, '-');
		uint32_t first, last;

		if (dash)
			*dash++ = '\0';
		if (num_u32(str_trim(*p), &first) < 0)
			return -1;
		last = first;
		if (dash && num_u32(str_trim(dash), &last) < 0)
			return -1;
		if (last < first || last >= sizeof(ret->nodes) * 8)
			return -1;
		for (uint32_t n = first; n <= last; n++)
			ret->nodes[n / 64] |= UINT64_C(1) << (n % 64);
	}
	return 0;
}

int plan_resolve_memory_policy(const struct oci_memory_policy *m, struct plan_mempolicy *ret,
			       struct error *err)
{
	if (m == NULL)
		return 0;
	ret->mode = str_table_find(modes, ARRAY_SIZE(modes), m->mode ? m->mode : "");
	if (ret->mode < 0)
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.memoryPolicy.mode: unknown mode '%s'",
				 m->mode ? m->mode : "");
	if (!str_empty(m->nodes) && parse_nodes(m->nodes, ret) < 0)
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.memoryPolicy.nodes: '%s' is not a list of "
				 "nodes",
				 m->nodes);
	STRV_FOREACH (f, m->flags) {
		int i = str_table_find(flags, ARRAY_SIZE(flags), *f);

		if (i < 0)
			return error_set(
				err, ERROR_INVALID,
				"config.json: .linux.memoryPolicy.flags: unknown flag '%s'", *f);
		ret->flags |= 1u << (FIRST_FLAG_BIT + i);
	}
	ret->set = true;
	return 0;
}
