/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "base/toml.h"
#include "image/confdir.h"
#include "sys/fd.h"

#define REGISTRIES_FILE_MAX ((size_t)4 << 20) /* Debian's shortnames.conf has 4 KiB */
#define MAIN_FILE "/etc/containers/registries.conf"

static const struct json_field mirror_rows[] = {
	JROW(struct registry_mirror, "location", location, JT_STR, JF_REQUIRED),
	JROW(struct registry_mirror, "insecure", insecure, JT_BOOL, 0),
	JROW(struct registry_mirror, "pull-from-mirror", pull_from, JT_STR, 0),
};
static const struct json_table mirror_table = JTABLE(struct registry_mirror, mirror_rows);

static const struct json_field registry_rows[] = {
	JROW(struct registry_conf, "prefix", prefix, JT_STR, 0),
	JROW(struct registry_conf, "location", location, JT_STR, 0),
	JROW(struct registry_conf, "insecure", insecure, JT_BOOL, 0),
	JROW(struct registry_conf, "blocked", blocked, JT_BOOL, 0),
	JROW(struct registry_conf, "mirror-by-digest-only", mirror_by_digest_only, JT_BOOL, 0),
	JROW_ARR(struct registry_conf, "mirror", mirrors, n_mirrors, JT_ARR, 0, &mirror_table),
};
static const struct json_table registry_table = JTABLE(struct registry_conf, registry_rows);

static const struct json_field file_rows[] = {
	JROW(struct registries, "unqualified-search-registries", search, JT_STRV, 0),
	JROW(struct registries, "short-name-mode", short_name_mode, JT_STR, 0),
	JROW(struct registries, "credential-helpers", credential_helpers, JT_STRV, 0),
	JROW(struct registries, "aliases", aliases, JT_MAP, 0),
	JROW_ARR(struct registries, "registry", items, n_items, JT_ARR, 0, &registry_table),
};
static const struct json_table file_table = JTABLE(struct registries, file_rows);

void registries_done(struct registries *r)
{
	free(r->file); /* before the table, which zeroes all */
	json_table_free(&file_table, r);
}

/* Without the trailing slash that people write. */
static void trim_slash(char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	if (n > 0 && s[n - 1] == '/')
		s[n - 1] = '\0';
}

static int check_registry(struct registry_conf *c, const char *path, struct error *err)
{
	static const char *const pull_from[] = { "all", "digest-only", "tag-only" };

	trim_slash(c->prefix);
	trim_slash(c->location);
	if (str_empty(c->prefix) && str_empty(c->location))
		return error_set(err, ERROR_INVALID,
				 "%s: a [[registry]] has neither prefix nor location", path);
	if (str_empty(c->prefix)) {
		free(c->prefix);
		c->prefix = xstrdup(c->location);
	}
	if (strstr(c->prefix, "://") != NULL ||
	    (c->location != NULL && strstr(c->location, "://") != NULL))
		return error_set(
			err, ERROR_INVALID,
			"%s: registry '%s': a prefix or location has no scheme such as https://",
			path, c->prefix);
	if (str_empty(c->location)) {
		if (str_has_prefix(c->prefix, "*."))
			return 0;
		free(c->location);
		c->location = xstrdup(c->prefix);
	}
	for (size_t i = 0; i < c->n_mirrors; i++) {
		const char *from = c->mirrors[i].pull_from;

		trim_slash(c->mirrors[i].location);
		if (!str_empty(from) && str_table_find(pull_from, ARRAY_SIZE(pull_from), from) < 0)
			return error_set(
				err, ERROR_INVALID,
				"%s: registry '%s': pull-from-mirror must be all, digest-only "
				"or tag-only, not '%s'",
				path, c->prefix, from);
	}
	return 0;
}

