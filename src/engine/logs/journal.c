/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/logs/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/dynlib.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "sys/fd.h"
#include "sys/sock.h"

#define ID_FIELD "CONTAINER_ID_FULL"
/* Of syslog(3): this and what is worse is standard error. */
#define PRIORITY_ERROR '3'
/* systemd-journald(8), --sync: a varlink service (varlink.org). */
#define SERVICE_SOCKET "/run/systemd/journal/io.systemd.journal"
#define SYNC_CALL "{\"method\":\"io.systemd.Journal.Synchronize\"}"
/* A journal on a disk that is so slow is not waited for. */
#define SYNC_WAIT_MSEC 30000

static struct {
	void *handle;
	int (*open)(sd_journal **, int);
	void (*close)(sd_journal *);
	int (*add_match)(sd_journal *, const void *, size_t);
	void (*flush_matches)(sd_journal *);
	int (*seek_head)(sd_journal *);
	int (*seek_tail)(sd_journal *);
	int (*seek_realtime)(sd_journal *, uint64_t);
	int (*next)(sd_journal *);
	int (*previous)(sd_journal *);
	int (*get_data)(sd_journal *, const char *, const void **, size_t *);
	int (*get_realtime)(sd_journal *, uint64_t *);
	int (*get_cursor)(sd_journal *, char **);
	int (*test_cursor)(sd_journal *, const char *);
	int (*get_fd)(sd_journal *);
	int (*process)(sd_journal *);
} sd;

struct logs_journal {
	sd_journal *journal;
	const struct logs_journal_follower *list;
	size_t n;
	int fd; /* of the library */
};

static int load(struct error *err)
{
	static const struct dynlib_symbol symbols[] = {
		{ "sd_journal_open", (void **)&sd.open },
		{ "sd_journal_close", (void **)&sd.close },
		{ "sd_journal_add_match", (void **)&sd.add_match },
		{ "sd_journal_flush_matches", (void **)&sd.flush_matches },
		{ "sd_journal_seek_head", (void **)&sd.seek_head },
		{ "sd_journal_seek_tail", (void **)&sd.seek_tail },
		{ "sd_journal_seek_realtime_usec", (void **)&sd.seek_realtime },
		{ "sd_journal_next", (void **)&sd.next },
		{ "sd_journal_previous", (void **)&sd.previous },
		{ "sd_journal_get_data", (void **)&sd.get_data },
		{ "sd_journal_get_realtime_usec", (void **)&sd.get_realtime },
		{ "sd_journal_get_cursor", (void **)&sd.get_cursor },
		{ "sd_journal_test_cursor", (void **)&sd.test_cursor },
		{ "sd_journal_get_fd", (void **)&sd.get_fd },
		{ "sd_journal_process", (void **)&sd.process },
	};

	return dynlib_load(&sd.handle, "libsystemd.so.0", "libsystemd0", symbols,
			   ARRAY_SIZE(symbols), err);
}

void logs_journal_mark_done(struct logs_journal_mark *m)
{
	free(take_ptr(m->cursor));
}

int logs_journal_open(struct logs_journal **ret, struct error *err)
{
	sd_journal *journal;
	int r = load(err);

	if (r < 0)
		return r;
	r = sd.open(&journal, SD_JOURNAL_LOCAL_ONLY);
	if (r < 0)
		return error_os(err, -r, "open the journal");
	*ret = xnew(struct logs_journal);
	**ret = (struct logs_journal){ .journal = journal, .fd = -1 };
	return 0;
}

void logs_journal_free(struct logs_journal *j)
{
	if (!j)
		return;
	sd.close(j->journal);
	free(j);
}

int logs_journal_check(struct error *err)
{
	const char *path = monitor_journal_socket();

	if (access(path, W_OK) == 0)
		return 0;
	return error_set(err, ERROR_NOT_FOUND,
			 "log driver journald: no journal listens at '%s': %s: is systemd-journald "
			 "running?",
			 path, strerror(errno));
}

