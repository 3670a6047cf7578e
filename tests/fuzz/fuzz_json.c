/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text: whatever parses must print, and the print must parse to an equal document.  Our parser
 * and jansson's accept the same texts, except for our limits and for integers above INT64_MAX, and
 * read the same documents from them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare_with_jansson(const char *text, size_t len, const json_t *ours,
				 const struct error *err)
{
	json_error_t theirs_err;
	scoped_json json_t *theirs = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
						&theirs_err);

	/* jansson takes a NUL for the end of the text. */
	if (memchr(text, '\0', len) != NULL)
		return;
	if (ours == NULL && theirs != NULL && err->kind != ERROR_LIMIT)
		abort();
	if (ours != NULL && theirs == NULL &&
	    json_error_code(&theirs_err) != json_error_numeric_overflow)
		abort();
	if (ours != NULL && theirs != NULL && !json_equal(ours, theirs))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_json json_t *j = NULL, *again = NULL;
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;

	if (json_text_parse((const char *)data, size, "input", &j, &err) < 0) {
		if (err.kind == ERROR_NONE || err.msg[0] == '\0')
			abort();
		compare_with_jansson((const char *)data, size, NULL, &err);
		return 0;
	}
	compare_with_jansson((const char *)data, size, j, &err);
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
