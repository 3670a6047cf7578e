/* SPDX-License-Identifier: Apache-2.0 */
#include "image/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/archive_layer.h"
#include "base/path.h"
#include "base/str.h"
#include "image/interrupt.h"
#include "image/policy.h"
#include "image/transport.h"
#include "image/verify.h"
#include "sys/fd.h"

#define ANNOTATION_REF "org.opencontainers.image.ref.name"
#define ANNOTATION_CONTAINERD "io.containerd.image.name"

static const char *const kind_names[] = { "docker-archive", "oci-archive", "oci", "dir" };
_Static_assert(ARRAY_SIZE(kind_names) == LOAD_KIND_COUNT, "one name per kind");

const char *load_kind_name(enum load_kind k)
{
	return kind_names[k];
}

void load_results_done(struct load_results *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->items[i].name);
	free(r->items);
	*r = (struct load_results){ 0 };
}

int load_local_name(const char *name, char **ret, struct error *err)
{
	scoped(image_ref_done) struct image_ref ref = { 0 };
	scoped_free char *full = image_ref_is_short(name) ? xasprintf("localhost/%s", name)
							  : xstrdup(name);
	int r = image_ref_parse(full, &ref, err);

	if (r < 0)
		return r;
	*ret = image_ref_str(&ref);
	return 0;
}

struct load {
	struct store *store;
	enum load_kind kind;
	const char *path, *shown, *select;
	const struct image_copy_options *o;
	struct load_results *results;
};

/* Copy one image and note it; takes src. */
static int copy_one(struct load *l, struct image_source *src, char *const *names, struct error *err)
{
	scoped_strv char **repos = NULL;
	struct load_result *res;
	char id[65];
	int r;

	STRV_FOREACH (n, names) {
		scoped(image_ref_done) struct image_ref ref = { 0 };

		if (image_ref_parse(*n, &ref, NULL) == 0)
			strv_add_take(&repos, image_ref_repo(&ref));
	}
	if (repos != NULL) {
		strv_sort(repos);
		strv_uniq(repos);
	}
	r = image_copy_to_store(src, l->store, names, repos, l->o, id, err);
	image_source_close(src);
	if (r < 0)
		return r;
	res = ARRAY_ADD(l->results->items, l->results->n);
	memcpy(res->id, id, sizeof(id));
	if (names != NULL && names[0] != NULL)
		res->name = xstrdup(names[0]);
	return 0;
}

static int nothing_selected(const struct load *l, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND, "%s '%s' has no image '%s'", kind_names[l->kind],
			 l->shown, l->select);
}

/* ---- docker-archive ---- */

struct docker_items {
	struct docker_archive_item *items;
	size_t n;
};

static void docker_items_done(struct docker_items *d)
{
	for (size_t i = 0; i < d->n; i++)
		json_table_free(&docker_archive_item_table, &d->items[i]);
	free(d->items);
}
DEFINE_SCOPED_STRUCT(struct docker_items, docker_items_done)

/* A whole member of the archive: 1, or 0 when it has none of that name. */
static int read_member(struct archive_index *ix, const char *name, struct buf *out,
		       struct error *err)
{
	scoped_fd int fd = -1;
	uint64_t size = 0;
	int r = archive_index_member(ix, name, &fd, &size, err);
	scoped(buf_done) struct buf all = BUF_INIT_MAX(IMAGE_CONFIG_MAX + 1);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (size > IMAGE_CONFIG_MAX)
		return error_set(err, ERROR_LIMIT,
				 "'%s' in the archive has %llu bytes, more than %zu", name,
				 (unsigned long long)size, IMAGE_CONFIG_MAX);
	while (all.len < size) {
		char chunk[16384];
		ssize_t n = archive_read_fd(&fd, chunk, MIN(sizeof(chunk), size - all.len), err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return error_set(err, ERROR_CORRUPT, "'%s' in the archive is cut short",
					 name);
		buf_add(&all, chunk, (size_t)n);
	}
	buf_done(out);
	*out = all;
	all = BUF_INIT;
	return 1;
}

static int parse_docker_items(const struct load *l, struct buf *text, struct docker_items *ret,
			      struct error *err)
{
	scoped_json json_t *doc = NULL;
	const json_t *one;
	size_t i;
	int r = json_text_parse(buf_str(text), text->len, "manifest.json", &doc, err);

