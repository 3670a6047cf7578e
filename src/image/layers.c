/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layers.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "image/interrupt.h"
#include "image/verify.h"

#define PROGRESS_EVERY_NSEC (50 * NSEC_PER_MSEC) /* faster than anyone can read */

struct layer_run {
	struct image_source *src;
	const struct image_copy_options *o;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a worker ended */
	unsigned running;	/* under lock */
	atomic_bool failed;	/* one did: the others stop at their next read */
	bool aborted;		/* main thread's */
};

/* ---- a worker ---- */

/* What archive_apply reads from: the blob's stream, its length enforced. */
struct layer_input {
	struct layer_job *job;
	void *stream;
	uint64_t bytes;
	int64_t reported_nsec;
	struct digest_ctx *digest; /* for algorithms that archive_apply does not compute */
};

static void report(struct layer_run *run, const struct layer_job *job,
		   enum image_progress_kind kind, uint64_t done)
{
	struct image_progress p = { .kind = kind,
				    .digest = job->descriptor->digest,
				    .done = done,
				    .total = (uint64_t)job->descriptor->size };

	if (run->o->progress == NULL)
		return;
	pthread_mutex_lock(&run->lock);
	run->o->progress(run->o->progress_arg, &p);
	pthread_mutex_unlock(&run->lock);
}

static ssize_t read_input(void *arg, void *buf, size_t size, struct error *err)
{
	struct layer_input *in = arg;
	const struct image_descriptor *d = in->job->descriptor;
	int64_t now;
	ssize_t n;

	if (interrupt_pending())
		return interrupt_error(err);
	if (atomic_load(&in->job->run->failed))
		return error_set(err, ERROR_CANCELED, "given up because another layer failed");
	n = in->job->run->src->ops->blob_read(in->stream, buf, size, err);
	if (n < 0)
		return n;
	if (n == 0) {
		if (in->bytes < (uint64_t)d->size)
			return error_set(err, ERROR_CORRUPT,
					 "layer '%s' ends after %llu of %lld bytes", d->digest,
					 (unsigned long long)in->bytes, (long long)d->size);
		return 0;
	}
	in->bytes += (uint64_t)n;
	if (in->bytes > (uint64_t)d->size)
		return error_set(err, ERROR_CORRUPT,
				 "layer '%s' is longer than the %lld bytes announced", d->digest,
				 (long long)d->size);
	if (in->digest != NULL)
		digest_update(in->digest, buf, (size_t)n);
	now = time_monotonic_nsec();
	if (now - in->reported_nsec >= PROGRESS_EVERY_NSEC) {
		in->reported_nsec = now;
		report(in->job->run, in->job, IMAGE_PROGRESS_BLOB, in->bytes);
	}
	return n;
}

/* The bytes that came are those that manifest and config promised. */
static int check_digests(struct layer_job *job, struct layer_input *in, struct error *err)
{
	const struct archive_result *res = &job->result;
	const char *digest = job->descriptor->digest;
	struct digest wide;
	const char *got = res->compressed.str;

	if (in->digest != NULL) {
		int r = digest_final(in->digest, &wide);

		if (r < 0)
			return error_os(err, -r, "compute digest of layer '%s'", digest);
		got = wide.str;
	}
	/* A docker-archive names layers by diff id and may hold them compressed. */
	if (job->run->src->blobs_uncompressed_ids)
		got = res->diff_id.str;
	if (!streq(got, digest))
		return error_set(err, ERROR_CORRUPT, "layer '%s' has digest %s", digest, got);
	if (!streq(res->diff_id.str, job->diff_id))
		return error_set(err, ERROR_CORRUPT,
				 "layer '%s' unpacks to %s, and the image's configuration says %s",
				 digest, res->diff_id.str, job->diff_id);
	return 0;
}

static int unpack(struct layer_job *job, struct layer_input *in, struct error *err)
{
	struct archive_apply a = {
		.read = read_input,
		.arg = in,
		.target_fd = store_staging_dir(job->staging),
		.whiteouts = store_staging_whiteouts(job->staging),
	};
	int r = archive_apply(&a, &job->result, err);

	if (r < 0)
		return r;
	if (in->bytes != (uint64_t)job->descriptor->size)
		return error_set(err, ERROR_CORRUPT,
				 "layer '%s' has bytes behind its archive's end",
				 job->descriptor->digest);
	return check_digests(job, in, err);
}

static int fetch_one(struct layer_job *job, struct error *err)
{
	const struct image_source_ops *ops = job->run->src->ops;
	struct layer_input in = { .job = job };
	scoped_digest struct digest_ctx *wide = NULL;
	int r;

	if (!str_has_prefix(job->descriptor->digest, "sha256:")) {
		r = digest_begin("sha512", &wide, err);
		if (r < 0)
			return r;
		in.digest = wide;
	}
	r = ops->blob_open(job->run->src, job->descriptor, &in.stream, err);
	if (r < 0)
		return r;
	r = unpack(job, &in, err);
	ops->blob_close(in.stream);
	if (r == 0)
		report(job->run, job, IMAGE_PROGRESS_BLOB_DONE, in.bytes);
	return r;
}

