/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>

#include "base/str.h"
#include "base/strv.h"
#include "engine/spec/spec.h"
#include "harness/test.h"

#define BIT(c) (1ULL << (c))
#define ALL ((1ULL << 41) - 1)
#define DEFAULTS                                                                          \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |     \
	 BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETFCAP) | BIT(CAP_SETGID) | \
	 BIT(CAP_SETPCAP) | BIT(CAP_SETUID) | BIT(CAP_SYS_CHROOT))

static int compute(const char *add, const char *drop, bool privileged, uint64_t available,
		   uint64_t *ret, struct error *err)
{
	scoped_strv char **a = strv_split(add, ",", false), **d = strv_split(drop, ",", false);

	return spec_capabilities(a, d, privileged, available, ret, err);
}

TEST(arithmetic)
{
	static const struct {
		const char *add, *drop;
		bool privileged;
		uint64_t available, want;
	} rows[] = {
		{ "", "", false, ALL, DEFAULTS },
		{ "NET_RAW", "", false, ALL, DEFAULTS | BIT(CAP_NET_RAW) },
		{ "CAP_NET_RAW,cap_sys_time", "", false, ALL,
		  DEFAULTS | BIT(CAP_NET_RAW) | BIT(CAP_SYS_TIME) },
		{ "", "CHOWN,kill", false, ALL, DEFAULTS & ~(BIT(CAP_CHOWN) | BIT(CAP_KILL)) },
		{ "", "NET_RAW", false, ALL, DEFAULTS },
		{ "", "ALL", false, ALL, 0 },
		{ "NET_ADMIN", "all", false, ALL, BIT(CAP_NET_ADMIN) },
		{ "ALL", "", false, ALL, ALL },
		{ "ALL", "SYS_ADMIN", false, ALL, ALL & ~BIT(CAP_SYS_ADMIN) },
		{ "", "", true, ALL, ALL },
		{ "", "SYS_ADMIN", true, ALL, ALL & ~BIT(CAP_SYS_ADMIN) },
		/* a host that lacks some gives no more than it has */
		{ "", "", true, ALL & ~BIT(CAP_SYS_RESOURCE), ALL & ~BIT(CAP_SYS_RESOURCE) },
		{ "", "", false, BIT(CAP_CHOWN), BIT(CAP_CHOWN) },
		{ "ALL", "", false, BIT(CAP_CHOWN) | BIT(CAP_NET_RAW),
		  BIT(CAP_CHOWN) | BIT(CAP_NET_RAW) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		uint64_t set = 0;

		CHECK_OK(compute(rows[i].add, rows[i].drop, rows[i].privileged, rows[i].available,
				 &set, &err),
			 err);
		if (set != rows[i].want)
			test_fail(__FILE__, __LINE__, "row %zu: %llx, want %llx", i,
				  (unsigned long long)set, (unsigned long long)rows[i].want);
	}
}

TEST(refused)
{
	struct error err = ERROR_INIT;
	uint64_t set = 5;

	CHECK_FAILS(compute("FLY", "", false, ALL, &set, &err), err, ERROR_INVALID, "\"FLY\"");
	CHECK_FAILS(compute("", "CAP_FLY", false, ALL, &set, &err), err, ERROR_INVALID,
		    "\"CAP_FLY\"");
	CHECK_FAILS(compute("ALL", "ALL", false, ALL, &set, &err), err, ERROR_INVALID,
		    "adding all caps and removing all caps not allowed");
	CHECK_FAILS(compute("KILL", "CAP_KILL", false, ALL, &set, &err), err, ERROR_INVALID,
		    "cannot be dropped and added");
	CHECK_FAILS(compute("SYS_RESOURCE", "", false, ALL & ~BIT(CAP_SYS_RESOURCE), &set, &err),
		    err, ERROR_DENIED, "CAP_SYS_RESOURCE");
}
