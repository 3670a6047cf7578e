/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry of an index is for a machine. */
#include "oci/image_spec.h"

#include "base/str.h"

const char *image_host_arch(void)
{
#if defined(__x86_64__)
	return "amd64";
#elif defined(__i386__)
	return "386";
#elif defined(__aarch64__)
	return "arm64";
#elif defined(__arm__)
	return "arm";
#elif defined(__riscv) && __riscv_xlen == 64
	return "riscv64";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	return "ppc64le";
#elif defined(__powerpc64__)
	return "ppc64";
#elif defined(__s390x__)
	return "s390x";
#elif defined(__loongarch64)
	return "loong64";
#elif defined(__mips64) && defined(__MIPSEL__)
	return "mips64le";
#elif defined(__mips64)
	return "mips64";
#else
#error "unknown architecture: add its GOARCH here"
#endif
}

const char *image_host_variant(void)
{
#if defined(__aarch64__)
	return "v8";
#elif defined(__arm__) && __ARM_ARCH >= 7
	return "v7";
#elif defined(__arm__)
	return "v6";
#else
	return "";
#endif
}

/* "v8" of arm64 and "v1" of amd64 are what one has without saying so. */
static const char *normal_variant(const char *arch, const char *variant)
{
	if (variant == NULL || (streq(arch, "arm64") && streq(variant, "v8")) ||
	    (streq(arch, "amd64") && streq(variant, "v1")))
		return "";
	return variant;
}

/* The N of "vN", or -1. */
static int variant_level(const char *variant)
{
	if (variant[0] != 'v' || variant[1] < '1' || variant[1] > '9' || variant[2] != '\0')
		return -1;
	return variant[1] - '0';
}

/* How well an entry's variant suits; 0 not at all. */
static unsigned variant_rank(const char *arch, const char *have, const char *want)
{
	int h, w;

	have = normal_variant(arch, have);
	want = normal_variant(arch, want);
	if (streq(have, want))
		return 100;
	if (*have == '\0')
		return 1; /* the baseline runs everywhere */
	h = variant_level(have);
	if (streq(arch, "arm") && *want == '\0')
		return h > 0 ? (unsigned)(10 - h) : 0; /* unknown machine: the least demanding */
	w = variant_level(want);
	return h > 0 && w > 0 && h < w ? (unsigned)(10 + h) : 0;
}

const struct image_descriptor *image_index_select(const struct image_index *i, const char *os,
						  const char *arch, const char *variant)
{
	const struct image_descriptor *best = NULL;
	unsigned best_rank = 0;

	for (size_t k = 0; k < i->n_manifests; k++) {
		const struct image_platform *p = i->manifests[k].platform;
		unsigned rank;

		if (p == NULL || !streq_opt(p->os, os) || !streq_opt(p->architecture, arch))
			continue;
		rank = variant_rank(arch, p->variant, variant);
		if (rank > best_rank) {
			best = &i->manifests[k];
			best_rank = rank;
		}
	}
	return best;
}
