/* SPDX-License-Identifier: Apache-2.0 */
/* Seccomp profiles: the whole way to a filter for short ones (compiling long ones is slow). */
#include <stddef.h>
#include <stdint.h>

#include "seccomp/seccomp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oci_seccomp s = { 0 };
	struct error err = ERROR_INIT;

	if (size > (64 << 10) ||
	    seccomp_profile_resolve((const char *)data, size, "fuzz", 0x800405fb, &s, &err) < 0)
		return 0;
	if (s.n_syscalls < 8) {
		struct seccomp_program p = { 0 };

		(void)seccomp_compile(&s, size % 2 == 0, &p, &err);
		seccomp_program_done(&p);
	}
	json_table_free(&oci_seccomp_table, &s);
	return 0;
}
