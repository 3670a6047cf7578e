/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile: the ecosystem's seccomp.json to the OCI section of one container.
 *
 * Beyond the OCI form a profile has `archMap` (architectures by the machine's own), errno names,
 * and per rule `includes` and `excludes`: conditions on the machine's architecture, the container's
 * capabilities and the kernel's version.  A rule holds when every include is met and no exclude is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/num.h"
#include "base/str.h"
#include "seccomp/seccomp_priv.h"
#include "sys/caps.h"

struct profile_arch {
	char *architecture;
	char **sub_architectures;
};
struct profile_filter {
	char **arches, **caps;
	char *min_kernel;
};
struct profile_syscall {
	char *name, **names;
	char *action;
	struct opt_u32 errno_ret;
	char *errno_name;
	struct oci_seccomp_arg *args;
	size_t n_args;
	char *comment;
	struct profile_filter includes, excludes;
};
struct profile {
	char *default_action;
	struct opt_u32 default_errno_ret;
	char *default_errno;
	char **architectures;
	struct profile_arch *arch_map;
	size_t n_arch_map;
	char **flags;
	char *listener_path, *listener_metadata;
	struct profile_syscall *syscalls;
	size_t n_syscalls;
};

static const struct json_field arg_rows[] = {
	JROW(struct oci_seccomp_arg, "index", index, JT_U32, 0),
	JROW(struct oci_seccomp_arg, "value", value, JT_U64, 0),
	JROW(struct oci_seccomp_arg, "valueTwo", value_two, JT_U64, 0),
	JROW(struct oci_seccomp_arg, "op", op, JT_STR, JF_REQUIRED),
};
static const struct json_table arg_table = JTABLE(struct oci_seccomp_arg, arg_rows);

static const struct json_field arch_rows[] = {
	JROW(struct profile_arch, "architecture", architecture, JT_STR, JF_REQUIRED),
	JROW(struct profile_arch, "subArchitectures", sub_architectures, JT_STRV, 0),
};
static const struct json_table arch_table = JTABLE(struct profile_arch, arch_rows);

static const struct json_field filter_rows[] = {
	JROW(struct profile_filter, "arches", arches, JT_STRV, 0),
	JROW(struct profile_filter, "caps", caps, JT_STRV, 0),
	JROW(struct profile_filter, "minKernel", min_kernel, JT_STR, 0),
};
static const struct json_table filter_table = JTABLE(struct profile_filter, filter_rows);

static const struct json_field syscall_rows[] = {
	JROW(struct profile_syscall, "name", name, JT_STR, 0),
	JROW(struct profile_syscall, "names", names, JT_STRV, 0),
	JROW(struct profile_syscall, "action", action, JT_STR, JF_REQUIRED),
	JROW(struct profile_syscall, "errnoRet", errno_ret, JT_OPT_U32, 0),
	JROW(struct profile_syscall, "errno", errno_name, JT_STR, 0),
	JROW_ARR(struct profile_syscall, "args", args, n_args, JT_ARR, 0, &arg_table),
	JROW(struct profile_syscall, "comment", comment, JT_STR, 0),
	JROW_OBJ(struct profile_syscall, "includes", includes, JT_OBJ, 0, &filter_table),
	JROW_OBJ(struct profile_syscall, "excludes", excludes, JT_OBJ, 0, &filter_table),
};
static const struct json_table syscall_table = JTABLE(struct profile_syscall, syscall_rows);

static const struct json_field profile_rows[] = {
	JROW(struct profile, "defaultAction", default_action, JT_STR, JF_REQUIRED),
	JROW(struct profile, "defaultErrnoRet", default_errno_ret, JT_OPT_U32, 0),
	JROW(struct profile, "defaultErrno", default_errno, JT_STR, 0),
	JROW(struct profile, "architectures", architectures, JT_STRV, 0),
	JROW_ARR(struct profile, "archMap", arch_map, n_arch_map, JT_ARR, 0, &arch_table),
	JROW(struct profile, "flags", flags, JT_STRV, 0),
	JROW(struct profile, "listenerPath", listener_path, JT_STR, 0),
	JROW(struct profile, "listenerMetadata", listener_metadata, JT_STR, 0),
	JROW_ARR(struct profile, "syscalls", syscalls, n_syscalls, JT_ARR, 0, &syscall_table),
};
static const struct json_table profile_table = JTABLE(struct profile, profile_rows);

/* "EPERM" to 1. */
static int errno_number(const char *name)
{
	for (int n = 1; n <= 133; n++) {
		const char *known = strerrorname_np(n);

		if (known != NULL && streq(known, name))
			return n;
	}
	return streq(name, "EWOULDBLOCK") ? EWOULDBLOCK
	       : streq(name, "ENOTSUP")	  ? ENOTSUP
					  : -EINVAL;
}

static int resolve_errno(const char *name, const struct opt_u32 *number, const char *what,
			 const char *where, struct opt_u32 *ret, struct error *err)
{
	int n;

	*ret = *number;
	if (str_empty(name))
		return 0;
	n = errno_number(name);
	if (n < 0)
		return error_set(err, ERROR_INVALID, "%s: %s: unknown errno '%s'", what, where,
				 name);
	if (number->set && number->value != (uint32_t)n)
		return error_set(err, ERROR_INVALID, "%s: %s: '%s' and %u contradict each other",
				 what, where, name, number->value);
	*ret = (struct opt_u32){ .set = true, .value = (uint32_t)n };
	return 0;
}

/* "MAJOR.MINOR" at the start of *s. */
static int take_version(const char **s, uint32_t *ret_major, uint32_t *ret_minor)
{
	uint32_t major, minor;

	if (num_take_u32(s, &major) < 0 || *(*s)++ != '.' || num_take_u32(s, &minor) < 0)
		return -EINVAL;
	*ret_major = major;
	*ret_minor = minor;
	return 0;
}

/* 1 when the running kernel is at least "MAJOR.MINOR", 0, -EINVAL. */
static int kernel_at_least(const char *want)
{
	uint32_t major, minor, have_major = 0, have_minor = 0;
	struct utsname u;
	const char *have = u.release;

	if (take_version(&want, &major, &minor) < 0 || *want != '\0')
		return -EINVAL;
	if (uname(&u) == 0)
		(void)take_version(&have, &have_major, &have_minor); /* unknown: older than all */
	return have_major > major || (have_major == major && have_minor >= minor);
}

static bool has_cap(uint64_t caps, const char *name)
{
	int n = caps_from_name(name);

	return n >= 0 && (caps & (uint64_t)1 << n) != 0;
}

/* Whether the rule holds for this container: 1, 0 or -EINVAL (a kernel version that is none). */
static int holds(const struct profile_syscall *s, uint64_t caps)
{
	const char *arch = seccomp_native_goarch();
	int r;

	if (s->excludes.arches != NULL && strv_has(s->excludes.arches, arch))
		return 0;
	STRV_FOREACH (c, s->excludes.caps) {
		if (has_cap(caps, *c))
			return 0;
	}
	if (!str_empty(s->excludes.min_kernel)) {
		r = kernel_at_least(s->excludes.min_kernel);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (strv_len(s->includes.arches) > 0 && !strv_has(s->includes.arches, arch))
		return 0;
	STRV_FOREACH (c, s->includes.caps) {
		if (!has_cap(caps, *c))
			return 0;
	}
	return str_empty(s->includes.min_kernel) ? 1 : kernel_at_least(s->includes.min_kernel);
}

static int resolve_syscall(struct profile_syscall *s, size_t i, const char *what, uint64_t caps,
			   struct oci_seccomp *out, struct error *err)
{
	struct oci_seccomp_syscall *row;
	struct opt_u32 errno_ret;
	char where[40];
	int r = holds(s, caps);

	snprintf(where, sizeof(where), ".syscalls[%zu]", i);
	if (r < 0)
		return error_set(err, ERROR_INVALID,
				 "%s: %s: minKernel is not a kernel version such as 4.8", what,
				 where);
	if (r == 0)
		return 0;
	if (s->name != NULL && *s->name != '\0' && strv_len(s->names) > 0)
		return error_set(err, ERROR_INVALID, "%s: %s has both 'name' and 'names'", what,
				 where);
	r = resolve_errno(s->errno_name, &s->errno_ret, what, where, &errno_ret, err);
	if (r < 0)
		return r;
	row = ARRAY_ADD(out->syscalls, out->n_syscalls);
	if (!str_empty(s->name))
		strv_add(&row->names, s->name);
	else
		row->names = take_ptr(s->names);
	row->action = take_ptr(s->action);
	row->errno_ret = errno_ret;
	row->args = take_ptr(s->args);
	row->n_args = s->n_args;
	s->n_args = 0;
	return 0;
}

static int resolve_arches(struct profile *p, const char *what, struct oci_seccomp *out,
			  struct error *err)
{
	if (strv_len(p->architectures) > 0 && p->n_arch_map > 0)
		return error_set(err, ERROR_INVALID, "%s has both 'architectures' and 'archMap'",
				 what);
	if (strv_len(p->architectures) > 0)
		out->architectures = take_ptr(p->architectures);
	for (size_t i = 0; i < p->n_arch_map; i++) {
		if (!streq(p->arch_map[i].architecture, seccomp_native_arch()))
			continue;
		strv_add(&out->architectures, p->arch_map[i].architecture);
		strv_add_all(&out->architectures, p->arch_map[i].sub_architectures);
		break;
	}
	return 0;
}

static int resolve(struct profile *p, const char *what, uint64_t caps, struct oci_seccomp *out,
		   struct error *err)
{
	int r = resolve_errno(p->default_errno, &p->default_errno_ret, what, ".defaultErrno",
			      &out->default_errno_ret, err);

	if (r >= 0)
		r = resolve_arches(p, what, out, err);
	for (size_t i = 0; r >= 0 && i < p->n_syscalls; i++)
		r = resolve_syscall(&p->syscalls[i], i, what, caps, out, err);
	if (r < 0)
		return r;
	out->default_action = take_ptr(p->default_action);
	out->flags = take_ptr(p->flags);
	out->listener_path = take_ptr(p->listener_path);
	out->listener_metadata = take_ptr(p->listener_metadata);
	return 0;
}

int seccomp_profile_resolve(const char *text, size_t len, const char *what, uint64_t caps,
			    struct oci_seccomp *ret, struct error *err)
{
	struct oci_seccomp out = { 0 };
	struct profile p = { 0 };
	int r = json_table_parse(&profile_table, text, len, &p, what, JSON_IGNORE_CASE, err);

	if (r < 0)
		return r;
	r = resolve(&p, what, caps, &out, err);
	json_table_free(&profile_table, &p);
	if (r < 0)
		json_table_free(&oci_seccomp_table, &out);
	else
		*ret = out;
	return r;
}