	if (r < 0)
		return error_prefix(err, "archive '%s'", l->shown);
	if (!json_is_array(doc) || json_array_size(doc) == 0)
		return error_set(err, ERROR_CORRUPT,
				 "archive '%s': manifest.json must be an array of images",
				 l->shown);
	json_array_foreach (doc, i, one) {
		r = json_table_decode(&docker_archive_item_table, one,
				      ARRAY_ADD(ret->items, ret->n), "manifest.json",
				      JSON_IGNORE_CASE, err);
		if (r < 0)
			return error_prefix(err, "archive '%s'", l->shown);
	}
	return 0;
}

/* Full names of an item; an invalid tag is an error. */
static int item_names(char *const *tags, char ***ret, struct error *err)
{
	STRV_FOREACH (t, tags) {
		scoped(image_ref_done) struct image_ref ref = { 0 };
		int r = image_ref_parse(*t, &ref, err);

		if (r < 0)
			return r;
		strv_add_take(ret, image_ref_str(&ref));
	}
	return 0;
}

/* Does `select` ("@1" or a reference) mean this item? */
static bool item_selected(const char *select, size_t index, char *const *names)
{
	scoped(image_ref_done) struct image_ref ref = { 0 };
	scoped_free char *full = NULL;
	scoped_free char *position = xasprintf("@%zu", index);

	if (select == NULL || streq(select, position))
		return true;
	if (select[0] == '@' || image_ref_parse(select, &ref, NULL) < 0)
		return false;
	full = image_ref_str(&ref);
	return strv_has(names, full);
}

static int load_docker(struct load *l, struct archive_index *ix, struct error *err)
{
	scoped(docker_items_done) struct docker_items d = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;
	size_t before = l->results->n;
	int r = read_member(ix, "manifest.json", &text, err);

	if (r == 0)
		return error_set(err, ERROR_CORRUPT, "archive '%s' has no manifest.json", l->shown);
	if (r > 0)
		r = parse_docker_items(l, &text, &d, err);
	for (size_t i = 0; i < d.n && r == 0; i++) {
		scoped_strv char **names = NULL;
		struct image_source *src = NULL;

		r = item_names(d.items[i].repo_tags, &names, err);
		if (r < 0 || !item_selected(l->select, i, names))
			continue;
		r = image_source_docker_archive(l->path, (unsigned)i, &src, err);
		if (r == 0)
			r = copy_one(l, src, names, err);
	}
	if (r == 0 && l->results->n == before)
		r = nothing_selected(l, err);
	return r;
}

/* ---- OCI layout, in a directory or an archive ---- */

/* The name that an entry of index.json carries, or NULL. */
static int entry_name(const struct image_descriptor *d, char **ret, struct error *err)
{
	const char *name = strmap_get(&d->annotations, ANNOTATION_CONTAINERD);

	if (str_empty(name))
		name = strmap_get(&d->annotations, ANNOTATION_REF);
	return str_empty(name) ? 0 : load_local_name(name, ret, err);
}

static bool entry_selected(const char *select, size_t index, const struct image_descriptor *d)
{
	const char *ref = strmap_get(&d->annotations, ANNOTATION_REF);
	scoped_free char *position = xasprintf("@%zu", index);

	return select == NULL || streq(select, position) || (ref != NULL && streq(select, ref));
}

static int load_entry(struct load *l, size_t index, const struct image_descriptor *d,
		      struct error *err)
{
	scoped_free char *position = xasprintf("@%zu", index), *name = NULL;
	char *names[] = { NULL, NULL };
	struct image_source *src = NULL;
	int r = entry_name(d, &name, err);

