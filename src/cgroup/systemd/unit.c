/* SPDX-License-Identifier: Apache-2.0 */
/* unit: see unit.h. */
#include "cgroup/systemd/unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/strv.h"

#define DEFAULT_PREFIX "coracle"
/* systemd.unit(5): what a name is made of. */
#define UNIT_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@"

void unit_name_done(struct unit_name *u)
{
	free(u->slice);
	free(u->unit);
	*u = (struct unit_name){ 0 };
}

static bool unit_valid(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strlen(name) < UNIT_NAME_MAX_BYTES &&
	       str_only(name, UNIT_CHARS) && strchr(name, '@') == NULL;
}

/* "-.slice", or words between single dashes: an empty one would name no parent. */
static bool slice_valid(const char *name)
{
	size_t stem = strlen(name) - strlen(".slice");

	if (!str_has_suffix(name, ".slice") || !unit_valid(name))
		return false;
	return streq(name, "-.slice") ||
	       (name[0] != '-' && name[stem - 1] != '-' && strstr(name, "--") == NULL);
}

char *unit_slice_path(const char *slice)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	size_t stem = strlen(slice) - strlen(".slice");

	for (size_t i = 1; !streq(slice, "-.slice") && i <= stem; i++) {
		if (i == stem || slice[i] == '-')
			buf_addf(&b, "/%.*s.slice", (int)i, slice);
	}
	return buf_take(&b);
}

int unit_name_parse(const char *cgroups_path, const char *default_slice, const char *id,
		    struct unit_name *ret, struct error *err)
{
	scoped(unit_name_done) struct unit_name u = { 0 };
	scoped_strv char **part = NULL;

	if (str_empty(cgroups_path)) {
		u.slice = xstrdup(default_slice);
		u.unit = xasprintf("%s-%s.scope", DEFAULT_PREFIX, id);
	} else {
		part = strv_split(cgroups_path, ":", true);
		if (strv_len(part) != 3 || str_empty(part[2]))
			return error_set(err, ERROR_INVALID,
					 "linux.cgroupsPath '%s': the systemd cgroup driver takes "
					 "\"slice:prefix:name\"",
					 cgroups_path);
		u.slice = xstrdup(*part[0] != '\0' ? part[0] : default_slice);
		if (str_has_suffix(part[2], ".slice"))
			return error_set(
				err, ERROR_INVALID,
				"linux.cgroupsPath '%s': a slice holds no processes of its "
				"own, name a scope",
				cgroups_path);
		u.unit = *part[1] != '\0' ? xasprintf("%s-%s.scope", part[1], part[2])
					  : xasprintf("%s.scope", part[2]);
	}
	if (!slice_valid(u.slice))
		return error_set(err, ERROR_INVALID, "'%s' is not the name of a systemd slice",
				 u.slice);
	if (!unit_valid(u.unit))
		return error_set(err, ERROR_INVALID, "'%s' is not the name of a systemd unit",
				 u.unit);
	*ret = (struct unit_name){ .slice = take_ptr(u.slice), .unit = take_ptr(u.unit) };
	return 0;
}
