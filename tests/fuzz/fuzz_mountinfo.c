/* SPDX-License-Identifier: Apache-2.0 */
/* mountinfo: each entry that is read is whole, and finding in it works. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(const struct mountinfo *m, const struct mountinfo_entry *e)
{
	const struct mountinfo_entry *found;

	if (e->id < 0 || e->parent < 0 || e->root == NULL || e->target == NULL ||
	    e->options == NULL || e->optional == NULL || e->type == NULL || e->source == NULL ||
	    e->super_options == NULL)
		abort();
	if (e->root[0] == '\0' || e->target[0] == '\0' || e->type[0] == '\0')
		abort();
	found = mountinfo_find(m, e->target);
	if (found == NULL || strcmp(found->target, e->target) != 0 || found < e)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	struct mountinfo m = { 0 };

	if (mountinfo_parse((const char *)data, size, &m, &err) < 0) {
		if (err.kind == ERROR_NONE || err.msg[0] == '\0' || m.n != 0)
			abort();
		return 0;
	}
	/* Finding is linear: the square of it only for small inputs. */
	for (size_t i = 0; i < m.n && i < 100; i++)
		check_entry(&m, &m.items[i]);
	mountinfo_containing(&m, "/a/b");
	mountinfo_done(&m);
	return 0;
}
