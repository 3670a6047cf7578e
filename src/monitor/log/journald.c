/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/journald.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/ident.h"
#include "base/mem.h"
#include "base/str.h"
#include "monitor/log/sender.h"
#include "wire/monitor.h"

struct journald {
	struct log_sender sender;
	bool partial_field;
	struct buf fields; /* the same in every entry, in wire form */
};

/* ---- entries ---- */

static bool send_entry(struct log_sender *s, const struct log_line *l, int severity)
{
	struct journald *j = (struct journald *)s;
	char priority[] = "PRIORITY=0\n";
	char partial_text[] = "CONTAINER_PARTIAL_MESSAGE=true\n";
	uint64_t size = htole64(l->len);
	/* The form with a length: the text may have any bytes. */
	struct iovec iov[] = {
		{ (void *)(uintptr_t) "MESSAGE\n", 8 },
		{ &size, sizeof(size) },
		{ (void *)(uintptr_t)l->text, l->len },
		{ (void *)(uintptr_t) "\n", 1 },
		{ priority, sizeof(priority) - 1 },
		{ j->fields.data, j->fields.len },
		{ partial_text, l->partial && j->partial_field ? sizeof(partial_text) - 1 : 0 },
	};

	priority[9] = (char)('0' + severity);
	return log_peer_send(&s->peer, iov, ARRAY_SIZE(iov));
}

/* ---- driver ---- */

static void journald_free(struct log_driver *d)
{
	struct journald *j = (struct journald *)d;

	log_sender_done(&j->sender);
	buf_done(&j->fields);
	free(j);
}

static const struct log_driver_ops journald_ops = {
	.name = "journald",
	.write = log_sender_write,
	.finish = log_sender_finish,
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
	const char *path = monitor_journal_socket();
	struct journald *j = xnew(struct journald);
	int r;

	log_sender_init(&j->sender, &journald_ops, xasprintf("journal '%s'", path), send_entry);
	j->partial_field = !o->no_partial_message;
	r = build_fields(&j->fields, o, source, err);
	if (r >= 0)
		r = log_peer_open_unix(&j->sender.peer, path, err);
	if (r < 0) {
		journald_free(&j->sender.driver);
		return r;
	}
	*ret = &j->sender.driver;
	return 0;
}
