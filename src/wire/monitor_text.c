/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's plain texts: control lines, exit files, k8s-file log lines. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "wire/monitor.h"

/* One decimal number at *sp, behind blanks; moves *sp behind it. */
static int take_number(const char **sp, int *ret)
{
	char digits[16];
	int64_t value;
	size_t n;

	*sp += strspn(*sp, " \t");
	n = strcspn(*sp, " \t\r\n");
	if (n == 0 || n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, *sp, n);
	digits[n] = '\0';
	if (num_i64(digits, &value) < 0 || value < INT_MIN || value > INT_MAX)
		return -EINVAL;
	*sp += n;
	*ret = (int)value;
	return 0;
}

int monitor_ctl_parse(const char *line, struct monitor_ctl *ret)
{
	struct monitor_ctl c;

	if (strnlen(line, MONITOR_CTL_LINE_MAX + 1) > MONITOR_CTL_LINE_MAX)
		return -EINVAL;
	if (take_number(&line, &c.type) < 0 || take_number(&line, &c.a) < 0 ||
	    take_number(&line, &c.b) < 0)
		return -EINVAL;
	line += strspn(line, " \t\r\n");
	if (*line != '\0')
		return -EINVAL;
	*ret = c;
	return 0;
}

int monitor_ctl_format(const struct monitor_ctl *c, char *out, size_t size)
{
	int n = snprintf(out, size, "%d %d %d\n", c->type, c->a, c->b);

	return n < 0 || (size_t)n >= size ? -ENOBUFS : n;
}

const char *monitor_journal_socket(void)
{
	const char *path = getenv("CORACLE_JOURNAL_SOCKET");

	return str_empty(path) ? "/run/systemd/journal/socket" : path;
}

int monitor_exit_parse(const char *text, int *ret)
{
	size_t n = strcspn(text, "\n");
	char digits[16];
	int64_t value;

	if (n == 0 || n >= sizeof(digits) || (text[n] == '\n' && text[n + 1] != '\0'))
		return -EINVAL;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (num_i64(digits, &value) < 0 || value < -1 || value > 255)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

/* The word before the next blank; moves *sp behind the blank.  NULL when there is no blank. */
static const char *take_word(const char **sp, const char *end, size_t *ret_len)
{
	const char *start = *sp;
	const char *blank = memchr(start, ' ', (size_t)(end - start));

	if (!blank)
		return NULL;
	*ret_len = (size_t)(blank - start);
	*sp = blank + 1;
	return start;
}

static bool word_is(const char *word, size_t len, const char *what)
{
	return len == strlen(what) && memcmp(word, what, len) == 0;
}

int monitor_log_line_parse(const char *line, size_t len, struct monitor_log_line *ret)
{
	const char *at = line, *end = line + len;
	size_t stamp_len, stream_len, tag_len;
	const char *stamp = take_word(&at, end, &stamp_len);
	const char *stream = stamp ? take_word(&at, end, &stream_len) : NULL;
	const char *tag = stream ? take_word(&at, end, &tag_len) : NULL;
	char text[TIME_STR_MAX];
	struct monitor_log_line l = { 0 };

	if (!tag || stamp_len >= sizeof(text))
		return -EINVAL;
	memcpy(text, stamp, stamp_len);
	text[stamp_len] = '\0';
	if (time_parse_rfc3339(text, &l.time_nsec) < 0)
		return -EINVAL;
	l.is_stderr = word_is(stream, stream_len, "stderr");
	if (!l.is_stderr && !word_is(stream, stream_len, "stdout"))
		return -EINVAL;
	/* CRI allows further tags behind a colon: "P:x". */
	l.partial = tag_len > 0 && tag[0] == 'P';
	if (tag_len == 0 || (!l.partial && tag[0] != 'F') || (tag_len > 1 && tag[1] != ':'))
		return -EINVAL;
	l.text = at;
	l.len = (size_t)(end - at);
	*ret = l;
	return 0;
}

size_t monitor_log_prefix(int64_t time_nsec, bool is_stderr, bool partial, char *out)
{
	size_t n;

	time_format_k8s(time_nsec, out);
	n = strlen(out);
	memcpy(out + n, is_stderr ? " stderr " : " stdout ", 8);
	out[n + 8] = partial ? 'P' : 'F';
	out[n + 9] = ' ';
	out[n + 10] = '\0';
	return n + 10;
}
