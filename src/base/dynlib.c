/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dynlib.h"

#include <dlfcn.h>

int dynlib_load(void **handle, const char *soname, const char *package,
		const struct dynlib_symbol *symbols, size_t n, struct error *err)
{
	void *h;

	if (*handle != NULL)
		return 0;
	h = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
	if (h == NULL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "load library '%s': %s; install the package %s", soname, dlerror(),
				 package);
	for (size_t i = 0; i < n; i++) {
		void *symbol = dlsym(h, symbols[i].name);

		if (symbol == NULL) {
			dlclose(h);
			return error_set(err, ERROR_UNSUPPORTED,
					 "library '%s' has no symbol '%s'; update the package %s",
					 soname, symbols[i].name, package);
		}
		*symbols[i].slot = symbol;
	}
	*handle = h;
	return 0;
}
