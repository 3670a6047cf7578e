/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress: what a pull shows on standard error.  On a terminal one bar per blob, redrawn in place;
 * else one line when a blob begins or is skipped, as Podman prints: "Copying blob sha256:..." .
 */
#ifndef CORACLE_CLI_PROGRESS_H
#define CORACLE_CLI_PROGRESS_H

#include "engine/imageop.h"

struct progress_bar {
	char digest[16]; /* 12 digits for people */
	uint64_t done, total;
	bool is_config, finished, skipped;
};
struct progress {
	bool quiet, terminal;
	struct progress_bar *bars;
	size_t n_bars;
	size_t lines_drawn;
	int64_t last_draw_nsec;
};
void progress_init(struct progress *p, bool quiet);
void progress_done(struct progress *p); /* last state stays on the screen */
DEFINE_SCOPED_STRUCT(struct progress, progress_done)
/* image_progress_fn; arg is the struct progress. */
void progress_image(void *arg, const struct image_progress *event);

#endif
