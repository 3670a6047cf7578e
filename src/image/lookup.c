/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding an image by a user's word.  In this order, as libimage does: names that the word may mean
 * (before ids: an image called "cafe" is not shadowed by an id that begins so), the repository
 * digest, a full or abbreviated id, and last the one image whose name ends in the word.
 */
#include "image/image.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "image/load.h"

static int not_found(struct error *err, const char *word)
{
	return error_set(err, ERROR_NOT_FOUND, "no such image '%s'", word);
}

/* 1 found, 0 not; a failing store is an error. */
static int by_name(struct store *s, const char *name, char out[65], char **ret_name,
		   struct error *err)
{
	struct error local = ERROR_INIT;
	int r = store_image_by_name(s, name, out, &local);

	if (r < 0)
		return local.kind == ERROR_NOT_FOUND ? 0 : error_copy(err, &local);
	if (ret_name != NULL)
		*ret_name = xstrdup(name);
	return 1;
}

static int by_candidates(struct store *s, const char *word, char out[65], char **ret_name,
			 struct error *err)
{
	scoped_strv char **names = NULL;
	scoped_free char *local = NULL;
	int r;

	/* The first candidate of a short name needs no configuration file. */
	if (image_ref_is_short(word) && load_local_name(word, &local, NULL) == 0) {
		r = by_name(s, local, out, ret_name, err);
		if (r != 0)
			return r;
	}
	r = image_candidates(word, &names, err);
	if (r < 0)
		return r;
	STRV_FOREACH (n, names) {
		r = by_name(s, *n, out, ret_name, err);
		if (r != 0)
			return r;
	}
	return 0;
}

static int by_id(struct store *s, const char *word, char out[65], struct error *err)
{
	struct error local = ERROR_INIT;
	const char *hex = str_has_prefix(word, "sha256:") ? word + strlen("sha256:") : word;
	int r;

	if (!str_is_hex(hex, 0) || strlen(hex) > 64)
		return 0;
	r = store_image_by_prefix(s, hex, out, &local);
	if (r < 0)
		return local.kind == ERROR_NOT_FOUND ? 0 : error_copy(err, &local);
	return 1;
}

/* "foo/bar" or "foo/bar:tag" is the end of this name, from a slash on. */
static bool name_ends_in(const char *name, const char *tail)
{
	size_t n = strlen(name), t = strlen(tail);

	return n > t && name[n - t - 1] == '/' && streq(name + n - t, tail);
}

/* The only image that has a name ending in the short word. */
static int by_ending(struct store *s, const char *word, char out[65], char **ret_name,
		     struct error *err)
{
	const char *slash = strrchr(word, '/');
	bool tagged = strpbrk(slash != NULL ? slash : word, ":@") != NULL;
	scoped_free char *tail = tagged ? xstrdup(word) : xasprintf("%s:latest", word);
	scoped_free char *first = NULL;
	struct store_image *list = NULL;
	size_t n = 0;
	int r = store_image_list(s, &list, &n, err), found = 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < n && r == 0; i++) {
		STRV_FOREACH (name, list[i].names) {
			if (!name_ends_in(*name, tail))
				continue;
			if (found > 0 && !streq(out, list[i].id)) {
				r = error_set(err, ERROR_INVALID,
					      "image name '%s' is ambiguous: '%s' or '%s'", word,
					      first, *name);
				break;
			}
			if (found == 0) {
				snprintf(out, 65, "%s", list[i].id);
				first = xstrdup(*name);
				found = 1;
			}
		}
	}
	store_image_list_free(list, n);
	if (r < 0)
		return r;
	if (found > 0 && ret_name != NULL)
		*ret_name = take_ptr(first);
	return found;
}

static int find(struct store *s, const char *word, char out[65], char **ret_name, struct error *err)
{
	struct error local = ERROR_INIT;
	int r = 0;

	/* A full id can be no name, and "sha256:..." names nothing else. */
	if (!str_is_hex(word, 64) && !str_has_prefix(word, "sha256:"))
		r = by_candidates(s, word, out, ret_name, &local);
	if (r < 0 && local.kind != ERROR_INVALID)
		return error_copy(err, &local);
	if (r > 0)
		return r;
	r = by_id(s, word, out, err);
	if (r != 0)
		return r;
	if (local.kind != ERROR_NONE)
		return error_copy(err, &local); /* neither a reference nor an id */
	if (image_ref_is_short(word))
		r = by_ending(s, word, out, ret_name, err);
	return r;
}

int image_lookup(struct store *s, const char *word, char out[65], char **ret_name,
		 struct error *err)
{
	char id[65];
	scoped_free char *name = NULL;
	int r = find(s, word, id, &name, err);

	if (r < 0)
		return r;
	if (r == 0)
		return not_found(err, word);
	memcpy(out, id, sizeof(id));
	if (ret_name != NULL)
		*ret_name = take_ptr(name);
	return 0;
}