static void *worker(void *arg)
{
	struct layer_job *job = arg;
	struct layer_run *run = job->run;
	int r = fetch_one(job, &job->error);

	pthread_mutex_lock(&run->lock);
	job->state = r < 0 ? LAYER_FAILED : LAYER_DONE;
	if (r < 0)
		atomic_store(&run->failed, true);
	run->running--;
	pthread_cond_signal(&run->changed);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

/* ---- the main thread ---- */

static int start(struct layer_run *run, struct store *s, struct layer_job *job, struct error *err)
{
	int r = store_staging_new(s, &job->staging, err);

	if (r < 0)
		return r;
	job->run = run;
	job->error = ERROR_INIT;
	job->state = LAYER_RUNNING;
	pthread_mutex_lock(&run->lock);
	run->running++;
	pthread_mutex_unlock(&run->lock);
	r = pthread_create(&job->thread, NULL, worker, job);
	if (r == 0)
		return 0;
	job->state = LAYER_WAITING;
	pthread_mutex_lock(&run->lock);
	run->running--;
	pthread_mutex_unlock(&run->lock);
	return error_os(err, r, "start a worker for layer '%s'", job->descriptor->digest);
}

/* Wait until fewer than limit run; the first failure wakes those that wait for their server. */
static void wait_below(struct layer_run *run, unsigned limit)
{
	pthread_mutex_lock(&run->lock);
	for (;;) {
		if (atomic_load(&run->failed) && !run->aborted && run->src->ops->abort != NULL) {
			run->aborted = true;
			run->src->ops->abort(run->src);
		}
		if (run->running < limit)
			break;
		pthread_cond_wait(&run->changed, &run->lock);
	}
	pthread_mutex_unlock(&run->lock);
}

/* The first failed job that is not merely a victim of another's failure.  Nothing runs any more. */
static const struct layer_job *failed_job(const struct layer_job *jobs, size_t n)
{
	const struct layer_job *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (jobs[i].state != LAYER_FAILED)
			continue;
		if (found == NULL ||
		    (found->error.kind == ERROR_CANCELED && jobs[i].error.kind != ERROR_CANCELED))
			found = &jobs[i];
	}
	return found;
}

static int run_all(struct layer_run *run, struct store *s, struct layer_job *jobs, size_t n,
		   unsigned parallel, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (jobs[i].state != LAYER_WAITING)
			continue;
		wait_below(run, parallel);
		if (atomic_load(&run->failed))
			break;
		r = start(run, s, &jobs[i], err);
	}
	if (r < 0)
		atomic_store(&run->failed, true);
	wait_below(run, 1);
	for (size_t i = 0; i < n; i++)
		if (jobs[i].state == LAYER_DONE || jobs[i].state == LAYER_FAILED)
			pthread_join(jobs[i].thread, NULL);
	return r;
}

int layers_fetch(struct image_source *src, struct store *s, struct layer_job *jobs, size_t n,
		 const struct image_copy_options *o, struct error *err)
{
	struct layer_run run = { .src = src, .o = o };
	unsigned parallel = o->parallel > 0 ? MIN(o->parallel, (unsigned)IMAGE_PARALLEL_MAX)
					    : IMAGE_PARALLEL_DEFAULT;
	const struct layer_job *bad;
	int r = store_lease(s, err); /* what is there now stays until we are done */

	if (r < 0)
		return r;
	pthread_mutex_init(&run.lock, NULL);
	pthread_cond_init(&run.changed, NULL);
	for (size_t i = 0; i < n; i++) {
		if (!store_layer_exists(s, jobs[i].id))
			continue;
		jobs[i].state = LAYER_PRESENT;
		report(&run, &jobs[i], IMAGE_PROGRESS_BLOB_SKIPPED, 0);
	}
	r = run_all(&run, s, jobs, n, parallel, err);
	bad = failed_job(jobs, n);
	if (r == 0 && bad != NULL)
		r = error_copy(err, &bad->error);
	pthread_cond_destroy(&run.changed);
	pthread_mutex_destroy(&run.lock);
	return r;
}

int layers_commit(struct layer_job *jobs, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *parent = i > 0 ? jobs[i - 1].id : NULL;
		char id[65];
		int r;

		if (jobs[i].state == LAYER_PRESENT)
			continue;
		if (interrupt_pending())
			return interrupt_error(err);
		r = store_staging_commit(jobs[i].staging, parent, &jobs[i].result, id, err);
		if (r < 0)
			return error_prefix(err, "store layer '%s'", jobs[i].descriptor->digest);
		if (!streq(id, jobs[i].id))
			return error_set(err, ERROR_INTERNAL,
					 "layer '%s' was stored as '%s', not '%s'",
					 jobs[i].descriptor->digest, id, jobs[i].id);
	}
	return 0;
}

void layers_done(struct layer_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		store_staging_free(jobs[i].staging);
		jobs[i].staging = NULL;
	}
}
