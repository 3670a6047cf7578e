/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal: reading back what the monitor's driver journald has written (monitor/log/journald.h),
 * through libsystemd, which is loaded on first use.
 *
 * One handle serves any number of containers: what is present is read container by container; then
 * all that are followed are one query, with one descriptor to wait on.  Lines with a priority of
 * error or worse are of standard error.
 */
#ifndef CORACLE_ENGINE_LOGS_JOURNAL_H
#define CORACLE_ENGINE_LOGS_JOURNAL_H

#include "base/error.h"
#include "engine/logs/show.h"

/* One container's place. */
struct logs_journal_mark {
	char *cursor; /* owned; of its newest entry that was read; NULL: none */
	int64_t time_nsec;
};
void logs_journal_mark_done(struct logs_journal_mark *m);

struct logs_journal;
/* ERROR_UNSUPPORTED names the package when libsystemd is missing. */
int logs_journal_open(struct logs_journal **ret, struct error *err);
void logs_journal_free(struct logs_journal *j);
DEFINE_SCOPED(struct logs_journal *, logs_journal_free)

/* ERROR_NOT_FOUND: nobody takes entries for a journal here. */
int logs_journal_check(struct error *err);
/* Until the journal has on file what was sent to it before.  Without a journal, or without the
 * right to ask it (an ordinary user), nothing is waited for. */
void logs_journal_settle(void);
/* What is there now; the mark is set. */
int logs_journal_present(struct logs_journal *j, const char *id, struct logs_show *show,
			 struct logs_journal_mark *mark, struct error *err);

struct logs_journal_follower {
	const char *id;
	struct logs_show *show;
	struct logs_journal_mark *mark; /* as present has set it */
};
/* From now on the query is for all of them, for what came at begin_nsec or later (a time before the
 * first logs_journal_present) and was not shown yet.  List and marks are borrowed. */
int logs_journal_follow(struct logs_journal *j, const struct logs_journal_follower *list, size_t n,
			int64_t begin_nsec, struct error *err);
/* To wait on for input; borrowed. */
int logs_journal_fd(const struct logs_journal *j);
/* Show what has come.  Leaf. */
int logs_journal_step(struct logs_journal *j);

#endif
