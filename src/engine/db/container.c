/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "base/trace.h"
#include "engine/db/db_priv.h"
#include "sys/pidref.h"

/* Codes of removed containers are kept for whoever waits for them. */
#define EXIT_CODE_KEEP_NSEC (300 * NSEC_PER_SEC)
/* Candidates that a prefix may match before we stop asking. */
#define PREFIX_MAX 2

void container_record_done(struct container_record *r)
{
	if (!r)
		return;
	free(r->name);
	wish_done(&r->wish);
	container_state_done(&r->state);
	*r = (struct container_record){ 0 };
}

static char *state_text(const struct container_state *s)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	json_table_dump(&container_state_table, s, 0, &text);
	return buf_take(&text);
}

static int put_state(struct db *db, const char *id, const struct container_state *s,
		     struct error *err)
{
	scoped_free char *text = state_text(s);

	return sqldb_exec(db->sql, err,
			  "INSERT OR REPLACE INTO container_state(id, boot, intent, status, pid,"
			  " pid_start, started, finished, exit_code, oom, state)"
			  " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			  "sssiiiiiiis", id, s->boot_id ? s->boot_id : "", s->intent,
			  (int64_t)s->status, (int64_t)s->pid, (int64_t)s->pid_start,
			  s->started_nsec, s->finished_nsec, (int64_t)s->exit_code,
			  (int64_t)s->oom_killed, text);
}

/* After "container:" of a namespace mode: the id of the container that it depends on. */
static const char *joined(const char *mode)
{
	return mode ? str_skip_prefix(mode, "container:") : NULL;
}

static int put_uses(struct db *db, const struct container_record *r, struct error *err)
{
	const struct wish *w = &r->wish;
	const char *on[] = { joined(w->network.mode), joined(w->namespaces.pid),
			     joined(w->namespaces.ipc), joined(w->namespaces.uts),
			     joined(w->namespaces.cgroup) };
	int n = 0;

	for (size_t i = 0; i < w->n_mounts && n >= 0; i++)
		if (streq(w->mounts[i].type, "volume") && !str_empty(w->mounts[i].source))
			n = sqldb_exec(db->sql, err,
				       "INSERT OR IGNORE INTO container_volume(container, volume)"
				       " VALUES(?, ?)",
				       "ss", r->id, w->mounts[i].source);
	for (size_t i = 0; i < w->network.n_attachments && n >= 0; i++)
		n = sqldb_exec(
			db->sql, err,
			"INSERT OR IGNORE INTO container_network(container, network) VALUES(?, ?)",
			"ss", r->id, w->network.attachments[i].network);
	if (n >= 0 && w->image_id)
		n = sqldb_exec(
			db->sql, err,
			"INSERT OR IGNORE INTO container_image(container, image) VALUES(?, ?)",
			"ss", r->id, w->image_id);
	for (size_t i = 0; i < ARRAY_SIZE(on) && n >= 0; i++)
		if (on[i])
			n = sqldb_exec(db->sql, err,
				       "INSERT OR IGNORE INTO container_depends(container, depends)"
				       " VALUES(?, ?)",
				       "ss", r->id, on[i]);
	return n < 0 ? n : 0;
}

/* Who has the name; "" when nobody. */
static int name_holder(struct db *db, const char *name, char id[65], struct error *err)
{
	struct sqldb_stmt *s;
	int r = sqldb_query(db->sql, &s, err, "SELECT id FROM container WHERE name = ?", "s", name);

	id[0] = '\0';
	if (r < 0)
		return r;
	r = sqldb_step(s, err);
	if (r == 1)
		snprintf(id, 65, "%s", sqldb_text(s, 0));
	sqldb_reset(s);
	return r < 0 ? r : 0;
}

