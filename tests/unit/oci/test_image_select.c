/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/image_spec.h"

#include "base/str.h"
#include "harness/test.h"

static void selects(const char *os, const char *arch, const char *variant, int want)
{
	scoped_free char *text = test_read_file(TEST_DATA "/index-full.json");
	scoped(image_index_done) struct image_index i = { 0 };
	const struct image_descriptor *d;
	struct error err = ERROR_INIT;

	CHECK_OK(image_index_parse(text, strlen(text), "i", &i, &err), err);
	d = image_index_select(&i, os, arch, variant);
	CHECK_INT(d != NULL ? d - i.manifests : -1, want);
}

/* 0 arm/v6, 1 arm/v7, 2 arm64/v8, 3 amd64, 4 amd64/v3, 5 windows/amd64, 6 s390x, 7 unknown, 8 none
 */
TEST(best_entry)
{
	selects("linux", "amd64", "", 3);
	selects("linux", "amd64", NULL, 3);
	selects("linux", "amd64", "v3", 4);
	selects("linux", "amd64", "v4", 4); /* the highest that still runs */
	selects("linux", "amd64", "v2", 3); /* never one that demands more */
	selects("windows", "amd64", "", 5);
	selects("linux", "arm64", "v8", 2);
	selects("linux", "arm64", "", 2);
	selects("linux", "arm", "v7", 1);
	selects("linux", "arm", "v8", 1);
	selects("linux", "arm", "v6", 0);
	selects("linux", "arm", "v5", -1);
	selects("linux", "arm", "", 0);
	selects("linux", "s390x", "", 6);
	selects("linux", "riscv64", "", -1);
	selects("freebsd", "amd64", "", -1);
}

TEST(host)
{
	CHECK(!str_empty(image_host_arch()) && image_host_variant() != NULL);
#ifdef __x86_64__
	CHECK_STR(image_host_arch(), "amd64");
#endif
}
