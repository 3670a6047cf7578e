/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int text_file_first_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	int r = 0;

	if (!f)
		return -errno;
	if (!fgets(out, (int)size, f))
		r = ferror(f) ? -EIO : -ENODATA;
	else
		out[strcspn(out, "\r\n")] = '\0';
	fclose(f);
	return r;
}