static int insert_rows(struct db *db, const struct container_record *rec, struct error *err)
{
	scoped(buf_done) struct buf config = BUF_INIT, summary = BUF_INIT;
	struct container_summary sum = { 0 };
	char holder[65];
	int r = name_holder(db, rec->name, holder, err);

	if (r < 0)
		return r;
	if (holder[0])
		return error_set(
			err, ERROR_EXISTS,
			"the container name \"%s\" is already in use by %s. You have to remove "
			"that container to be able to reuse that name: that name is already in "
			"use",
			rec->name, holder);
	container_summary_fill(&sum, &rec->wish);
	json_table_dump(&container_summary_table, &sum, 0, &summary);
	container_summary_done(&sum);
	json_table_dump(&wish_table, &rec->wish, 0, &config);
	/* Stored once, read for ever: text that no reader takes back must not come in. */
	if (!str_utf8(buf_str(&config), config.len))
		return error_set(
			err, ERROR_INVALID,
			"the container's configuration has text that is not UTF-8 (an argument, "
			"a label or a variable of the environment)");
	if (!buf_ok(&config) || !buf_ok(&summary))
		return error_set(err, ERROR_LIMIT, "the configuration of container %s is too big",
				 rec->name);
	r = sqldb_exec(db->sql, err,
		       "INSERT INTO container(id, name, created, version, rm, summary, config)"
		       " VALUES(?, ?, ?, ?, ?, ?, ?)",
		       "ssiiiss", rec->id, rec->name, rec->created_nsec,
		       (int64_t)DB_DOCUMENT_VERSION, (int64_t)rec->wish.rm, buf_str(&summary),
		       buf_str(&config));
	if (r >= 0)
		r = put_state(db, rec->id, &rec->state, err);
	return r < 0 ? r : put_uses(db, rec, err);
}

int db_container_insert(struct db *db, const struct container_record *rec, bool durable,
			struct error *err)
{
	int r = sqldb_begin(db->sql, durable ? SQLDB_DURABLE : SQLDB_VOLATILE, err);

	if (r < 0)
		return r;
	r = insert_rows(db, rec, err);
	return sqldb_end(db->sql, r, err);
}

static int decode(struct sqldb_stmt *s, struct container_record *rec, struct error *err)
{
	const char *config = sqldb_text(s, 4), *state = sqldb_text(s, 5);
	int r;

	if (sqldb_int(s, 3) > DB_DOCUMENT_VERSION)
		return error_set(err, ERROR_UNSUPPORTED,
				 "container %s was written by a newer version of this program "
				 "(document version %lld)",
				 sqldb_text(s, 0), (long long)sqldb_int(s, 3));
	snprintf(rec->id, sizeof(rec->id), "%s", sqldb_text(s, 0));
	rec->name = xstrdup(sqldb_text(s, 1));
	rec->created_nsec = sqldb_int(s, 2);
	r = json_table_parse(&wish_table, config, strlen(config), &rec->wish,
			     "stored configuration", 0, err);
	if (r >= 0)
		r = json_table_parse(&container_state_table, state, strlen(state), &rec->state,
				     "stored state", 0, err);
	if (r < 0)
		return error_prefix(err, "container %s", rec->id);
	return 0;
}

int db_container_load(struct db *db, const char *id, struct container_record *ret,
		      struct error *err)
{
	struct container_record rec = { 0 };
	struct sqldb_stmt *s;
	int r = sqldb_query(
		db->sql, &s, err,
		"SELECT c.id, c.name, c.created, c.version, c.config, s.state"
		" FROM container c JOIN container_state s ON s.id = c.id WHERE c.id = ?",
		"s", id);

	if (r < 0)
		return r;
	r = sqldb_step(s, err);
	if (r == 1)
		r = decode(s, &rec, err);
	else if (r == 0)
		r = error_set(err, ERROR_NOT_FOUND, "container %s has been removed", id);
	sqldb_reset(s);
	if (r < 0) {
		container_record_done(&rec);
		return r;
	}
	*ret = rec;
	return 0;
}

/* Ids that begin with prefix, as a range of the primary key. */
static int by_prefix(struct db *db, const char *prefix, char ***ret, struct error *err)
{
	scoped_free char *end = xasprintf("%sg", prefix); /* 'g' follows every hex digit */
	struct sqldb_stmt *s;
	int r = sqldb_query(db->sql, &s, err,
			    "SELECT id FROM container WHERE id >= ? AND id < ? LIMIT 2", "ss",
			    prefix, end);

	return r < 0 ? r : db_collect(s, ret, err);
}