static int check_file(struct registries *r, const json_t *doc, const char *path, struct error *err)
{
	static const char *const modes[] = { "enforcing", "permissive", "disabled" };

	if (json_object_get(doc, "registries") != NULL)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"%s: the [registries.*] tables of version 1 are not supported; use "
			"unqualified-search-registries and [[registry]]",
			path);
	if (!str_empty(r->short_name_mode) &&
	    str_table_find(modes, ARRAY_SIZE(modes), r->short_name_mode) < 0)
		return error_set(
			err, ERROR_INVALID,
			"%s: short-name-mode must be enforcing, permissive or disabled, not '%s'",
			path, r->short_name_mode);
	for (size_t i = 0; i < r->n_items; i++) {
		int e = check_registry(&r->items[i], path, err);

		if (e < 0)
			return e;
	}
	return 0;
}

/* Put what `from` says over `into`; from keeps what was not taken. */
static void merge(struct registries *into, struct registries *from)
{
	if (from->search != NULL) {
		strv_free(into->search);
		into->search = take_ptr(from->search);
	}
	if (!str_empty(from->short_name_mode)) {
		free(into->short_name_mode);
		into->short_name_mode = take_ptr(from->short_name_mode);
	}
	if (from->credential_helpers != NULL) {
		strv_free(into->credential_helpers);
		into->credential_helpers = take_ptr(from->credential_helpers);
	}
	for (size_t i = 0; i < from->aliases.n; i++)
		strmap_set(&into->aliases, from->aliases.items[i].key,
			   from->aliases.items[i].value);
	for (size_t i = 0; i < from->n_items; i++) {
		struct registry_conf *slot = NULL;

		for (size_t k = 0; k < into->n_items && slot == NULL; k++)
			if (streq(into->items[k].prefix, from->items[i].prefix))
				slot = &into->items[k];
		if (slot != NULL)
			json_table_free(&registry_table, slot);
		else
			slot = ARRAY_ADD(into->items, into->n_items);
		*slot = from->items[i];
		from->items[i] = (struct registry_conf){ 0 };
	}
}

/* -ENOENT (err untouched) when the file is missing. */
static int load_file(struct registries *into, const char *path, struct error *err)
{
	scoped(registries_done) struct registries one = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_json json_t *doc = NULL;
	int r = fd_read_file(AT_FDCWD, path, REGISTRIES_FILE_MAX, &text);

	if (r == -ENOENT || r == -ENOTDIR)
		return -ENOENT;
	if (r < 0)
		return error_os(err, -r, "read '%s'", path);
	r = toml_parse(buf_str(&text), text.len, path, &doc, err);
	if (r < 0)
		return r;
	r = json_table_decode(&file_table, doc, &one, path, 0, err);
	if (r < 0)
		return r;
	r = check_file(&one, doc, path, err);
	if (r < 0)
		return r;
	merge(into, &one);
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_conf(const struct dirent *e)
{
	return str_has_suffix(e->d_name, ".conf");
}

static int load_dir(struct registries *into, const char *dir, struct error *err)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_conf, by_name), r = 0;

	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_os(err, errno, "read directory '%s'", dir);
	for (int i = 0; i < n; i++) {
		scoped_free char *path = path_join(dir, names[i]->d_name);

		if (r == 0) {
			r = load_file(into, path, err);
			if (r == -ENOENT)
				r = 0;
		}
		free(names[i]);
	}
	free(names);
	return r;
}

static int load_main(struct registries *into, struct error *err)
{
	const char *env = getenv("CONTAINERS_REGISTRIES_CONF");
	scoped_free char *user = confdir_user("registries.conf");
	const char *const files[] = { user, MAIN_FILE };
	int r;

	if (env != NULL && env[0] != '\0') {
		r = load_file(into, env, err);
		if (r == -ENOENT)
			return error_os(err, ENOENT, "read '%s' of CONTAINERS_REGISTRIES_CONF",
					env);
		into->file = xstrdup(env);
		return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (files[i] == NULL)
			continue;
		r = load_file(into, files[i], err);
		if (r == -ENOENT)
			continue;
		into->file = xstrdup(files[i]);
		return r;
	}
	return 0;
}

int registries_load(struct registries *ret, struct error *err)
{
	scoped(registries_done) struct registries all = { 0 };
	scoped_free char *user_dir = confdir_user("registries.conf.d");
	scoped_free char *cache =
		geteuid() == 0 ? xstrdup("/var/cache/containers/short-name-aliases.conf")
			       : confdir_home(".cache/containers/short-name-aliases.conf");
	int r = load_main(&all, err);

	if (r < 0)
		return r;
	r = load_dir(&all, MAIN_FILE ".d", err);
	if (r == 0 && user_dir != NULL)
		r = load_dir(&all, user_dir, err);
	if (r == 0 && cache != NULL)
		r = load_file(&all, cache, err);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = all;
	all = (struct registries){ 0 };
	return 0;
}

