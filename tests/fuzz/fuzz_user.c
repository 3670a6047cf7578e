/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users of hostile files: the first line is the user's word, then passwd, then behind a line "--"
 * group.  A word of digits never becomes another id, and no id is beyond what the kernel takes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "engine/spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_free char *text = xstrndup((const char *)data, size);
	char *passwd = strchr(text, '\n'), *group = NULL;
	struct spec_user u = { 0 };
	struct error err = ERROR_INIT;
	uint32_t id;

	if (passwd) {
		*passwd++ = '\0';
		group = strstr(passwd, "\n--\n");
		if (group) {
			*group = '\0';
			group += 4;
		}
	}
	if (spec_user_lookup(passwd, group, text, NULL, &u, &err) < 0) {
		if (err.kind != ERROR_INVALID || err.msg[0] == '\0' || u.groups)
			abort();
		return 0;
	}
	if (u.uid > INT32_MAX || u.gid > INT32_MAX || u.n_groups == 0)
		abort();
	if (num_id(text, &id) == 0 && id != u.uid)
		abort();
	if (u.home && (u.home[0] != '/' || !str_printable(u.home)))
		abort();
	for (size_t i = 0; i < u.n_groups; i++)
		if (u.groups[i] > INT32_MAX)
			abort();
	spec_user_done(&u);
	return 0;
}