int db_container_lookup(struct db *db, const char *word, char ret_id[65], struct error *err)
{
	scoped_strv char **ids = NULL;
	char id[65];
	int r = name_holder(db, word, id, err);

	if (r < 0)
		return r;
	if (!id[0] && str_is_hex(word, 0) && strlen(word) <= 64) {
		r = by_prefix(db, word, &ids, err);
		if (r < 0)
			return r;
		if (strv_len(ids) >= PREFIX_MAX)
			return error_set(err, ERROR_INVALID,
					 "more than one result for container name or ID \"%s\": "
					 "container name or ID is ambiguous",
					 word);
		if (ids)
			snprintf(id, sizeof(id), "%s", ids[0]);
	}
	if (!id[0])
		return error_set(err, ERROR_NOT_FOUND,
				 "no container with name or ID \"%s\" found: no such container",
				 word);
	memcpy(ret_id, id, sizeof(id));
	return 0;
}

int db_container_save_state(struct db *db, const char *id, const struct container_state *s,
			    struct error *err)
{
	int r;

	trace_scope("save state");
	r = sqldb_begin(db->sql, SQLDB_VOLATILE, err);
	if (r < 0)
		return r;
	r = put_state(db, id, s, err);
	return sqldb_end(db->sql, r, err);
}

/* The code of a container that ran stays for a while, for whoever waits for it. */
static int keep_exit_code(struct db *db, const char *id, struct error *err)
{
	int64_t now = time_now_nsec();
	int r = sqldb_exec(db->sql, err, "DELETE FROM exit_code WHERE time < ?", "i",
			   now - EXIT_CODE_KEEP_NSEC);

	if (r < 0)
		return r;
	return sqldb_exec(
		db->sql, err,
		"INSERT OR REPLACE INTO exit_code(id, time, code)"
		" SELECT id, ?, exit_code FROM container_state WHERE id = ? AND started > 0",
		"is", now, id);
}

static int delete_rows(struct db *db, const char *id, struct error *err)
{
	int r = keep_exit_code(db, id, err);

	if (r >= 0)
		r = sqldb_exec(db->sql, err, "DELETE FROM container WHERE id = ?", "s", id);
	if (r >= 0)
		r = sqldb_exec(db->sql, err, "DELETE FROM container_state WHERE id = ?", "s", id);
	if (r >= 0)
		r = sqldb_exec(db->sql, err, "DELETE FROM container_volume WHERE container = ?",
			       "s", id);
	if (r >= 0)
		r = sqldb_exec(db->sql, err, "DELETE FROM container_network WHERE container = ?",
			       "s", id);
	if (r >= 0)
		r = sqldb_exec(db->sql, err, "DELETE FROM container_image WHERE container = ?", "s",
			       id);
	if (r >= 0)
		r = sqldb_exec(db->sql, err, "DELETE FROM container_depends WHERE container = ?",
			       "s", id);
	return r;
}

int db_container_delete(struct db *db, const char *id, struct error *err)
{
	int r = sqldb_begin(db->sql, SQLDB_VOLATILE, err);

	if (r < 0)
		return r;
	r = delete_rows(db, id, err);
	return sqldb_end(db->sql, r, err);
}

int db_container_ids(struct db *db, char ***ret, struct error *err)
{
	struct sqldb_stmt *s;
	int r = sqldb_query(db->sql, &s, err, "SELECT id FROM container ORDER BY created DESC, id",
			    "");

	return r < 0 ? r : db_collect(s, ret, err);
}

int db_container_each(struct db *db,
		      int (*fn)(void *arg, struct container_record *r, struct error *err),
		      void *arg, struct error *err)
{
	struct sqldb_stmt *s;
	int r = sqldb_query(db->sql, &s, err,
			    "SELECT c.id, c.name, c.created, c.version, c.config, s.state"
			    " FROM container c JOIN container_state s ON s.id = c.id"
			    " ORDER BY c.created DESC",
			    "");

	if (r < 0)
		return r;
	while ((r = sqldb_step(s, err)) == 1) {
		scoped(container_record_done) struct container_record rec = { 0 };

		r = decode(s, &rec, err);
		if (r >= 0)
			r = fn(arg, &rec, err);
		if (r < 0)
			break;
	}
	sqldb_reset(s);
	return r < 0 ? r : 0;
}

