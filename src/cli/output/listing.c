/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output/listing.h"

#include <errno.h>
#include <stdio.h>

#include "base/str.h"

int listing_write(struct buf *text, struct error *err)
{
	if (!buf_ok(text))
		return error_set(err, ERROR_LIMIT, "output too large");
	if (fwrite(buf_str(text), 1, text->len, stdout) != text->len || fflush(stdout) != 0)
		return error_os(err, errno, "write to standard output");
	return 0;
}

int listing_print(const char *format, const json_t *rows, const struct template_header *headers,
		  size_t n_headers, bool no_heading, struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	int r = template_print_rows(format, rows, headers, n_headers, no_heading, &out, err);

	return r < 0 ? r : listing_write(&out, err);
}

int listing_inspect(const char *format, const json_t *rows, struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT;

	if (format && !streq(format, "json"))
		return listing_print(format, rows, NULL, 0, true, err);
	/* Podman indents inspect output by five blanks; any JSON reader takes either */
	json_text_dump(rows, 5, &out);
	buf_addc(&out, '\n');
	return listing_write(&out, err);
}
