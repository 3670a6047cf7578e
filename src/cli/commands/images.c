/* SPDX-License-Identifier: Apache-2.0 */
/* images: list the images of the store. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"
#include "cli/commands/commands.h"
#include "cli/filter.h"
#include "cli/output/listing.h"
#include "engine/imageop.h"

struct images_target {
	bool all, digests, no_trunc, noheading, quiet;
	char **filters;
	char *format, *sort;
};

#define AT(member) .offset = offsetof(struct images_target, member)

static const struct option rows[] = {
	{ .name = "all",
	  .letter = 'a',
	  .kind = OPTION_BOOL,
	  AT(all),
	  .help = "Accepted: there are no intermediate images" },
	{ .name = "digests", .kind = OPTION_BOOL, AT(digests), .help = "Show digests" },
	{ .name = "filter",
	  .letter = 'f',
	  .arg = "KEY=VALUE",
	  .kind = OPTION_STRV,
	  AT(filters),
	  .help = "Only images that match: dangling, reference, id, label, readonly" },
	{ .name = "format",
	  .arg = "FORMAT",
	  .kind = OPTION_STR,
	  AT(format),
	  .help = "json, or a Go template" },
	{ .name = "no-trunc", .kind = OPTION_BOOL, AT(no_trunc), .help = "Do not shorten IDs" },
	{ .name = "noheading",
	  .letter = 'n',
	  .kind = OPTION_BOOL,
	  AT(noheading),
	  .help = "No line of column titles" },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_BOOL,
	  AT(quiet),
	  .help = "Print IDs only" },
	{ .name = "sort",
	  .arg = "COLUMN",
	  .kind = OPTION_STR,
	  AT(sort),
	  .words = WORDS_LIST,
	  .choices = "created id repository size tag",
	  .help = "Sort by created, id, repository, size or tag" },
};

static const struct template_header headers[] = {
	{ "Repository", "REPOSITORY" },
	{ "Tag", "TAG" },
	{ "ID", "IMAGE ID" },
	{ "Id", "IMAGE ID" },
	{ "Digest", "DIGEST" },
	{ "Created", "CREATED" },
	{ "CreatedAt", "CREATED AT" },
	{ "CreatedSince", "CREATED" },
	{ "Size", "SIZE" },
	{ "ReadOnly", "R/O" },
	{ "History", "HISTORY" },
};

static void done(void *target)
{
	struct images_target *t = target;

	strv_free(t->filters);
	free(t->format);
	free(t->sort);
}

/* One line of the table: an image under one of its names. */
struct line {
	const struct store_image *image;
	char *repository, *tag;
};

static void split_name(const char *name, struct line *l)
{
	const char *colon = name ? strrchr(name, ':') : NULL;

	if (colon && strchr(colon, '/'))
		colon = NULL;
	l->repository = name ? xstrndup(name, colon ? (size_t)(colon - name) : strlen(name))
			     : xstrdup("<none>");
	l->tag = colon ? xstrdup(colon + 1) : xstrdup("<none>");
}

static int match_filter(const struct store_image *i, const char *name, const char *filter,
			bool *ret, struct error *err)
{
	const char *v;
	bool on;

	if ((v = str_skip_prefix(filter, "dangling=")) ||
	    (v = str_skip_prefix(filter, "readonly="))) {
		if (num_bool(v, &on) < 0)
			return error_set(err, ERROR_INVALID, "filter '%s' wants true or false",
					 filter);
		*ret = on == (filter[0] == 'd' ? i->names == NULL || !i->names[0] : i->readonly);
	} else if ((v = str_skip_prefix(filter, "reference="))) {
		scoped_free char *anywhere = xasprintf("*/%s", v), *tagged = xasprintf("*/%s:*", v),
				 *whole = xasprintf("%s:*", v);
		*ret = name && (str_glob(v, name) || str_glob(anywhere, name) ||
				str_glob(tagged, name) || str_glob(whole, name));
	} else if ((v = str_skip_prefix(filter, "id="))) {
		*ret = str_has_prefix(i->id, v);
	} else {
		scoped_free char *key = xstrndup(filter, strcspn(filter, "="));
		static const char *const later[] = { "before",	   "since",    "after",
						     "containers", "digest",   "intermediate",
						     "label",	   "manifest", "label!",
						     "until" };
		for (size_t k = 0; k < ARRAY_SIZE(later); k++)
			if (streq(key, later[k]))
				return error_set(err, ERROR_UNSUPPORTED,
						 "filter '%s' is not supported yet", key);
		return error_set(err, ERROR_INVALID, "invalid image filter \"%s\"", key);
	}
	return 0;
}

static int add_image(const struct images_target *t, const struct store_image *image,
		     const char *want, struct line **lines, size_t *n, struct error *err)
{
	size_t names = strv_len(image->names);

	for (size_t k = 0; k < (names ? names : 1); k++) {
		const char *name = names ? image->names[k] : NULL;
		bool match = true;
		for (char **f = t->filters; f && *f && match; f++) {
			int r = match_filter(image, name, *f, &match, err);
			if (r < 0)
				return r;
		}
		if (want && match) {
			scoped_free char *filter = xasprintf("reference=%s", want);
			bool by_id = str_has_prefix(image->id, want);
			int r = match_filter(image, name, filter, &match, err);
			if (r < 0)
				return r;
			match = match || by_id;
		}
		if (!match)
			continue;
		struct line *l = ARRAY_ADD(*lines, *n);
		l->image = image;
		split_name(name, l);
	}
	return 0;
}

