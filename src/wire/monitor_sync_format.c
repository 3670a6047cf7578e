/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing side of the sync pipe.  A file of its own because the monitor, which writes, needs no
 * JSON library for it.
 */
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "wire/monitor.h"

static const char *const sync_key_names[] = {
	[MONITOR_SYNC_DATA] = "data",
	[MONITOR_SYNC_PID] = "pid",
	[MONITOR_SYNC_EXIT_CODE] = "exit_code",
};

/* Length of the UTF-8 sequence at s, 0 when it is not one. */
static size_t utf8_sequence(const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];
	size_t n = c < 0x80		? 1
		   : (c & 0xe0) == 0xc0 ? 2
		   : (c & 0xf0) == 0xe0 ? 3
		   : (c & 0xf8) == 0xf0 ? 4
					: 0;

	return n > 0 && n <= len && str_utf8(s, n) ? n : 0;
}

/* Text of a runtime is any bytes; the reader must get valid JSON all the same. */
static void add_escaped(struct buf *out, const char *s)
{
	size_t len = strnlen(s, MONITOR_MESSAGE_MAX);

	while (len > 0) {
		unsigned char c = (unsigned char)*s;
		size_t n = utf8_sequence(s, len);

		if (c == '\\' || c == '"')
			buf_addf(out, "\\%c", c);
		else if (c == '\n')
			buf_adds(out, "\\n");
		else if (c == '\t')
			buf_adds(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\u%04x", c);
		else if (n == 0)
			buf_adds(out, "\\ufffd");
		else
			buf_add(out, s, n);
		n = n > 0 ? n : 1;
		s += n;
		len -= n;
	}
}

void monitor_sync_format(enum monitor_sync_key key, int64_t data, const char *message,
			 struct buf *out)
{
	buf_addf(out, "{\"%s\": %lld", sync_key_names[key], (long long)data);
	if (!str_empty(message)) {
		buf_adds(out, ", \"message\": \"");
		add_escaped(out, message);
		buf_addc(out, '"');
	}
	buf_adds(out, "}\n");
}
