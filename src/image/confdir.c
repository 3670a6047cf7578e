/* SPDX-License-Identifier: Apache-2.0 */
#include "image/confdir.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

char *confdir_home(const char *name)
{
	const char *home = getenv("HOME");

	return str_empty(home) ? NULL : xasprintf("%s/%s", home, name);
}

char *confdir_user(const char *name)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	scoped_free char *rest = NULL;

	if (!str_empty(xdg))
		return xasprintf("%s/containers/%s", xdg, name);
	rest = xasprintf(".config/containers/%s", name);
	return confdir_home(rest);
}
