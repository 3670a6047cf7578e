/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dynlib.h"

#include "base/mem.h"
#include "harness/test.h"

TEST(loads_once_and_fills_slots)
{
	static double (*fn)(double);
	static const struct dynlib_symbol symbols[] = { { "cos", (void **)&fn } };
	struct error err = ERROR_INIT;
	void *handle = NULL, *first;

	CHECK_OK(dynlib_load(&handle, "libm.so.6", "libc6", symbols, 1, &err), err);
	CHECK(handle != NULL && fn != NULL && fn(0) == 1.0);
	first = handle;
	CHECK_OK(dynlib_load(&handle, "libm.so.6", "libc6", symbols, 1, &err), err);
	CHECK(handle == first);
}

TEST(errors_name_the_package)
{
	static void *fn;
	static const struct dynlib_symbol symbols[] = { { "no_such_symbol", &fn } };
	struct error err = ERROR_INIT;
	void *handle = NULL;

	CHECK_FAILS(dynlib_load(&handle, "libnothing.so.9", "libnothing9", symbols, 1, &err), err,
		    ERROR_UNSUPPORTED, "libnothing9");
	CHECK_FAILS(dynlib_load(&handle, "libm.so.6", "libc6", symbols, 1, &err), err,
		    ERROR_UNSUPPORTED, "'no_such_symbol'");
	CHECK(handle == NULL);
}
