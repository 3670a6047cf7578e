/* SPDX-License-Identifier: Apache-2.0 */
/* fixture: a store of its own for each test, layers from archives made by hand, images over them.
 */
#ifndef CORACLE_TESTS_STORAGE_FIXTURE_H
#define CORACLE_TESTS_STORAGE_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/tarmake.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "harness/test.h"
#include "storage/store.h"

/* STORE_DRIVER in the environment names the driver (the suite runs once for each). */
static inline int fixture_open(const char *dir, struct store **ret, struct error *err)
{
	scoped_free char *graphroot = path_join(dir, "graph");
	scoped_free char *runroot = path_join(dir, "run");
	struct store_options o = {
		.graphroot = graphroot,
		.runroot = runroot,
		.driver = getenv("STORE_DRIVER"),
	};

	return store_open(&o, ret, err);
}

/* Publish the archive as a layer; name is only for the digest as fetched. */
static inline int fixture_layer(struct store *s, const char *parent, const struct buf *tar,
				char id[65], struct error *err)
{
	scoped(store_staging_free) struct store_staging *g = NULL;
	struct tarmake_source source = { .b = tar };
	struct archive_apply a = { .read = tarmake_read, .arg = &source };
	struct archive_result r;
	int n = store_staging_new(s, &g, err);

	if (n < 0)
		return n;
	a.target_fd = store_staging_dir(g);
	a.whiteouts = store_staging_whiteouts(g);
	n = archive_apply(&a, &r, err);
	return n < 0 ? n : store_staging_commit(g, parent, &r, id, err);
}

/* A layer with one file of that name and content. */
static inline int fixture_file_layer(struct store *s, const char *parent, const char *name,
				     const char *text, char id[65], struct error *err)
{
	scoped(buf_done) struct buf tar = BUF_INIT;

	TAR_ADD(&tar, .name = name, .data = text);
	tarmake_end(&tar);
	return fixture_layer(s, parent, &tar, id, err);
}

/* An image whose config is the text; name may be NULL. */
static inline int fixture_image(struct store *s, const char *top_layer, const char *config,
				const char *name, char id[65], struct error *err)
{
	scoped_free char *manifest = xasprintf("{\"manifest of\":\"%s\"}", config);
	struct digest cd, md;
	const char *names[] = { name, NULL };
	struct store_image_new i = {
		.manifest = manifest,
		.manifest_len = strlen(manifest),
		.manifest_digest = md.str,
		.manifest_type = "application/test",
		.config = config,
		.config_len = strlen(config),
		.top_layer = top_layer,
		.names = name != NULL ? (char *const *)names : NULL,
		.created_nsec = 1,
	};

	digest_of(config, strlen(config), &cd, err);
	digest_of(manifest, strlen(manifest), &md, err);
	i.id = digest_hex(&cd);
	memcpy(id, i.id, 65);
	return store_image_put(s, &i, err);
}

/* Entries of a directory below dir, -1 when it cannot be read. */
static inline int fixture_entries(const char *dir, const char *sub)
{
	scoped_free char *path = path_join(dir, sub);
	DIR *d = opendir(path);
	int n = 0;

	if (d == NULL)
		return -1;
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static inline bool fixture_has(const char *dir, const char *sub)
{
	scoped_free char *path = path_join(dir, sub);

	return access(path, F_OK) == 0;
}

#endif
