/* SPDX-License-Identifier: Apache-2.0 */
/* config.json to a plan and its text; a failure always says why.  state.json the same way. */
#include <stdint.h>
#include <stdlib.h>

#include "runtime/plan.h"
#include "runtime/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_plan(const char *text, size_t size)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	scoped(plan_done) struct plan p = { 0 };
	scoped(buf_done) struct buf out = BUF_INIT;
	scoped_json json_t *defaults = NULL;
	struct error err = ERROR_INIT;
	struct plan_request rq = { .id = "id", .bundle = "/b", .spec = &spec, .new_keyring = true };

	if (json_table_parse(&oci_spec_table, text, size, &spec, "config.json", 0, &err) < 0 ||
	    oci_spec_validate(&spec, &err) < 0)
		return;
	defaults = record_defaults(&spec, &p.process);
	if (plan_resolve(&rq, &p, &err) < 0) {
		if (err.msg[0] == '\0' || p.id != NULL)
			abort();
		return;
	}
	plan_print(&p, &out);
}

static void fuzz_record(const char *text, size_t size)
{
	scoped(runtime_record_done) struct runtime_record r = { 0 };
	scoped(oci_process_done) struct oci_process process = { 0 };
	struct plan_hooks hooks = { 0 };
	struct error err = ERROR_INIT;
	scoped(hook_state_done) struct hook_state state = { 0 };

	if (json_table_parse(&runtime_record_table, text, size, &r, "state.json", 0, &err) < 0)
		return;
	(void)record_namespaces(&r);
	(void)record_process(&r, &process, &err);
	(void)record_hooks(&r, PLAN_HOOK_POSTSTOP, &hooks, &err);
	record_hooks_done(&hooks);
	record_state_split(&r, "running", &state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_plan((const char *)data, size);
	fuzz_record((const char *)data, size);
	return 0;
}
