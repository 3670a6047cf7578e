/* SPDX-License-Identifier: Apache-2.0 */
/* dbus: what systemd's socket may send: a message that parses lies within what was received. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/systemd/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, const char *begin, size_t size)
{
	if (text != NULL && (text < begin || text >= begin + size ||
			     memchr(text, '\0', size - (size_t)(text - begin)) == NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ssize_t whole = dbus_message_size(data, size);
	struct dbus_message m;
	struct dbus_reader r;
	char *copy;

	if (whole <= 0 || (size_t)whole > size)
		return 0;
	/* Memory of exactly that size: a read behind it is seen. */
	copy = malloc((size_t)whole);
	if (copy == NULL)
		return 0;
	memcpy(copy, data, (size_t)whole);
	if (dbus_message_parse(copy, (size_t)whole, &m) == 0) {
		const char *const texts[] = { m.path, m.interface, m.member, m.error, m.signature };

		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			check_text(texts[i], copy, (size_t)whole);
		if (m.body + m.body_len != copy + whole)
			abort();
		/* As JobRemoved, and as a property. */
		r = dbus_body(&m);
		(void)dbus_get_u32(&r);
		for (int i = 0; i < 3; i++)
			check_text(dbus_get_string(&r), copy, (size_t)whole);
		r = dbus_body(&m);
		check_text(dbus_get_variant_string(&r), copy, (size_t)whole);
	}
	free(copy);
	return 0;
}
