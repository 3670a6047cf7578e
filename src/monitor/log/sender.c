/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log/sender.h"

#include <stdlib.h>
#include <string.h>

#include "base/timeutil.h"
#include "monitor/log/priority.h"

/* Lines were lost before: say so where they are missing. */
static bool send_loss(struct log_sender *s, int64_t time_nsec)
{
	char text[LOG_NOTE_MAX];
	struct log_line note = { .text = text, .is_stderr = true, .time_nsec = time_nsec };

	log_note_lost(s->peer.lost, text);
	note.len = strlen(text);
	if (!s->send(s, &note, LOG_PRIORITY_STDERR))
		return false;
	s->peer.lost = 0;
	s->peer.complained = false;
	return true;
}

static void on_line(void *arg, const struct log_line *line)
{
	struct log_sender *s = arg;
	struct log_line l = *line;
	int severity = log_take_priority(&l.text, &l.len, l.is_stderr);

	if ((s->peer.lost > 0 && !send_loss(s, l.time_nsec)) || !s->send(s, &l, severity))
		log_peer_lose(&s->peer);
}

void log_sender_write(struct log_driver *d, const struct log_chunk *c)
{
	struct log_sender *s = (struct log_sender *)d;

	log_gather_add(&s->gather, c, on_line, s);
}

void log_sender_finish(struct log_driver *d)
{
	struct log_sender *s = (struct log_sender *)d;

	log_gather_finish(&s->gather, on_line, s);
	if (s->peer.lost > 0)
		send_loss(s, time_now_nsec());
	log_peer_finish(&s->peer);
}

void log_sender_init(struct log_sender *s, const struct log_driver_ops *ops, char *name,
		     bool (*send)(struct log_sender *s, const struct log_line *l, int severity))
{
	s->driver.ops = ops;
	s->send = send;
	s->peer.sock = -1;
	s->peer.name = s->name = name;
}

void log_sender_done(struct log_sender *s)
{
	log_peer_done(&s->peer);
	free(s->name);
}
