/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests, indices and image configurations: one text is at most one kind of document. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "oci/image_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *arg, enum log_level level, const char *msg)
{
}

/* The encoding of a document is accepted again and encodes to itself. */
static void check_manifest(const struct image_manifest *m)
{
	scoped(image_manifest_done) struct image_manifest again = { 0 };
	scoped(buf_done) struct buf first = BUF_INIT, second = BUF_INIT;
	struct error err = ERROR_INIT;

	json_table_dump(&image_manifest_table, m, 0, &first);
	if (image_manifest_parse(buf_str(&first), first.len, "again", &again, &err) < 0)
		abort();
	json_table_dump(&image_manifest_table, &again, 0, &second);
	if (strcmp(buf_str(&first), buf_str(&second)) != 0)
		abort();
}

static void check_config(const struct image_config *c)
{
	scoped(image_config_done) struct image_config again = { 0 };
	scoped(buf_done) struct buf first = BUF_INIT;
	scoped_json json_t *j = image_config_encode(c);
	struct error err = ERROR_INIT;

	json_text_dump(j, 0, &first);
	if (image_config_parse(buf_str(&first), first.len, "again", &again, &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	scoped(image_index_done) struct image_index i = { 0 };
	scoped(image_config_done) struct image_config c = { 0 };
	const char *text = (const char *)data;
	bool is_manifest, is_index;

	log_set_sink(ignore, NULL);
	is_manifest = image_manifest_parse(text, size, "m", &m, NULL) >= 0;
	is_index = image_index_parse(text, size, "i", &i, NULL) >= 0;
	if (is_manifest && is_index)
		abort();
	if (is_manifest)
		check_manifest(&m);
	if (is_index)
		image_index_select(&i, "linux", "arm", "v7");
	if (image_config_parse(text, size, "c", &c, NULL) >= 0)
		check_config(&c);
	return 0;
}