	if (r < 0)
		return r;
	names[0] = name;
	r = l->kind == LOAD_OCI ? image_source_oci_layout(l->path, position, &src, err)
				: image_source_oci_archive(l->path, position, &src, err);
	return r < 0 ? r : copy_one(l, src, names, err);
}

static int load_oci_index(struct load *l, struct buf *text, struct error *err)
{
	scoped(image_index_done) struct image_index index = { 0 };
	size_t before = l->results->n;
	int r = image_index_parse(buf_str(text), text->len, "index.json", &index, err);

	if (r < 0)
		return error_prefix(err, "%s '%s'", kind_names[l->kind], l->shown);
	if (index.n_manifests == 0)
		return error_set(err, ERROR_CORRUPT, "%s '%s' has no image", kind_names[l->kind],
				 l->shown);
	for (size_t i = 0; i < index.n_manifests && r == 0; i++)
		if (entry_selected(l->select, i, &index.manifests[i]))
			r = load_entry(l, i, &index.manifests[i], err);
	if (r == 0 && l->results->n == before)
		r = nothing_selected(l, err);
	return r;
}

static int load_layout_dir(struct load *l, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_free char *file = path_join(l->path, "index.json");
	int r = fd_read_file(AT_FDCWD, file, IMAGE_MANIFEST_MAX, &text);

	if (r < 0)
		return error_os(err, -r, "read '%s'", file);
	return load_oci_index(l, &text, err);
}

/* ---- all kinds ---- */

static int load_archive(struct load *l, struct archive_index *ix, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	int r;

	if (l->kind == LOAD_DOCKER_ARCHIVE)
		return load_docker(l, ix, err);
	r = read_member(ix, "index.json", &text, err);
	if (r == 0)
		return error_set(err, ERROR_CORRUPT, "archive '%s' has no index.json", l->shown);
	return r < 0 ? r : load_oci_index(l, &text, err);
}

static int open_index(const char *path, const char *shown, struct archive_index **ret,
		      struct error *err)
{
	scoped_fd int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NOCTTY, 0);
	int r;

	if (fd < 0)
		return error_os(err, -fd, "open archive '%s'", shown);
	r = archive_index_open(fd, ret, err);
	return r < 0 ? error_prefix(err, "archive '%s'", shown) : 0;
}

static int load_dir(struct load *l, struct error *err)
{
	struct image_source *src = NULL;
	int r = image_source_dir(l->path, &src, err);

	return r < 0 ? r : copy_one(l, src, NULL, err);
}

static int load_indexed(struct load *l, struct archive_index *ix, struct error *err)
{
	int r = policy_check_path(l->o->policy_file, kind_names[l->kind], l->shown, err);

	return r < 0 ? r : load_archive(l, ix, err);
}

int load_images(struct store *s, enum load_kind kind, const char *path, const char *shown,
		const char *select, const struct image_copy_options *o, struct load_results *ret,
		struct error *err)
{
	struct load l = { s, kind, path, shown, select, o, ret };
	struct archive_index *ix = NULL;
	int r;

	if (kind == LOAD_OCI || kind == LOAD_DIR) {
		r = policy_check_path(o->policy_file, kind_names[kind], shown, err);
		if (r < 0)
			return r;
		return kind == LOAD_OCI ? load_layout_dir(&l, err) : load_dir(&l, err);
	}
	r = open_index(path, shown, &ix, err);
	if (r == 0)
		r = load_indexed(&l, ix, err);
	archive_index_free(ix);
	return r;
}

/* ---- load: the kind is found by looking ---- */

static bool has_member(struct archive_index *ix, const char *name)
{
	scoped_fd int fd = -1;
	uint64_t size;

	return archive_index_member(ix, name, &fd, &size, NULL) >= 0;
}

