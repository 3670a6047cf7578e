/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry transport against the good image of tests/harness/bad_registry (BAD_REGISTRY names
 * the program): what every source must do (tests/suites/image_transport has the local ones), in
 * several threads.  Its faults: tests/integration/image-hostile.bats.
 */
#include "harness/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "image/transport.h"
#include "image/verify.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#define ABSENT "sha256:00000000000000000000000000000000000000000000000000000000000000ff"

struct world {
	struct image_source *source;
	pid_t server;
};

/* ---- opening it ---- */

/* Starts the server; its port out of "ports MAIN OTHER". */
static int start_server(struct world *w, struct error *err)
{
	char *args[] = { getenv("BAD_REGISTRY"), NULL };
	struct spawn s = SPAWN_INIT;
	struct pidref pid = PIDREF_INIT;
	char line[128] = "";
	int ends[2], port = 0;

	if (args[0] == NULL || fd_pipe(ends, 0) < 0)
		return error_set(err, ERROR_INVALID, "BAD_REGISTRY is not set");
	s.args = args;
	s.stdout_fd = ends[1];
	s.flags = SPAWN_PDEATHSIG_KILL;
	if (spawn_start(&s, &pid, err) < 0)
		return -1;
	w->server = pid.pid;
	pidref_done(&pid);
	close(ends[1]);
	for (size_t n = 0; n + 1 < sizeof(line) && strchr(line, '\n') == NULL; n++)
		if (read(ends[0], line + n, 1) != 1)
			break;
	/* The reading end stays open: the server writes a line for each request. */
	if (sscanf(line, "ports %d", &port) != 1)
		return error_set(err, ERROR_INTERNAL, "bad_registry printed '%s'", line);
	return port;
}

static int open_world(struct world *w, struct error *err)
{
	struct image_copy_options o = { .tls_verify = OPT_SET(false) };
	scoped(image_ref_done) struct image_ref ref = { 0 };
	int port = start_server(w, err);
	scoped_free char *name = xasprintf("127.0.0.1:%d/good", port);
	int r = port < 0 ? port : image_ref_parse(name, &ref, err);

	return r < 0 ? r : image_source_registry(&ref, &o, &w->source, err);
}

static void world_done(struct world *w)
{
	image_source_close(w->source);
	if (w->server > 0) {
		kill(w->server, SIGKILL);
		waitpid(w->server, NULL, 0);
	}
}
DEFINE_SCOPED_STRUCT(struct world, world_done)

static int read_manifest(struct world *w, struct image_manifest *ret, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT_MAX(IMAGE_MANIFEST_MAX);
	scoped_free char *type = NULL;
	enum image_document kind;
	int r = w->source->ops->manifest(w->source, NULL, &text, &type, err);

	if (r < 0)
		return r;
	r = image_document_kind(buf_str(&text), text.len, str_empty(type) ? NULL : type, "manifest",
				&kind, err);
	if (r == 0 && kind != IMAGE_DOC_MANIFEST)
		return error_set(err, ERROR_INTERNAL, "an index");
	return r < 0 ? r : image_manifest_parse(buf_str(&text), text.len, "manifest", ret, err);
}

/* ---- the tests ---- */

TEST(manifest_names_configuration_and_layers)
{
	scoped(world_done) struct world w = { 0 };
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(open_world(&w, &err), err);
	CHECK(w.source->what != NULL);
	CHECK_OK(read_manifest(&w, &m, &err), err);
	CHECK_INT(m.n_layers, 1);
}

TEST(configuration_is_what_the_manifest_says)
{
	scoped(world_done) struct world w = { 0 };
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	scoped(image_config_done) struct image_config c = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;

	CHECK_OK(open_world(&w, &err), err);
	CHECK_OK(read_manifest(&w, &m, &err), err);
	CHECK_OK(verify_fetch_blob(w.source, &m.config, IMAGE_CONFIG_MAX, "config", &text, &err),
		 err);
	CHECK_OK(image_config_parse(buf_str(&text), text.len, "config", &c, &err), err);
	CHECK_INT(strv_len(c.rootfs.diff_ids), m.n_layers);
	/* The layer is not compressed here. */
	CHECK_STR(m.layers[0].digest, c.rootfs.diff_ids[0]);
}

/* sha256 of a blob read in pieces; counts failures. */
struct reader {
	struct image_source *source;
	const struct image_descriptor *d;
	size_t piece;
	bool ok;
};

