/* SPDX-License-Identifier: Apache-2.0 */
/* Mount option words, one a line: they set bits, or become data of the file system in their order.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/strv.h"
#include "fs/mount_options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ATIME_BITS UINT64_C(0x70) /* MOUNT_ATTR__ATIME */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_free char *text = xstrndup((const char *)data, size);
	char **words = strv_split(text, "\n", true);
	struct mount_options o = { 0 };
	struct error err = ERROR_INIT;
	size_t words_seen = 0, n = 0;

	if (mount_options_parse(words, &o, &err) < 0) {
		if (err.kind == ERROR_NONE || err.msg[0] == '\0' || o.data != NULL)
			abort();
		strv_free(words);
		return 0;
	}
	/* Unknown words, and known ones that the file system has to understand (acl). */
	for (char **w = words; w && *w; w++)
		words_seen += **w != '\0';
	for (char **d = o.data; d && *d; d++, n++)
		if (**d == '\0')
			abort();
	/* The kernel wants all bits of the access time cleared when one is set. */
	if (n > words_seen || (o.set & o.clear) || (o.rec_set & o.rec_clear & ~ATIME_BITS))
		abort();
	mount_options_done(&o);
	strv_free(words);
	return 0;
}
