/* SPDX-License-Identifier: Apache-2.0 */
/*
 * no-origin: a static program does not look up where it lies before main.
 *
 * glibc's start of a static program asks for the directory of /proc/self/exe, to expand $ORIGIN in
 * the search paths of a dlopen.  That is 30 us of each invocation of the runtime and makes entries
 * in /proc that its end has to throw away.  The libraries that we load by name (base/dynlib) come
 * from the system's directories.  This definition is found before the archive's; (char *)-1 is what
 * glibc's own gives when it finds nothing.  Where a C library has no such function nobody calls it.
 */
const char *_dl_get_origin(void); /* NOLINT(bugprone-reserved-identifier) */

const char *_dl_get_origin(void) /* NOLINT(bugprone-reserved-identifier) */
{
	return (const char *)-1; /* NOLINT(performance-no-int-to-ptr) */
}
