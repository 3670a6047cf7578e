/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/logs/tail.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/logs/line.h"

#define WINDOW_BYTES LOGS_LINE_MAX

static int read_at(int fd, char *out, size_t len, int64_t offset)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, out + got, len - got, offset + (int64_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO; /* shorter than its size: truncated under us */
		got += (size_t)n;
	}
	return 0;
}

struct search {
	int64_t want, lines;
	int64_t found; /* offset, -1: not yet */
	struct buf scratch;
};

static void search_done(struct search *s)
{
	buf_done(&s->scratch);
}
DEFINE_SCOPED_STRUCT(struct search, search_done)

static bool is_ended(struct search *s, const char *line, size_t len)
{
	struct monitor_log_line l;

	return logs_line_parse(line, len, &s->scratch, &l) >= 0 && !l.partial;
}

/* Whole lines of a window that ends with a newline, last first.  Returns the length of the piece in
 * front that may belong to a line that begins in the window before. */
static size_t scan_back(const char *window, size_t len, int64_t base, struct search *s)
{
	size_t end = len; /* behind the newline of the line looked at */

	while (end > 0) {
		const char *nl = end > 1 ? memrchr(window, '\n', end - 1) : NULL;
		size_t begin = nl ? (size_t)(nl - window) + 1 : 0;

		if (!nl && base > 0)
			return end;
		if (is_ended(s, window + begin, end - 1 - begin)) {
			if (s->lines == s->want) {
				s->found = base + (int64_t)end;
				return 0;
			}
			s->lines++;
		}
		end = begin;
	}
	return 0;
}

int logs_tail_find(int fd, int64_t want, int64_t *ret_offset, int64_t *ret_lines)
{
	scoped_free char *window = xmalloc(WINDOW_BYTES);
	scoped(search_done) struct search s = { .want = want, .found = -1 };
	struct stat st;
	int64_t end;

	if (fstat(fd, &st) < 0)
		return -errno;
	end = st.st_size;
	while (end > 0 && s.found < 0) {
		size_t len = MIN((size_t)end, WINDOW_BYTES), whole = len, rest;
		int64_t base = end - (int64_t)len;
		int r = read_at(fd, window, len, base);

		if (r < 0)
			return r;
		if (end == st.st_size) { /* a line being written has no newline yet */
			const char *nl = memrchr(window, '\n', len);

			whole = nl ? (size_t)(nl - window) + 1 : 0;
		}
		rest = scan_back(window, whole, base, &s);
		/* A window without any newline: no monitor wrote that; pass over it. */
		end = rest == len || whole == 0 ? base : base + (int64_t)rest;
	}
	*ret_offset = s.found < 0 ? 0 : s.found;
	*ret_lines = s.lines;
	return 0;
}

/* The time of the first line that begins in the window behind its first newline; -ENOENT: none. */
static int window_time(const char *window, size_t len, int64_t *ret)
{
	scoped(buf_done) struct buf scratch = BUF_INIT;
	const char *end = window + len;
	const char *at = memchr(window, '\n', len);

	while (at && at + 1 < end) {
		const char *nl = memchr(at + 1, '\n', (size_t)(end - at - 1));
		struct monitor_log_line l;

		if (!nl)
			break;
		if (logs_line_parse(at + 1, (size_t)(nl - at - 1), &scratch, &l) >= 0) {
			*ret = l.time_nsec;
			return 0;
		}
		at = nl;
	}
	return -ENOENT;
}

int logs_since_find(int fd, int64_t since_nsec, int64_t *ret_offset)
{
	scoped_free char *window = xmalloc(WINDOW_BYTES);
	/* At low a line begins; it and all before it are too old, or it is the file's first. */
	int64_t low = 0, high;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	high = st.st_size;
	while (high - low > (int64_t)WINDOW_BYTES) {
		int64_t middle = low + (high - low) / 2, time = 0;
		size_t len = MIN((size_t)(st.st_size - middle), WINDOW_BYTES);
		const char *nl;
		int r = read_at(fd, window, len, middle);

		if (r < 0)
			return r;
		if (window_time(window, len, &time) < 0 || time >= since_nsec) {
			high = middle;
			continue;
		}
		nl = memchr(window, '\n', len);
		low = middle + (nl - window) + 1;
	}
	*ret_offset = low;
	return 0;
}