/* Few containers have a policy, so what belongs to it has no columns. */
static int decode_restarts(const char *text, struct container_summary *sum, struct error *err)
{
	struct container_state state = { 0 };
	int r;

	if (sum->restart_policy == RESTART_NO)
		return 0;
	r = json_table_parse(&container_state_table, text, strlen(text), &state, "stored state", 0,
			     err);
	if (r < 0)
		return error_prefix(err, "container %s", sum->id);
	sum->restart_count = state.restart_count;
	sum->stopped_by_user = state.stopped_by_user;
	container_state_done(&state);
	return 0;
}

static int decode_summary(struct sqldb_stmt *s, struct container_summary *sum, struct error *err)
{
	const char *text = sqldb_text(s, 10);
	int r = json_table_parse(&container_summary_table, text, strlen(text), sum,
				 "stored summary", 0, err);

	if (r < 0)
		return error_prefix(err, "container %s", sqldb_text(s, 0));
	snprintf(sum->id, sizeof(sum->id), "%s", sqldb_text(s, 0));
	sum->name = xstrdup(sqldb_text(s, 1));
	sum->created_nsec = sqldb_int(s, 2);
	sum->rm = sqldb_int(s, 3) != 0;
	sum->status = (enum container_status)sqldb_int(s, 4);
	sum->pid = (int32_t)sqldb_int(s, 5);
	sum->pid_start = (uint64_t)sqldb_int(s, 6);
	sum->started_nsec = sqldb_int(s, 7);
	sum->finished_nsec = sqldb_int(s, 8);
	sum->exit_code = (int)sqldb_int(s, 9);
	sum->oom_killed = sqldb_int(s, 11) != 0;
	sum->intent = xstrdup_opt(sqldb_text(s, 12));
	return decode_restarts(sqldb_text(s, 13), sum, err);
}

int db_container_summaries(struct db *db, struct container_summary **ret, size_t *ret_n,
			   struct error *err)
{
	struct container_summary *list = NULL;
	struct sqldb_stmt *s;
	size_t n = 0;
	int r = sqldb_query(
		db->sql, &s, err,
		"SELECT c.id, c.name, c.created, c.rm, s.status, s.pid, s.pid_start,"
		" s.started, s.finished, s.exit_code, c.summary, s.oom, s.intent, s.state"
		" FROM container c JOIN container_state s ON s.id = c.id"
		" ORDER BY c.created DESC",
		"");

	if (r < 0)
		return r;
	while ((r = sqldb_step(s, err)) == 1) {
		struct container_summary sum = { 0 };

		r = decode_summary(s, &sum, err);
		if (r < 0)
			break;
		*ARRAY_ADD(list, n) = sum;
	}
	sqldb_reset(s);
	if (r < 0) {
		container_list_free(list, n);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int db_container_unfinished(struct db *db, char ***ret, struct error *err)
{
	scoped_strv char **ids = NULL;
	struct sqldb_stmt *s;
	int r = sqldb_query(db->sql, &s, err,
			    "SELECT id, intent IS NOT NULL, pid, pid_start FROM container_state"
			    " WHERE intent IS NOT NULL OR pid > 0",
			    "");

	if (r < 0)
		return r;
	while ((r = sqldb_step(s, err)) == 1)
		if (sqldb_int(s, 1) ||
		    pidref_alive_at((pid_t)sqldb_int(s, 2), (uint64_t)sqldb_int(s, 3)) != 1)
			strv_add(&ids, sqldb_text(s, 0));
	if (r < 0)
		return r;
	*ret = take_ptr(ids);
	return 0;
}

int db_exit_code_get(struct db *db, const char *id, int *ret, struct error *err)
{
	struct sqldb_stmt *s;
	int r = sqldb_query(db->sql, &s, err, "SELECT code FROM exit_code WHERE id = ?", "s", id);

	if (r < 0)
		return r;
	r = sqldb_step(s, err);
	if (r == 1)
		*ret = (int)sqldb_int(s, 0);
	sqldb_reset(s);
	if (r == 0)
		return error_set(err, ERROR_NOT_FOUND, "the exit code of container %s is not known",
				 id);
	return r < 0 ? r : 0;
}
