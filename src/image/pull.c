/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "image/interrupt.h"
#include "image/load.h"
#include "image/policy.h"
#include "image/registries.h"
#include "image/transport.h"

static void say_trying(const struct image_copy_options *o, const char *name)
{
	scoped_free char *text = xasprintf("Trying to pull %s...", name);
	struct image_progress p = { .kind = IMAGE_PROGRESS_MESSAGE, .message = text };

	if (o->progress != NULL)
		o->progress(o->progress_arg, &p);
}

/* One full name from its registry. */
static int pull_name(struct store *s, const char *name, const struct image_copy_options *o,
		     char ret_id[65], struct error *err)
{
	scoped(image_ref_done) struct image_ref ref = { 0 };
	scoped_free char *repo = NULL;
	char *names[] = { NULL, NULL }, *repos[] = { NULL, NULL };
	struct image_source *src = NULL;
	int r = image_ref_parse(name, &ref, err);

	if (r < 0)
		return r;
	r = policy_check_docker(o->policy_file, &ref, err);
	if (r < 0)
		return r;
	say_trying(o, name);
	r = image_source_registry(&ref, o, &src, err);
	if (r < 0)
		return r;
	/* By digest: no tag is set, the repository digest names it. */
	repo = image_ref_repo(&ref);
	repos[0] = repo;
	if (ref.digest == NULL)
		names[0] = (char *)name;
	r = image_copy_to_store(src, s, names, repos, o, ret_id, err);
	image_source_close(src);
	return r;
}

/* Try each name; the error of a single one stands alone, those of several are joined. */
static int pull_names(struct store *s, const char *what, char *const *names,
		      const struct image_copy_options *o, char ret_id[65], char **ret_name,
		      struct error *err)
{
	scoped(buf_done) struct buf all = BUF_INIT_MAX(ERROR_MSG_MAX);
	struct error one = ERROR_INIT;

	STRV_FOREACH (name, names) {
		int r;

		one = ERROR_INIT;
		r = pull_name(s, *name, o, ret_id, &one);
		if (r == 0) {
			if (ret_name != NULL)
				*ret_name = xstrdup(*name);
			return 0;
		}
		if (one.kind == ERROR_CANCELED)
			break;
		buf_addf(&all, "%s%s: %s", all.len > 0 ? "; " : "", *name, one.msg);
	}
	if (one.kind == ERROR_CANCELED || strv_len(names) == 1) {
		error_copy(err, &one);
		return error_prefix(err, "pull '%s'", what);
	}
	return error_set(err, one.kind, "pull '%s': %s", what, buf_str(&all));
}

/* "KIND:path[:select]": 1 and the parts, 0 when what is no local transport. */
static int split_local(const char *what, enum load_kind *ret_kind, char **ret_path,
		       char **ret_select)
{
	for (int k = 0; k < LOAD_KIND_COUNT; k++) {
		const char *rest = str_skip_prefix(what, load_kind_name((enum load_kind)k));
		const char *colon;

		if (rest == NULL || *rest != ':')
			continue;
		rest++;
		colon = k == LOAD_DIR ? NULL : strchr(rest, ':');
		*ret_kind = (enum load_kind)k;
		*ret_path = colon != NULL ? xstrndup(rest, (size_t)(colon - rest)) : xstrdup(rest);
		*ret_select = colon != NULL && colon[1] != '\0' ? xstrdup(colon + 1) : NULL;
		return 1;
	}
	return 0;
}

static int pull_local(struct store *s, enum load_kind kind, const char *path, const char *select,
		      const struct image_copy_options *o, char ret_id[65], char **ret_name,
		      struct error *err)
{
	scoped(load_results_done) struct load_results results = { 0 };
	int r = load_images(s, kind, path, path, select, o, &results, err);

	if (r < 0)
		return error_prefix(err, "pull from %s", load_kind_name(kind));
	memcpy(ret_id, results.items[0].id, 65);
	if (ret_name != NULL)
		*ret_name = take_ptr(results.items[0].name);
	return 0;
}

static int refuse_transport(const char *what, struct error *err)
{
	static const char *const others[] = {
		"containers-storage:", "docker-daemon:", "atomic:", "ostree:", "sif:", "tarball:"
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_has_prefix(what, others[i]))
			return error_set(err, ERROR_UNSUPPORTED,
					 "pull '%s': the transport '%.*s' is not supported", what,
					 (int)strlen(others[i]) - 1, others[i]);
	return 0;
}

static int pull(struct store *s, const char *what, const struct image_copy_options *o,
		char ret_id[65], char **ret_name, struct error *err)
{
	scoped(registries_done) struct registries conf = { 0 };
	scoped_free char *path = NULL, *select = NULL;
	scoped_strv char **names = NULL;
	const char *word = str_skip_prefix(what, "docker://");
	enum load_kind kind;
	int r;

	if (word == NULL && split_local(what, &kind, &path, &select) > 0)
		return pull_local(s, kind, path, select, o, ret_id, ret_name, err);
	r = word == NULL ? refuse_transport(what, err) : 0;
	if (r < 0)
		return r;
	if (word != NULL) {
		/* With a transport a name is never short: docker://busybox is Docker Hub's. */
		scoped(image_ref_done) struct image_ref ref = { 0 };

		r = image_ref_parse(word, &ref, err);
		if (r == 0)
			strv_add_take(&names, image_ref_str(&ref));
	} else {
		r = registries_load(&conf, err);
		if (r == 0)
			r = registries_pull_names(&conf, what, &names, err);
	}
	return r < 0 ? r : pull_names(s, what, names, o, ret_id, ret_name, err);
}

int image_pull(struct store *s, const char *what, const struct image_copy_options *o,
	       char ret_id[65], char **ret_name, struct error *err)
{
	__attribute__((cleanup(interrupt_end_scoped))) struct interrupt_scope scope = { 0 };
	int r;

	if (o->all_tags)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"pull '%s': all tags of a repository at once are not supported yet", what);
	r = interrupt_begin(&scope, err);
	return r < 0 ? r : pull(s, what, o, ret_id, ret_name, err);
}
