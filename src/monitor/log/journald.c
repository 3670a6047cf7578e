/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/journald.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/ident.h"
#include "base/mem.h"
#include "base/str.h"
#include "monitor/log/gather.h"
#include "monitor/log/peer.h"
#include "monitor/log/priority.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
struct journald {
	struct log_driver driver;
	bool partial_field;
	struct log_peer peer;
	struct buf fields; /* the same in every entry, in wire form */
	char *name;	   /* of the peer, for messages */
	struct log_gather gather;
};

/* ---- entries ---- */

static bool send_text(struct journald *j, const char *text, size_t len, int level, bool partial)
{
	char priority[] = "PRIORITY=0\n";
	char partial_text[] = "CONTAINER_PARTIAL_MESSAGE=true\n";
	uint64_t size = htole64(len);
	/* The form with a length: the text may have any bytes. */
	struct iovec iov[] = {
		{ (void *)(uintptr_t) "MESSAGE\n", 8 },
		{ &size, sizeof(size) },
		{ (void *)(uintptr_t)text, len },
		{ (void *)(uintptr_t) "\n", 1 },
		{ priority, sizeof(priority) - 1 },
		{ j->fields.data, j->fields.len },
		{ partial_text, partial && j->partial_field ? sizeof(partial_text) - 1 : 0 },
	};

	priority[9] = (char)('0' + level);
	return log_peer_send(&j->peer, iov, ARRAY_SIZE(iov));
}

/* Lines were lost before: say so where they are missing. */
static bool send_loss(struct journald *j)
{
	char text[LOG_NOTE_MAX];

	log_note_lost(j->peer.lost, text);
	if (!send_text(j, text, strlen(text), LOG_PRIORITY_STDERR, false))
		return false;
	j->peer.lost = 0;
	j->peer.complained = false;
	return true;
}

static void on_line(void *arg, const struct log_line *l)
{
	struct journald *j = arg;
	const char *text = l->text;
	size_t len = l->len;
	int level = log_take_priority(&text, &len, l->is_stderr);

	if ((j->peer.lost > 0 && !send_loss(j)) || !send_text(j, text, len, level, l->partial))
		log_peer_lose(&j->peer);
}

/* ---- driver ---- */

static void journald_write(struct log_driver *d, const struct log_chunk *c)
{
	struct journald *j = (struct journald *)d;

	log_gather_add(&j->gather, c, on_line, j);
}

static void journald_finish(struct log_driver *d)
{
	struct journald *j = (struct journald *)d;

	log_gather_finish(&j->gather, on_line, j);
	if (j->peer.lost > 0)
		send_loss(j);
	log_peer_finish(&j->peer);
}

static void journald_free(struct log_driver *d)
{
	struct journald *j = (struct journald *)d;

	log_peer_done(&j->peer);
	buf_done(&j->fields);
	free(j->name);
	free(j);
}

static const struct log_driver_ops journald_ops = {
	.name = "journald",
	.write = journald_write,
	.finish = journald_finish,
	.free = journald_free,
};

/* ---- opening ---- */

/* Values come from the command line and may have newlines: always the form with a length. */
static void add_field(struct buf *out, const char *name, size_t name_len, const char *value)
{
	uint64_t size = htole64(strlen(value));

	buf_add(out, name, name_len);
	buf_addc(out, '\n');
	buf_add(out, &size, sizeof(size));
	buf_adds(out, value);
	buf_addc(out, '\n');
}

#define ADD(out, name, value) add_field(out, name, sizeof(name) - 1, value)

static int add_labels(struct buf *out, const struct option_list *labels, struct error *err)
{
	for (size_t i = 0; i < labels->n; i++) {
		const char *label = labels->items[i];
		size_t n = strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

		if (n == 0 || label[n] != '=')
			return error_set(err, ERROR_INVALID,
					 "--log-label: '%s' is not LABEL=VALUE with a label of "
					 "A-Z, 0-9 and _",
					 label);
		add_field(out, label, n, label + n + 1);
	}
	return 0;
}

static int build_fields(struct buf *out, const struct monitor_log_options *o,
			const struct log_source *source, struct error *err)
{
	char shortened[ID_SHORT_LEN + 1];
	const char *identifier = o->tag ? o->tag : source->name;

	if (!source->id || strlen(source->id) <= ID_SHORT_LEN)
		return error_set(err, ERROR_INVALID,
				 "log driver journald needs a --cuuid longer than %d characters",
				 ID_SHORT_LEN);
	memcpy(shortened, source->id, ID_SHORT_LEN);
	shortened[ID_SHORT_LEN] = '\0';
	ADD(out, "CONTAINER_ID_FULL", source->id);
	ADD(out, "CONTAINER_ID", shortened);
	if (o->tag)
		ADD(out, "CONTAINER_TAG", o->tag);
	if (source->name)
		ADD(out, "CONTAINER_NAME", source->name);
	ADD(out, "SYSLOG_IDENTIFIER", identifier ? identifier : shortened);
	return add_labels(out, &o->labels, err);
}

int journald_open(const struct monitor_log_options *o, const struct log_source *source,
		  struct log_driver **ret, struct error *err)
{
	const char *path = getenv("CORACLE_JOURNAL_SOCKET");
	struct journald *j = xnew(struct journald);
	int r;

	j->driver.ops = &journald_ops;
	j->partial_field = !o->no_partial_message;
	j->peer.sock = -1;
	if (str_empty(path))
		path = JOURNAL_SOCKET;
	j->name = xasprintf("journal '%s'", path);
	j->peer.name = j->name;
	r = build_fields(&j->fields, o, source, err);
	if (r >= 0)
		r = log_peer_open_unix(&j->peer, path, err);
	if (r < 0) {
		journald_free(&j->driver);
		return r;
	}
	*ret = &j->driver;
	return 0;
}
