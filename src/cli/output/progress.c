/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"

/* A person sees no more than about twenty changes a second. */
#define REDRAW_NSEC (50 * NSEC_PER_MSEC)
#define BAR_CELLS 30

void progress_init(struct progress *p, bool quiet)
{
	*p = (struct progress){ .quiet = quiet, .terminal = isatty(STDERR_FILENO) };
}

static struct progress_bar *find_bar(struct progress *p, const char *digest)
{
	char name[16] = "";
	const char *hex = digest ? strchr(digest, ':') : NULL;
	struct progress_bar *b;

	snprintf(name, sizeof(name), "%.12s", hex ? hex + 1 : digest ? digest : "");
	for (size_t i = 0; i < p->n_bars; i++)
		if (streq(p->bars[i].digest, name))
			return &p->bars[i];
	b = ARRAY_ADD(p->bars, p->n_bars);
	memcpy(b->digest, name, sizeof(name));
	return b;
}

static void add_bar(const struct progress_bar *b, struct buf *out)
{
	char done[32], total[32];
	uint64_t full = b->total ? b->done * BAR_CELLS / b->total : 0;

	buf_addf(out, "\r\033[KCopying %s %s ", b->is_config ? "config" : "blob", b->digest);
	num_human_bytes(b->done, done, sizeof(done));
	num_human_bytes(b->total, total, sizeof(total));
	if (b->skipped) {
		buf_adds(out, "skipped: already exists\n");
		return;
	}
	if (b->finished) {
		buf_addf(out, "done   | %s\n", done);
		return;
	}
	buf_addc(out, '[');
	for (uint64_t i = 0; i < BAR_CELLS; i++)
		buf_addc(out, i < full ? '=' : i == full ? '>' : '-');
	if (b->total)
		buf_addf(out, "] %s / %s\n", done, total);
	else
		buf_addf(out, "] %s\n", done);
}

/* Move up over what was drawn last and write all rows again. */
static void draw(struct progress *p, bool force)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	int64_t now = time_monotonic_nsec();

	if (!force && now - p->last_draw_nsec < REDRAW_NSEC)
		return;
	p->last_draw_nsec = now;
	if (p->lines_drawn)
		buf_addf(&out, "\033[%zuA", p->lines_drawn);
	for (size_t i = 0; i < p->n_bars; i++)
		add_bar(&p->bars[i], &out);
	p->lines_drawn = p->n_bars;
	fputs(buf_str(&out), stderr);
	fflush(stderr);
}

static void plain_line(const struct progress_bar *b, bool is_new,
		       const struct image_progress *event)
{
	if (is_new)
		fprintf(stderr, "Copying %s %s%s\n", b->is_config ? "config" : "blob",
			event->digest ? event->digest : "",
			b->skipped ? " skipped: already exists" : "");
}

void progress_image(void *arg, const struct image_progress *event)
{
	struct progress *p = arg;
	size_t known = p->n_bars;
	struct progress_bar *b;

	if (p->quiet)
		return;
	if (event->kind == IMAGE_PROGRESS_MESSAGE) {
		fprintf(stderr, "%s\n", event->message);
		p->lines_drawn = 0; /* rows above the message stay */
		p->n_bars = 0;
		return;
	}
	b = find_bar(p, event->digest);
	b->is_config = event->is_config;
	b->total = event->total ? event->total : b->total;
	b->done = event->done > b->done ? event->done : b->done;
	b->finished = b->finished || event->kind == IMAGE_PROGRESS_BLOB_DONE;
	b->skipped = b->skipped || event->kind == IMAGE_PROGRESS_BLOB_SKIPPED;
	if (b->finished && b->total)
		b->done = b->total;
	if (p->terminal)
		draw(p, b->finished || b->skipped);
	else
		plain_line(b, p->n_bars > known, event);
}

void progress_done(struct progress *p)
{
	if (p->terminal && !p->quiet && p->n_bars)
		draw(p, true);
	free(p->bars);
	p->bars = NULL;
	p->n_bars = 0;
}
