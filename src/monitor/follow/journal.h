/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal: what a monitor knows that a successor must know, in memory that outlives it (a memfd
 * that the keeper holds, keeper.h): output that was read and is not recorded yet, how far each log
 * file has come, whether the container has ended.
 *
 * Invariant: a process killed between any two instructions leaves a journal that says exactly which
 * bytes of a stream are recorded.  What belongs together is in a pair of copies: the idle one is
 * written, then one store makes it the current one.
 *
 * Bytes of a stream are counted from its beginning ("offset").
 */
#ifndef CORACLE_MONITOR_FOLLOW_JOURNAL_H
#define CORACLE_MONITOR_FOLLOW_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/monitor.h"

enum { JOURNAL_OUT, JOURNAL_ERR, JOURNAL_STREAM_COUNT };

/* Half a pipe: the container writes the other half meanwhile. */
#define JOURNAL_READ_SIZE 32768
/* In front of it: room for the beginning of a line whose rest is still to be read. */
#define JOURNAL_FRONT_SIZE ATTACH_PACKET_MAX
#define JOURNAL_BUFFER_SIZE (JOURNAL_FRONT_SIZE + JOURNAL_READ_SIZE)
/* Log files of one container whose place is kept. */
#define JOURNAL_LOG_COUNT 4

/* buffer[at..at+held) is read and not delivered. */
struct journal_stream {
	uint64_t done; /* offset of buffer[at] */
	uint32_t at, held;
	uint32_t want; /* about to be read from the staging pipe to behind what is held */
};

/* One log file. */
struct journal_log {
	uint64_t kept[JOURNAL_STREAM_COUNT]; /* the stream is recorded up to this offset */
	/* About to be written, when len > 0: then the stream is recorded up to next. */
	uint64_t inode;
	int64_t size; /* of the file, before */
	uint32_t len;
	uint32_t stream;
	uint64_t next;
};

struct journal_life {
	bool ended;	      /* the container; wait_status is valid */
	bool recorded;	      /* and its exit file is written */
	bool program_started; /* the engine has said so */
	bool over;	      /* nothing is left to do */
	bool oom;	      /* an OOM kill is recorded */
	bool timed_out;	      /* --timeout killed it */
	int wait_status;
	int64_t started_nsec;
	int64_t deadline_nsec; /* --timeout; 0: none */
	int64_t taken_nsec;    /* of the last takeover */
	unsigned taken;	       /* takeovers in quick succession */
	char oom_score[16];    /* what the container is to have; "" unknown */
};

struct journal_stream_pair {
	uint32_t current;
	struct journal_stream copy[2];
};

struct journal_log_pair {
	uint32_t current;
	struct journal_log copy[2];
};

struct journal {
	uint32_t version;
	struct journal_life life;
	struct journal_stream_pair stream[JOURNAL_STREAM_COUNT];
	struct journal_log_pair log[JOURNAL_LOG_COUNT];
	char buffer[JOURNAL_STREAM_COUNT][JOURNAL_BUFFER_SIZE] __attribute__((aligned(4096)));
};

/* New and empty.  ret_fd: a descriptor by which a successor gets it; NULL: it is not to outlive
 * this process. */
int journal_new(struct journal **ret, int *ret_fd);
/* A predecessor's.  -EINVAL when it is of another program. */
int journal_take(int fd, struct journal **ret);
void journal_free(struct journal *j);

struct journal_stream journal_stream_get(const struct journal_stream_pair *p);
void journal_stream_set(struct journal_stream_pair *p, const struct journal_stream *s);
struct journal_log journal_log_get(const struct journal_log_pair *p);
void journal_log_set(struct journal_log_pair *p, const struct journal_log *l);
/* The stream's buffer is empty: give its memory back. */
void journal_trim(struct journal *j, int stream);

#endif
