/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/k8s_file.h"

#include <string.h>

#include "base/mem.h"
#include "monitor/log/file.h"
#include "wire/monitor.h"

static void frame(const struct log_file_format *f, const struct log_chunk *c,
		  struct log_file_frame *ret)
{
	ret->head_len = monitor_log_prefix(c->time_nsec, c->is_stderr, false, ret->head);
	ret->tail_len = 1;
	ret->tail[0] = '\n';
}

/* Most lines are short, and copies whose size the compiler knows are a few moves. */
static size_t record(char *to, const struct log_file_frame *f, const char *text, size_t len,
		     size_t readable, bool partial)
{
	memcpy(to, f->head, LOG_FILE_HEAD_MAX);
	if (partial)
		to[f->head_len - 2] = 'P';
	to += f->head_len;
	if (len <= 16 && readable >= 16)
		memcpy(to, text, 16);
	else
		memcpy(to, text, len);
	to[len] = '\n';
	return f->head_len + len + 1;
}

static enum log_file_kind kind(const struct log_file_frame *f, const char *text, size_t len)
{
	if (text[f->head_len - 2] == 'P')
		return LOG_FILE_PARTIAL;
	return len == f->head_len + 1 ? LOG_FILE_END_ONLY : LOG_FILE_WHOLE;
}

int k8s_file_open(const char *path, const struct monitor_log_options *o, struct log_driver **ret,
		  struct error *err)
{
	static struct log_file_format format = {
		.name = "k8s-file", .frame = frame, .record = record, .kind = kind
	};

	return log_file_open(path, o, &format, ret, err);
}
