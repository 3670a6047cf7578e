/* SPDX-License-Identifier: Apache-2.0 */
/* TOML: any text parses to a document of objects that prints as JSON, or gives FILE:LINE. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_json json_t *j = NULL, *again = NULL;
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;

	if (toml_parse((const char *)data, size, "input", &j, &err) < 0) {
		if (err.kind == ERROR_NONE || strncmp(err.msg, "input:", 6) != 0)
			abort();
		return 0;
	}
	if (!json_is_object(j))
		abort();
	json_text_dump(j, 0, &out);
	if (json_text_parse(buf_str(&out), out.len, "output", &again, &err) < 0 &&
	    err.kind != ERROR_LIMIT)
		abort();
	buf_done(&out);
	return 0;
}
