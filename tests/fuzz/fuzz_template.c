/* SPDX-License-Identifier: Apache-2.0 */
/* --format templates: whatever is typed is executed over a document or refused with a message. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char document[] =
	"[{\"ID\":\"abc\",\"Name\":\"web\",\"N\":3,\"No\":false,\"Null\":null,\"List\":[\"a\","
	"\"b\"],"
	"\"Labels\":{\"a\":\"1\"},\"State\":{\"Pid\":42,\"Log\":[{\"Exit\":1}]}}]";
static const struct template_header headers[] = { { "ID", "CONTAINER ID" } };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Nested ranges over the document multiply: the length bounds the time. */
	scoped_free char *text = xstrndup((const char *)data, size < 4096 ? size : 4096);
	scoped_json json_t *rows = NULL;
	scoped(buf_done) struct buf out = BUF_INIT_MAX(1 << 20);
	struct error err = ERROR_INIT;
	int r;

	if (json_text_parse(document, sizeof(document) - 1, "document", &rows, &err) < 0)
		abort();
	r = template_print_rows(text, rows, headers, 1, false, &out, &err);
	if (r < 0 && err.msg[0] == '\0')
		abort();
	return 0;
}
