/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/filter.h"

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"

const char *filter_status_word(enum container_status s)
{
	switch (s) {
	case CONTAINER_CONFIGURED:
		return "created";
	case CONTAINER_CREATED:
		return "initialized";
	case CONTAINER_RUNNING:
		return "running";
	case CONTAINER_PAUSED:
		return "paused";
	case CONTAINER_STOPPING:
		return "stopping";
	case CONTAINER_STOPPED:
		return "stopped";
	case CONTAINER_EXITED:
		return "exited";
	case CONTAINER_REMOVING:
		return "removing";
	case CONTAINER_UNKNOWN:
	case CONTAINER_STATUS_COUNT:
		break;
	}
	return "unknown";
}

bool filter_label(const struct strmap *labels, const char *want)
{
	const char *eq = strchr(want, '=');
	scoped_free char *key = eq ? xstrndup(want, (size_t)(eq - want)) : xstrdup(want);
	const char *value = strmap_get(labels, key);

	return value && (!eq || streq(value, eq + 1));
}

static bool match_name(const char *name, const char *want)
{
	/* Podman takes a regular expression; plain words (a part of the name), ^ and $ cover the
	 * uses */
	bool start = want[0] == '^';
	scoped_free char *word = xstrdup(want + start);
	size_t len = strlen(word), name_len = strlen(name);
	bool end = len > 0 && word[len - 1] == '$';

	if (end)
		word[--len] = '\0';
	if (start && end)
		return streq(name, word);
	if (start)
		return strncmp(name, word, len) == 0;
	if (end)
		return name_len >= len && streq(name + name_len - len, word);
	return strstr(name, word) != NULL;
}

static bool match_ancestor(const struct container_summary *c, const char *want)
{
	const char *image = c->image ? c->image : "";
	const char *at = strstr(image, want);
	size_t len = strlen(want);

	if (c->image_id && strncmp(c->image_id, want, len) == 0)
		return true;
	/* the whole name, or its end behind a slash, with or without the tag */
	return at && (at == image || at[-1] == '/') && (at[len] == '\0' || at[len] == ':');
}

static int match_exited(const struct container_summary *c, const char *want, bool *ret,
			struct error *err)
{
	int64_t code;

	if (num_i64(want, &code) < 0)
		return error_set(err, ERROR_INVALID, "exited code out of range \"%s\"", want);
	*ret = c->status == CONTAINER_EXITED && c->exit_code == code;
	return 0;
}

static int match_time(const struct container_summary *c, const char *want, bool before, bool *ret,
		      struct error *err)
{
	int64_t at;

	if (time_parse_user(want, time_now_nsec(), &at) < 0)
		return error_set(err, ERROR_INVALID,
				 "'%s' is no point in time: give RFC 3339, seconds or a duration",
				 want);
	*ret = before ? c->created_nsec < at : c->created_nsec > at;
	return 0;
}

static int match_restart_policy(const struct container_summary *c, const char *want, bool *ret,
				struct error *err)
{
	int policy = str_table_find(restart_policy_names, RESTART_POLICY_COUNT, want);

	if (policy < 0 && !streq(want, "never"))
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not a valid restart policy: invalid argument", want);
	*ret = c->restart_policy == MAX(policy, 0);
	return 0;
}

/* always, and unless-stopped when nobody has stopped it. */
static int match_boot(const struct container_summary *c, const char *want, bool *ret,
		      struct error *err)
{
	bool starts = c->restart_policy == RESTART_ALWAYS ||
		      (c->restart_policy == RESTART_UNLESS_STOPPED && !c->stopped_by_user);
	bool yes;

	if (num_bool(want, &yes) < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid value '%s' of filter should-start-on-boot: true or false",
				 want);
	*ret = starts == yes;
	return 0;
}

static int match_one(const struct container_summary *c, const char *key, const char *want,
		     bool *ret, struct error *err)
{
	*ret = false;
	if (streq(key, "id"))
		*ret = str_has_prefix(c->id, want);
	else if (streq(key, "name"))
		*ret = match_name(c->name, want);
	else if (streq(key, "label"))
		*ret = filter_label(&c->labels, want);
	else if (streq(key, "label!"))
		*ret = !filter_label(&c->labels, want);
	else if (streq(key, "status"))
		*ret = streq(filter_status_word(c->status), want) ||
		       (streq(want, "stopped") && c->status == CONTAINER_EXITED);
	else if (streq(key, "ancestor"))
		*ret = match_ancestor(c, want);
	else if (streq(key, "network"))
		*ret = strv_has(c->networks, want);
	else if (streq(key, "volume"))
		*ret = strv_has(c->mounts, want) || strv_has(c->volumes, want);
	else if (streq(key, "exited"))
		return match_exited(c, want, ret, err);
	else if (streq(key, "restart-policy"))
		return match_restart_policy(c, want, ret, err);
	else if (streq(key, "should-start-on-boot"))
		return match_boot(c, want, ret, err);
	else if (streq(key, "until"))
		return match_time(c, want, true, ret, err);
	else if (streq(key, "pod") || streq(key, "health") || streq(key, "command") ||
		 streq(key, "before") || streq(key, "since"))
		return error_set(err, ERROR_UNSUPPORTED, "filter '%s' is not supported yet", key);
	else
		return error_set(err, ERROR_INVALID, "%s is an invalid filter", key);
	return 0;
}

static bool all_must_match(const char *key)
{
	return streq(key, "label") || streq(key, "label!");
}

/* Was key already decided by an earlier filter of the list? */
static bool seen_before(char *const *filters, size_t upto, const char *key, size_t len)
{
	for (size_t i = 0; i < upto; i++)
		if (strncmp(filters[i], key, len) == 0 && filters[i][len] == '=')
			return true;
	return false;
}

static int match_key(const struct container_summary *c, char *const *filters, const char *key,
		     bool *ret, struct error *err)
{
	size_t len = strlen(key);
	bool any = false, all = true;

	STRV_FOREACH (f, filters) {
		bool hit;
		int r;
		if (strncmp(*f, key, len) != 0 || (*f)[len] != '=')
			continue;
		r = match_one(c, key, *f + len + 1, &hit, err);
		if (r < 0)
			return r;
		any = any || hit;
		all = all && hit;
	}
	*ret = all_must_match(key) ? all : any;
	return 0;
}

int filter_container(const struct container_summary *c, char *const *filters, bool *ret,
		     struct error *err)
{
	bool match = true;

	for (size_t i = 0; filters && filters[i]; i++) {
		const char *eq = strchr(filters[i], '=');
		size_t len = eq ? (size_t)(eq - filters[i]) : 0;
		scoped_free char *key = eq ? xstrndup(filters[i], len) : NULL;
		bool hit = false;
		int r;
		if (!eq)
			return error_set(err, ERROR_INVALID,
					 "invalid filter '%s': must be KEY=VALUE", filters[i]);
		if (seen_before(filters, i, key, len))
			continue;
		r = match_key(c, filters, key, &hit, err);
		if (r < 0)
			return r;
		match = match && hit;
	}
	*ret = match;
	return 0;
}
