/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "harness/test.h"
#include "monitor/follow/journal.h"
#include "sys/fd.h"

TEST(journal_outlives_its_writer)
{
	struct journal_stream s = { .done = 5, .at = 7, .held = 3, .want = 2 };
	struct journal_log l = { .kept = { 8, 9 }, .len = 4 };
	struct journal *j = NULL;
	int fd = -1;

	CHECK_INT(journal_new(&j, &fd), 0);
	CHECK_INT(journal_stream_get(&j->stream[JOURNAL_OUT]).at, JOURNAL_FRONT_SIZE);
	journal_stream_set(&j->stream[JOURNAL_ERR], &s);
	journal_log_set(&j->log[1], &l);
	memcpy(j->buffer[JOURNAL_ERR] + 7, "abc", 3);
	journal_free(j);
	CHECK_INT(journal_take(fd, &j), 0);
	s = journal_stream_get(&j->stream[JOURNAL_ERR]);
	CHECK(s.done == 5 && s.at == 7 && s.held == 3 && s.want == 2);
	l = journal_log_get(&j->log[1]);
	CHECK(l.kept[0] == 8 && l.kept[1] == 9 && l.len == 4);
	CHECK(memcmp(j->buffer[JOURNAL_ERR] + 7, "abc", 3) == 0);
	journal_trim(j, JOURNAL_ERR);
	CHECK_INT(j->buffer[JOURNAL_ERR][7], 0);
	/* The notes stay. */
	CHECK_INT(journal_stream_get(&j->stream[JOURNAL_ERR]).held, 3);
	journal_free(j);
	fd_close(fd);
}

/* A writer killed before the last store has said nothing. */
TEST(journal_note_is_whole_or_not_there)
{
	struct journal_stream old = { .done = 1, .at = 1, .held = 1 };
	struct journal *j = NULL;

	CHECK_INT(journal_new(&j, NULL), 0);
	journal_stream_set(&j->stream[0], &old);
	memset(&j->stream[0].copy[!j->stream[0].current], 0xff, sizeof(old));
	CHECK_INT(journal_stream_get(&j->stream[0]).done, 1);
	journal_free(j);
}

TEST(journal_of_another_program)
{
	struct journal *j = NULL;
	int fd = -1;

	CHECK_INT(journal_new(&j, &fd), 0);
	j->version++;
	journal_free(j);
	CHECK_INT(journal_take(fd, &j), -EINVAL);
	CHECK_INT(ftruncate(fd, 100), 0);
	CHECK_INT(journal_take(fd, &j), -EINVAL);
	fd_close(fd);
}
