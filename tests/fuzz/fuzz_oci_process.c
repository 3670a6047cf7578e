/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.json of exec to a resolved process, and resources of `update --resources` to settings of
 * cgroup files; what is refused says why.
 */
#include <stdint.h>
#include <stdlib.h>

#include "cgroup/cgroup_priv.h"
#include "runtime/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_process(const char *text, size_t size)
{
	scoped(oci_process_done) struct oci_process process = { 0 };
	struct plan_process p = { 0 };
	struct error err = ERROR_INIT;

	if (json_table_parse(&oci_process_table, text, size, &process, "process.json", 0, &err) <
	    0) {
		if (err.msg[0] == '\0')
			abort();
		return;
	}
	if (plan_resolve_process(&process, &p, &err) < 0 && err.msg[0] == '\0')
		abort();
	plan_process_done(&p);
}

static void fuzz_resources(const char *text, size_t size)
{
	struct oci_resources res = { 0 };
	scoped(cgroup_settings_done) struct cgroup_settings settings = { 0 };
	scoped(cgroup_devices_done) struct cgroup_devices devices = { 0 };
	struct error err = ERROR_INIT;

	if (json_table_parse(&oci_resources_table, text, size, &res, "resources", 0, &err) < 0)
		return;
	if (cgroup_resources_settings(&res, NULL, &settings, &err) < 0 && err.msg[0] == '\0')
		abort();
	for (size_t i = 0; i < settings.n; i++)
		if (!settings.items[i].limit || !settings.items[i].file)
			abort();
	if (cgroup_devices_from_spec(res.devices, res.n_devices, true, &devices, &err) < 0 &&
	    err.msg[0] == '\0')
		abort();
	json_table_free(&oci_resources_table, &res);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_process((const char *)data, size);
	fuzz_resources((const char *)data, size);
	return 0;
}
