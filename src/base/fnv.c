/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from digest.c, which brings the loader of libcrypto into a static program. */
#include <stdint.h>

#include "base/digest.h"

unsigned long long digest_fnv64(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}
