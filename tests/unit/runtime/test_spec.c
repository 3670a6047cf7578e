/* SPDX-License-Identifier: Apache-2.0 */
/* The default documents are valid and can be planned; features is JSON. */
#include "harness/test.h"
#include "runtime/plan.h"
#include "runtime/runtime.h"

static void plan_default(bool rootless)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	scoped(plan_done) struct plan p = { 0 };
	struct plan_request rq = { .id = "c", .bundle = "/b", .spec = &spec };
	struct error err = ERROR_INIT;

	runtime_default_spec(rootless, &b);
	CHECK(b.len > 0);
	CHECK_OK(json_table_parse(&oci_spec_table, buf_str(&b), b.len, &spec, "spec", 0, &err),
		 err);
	CHECK_OK(oci_spec_validate(&spec, &err), err);
	CHECK_OK(plan_resolve(&rq, &p, &err), err);
	CHECK_STR(p.root.path, "/b/rootfs");
	CHECK_INT(plan_creates(&p, NS_USER), rootless);
}

TEST(default_spec)
{
	plan_default(false);
	plan_default(true);
}

TEST(features_document)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_json json_t *j = NULL;
	struct error err = ERROR_INIT;

	runtime_features(&b);
	CHECK_OK(json_text_parse(buf_str(&b), b.len, "features", &j, &err), err);
	CHECK_STR(json_get_str(j, "ociVersionMin"), "1.0.0");
	CHECK(json_array_size(json_object_get(j, "mountOptions")) >= 60);
	CHECK_INT(json_array_size(json_object_get(j, "hooks")), PLAN_HOOK_COUNT);
}
