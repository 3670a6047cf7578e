/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/spec/spec.h"

#include "base/str.h"
#include "sys/caps.h"

/* Podman's default set (reference config-files.md, containers.default_capabilities). */
static const char *const default_names[] = {
	"CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",	 "CAP_FSETID",
	"CAP_KILL",    "CAP_NET_BIND_SERVICE", "CAP_SETFCAP",	 "CAP_SETGID",
	"CAP_SETPCAP", "CAP_SETUID",	       "CAP_SYS_CHROOT",
};

static int collect(char *const *names, uint64_t *ret, bool *ret_all, struct error *err)
{
	STRV_FOREACH (n, names) {
		int cap;
		if (str_ieq(*n, "ALL")) {
			*ret_all = true;
			continue;
		}
		cap = caps_from_name(*n);
		if (cap < 0)
			return error_set(err, ERROR_INVALID, "unknown capability \"%s\"", *n);
		*ret |= 1ULL << cap;
	}
	return 0;
}

int spec_capabilities(char *const *add, char *const *drop, bool privileged, uint64_t available,
		      uint64_t *ret, struct error *err)
{
	uint64_t set = 0, added = 0, dropped = 0;
	bool add_all = false, drop_all = false;
	int r = collect(add, &added, &add_all, err);

	if (r >= 0)
		r = collect(drop, &dropped, &drop_all, err);
	if (r < 0)
		return r;
	if (add_all && drop_all)
		return error_set(err, ERROR_INVALID,
				 "adding all caps and removing all caps not allowed");
	if (added & dropped)
		return error_set(err, ERROR_INVALID,
				 "capability \"%s\" cannot be dropped and added",
				 caps_name(__builtin_ctzll(added & dropped)));
	for (size_t i = 0; i < ARRAY_SIZE(default_names) && !drop_all; i++)
		set |= 1ULL << caps_from_name(default_names[i]);
	if (privileged || add_all)
		set = available;
	*ret = ((set | added) & ~dropped) & available;
	if (added & ~available)
		return error_set(err, ERROR_DENIED,
				 "capability \"%s\" is not among those that Coracle itself has",
				 caps_name(__builtin_ctzll(added & ~available)));
	return 0;
}