static int load_file(struct load *l, struct error *err)
{
	struct archive_index *ix = NULL;
	int r = open_index(l->path, l->shown, &ix, err);

	if (r < 0)
		return r;
	/* `docker save` of today is both; its manifest.json has the names. */
	if (has_member(ix, "manifest.json")) {
		l->kind = LOAD_DOCKER_ARCHIVE;
		r = load_indexed(l, ix, err);
	} else if (has_member(ix, "index.json")) {
		l->kind = LOAD_OCI_ARCHIVE;
		r = load_indexed(l, ix, err);
	} else {
		r = error_set(
			err, ERROR_INVALID,
			"'%s' is no image archive: it has neither manifest.json nor index.json "
			"(a root file system is imported, not loaded)",
			l->shown);
	}
	archive_index_free(ix);
	return r;
}

static int load_found_dir(struct load *l, struct error *err)
{
	scoped_free char *layout = path_join(l->path, "index.json");
	scoped_free char *manifest = path_join(l->path, "manifest.json");

	if (access(layout, F_OK) == 0)
		l->kind = LOAD_OCI;
	else if (access(manifest, F_OK) == 0)
		l->kind = LOAD_DIR;
	else
		return error_set(err, ERROR_INVALID,
				 "directory '%s' is no image: it has neither index.json (oci) nor "
				 "manifest.json (dir)",
				 l->shown);
	return load_images(l->store, l->kind, l->path, l->shown, NULL, l->o, l->results, err);
}

/* Standard input into a nameless file beside the store; its descriptor. */
static int spool_stdin(struct store *s, struct error *err)
{
	scoped_fd int fd = fd_open(AT_FDCWD, store_graphroot(s), O_TMPFILE | O_RDWR, 0600);
	int in = STDIN_FILENO;
	scoped_free char *chunk = xmalloc(65536);

	if (fd < 0)
		return error_os(err, -fd, "create a temporary file in '%s'", store_graphroot(s));
	for (;;) {
		ssize_t n;
		int r;

		if (interrupt_pending())
			return interrupt_error(err);
		n = archive_read_fd(&in, chunk, 65536, err);
		if (n < 0)
			return error_prefix(err, "read standard input");
		if (n == 0)
			break;
		r = fd_write_all(fd, chunk, (size_t)n);
		if (r < 0)
			return error_os(err, -r, "write a temporary file in '%s'",
					store_graphroot(s));
	}
	return take_fd(fd);
}

static int load_path(struct load *l, struct error *err)
{
	struct stat st;
	int r;

	if (streq(l->path, "-")) {
		scoped_fd int fd = spool_stdin(l->store, err);
		char path[64];

		if (fd < 0)
			return fd;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		l->path = path;
		l->shown = "standard input";
		r = load_file(l, err);
		l->path = "-"; /* the descriptor goes */
		return r;
	}
	r = fd_stat(AT_FDCWD, l->path, 0, &st);
	if (r < 0)
		return error_os(err, -r, "open '%s'", l->path);
	return S_ISDIR(st.st_mode) ? load_found_dir(l, err) : load_file(l, err);
}

int image_load(struct store *s, const char *path, const struct image_copy_options *o,
	       char ***ret_names, struct error *err)
{
	__attribute__((cleanup(interrupt_end_scoped))) struct interrupt_scope scope = { 0 };
	scoped(load_results_done) struct load_results results = { 0 };
	struct load l = { .store = s, .path = path, .shown = path, .o = o, .results = &results };
	char **names = NULL;
	int r = interrupt_begin(&scope, err);

	if (r == 0)
		r = load_path(&l, err);
	if (r < 0)
		return error_prefix(err, "load image");
	for (size_t i = 0; i < results.n; i++) {
		if (results.items[i].name != NULL)
			strv_add(&names, results.items[i].name);
		else
			strv_addf(&names, "sha256:%s", results.items[i].id);
	}
	*ret_names = names;
	return 0;
}
