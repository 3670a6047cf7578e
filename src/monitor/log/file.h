/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: what the drivers that write lines to a file share: staging, size limit, rotation, a full
 * disk.  A format (k8s_file.h, json_file.h) makes records of lines.
 *
 * Invariants: the file always ends with a whole record (a write cut short by a full disk is cut
 * back); PATH always exists, also while files are rotated; a line is in exactly one file.
 */
#ifndef CORACLE_MONITOR_LOG_FILE_H
#define CORACLE_MONITOR_LOG_FILE_H

#include "monitor/log/log.h"

/* Longest text of one record; longer lines are continued as partial ones.  Readers of conmon's logs
 * have buffers for this. */
#define LOG_FILE_TEXT_MAX 8192
/* What all records of one chunk have in front and behind. */
#define LOG_FILE_HEAD_MAX 64
#define LOG_FILE_TAIL_MAX 4096
/* No record is longer: each byte escaped as \u00XX. */
#define LOG_FILE_RECORD_MAX (LOG_FILE_HEAD_MAX + 6 * LOG_FILE_TEXT_MAX + LOG_FILE_TAIL_MAX)
/* A format may write so far behind its record (copies of a fixed size are faster). */
#define LOG_FILE_SLACK 64

struct log_file_frame {
	size_t head_len, tail_len;
	char head[LOG_FILE_HEAD_MAX];
	char tail[LOG_FILE_TAIL_MAX];
};

enum log_file_kind {
	LOG_FILE_WHOLE,
	LOG_FILE_PARTIAL,  /* without the line's end */
	LOG_FILE_END_ONLY, /* only the end of a line */
};

struct log_file_format {
	const char *name;
	void (*frame)(const struct log_file_format *f, const struct log_chunk *c,
		      struct log_file_frame *ret);
	/* One record at `to`, its newline included; returns its length.  len bytes of text are
	 * the line, `readable` bytes (0: unknown) may be read there. */
	size_t (*record)(char *to, const struct log_file_frame *f, const char *text, size_t len,
			 size_t readable, bool partial);
	enum log_file_kind (*kind)(const struct log_file_frame *f, const char *record, size_t len);
	void (*free)(struct log_file_format *f); /* may be NULL */
};

/* format: taken, also on failure. */
int log_file_open(const char *path, const struct monitor_log_options *o,
		  struct log_file_format *format, struct log_driver **ret, struct error *err);
/* Note the file's place there from now on; what it has of a predecessor's is put in order, and
 * output that is recorded already is left out.  d is a driver made here, not yet written to. */
void log_file_journal(struct log_driver *d, struct journal_log_pair *journal);
/* Give the memory of the stage back. */
void log_file_trim(void);
/* d is a driver made here; see log_get_mark and log_on_change. */
bool log_file_get_mark(const struct log_driver *d, struct log_mark *ret);
void log_file_on_change(struct log_driver *d, log_changed_fn fn, void *arg);

#endif