static int compare_lines(const void *pa, const void *pb, void *arg)
{
	const struct line *a = pa, *b = pb;
	const char *order = arg;

	if (streq(order, "id"))
		return strcmp(a->image->id, b->image->id);
	if (streq(order, "repository"))
		return strcmp(a->repository, b->repository);
	if (streq(order, "tag"))
		return strcmp(a->tag, b->tag);
	if (streq(order, "size"))
		return a->image->size < b->image->size ? -1 : a->image->size > b->image->size;
	return a->image->created_nsec > b->image->created_nsec
		       ? -1
		       : a->image->created_nsec < b->image->created_nsec;
}

static int sort_lines(const struct images_target *t, struct line *lines, size_t n,
		      struct error *err)
{
	static const char *const orders[] = { "created", "id", "repository", "size", "tag" };
	const char *order = t->sort ? t->sort : "created";

	if (str_table_find(orders, ARRAY_SIZE(orders), order) < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid --sort '%s': choose created, id, repository, size or tag",
				 order);
	if (n)
		qsort_r(lines, n, sizeof(*lines), compare_lines, (void *)order);
	return 0;
}

static json_t *text_row(const struct images_target *t, const struct line *l)
{
	char ago[80], text[64], created[TIME_STR_MAX], size[32];
	const struct store_image *i = l->image;

	time_human_duration(time_now_nsec() - i->created_nsec, text, sizeof(text));
	snprintf(ago, sizeof(ago), "%s ago", text);
	time_format_go(i->created_nsec, created);
	num_human_bytes_si(i->size, size, sizeof(size));
	return json_pack("{ss ss ss% ss% ss ss ss ss ss sb sI}", "Repository", l->repository, "Tag",
			 l->tag, "ID", i->id, (size_t)(t->no_trunc ? 64 : 12), "Id", i->id,
			 (size_t)(t->no_trunc ? 64 : 12), "Digest",
			 i->digest ? i->digest : "<none>", "Created", ago, "CreatedAt", created,
			 "CreatedSince", ago, "Size", size, "ReadOnly", (int)i->readonly,
			 "Containers", (json_int_t)i->containers);
}

/* Podman prints an image once in JSON, with all its names. */
static json_t *json_row(const struct store_image *i)
{
	char created[TIME_STR_MAX];

	time_format_rfc3339_utc(i->created_nsec, created);
	return json_pack(
		"{ss ss so so sI sI si sI so sI ss so ss sb sb}", "Id", i->id, "ParentId", "",
		"RepoTags", i->names ? json_strv(i->names) : json_null(), "RepoDigests",
		json_strv(i->repo_digests), "Created", (json_int_t)(i->created_nsec / NSEC_PER_SEC),
		"Size", (json_int_t)i->size, "SharedSize", 0, "VirtualSize", (json_int_t)i->size,
		"Labels", json_null(), "Containers", (json_int_t)i->containers, "Digest",
		i->digest ? i->digest : "", "Names", json_strv(i->names), "CreatedAt", created,
		"ReadOnly", (int)i->readonly, "Dangling", (int)(!i->names || !i->names[0]));
}

static int print_lines(const struct images_target *t, const struct line *lines, size_t n,
		       struct error *err)
{
	scoped_json json_t *array = json_array();
	bool json = t->format && streq(t->format, "json");
	const char *format =
		t->digests
			? "table "
			  "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.Created}}\t{{.Size}}"
			: "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.Created}}\t{{.Size}}";

	for (size_t i = 0; i < n; i++) {
		bool again = false;
		for (size_t k = 0; k < i && (json || t->quiet); k++)
			again = again || lines[k].image == lines[i].image;
		if (again)
			continue;
		if (t->quiet)
			printf("%s%.*s\n", t->no_trunc ? "sha256:" : "", t->no_trunc ? 64 : 12,
			       lines[i].image->id);
		else
			json_array_append_new(array, json ? json_row(lines[i].image)
							  : text_row(t, &lines[i]));
	}
	if (t->quiet)
		return 0;
	return listing_print(t->format ? t->format : format, array, headers, ARRAY_SIZE(headers),
			     t->noheading, err);
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct images_target *t = target;
	struct store_image *images = NULL;
	struct line *lines = NULL;
	size_t n_images = 0, n = 0;
	int r;

	if (t->quiet && t->format)
		return error_set(err, ERROR_INVALID, "quiet and format cannot be used together");
	r = imageop_list(cli->engine, &images, &n_images, err);
	for (size_t i = 0; r >= 0 && i < n_images; i++)
		r = add_image(t, &images[i], words[0], &lines, &n, err);
	if (r >= 0)
		r = sort_lines(t, lines, n, err);
	if (r >= 0)
		r = print_lines(t, lines, n, err);
	for (size_t i = 0; i < n; i++) {
		free(lines[i].repository);
		free(lines[i].tag);
	}
	free(lines);
	store_image_list_free(images, n_images);
	return r;
}

const struct command command_images = {
	.path = "images",
	.usage = "[options] [IMAGE]",
	.summary = "List images",
	.target_size = sizeof(struct images_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = 1,
	.words = WORDS_IMAGES,
	.run = run,
};
