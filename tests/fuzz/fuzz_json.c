/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text: whatever parses must print, and the print must parse to an equal document. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_json json_t *j = NULL, *again = NULL;
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;

	if (json_text_parse((const char *)data, size, "input", &j, &err) < 0) {
		if (err.kind == ERROR_NONE || err.msg[0] == '\0')
			abort();
		return 0;
	}
	json_text_dump(j, size % 3, &out);
	if (json_text_parse(buf_str(&out), out.len, "output", &again, &err) < 0)
		abort();
	/* Reals lose their form (1.0 prints as 1, as in Go), so compare what is printed. */
	struct buf second = BUF_INIT;

	json_text_dump(again, size % 3, &second);
	if (out.len != second.len || memcmp(buf_str(&out), buf_str(&second), out.len) != 0)
		abort();
	buf_done(&second);
	buf_done(&out);
	return 0;
}
