/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output/table.h"

#include <stdlib.h>
#include <string.h>

/* Characters, not bytes: continuation bytes of UTF-8 do not count. */
static size_t width_of(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static size_t *column_widths(const char *text, size_t *ret_n)
{
	size_t *widths = NULL, n = 0, column = 0;

	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\t\n");
		if (column == n)
			ARRAY_ADD(widths, n);
		widths[column] = MAX(widths[column], width_of(p, len));
		p += len;
		column = *p == '\t' ? column + 1 : 0;
		if (*p)
			p++;
	}
	*ret_n = n;
	return widths;
}

void table_align(const char *text, struct buf *out)
{
	size_t n, column = 0;
	scoped_free size_t *widths = column_widths(text, &n);

	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\t\n");
		buf_add(out, p, len);
		if (p[len] == '\t')
			for (size_t pad = width_of(p, len); pad < widths[column] + 2; pad++)
				buf_addc(out, ' ');
		if (p[len] == '\n')
			buf_addc(out, '\n');
		column = p[len] == '\t' ? column + 1 : 0;
		p += len + (p[len] != '\0');
	}
}