static void *read_layer(void *arg)
{
	struct reader *r = arg;
	scoped_digest struct digest_ctx *c = NULL;
	scoped_free char *piece = xmalloc(r->piece);
	uint64_t total = 0;
	struct digest got;
	void *stream = NULL;
	ssize_t n;

	if (digest_begin("sha256", &c, NULL) < 0 ||
	    r->source->ops->blob_open(r->source, r->d, &stream, NULL) < 0)
		return NULL;
	while ((n = r->source->ops->blob_read(stream, piece, r->piece, NULL)) > 0) {
		digest_update(c, piece, (size_t)n);
		total += (uint64_t)n;
	}
	r->source->ops->blob_close(stream);
	digest_final(c, &got);
	r->ok = n == 0 && total == (uint64_t)r->d->size && streq(got.str, r->d->digest);
	return NULL;
}

TEST(layer_comes_whole_in_any_pieces)
{
	static const size_t pieces[] = { 1000, 65536, 1 << 20 };
	scoped(world_done) struct world w = { 0 };
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(open_world(&w, &err), err);
	CHECK_OK(read_manifest(&w, &m, &err), err);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct reader r = { w.source, &m.layers[0], pieces[i], false };

		read_layer(&r);
		CHECK(r.ok);
	}
}

TEST(several_threads_read_at_once)
{
	scoped(world_done) struct world w = { 0 };
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	struct error err = ERROR_INIT;
	struct reader readers[8];
	pthread_t threads[8];

	CHECK_OK(open_world(&w, &err), err);
	CHECK_OK(read_manifest(&w, &m, &err), err);
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		readers[i] = (struct reader){ w.source, &m.layers[0], 777, false };
		CHECK_INT(pthread_create(&threads[i], NULL, read_layer, &readers[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		CHECK(readers[i].ok);
}

TEST(stream_may_be_left_in_the_middle)
{
	scoped(world_done) struct world w = { 0 };
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	struct error err = ERROR_INIT;
	struct reader r;
	void *stream = NULL;
	char piece[100];

	CHECK_OK(open_world(&w, &err), err);
	CHECK_OK(read_manifest(&w, &m, &err), err);
	CHECK_OK(w.source->ops->blob_open(w.source, &m.layers[0], &stream, &err), err);
	CHECK_OK(w.source->ops->blob_read(stream, piece, sizeof(piece), &err), err);
	w.source->ops->blob_close(stream);
	r = (struct reader){ w.source, &m.layers[0], 4096, false };
	read_layer(&r);
	CHECK(r.ok);
}

TEST(absent_blob_is_not_found)
{
	scoped(world_done) struct world w = { 0 };
	struct image_descriptor d = { .digest = (char *)ABSENT, .size = 10 };
	struct error err = ERROR_INIT;
	void *stream = NULL;
	char piece[100];
	ssize_t r;

	CHECK_OK(open_world(&w, &err), err);
	r = w.source->ops->blob_open(w.source, &d, &stream, &err);
	if (r >= 0) {
		r = w.source->ops->blob_read(stream, piece, sizeof(piece), &err);
		w.source->ops->blob_close(stream);
	}
	CHECK_FAILS(r, err, ERROR_NOT_FOUND, "");
}

TEST(image_is_copied_into_a_store_once)
{
	scoped(world_done) struct world w = { 0 };
	scoped(store_close) struct store *s = NULL;
	struct store_options so = { .graphroot = test_path("graph"),
				    .runroot = test_path("run"),
				    .driver = "vfs" };
	struct image_copy_options o = { 0 };
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	struct error err = ERROR_INIT;
	char *names[] = { (char *)"x.example/y:z", NULL };
	char *repos[] = { (char *)"x.example/y", NULL };
	char id[65], again[65], found[65];

	CHECK_OK(open_world(&w, &err), err);
	CHECK_OK(store_open(&so, &s, &err), err);
	CHECK_OK(image_copy_to_store(w.source, s, names, repos, &o, id, &err), err);
	CHECK_OK(image_copy_to_store(w.source, s, names, repos, &o, again, &err), err);
	CHECK_STR(id, again);
	CHECK_OK(store_image_by_name(s, "x.example/y:z", found, &err), err);
	CHECK_STR(found, id);
	CHECK_OK(read_manifest(&w, &m, &err), err);
	CHECK_STR(m.config.digest + strlen("sha256:"), id);
}
