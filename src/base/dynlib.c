/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dynlib.h"

#include <dlfcn.h>
#include <pthread.h>

static int load(void **handle, const char *soname, const char *package,
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

int dynlib_load(void **handle, const char *soname, const char *package,
		const struct dynlib_symbol *symbols, size_t n, struct error *err)
{
	/* image/ has threads, whose first use of a library may be at the same time. */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int r;

	pthread_mutex_lock(&lock);
	r = load(handle, soname, package, symbols, n, err);
	pthread_mutex_unlock(&lock);
	return r;
}