/* Length of the part of name that prefix covers, 0 when it does not match.  A prefix ends at a
 * component: "host", "host/path", "host/path:tag"; "*.example.com" covers any subdomain's host. */
static size_t prefix_match(const char *prefix, const char *name)
{
	size_t n = strlen(prefix);

	if (str_has_prefix(prefix, "*.")) {
		size_t host = strcspn(name, "/:@"), tail = n - 1;

		return host > tail && strncmp(name + host - tail, prefix + 1, tail) == 0 ? host : 0;
	}
	if (strncmp(name, prefix, n) != 0)
		return 0;
	return strchr("/:@", name[n]) != NULL ? n : 0;
}

const struct registry_conf *registries_find(const struct registries *r, const struct image_ref *ref)
{
	scoped_free char *name = image_ref_str(ref);
	const struct registry_conf *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < r->n_items; i++) {
		const struct registry_conf *c = &r->items[i];
		size_t len = strlen(c->prefix);

		if (prefix_match(c->prefix, name) > 0 && len > best_len) {
			best = c;
			best_len = len;
		}
	}
	return best;
}

void registries_endpoints_free(struct registry_endpoint *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].host);
		free(list[i].path);
	}
	free(list);
}

/* The repository with the matched prefix replaced by location becomes an endpoint. */
static int add_endpoint(struct registry_endpoint **list, size_t *n, const struct image_ref *ref,
			size_t matched, const char *location, bool insecure, struct error *err)
{
	scoped(image_ref_done) struct image_ref moved = { 0 };
	scoped_free char *repo = image_ref_repo(ref);
	scoped_free char *name = xasprintf("%s%s", location,
					   matched <= strlen(repo) ? repo + matched : "");
	struct registry_endpoint *e;
	int r = image_ref_parse(name, &moved, err);

	if (r < 0)
		return error_prefix(err, "location '%s' in registries.conf", location);
	if (image_ref_is_short(name))
		return error_set(err, ERROR_INVALID,
				 "location '%s' in registries.conf names no registry", location);
	e = ARRAY_ADD(*list, *n);
	e->host = take_ptr(moved.domain);
	e->path = take_ptr(moved.path);
	e->insecure = insecure;
	return 0;
}

static bool mirror_usable(const struct registry_conf *c, const struct registry_mirror *m,
			  const struct image_ref *ref)
{
	if (!str_empty(m->pull_from) && !streq(m->pull_from, "all"))
		return streq(m->pull_from, "digest-only") == (ref->digest != NULL);
	return !c->mirror_by_digest_only || ref->digest != NULL;
}

int registries_endpoints(const struct registries *r, const struct image_ref *ref,
			 struct registry_endpoint **ret, size_t *ret_n, struct error *err)
{
	const struct registry_conf *c = registries_find(r, ref);
	scoped_free char *name = image_ref_str(ref);
	struct registry_endpoint *list = NULL;
	size_t n = 0, matched;
	int e = 0;

