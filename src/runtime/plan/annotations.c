/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/annotations: the annotations that change what is done: crun's run.oci.* as crun(1) documents
 * them, and ours.  An unknown key is no error (config.md, Annotations).  Those of the cgroup
 * (run.oci.systemd.subgroup, org.systemd.property.*) belong to src/cgroup.
 */
#include <limits.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/plan/plan_priv.h"

#define CONTEXT_TYPE "run.oci.mount_context_type"
#define TIMENS_OFFSET "run.oci.timens_offset"
#define FORCE_CGROUP1 "run.oci.systemd.force_cgroup_v1"

/* Other ways to run a payload, and code loaded into the runtime: there is neither here. */
static const struct {
	const char *key, *why;
} refused[] = {
	{ "run.oci.handler", "this runtime starts processes only, no virtual machine or wasm" },
	{ "module.wasm.image/variant",
	  "this runtime starts processes only, no virtual machine or wasm" },
	{ "run.oci.delegate-cgroup", "no further cgroup is made below the container's; "
				     "run.oci.systemd.subgroup names the one that a scope has" },
	{ "run.oci.seccomp.plugins", "plugins are not loaded into this runtime; use "
				     ".linux.seccomp.listenerPath" },
};

static int take_path(const struct strmap *m, const char *key, char **ret, struct error *err)
{
	const char *value = strmap_get(m, key);

	if (value == NULL)
		return 0;
	if (!path_absolute(value))
		return error_set(err, ERROR_INVALID, "annotation %s: '%s' is not absolute", key,
				 value);
	*ret = xstrdup(value);
	return 0;
}

static int take_context_type(const struct strmap *m, struct plan *ret, struct error *err)
{
	static const char *const types[] = { "context", "fscontext", "defcontext", "rootcontext" };
	const char *value = strmap_get(m, CONTEXT_TYPE);
	int i = value != NULL ? str_table_find(types, ARRAY_SIZE(types), value) : 0;

	if (i < 0)
		return error_set(err, ERROR_INVALID,
				 "annotation " CONTEXT_TYPE ": '%s' is none of context, fscontext, "
				 "defcontext, rootcontext",
				 value);
	ret->mount_context_type = types[i];
	return 0;
}

/* "monotonic 3600 0", as time_namespaces(7) has it written. */
static int take_time_offset(const struct strmap *m, struct plan *ret, struct error *err)
{
	const char *value = strmap_get(m, TIMENS_OFFSET);
	scoped_strv char **words = NULL;
	int64_t secs;
	uint32_t nanosecs;

	/* .linux.timeOffsets is newer and says the same. */
	if (value == NULL || ret->ns.time_offsets != NULL)
		return 0;
	words = strv_split(value, " ", false);
	if (strv_len(words) != 3 ||
	    (!streq(words[0], "monotonic") && !streq(words[0], "boottime") &&
	     !streq(words[0], "1") && !streq(words[0], "7")) ||
	    num_i64(words[1], &secs) < 0 || num_u32(words[2], &nanosecs) < 0 ||
	    nanosecs > 999999999)
		return error_set(err, ERROR_INVALID,
				 "annotation " TIMENS_OFFSET ": '%s' is not a clock (monotonic or "
				 "boottime), seconds and nanoseconds",
				 value);
	ret->ns.time_offsets = xasprintf("%s %lld %u\n", words[0], (long long)secs, nanosecs);
	return 0;
}

int plan_resolve_annotations(const struct strmap *m, struct plan *ret, struct error *err)
{
	int r = 0;

	if (m->n == 0) {
		ret->mount_context_type = "context";
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const char *value = strmap_get(m, refused[i].key);

		if (!str_empty(value))
			return error_set(err, ERROR_UNSUPPORTED, "annotation %s=%s: %s",
					 refused[i].key, value, refused[i].why);
	}
	ret->process.keep_groups = strmap_has(m, "run.oci.keep_original_groups");
	r = take_context_type(m, ret, err);
	if (r == 0)
		r = take_time_offset(m, ret, err);
	if (r == 0)
		r = take_path(m, FORCE_CGROUP1, &ret->force_cgroup1, err);
	if (r == 0)
		r = take_path(m, "run.oci.pidfd_receiver", &ret->pidfd_receiver, err);
	return r;
}
