/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "harness/test.h"
#include "monitor/log/gather.h"

static struct buf got;

static void on_line(void *arg, const struct log_line *l)
{
	buf_addf(&got, "%d%s%lld:", l->is_stderr, l->partial ? "P" : "F", (long long)l->time_nsec);
	buf_add(&got, l->text, MIN(l->len, (size_t)20));
	if (l->len > 20)
		buf_addf(&got, "...%zu", l->len);
	buf_addc(&got, '|');
}

static void add(struct log_gather *g, bool is_stderr, int64_t time, const char *text)
{
	struct log_chunk c = {
		.data = text, .len = strlen(text), .is_stderr = is_stderr, .time_nsec = time
	};

	log_gather_add(g, &c, on_line, NULL);
}

TEST(gather_lines)
{
	scoped_free struct log_gather *g = xnew(struct log_gather);

	add(g, false, 1, "a\nb\n\npart");
	add(g, true, 2, "err\n");
	add(g, false, 3, "ial\n");
	add(g, true, 4, "end");
	log_gather_finish(g, on_line, NULL);
	CHECK_STR(buf_str(&got), "0F1:a|0F1:b|0F1:|1F2:err|0F1:partial|1P4:end|");
	buf_done(&got);
}

TEST(gather_long_lines)
{
	scoped_free struct log_gather *g = xnew(struct log_gather);
	scoped_free char *text = xmalloc(LOG_GATHER_MAX + 3);

	memset(text, 'x', LOG_GATHER_MAX + 2);
	text[LOG_GATHER_MAX + 2] = '\0';
	text[LOG_GATHER_MAX] = '\n';
	text[LOG_GATHER_MAX + 1] = '\0';
	add(g, false, 1, text); /* the longest whole one */
	text[LOG_GATHER_MAX] = 'x';
	text[LOG_GATHER_MAX + 1] = '\n';
	add(g, false, 2, text);
	CHECK_STR(buf_str(&got),
		  "0F1:xxxxxxxxxxxxxxxxxxxx...8192|0P2:xxxxxxxxxxxxxxxxxxxx...8192|0F2:x|");
	buf_done(&got);
}
