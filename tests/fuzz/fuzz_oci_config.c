/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: what decodes is validated without harm, and its encoding decodes to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "oci/runtime_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 }, again = { 0 }, copy = { 0 };
	scoped(buf_done) struct buf first = BUF_INIT, second = BUF_INIT;
	struct error err = ERROR_INIT;

	if (json_table_parse(&oci_spec_table, (const char *)data, size, &spec, "config.json", 0,
			     &err) < 0)
		return 0;
	if (oci_spec_validate(&spec, &err) < 0 && err.msg[0] == '\0')
		abort();
	json_table_copy(&oci_spec_table, &copy, &spec);
	if (!json_table_equal(&oci_spec_table, &spec, &copy))
		abort();
	json_table_dump(&oci_spec_table, &spec, 0, &first);
	if (json_table_parse(&oci_spec_table, buf_str(&first), first.len, &again, "again", 0,
			     &err) < 0)
		abort();
	json_table_dump(&oci_spec_table, &again, 0, &second);
	if (strcmp(buf_str(&first), buf_str(&second)) != 0)
		abort();
	return 0;
}
