/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layers: download and unpack the layers of one image in parallel.
 *
 * The main thread makes the staging directories, starts at most `parallel` workers (a thread per
 * layer in flight), and alone talks to the store.  A worker touches its job, its stream and its
 * staging directory, nothing else; the progress callback is called under the pipeline's lock.
 * The first failure aborts the others; nothing is published unless all succeed.
 */
#ifndef CORACLE_IMAGE_LAYERS_H
#define CORACLE_IMAGE_LAYERS_H

#include <pthread.h>

#include "image/transport.h"

#define IMAGE_PARALLEL_DEFAULT 6 /* as containers.conf's image_parallel_copies */
#define IMAGE_PARALLEL_MAX 64

enum layer_state { LAYER_WAITING, LAYER_RUNNING, LAYER_DONE, LAYER_FAILED, LAYER_PRESENT };

struct layer_job {
	/* set by the caller */
	const struct image_descriptor *descriptor;
	const char *diff_id;
	char id[65]; /* chain id */

	/* filled here */
	enum layer_state state;
	struct store_staging *staging;
	struct archive_result result;
	struct error error;
	struct layer_run *run;
	pthread_t thread;
};

/* Fetch and verify all jobs whose layer the store lacks. */
int layers_fetch(struct image_source *src, struct store *s, struct layer_job *jobs, size_t n,
		 const struct image_copy_options *o, struct error *err);
/* Publish them, bottom first. */
int layers_commit(struct layer_job *jobs, size_t n, struct error *err);
void layers_done(struct layer_job *jobs, size_t n); /* frees stagings, not the array */

#endif