	if (c == NULL) {
		e = add_endpoint(&list, &n, ref, strlen(ref->domain), ref->domain, false, err);
	} else if (c->blocked) {
		e = error_set(err, ERROR_DENIED, "registry '%s' is blocked in %s", c->prefix,
			      r->file != NULL ? r->file : "registries.conf");
	} else {
		matched = prefix_match(c->prefix, name);
		for (size_t i = 0; i < c->n_mirrors && e == 0; i++)
			if (mirror_usable(c, &c->mirrors[i], ref))
				e = add_endpoint(&list, &n, ref, matched, c->mirrors[i].location,
						 c->mirrors[i].insecure, err);
		if (e == 0 && c->location == NULL)
			e = add_endpoint(&list, &n, ref, strlen(ref->domain), ref->domain,
					 c->insecure, err);
		else if (e == 0)
			e = add_endpoint(&list, &n, ref, matched, c->location, c->insecure, err);
	}
	if (e < 0) {
		registries_endpoints_free(list, n);
		return e;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

/* Suffix (":tag", "@digest" or "") of a word. */
static const char *word_suffix(const char *word)
{
	const char *slash = strrchr(word, '/'), *last = slash != NULL ? slash : word;

	return last + strcspn(last, ":@");
}

/* The alias of a short word with the word's own tag or digest, or NULL; new string. */
static char *alias_of(const struct registries *r, const char *word)
{
	const char *suffix = word_suffix(word), *full;
	scoped_free char *name = xstrndup(word, (size_t)(suffix - word));

	full = strmap_get(&r->aliases, name);
	return str_empty(full) ? NULL : xasprintf("%s%s", full, suffix);
}

/* Parse and append in canonical form. */
static int add_name(char ***v, const char *text, struct error *err)
{
	scoped(image_ref_done) struct image_ref ref = { 0 };
	scoped_free char *name = NULL;
	int r = image_ref_parse(text, &ref, err);

	if (r < 0)
		return r;
	name = image_ref_str(&ref);
	if (!strv_has(*v, name))
		strv_add(v, name);
	return 0;
}

static int add_searched(const struct registries *r, const char *word, char ***v, struct error *err)
{
	STRV_FOREACH (host, r->search) {
		scoped_free char *name = xasprintf("%s/%s", *host, word);
		int e = add_name(v, name, err);

		if (e < 0)
			return error_prefix(err, "unqualified-search-registries entry '%s'", *host);
	}
	return 0;
}

int registries_pull_names(const struct registries *r, const char *word, char ***ret,
			  struct error *err)
{
	scoped_strv char **v = NULL;
	scoped_free char *alias = NULL;
	scoped(image_ref_done) struct image_ref ref = { 0 };
	bool enforcing = streq_opt(r->short_name_mode, "enforcing");
	int e = image_ref_parse(word, &ref, err); /* the word itself must be sound */

	if (e < 0)
		return e;
	if (!image_ref_is_short(word)) {
		e = add_name(&v, word, err);
	} else if (!streq_opt(r->short_name_mode, "disabled") &&
		   (alias = alias_of(r, word)) != NULL) {
		e = add_name(&v, alias, err);
	} else {
		e = add_searched(r, word, &v, err);
		if (e == 0 && v == NULL && r->file == NULL)
			e = add_name(&v, word, err);
		if (e == 0 && v == NULL)
			e = error_set(err, ERROR_INVALID,
				      "short name '%s' is no alias and '%s' has no "
				      "unqualified-search-registries; give the full name, such as "
				      "docker.io/%s%s",
				      word, r->file, strchr(word, '/') != NULL ? "" : "library/",
				      word);
		if (e == 0 && enforcing && strv_len(v) > 1) {
			scoped_free char *hosts = strv_join(r->search, ", ");

			e = error_set(err, ERROR_INVALID,
				      "short name '%s' may mean an image of any of %s, and "
				      "short-name-mode is enforcing; give the full name",
				      word, hosts);
		}
	}
	if (e < 0)
		return e;
	*ret = take_ptr(v);
	return 0;
}

int image_candidates(const char *word, char ***ret, struct error *err)
{
	scoped(registries_done) struct registries conf = { 0 };
	scoped_strv char **v = NULL;
	scoped_free char *local = NULL, *alias = NULL;
	int r;

	if (!image_ref_is_short(word)) {
		r = add_name(&v, word, err);
		if (r < 0)
			return r;
		*ret = take_ptr(v);
		return 0;
	}
	local = xasprintf("localhost/%s", word);
	r = add_name(&v, local, err);
	if (r < 0)
		return r;
	r = registries_load(&conf, err);
	if (r < 0)
		return r;
	alias = alias_of(&conf, word);
	if (alias != NULL)
		r = add_name(&v, alias, err);
	if (r == 0)
		r = add_searched(&conf, word, &v, err);
	if (r == 0)
		r = add_name(&v, word, err);
	if (r < 0)
		return r;
	*ret = take_ptr(v);
	return 0;
}
