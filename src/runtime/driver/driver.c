/* SPDX-License-Identifier: Apache-2.0 */
/* driver: choice of a driver, and what an error of a runtime means as an exit status. */
#include "runtime/driver.h"

#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/driver/driver_priv.h"

int runtime_driver_open(const char *path, const char *root, bool systemd_cgroup,
			struct runtime_driver **ret, struct error *err)
{
	if (str_empty(path))
		return error_set(err, ERROR_INVALID, "no OCI runtime is configured");
	if (streq(path_base(path), "coracle-runtime"))
		*ret = driver_own_new(path, root ? root : RUNTIME_ROOT_DEFAULT, systemd_cgroup);
	else
		*ret = driver_command_new(path, root, systemd_cgroup);
	return 0;
}

void runtime_driver_free(struct runtime_driver *d)
{
	if (d != NULL)
		d->ops->free(d);
}

/* Engines know runtimes' failures only by their words; these are the ones that runc, crun and we
 * use (reference runtime-cli.tsv, contract). */
int runtime_error_exit_status(const struct error *err)
{
	static const char *const denied[] = { "permission denied", "operation not permitted" };
	static const char *const missing[] = { "executable file not found in",
					       "no such file or directory", "open executable" };
	scoped_free char *text = str_lower(err->msg);

	for (size_t i = 0; i < ARRAY_SIZE(denied); i++) {
		if (strstr(text, denied[i]))
			return 126;
	}
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		if (strstr(text, missing[i]))
			return 127;
	}
	return 125;
}
