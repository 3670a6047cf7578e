/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/logs/show.h"

#include <stdlib.h>

#include "base/timeutil.h"
#include "sys/fd.h"

/* So much is written at once. */
#define FLUSH_BYTES ((size_t)64 << 10)

void logs_show_done(struct logs_show *s)
{
	free(s->prefix);
	buf_done(&s->out);
}

int logs_show_flush(struct logs_show *s)
{
	int fd = s->out_is_err ? s->o->err : s->o->out;
	int r = s->out.len && fd >= 0 ? fd_write_all(fd, s->out.data, s->out.len) : 0;

	buf_truncate(&s->out, 0);
	return r;
}

int logs_show_line(struct logs_show *s, const struct monitor_log_line *l)
{
	int r = 0;

	if (s->o->since_nsec && l->time_nsec < s->o->since_nsec)
		return 0;
	if (s->o->until_nsec && l->time_nsec > s->o->until_nsec) {
		s->over = true;
		return 0;
	}
	if (s->out_is_err != l->is_stderr || s->out.len > FLUSH_BYTES) {
		r = logs_show_flush(s);
		s->out_is_err = l->is_stderr;
	}
	if (s->prefix) {
		buf_adds(&s->out, s->prefix);
		buf_addc(&s->out, ' ');
	}
	if (s->o->timestamps) {
		char stamp[TIME_STR_MAX];

		time_format_k8s(l->time_nsec, stamp);
		buf_adds(&s->out, stamp);
		buf_addc(&s->out, ' ');
	}
	buf_add(&s->out, l->text, l->len);
	if (!l->partial)
		buf_addc(&s->out, '\n');
	return r;
}
