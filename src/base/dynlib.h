/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dynlib: shared libraries that are loaded only when used (libcurl, libarchive, libcrypto,
 * libnftables, libsystemd, libselinux, libapparmor).  A program that never needs them starts
 * without the cost of their relocations.  Only from the system's library path, never from a
 * container's file system (R6).
 */
#ifndef CORACLE_BASE_DYNLIB_H
#define CORACLE_BASE_DYNLIB_H

#include <stddef.h>

#include "base/error.h"

struct dynlib_symbol {
	const char *name;
	void **slot;
};

/* dlopen soname once and fill all slots; `package` is the Debian package that an error names as
 * the remedy.  *handle is NULL before the first call and kept. */
int dynlib_load(void **handle, const char *soname, const char *package,
		const struct dynlib_symbol *symbols, size_t n, struct error *err);

#endif
