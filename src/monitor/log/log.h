/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: where the container's output is recorded: any number of drivers at once.
 *
 * A driver never fails the container: what it cannot record it counts, says so once to the
 * operator, and says it in the log itself when writing works again.
 */
#ifndef CORACLE_MONITOR_LOG_LOG_H
#define CORACLE_MONITOR_LOG_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "monitor/follow/journal.h"
#include "monitor/options.h"

/* What one read gave. */
struct log_chunk {
	const char *data;
	size_t len;
	bool is_stderr;
	int64_t offset; /* of data in its stream; LOG_OWN_WORDS: not the container's */
	int64_t time_nsec;
};
#define LOG_OWN_WORDS (-1)

struct log_driver;
struct log_driver_ops {
	const char *name;
	void (*write)(struct log_driver *d, const struct log_chunk *c);
	int (*reopen)(struct log_driver *d);  /* may be NULL */
	void (*finish)(struct log_driver *d); /* no more output comes; may be NULL */
	int (*sync)(struct log_driver *d);    /* to the disk; may be NULL */
	void (*free)(struct log_driver *d);
};
/* First member of each driver's own struct. */
struct log_driver {
	const struct log_driver_ops *ops;
	struct log_driver *next;
};

/* "coracle-monitor: N lines of output were lost here" */
#define LOG_NOTE_MAX 128
void log_note_lost(uint64_t lines, char out[LOG_NOTE_MAX]);

/* Whose output it is. */
struct log_source {
	const char *id;		 /* full id */
	const char *name;	 /* may be NULL */
	struct journal *journal; /* of the files' places; NULL: none */
};

struct log;
int log_open(const struct monitor_log_options *o, const struct log_source *source, struct log **ret,
	     struct error *err);
void log_write(struct log *l, const struct log_chunk *c);
/* How long the container's output is to be left where it is (nanoseconds): --log-rate. */
int64_t log_delay(const struct log *l);
int log_reopen(struct log *l);
/* The container has ended: what drivers hold back goes out, and what was lost is said. */
void log_finish(struct log *l);
int log_sync(struct log *l);
/* Nothing has come for a while: give the buffers' memory back. */
void log_trim(void);
void log_free(struct log *l);
/* The word passthrough was among the drivers: there is nothing to write. */
bool log_is_passthrough(const struct log *l);
/* Does anybody keep what log_write gets? */
bool log_keeps(const struct log *l);

/*
 * Reading back (attach.h): a place in the k8s-file.  false when there is no such file or it has
 * gaps.  fd is borrowed.
 */
struct log_mark {
	int fd;
	int64_t offset;
};
bool log_get_mark(const struct log *l, struct log_mark *ret);
/* Called when the k8s-file has been replaced by a new one (rotation), and when it lost lines. */
typedef void (*log_changed_fn)(void *arg, int new_fd, bool lossy);
void log_on_change(struct log *l, log_changed_fn fn, void *arg);

#endif