/* Until the answer, which ends with a NUL byte. */
static int wait_answer(int sock)
{
	int64_t end = time_monotonic_nsec() + SYNC_WAIT_MSEC * NSEC_PER_MSEC;
	char answer[256];

	for (;;) {
		int64_t left = (end - time_monotonic_nsec()) / NSEC_PER_MSEC;
		ssize_t n;

		if (left <= 0 || fd_wait(sock, POLLIN, (int)left) == 0)
			return -ETIMEDOUT;
		n = recv(sock, answer, sizeof(answer), MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		if (memchr(answer, '\0', (size_t)n))
			return 0;
	}
}

void logs_journal_settle(void)
{
	scoped_fd int sock = sock_connect_unix(AT_FDCWD, SERVICE_SOCKET, SOCK_STREAM, NULL);
	int r = sock;

	if (r >= 0)
		r = fd_write_all(sock, SYNC_CALL, sizeof(SYNC_CALL)); /* with its NUL */
	if (r >= 0)
		r = wait_answer(sock);
	if (r < 0)
		log_debug("ask the journal to settle: %s; what it has not written yet is not shown",
			  strerror(-r));
}

/* ---- one entry ---- */

/* The field's value in the entry; valid until the next call. */
static bool get_field(struct logs_journal *j, const char *name, const char **ret, size_t *ret_len)
{
	size_t skip = strlen(name) + 1, len;
	const void *data;

	if (sd.get_data(j->journal, name, &data, &len) < 0 || len < skip)
		return false;
	*ret = (const char *)data + skip;
	*ret_len = len - skip;
	return true;
}

static bool is_partial(struct logs_journal *j)
{
	const char *value;
	size_t len;

	return get_field(j, "CONTAINER_PARTIAL_MESSAGE", &value, &len) && len == 4 &&
	       memcmp(value, "true", 4) == 0;
}

static int show_entry(struct logs_journal *j, struct logs_show *show,
		      struct logs_journal_mark *mark)
{
	struct monitor_log_line l = { .text = "", .partial = is_partial(j) };
	const char *priority;
	uint64_t usec;
	size_t len;
	int r = sd.get_realtime(j->journal, &usec);

	if (r < 0)
		return r == -EBADMSG ? 0 : r; /* an entry that a crash has spoilt */
	mark->time_nsec = l.time_nsec = (int64_t)usec * NSEC_PER_USEC;
	if (get_field(j, "PRIORITY", &priority, &len))
		l.is_stderr = len == 1 && priority[0] <= PRIORITY_ERROR;
	get_field(j, "MESSAGE", &l.text, &l.len);
	return logs_show_line(show, &l);
}

/* ---- what is present ---- */

static int match_id(struct logs_journal *j, const char *id)
{
	scoped_free char *match = xasprintf(ID_FIELD "=%s", id);

	return sd.add_match(j->journal, match, 0);
}

/* So that the next entry is the first of the last `tail` lines.  An entry with a whole line ends
 * it; the partial ones before belong to it.  Of 0 lines not even the beginning of one is shown. */
static int seek_last(struct logs_journal *j, int64_t tail)
{
	int r = sd.seek_tail(j->journal);

	for (int64_t lines = 0; r >= 0;) {
		r = sd.previous(j->journal);
		if (r == 0)
			return sd.seek_head(j->journal);
		if (r > 0 && (tail == 0 || !is_partial(j)) && lines++ == tail)
			return 0;
	}
	return r;
}

static int seek_begin(struct logs_journal *j, const struct container_logs_options *o)
{
	if (o->tail >= 0)
		return seek_last(j, o->tail);
	if (o->since_nsec > 0)
		return sd.seek_realtime(j->journal, (uint64_t)(o->since_nsec / NSEC_PER_USEC));
	return sd.seek_head(j->journal);
}

int logs_journal_present(struct logs_journal *j, const char *id, struct logs_show *show,
			 struct logs_journal_mark *mark, struct error *err)
{
	bool any = false;
	int r;

	sd.flush_matches(j->journal);
	r = match_id(j, id);
	if (r >= 0)
		r = seek_begin(j, show->o);
	while (r >= 0 && !show->over) {
		r = sd.next(j->journal);
		if (r <= 0)
			break;
		any = true;
		r = show_entry(j, show, mark);
	}
	/* At the end of the journal the place is the last entry's. */
	if (r >= 0 && any)
		r = sd.get_cursor(j->journal, &mark->cursor);
	if (r >= 0)
		r = logs_show_flush(show);
	return r < 0 ? error_os(err, -r, "read the journal of container %.12s", id) : 0;
}

/* ---- following ---- */

int logs_journal_follow(struct logs_journal *j, const struct logs_journal_follower *list, size_t n,
			int64_t begin_nsec, struct error *err)
{
	int r = 0;

	j->list = list;
	j->n = n;
	sd.flush_matches(j->journal);
	for (size_t i = 0; i < n && r >= 0; i++) {
		r = match_id(j, list[i].id);
		/* What comes from begin_nsec on is all new. */
		if (list[i].mark->time_nsec < begin_nsec)
			logs_journal_mark_done(list[i].mark);
	}
	if (r >= 0)
		r = sd.seek_realtime(j->journal, (uint64_t)(begin_nsec / NSEC_PER_USEC));
	if (r >= 0)
		r = j->fd = sd.get_fd(j->journal);
	return r < 0 ? error_os(err, -r, "follow the journal") : 0;
}

int logs_journal_fd(const struct logs_journal *j)
{
	return j->fd;
}

static const struct logs_journal_follower *find_follower(struct logs_journal *j)
{
	const char *id;
	size_t len;

	if (!get_field(j, ID_FIELD, &id, &len))
		return NULL;
	for (size_t i = 0; i < j->n; i++) {
		if (strlen(j->list[i].id) == len && memcmp(j->list[i].id, id, len) == 0)
			return &j->list[i];
	}
	return NULL;
}

/* One that was among what was present: the mark's entry is the last of these. */
static bool was_shown(struct logs_journal *j, struct logs_journal_mark *mark)
{
	if (!mark->cursor)
		return false;
	if (sd.test_cursor(j->journal, mark->cursor) > 0)
		logs_journal_mark_done(mark);
	return true;
}

int logs_journal_step(struct logs_journal *j)
{
	int r = sd.process(j->journal);

	while (r >= 0 && (r = sd.next(j->journal)) > 0) {
		const struct logs_journal_follower *f = find_follower(j);

		if (f && !f->show->over && !was_shown(j, f->mark))
			r = show_entry(j, f->show, f->mark);
	}
	for (size_t i = 0; i < j->n && r >= 0; i++)
		r = logs_show_flush(j->list[i].show);
	return r < 0 ? r : 0;
}
