/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/filter.h"

#include <regex.h>

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"

bool filter_label(const struct strmap *labels, const char *want)
{
	const char *eq = strchr(want, '=');
	scoped_free char *key = eq ? xstrndup(want, (size_t)(eq - want)) : xstrdup(want);
	const char *value = strmap_get(labels, key);

	return value && (!eq || streq(value, eq + 1));
}

/* A filter as read: its key's row, and what its value says. */
struct filter {
	const struct filter_key *key;
	char *want;
	regex_t *regex; /* NULL: none */
	int64_t number; /* exit code, policy, truth, or nanoseconds since 1970 */
};

struct filter_list {
	struct filter *filters;
	size_t n;
};

struct filter_scope {
	const struct container_summary *all;
	size_t n;
};

struct filter_key {
	const char *name;
	bool all_must_match; /* else one of the values of this key is enough */
	/* Checks and reads f->want; NULL: any text will do. */
	int (*parse)(struct filter *f, const struct filter_scope *scope, struct error *err);
	bool (*match)(const struct filter *f, const struct container_summary *c);
};

static int parse_regex(struct filter *f, const struct filter_scope *scope, struct error *err)
{
	scoped_free regex_t *regex = xnew(regex_t);
	char why[128];
	int r = regcomp(regex, f->want, REG_EXTENDED | REG_NOSUB);

	if (r != 0) {
		regerror(r, regex, why, sizeof(why));
		return error_set(err, ERROR_INVALID, "filter %s: '%s' is no regular expression: %s",
				 f->key->name, f->want, why);
	}
	f->regex = take_ptr(regex);
	return 0;
}

static bool regex_matches(const struct filter *f, const char *text)
{
	return regexec(f->regex, text, 0, NULL, 0) == 0;
}

/* Hexadecimal digits are the beginning of an ID, anything else is an expression. */
static int parse_id(struct filter *f, const struct filter_scope *scope, struct error *err)
{
	bool hex = f->want[strspn(f->want, "0123456789abcdef")] == '\0';

	return hex ? 0 : parse_regex(f, scope, err);
}

static bool match_id(const struct filter *f, const struct container_summary *c)
{
	return f->regex ? regex_matches(f, c->id) : str_has_prefix(c->id, f->want);
}

static bool match_name(const struct filter *f, const struct container_summary *c)
{
	return regex_matches(f, c->name);
}

static bool match_command(const struct filter *f, const struct container_summary *c)
{
	return c->command && c->command[0] && regex_matches(f, c->command[0]);
}

static bool match_label(const struct filter *f, const struct container_summary *c)
{
	return filter_label(&c->labels, f->want);
}

static bool match_no_label(const struct filter *f, const struct container_summary *c)
{
	return !filter_label(&c->labels, f->want);
}

static int parse_status(struct filter *f, const struct filter_scope *scope, struct error *err)
{
	for (int s = 0; s < CONTAINER_STATUS_COUNT; s++)
		if (streq(f->want, container_status_word((enum container_status)s)))
			return 0;
	return error_set(err, ERROR_INVALID, "unknown container state: %s: invalid argument",
			 f->want);
}

static bool match_status(const struct filter *f, const struct container_summary *c)
{
	return streq(container_status_word(c->status), f->want) ||
	       (streq(f->want, "stopped") && c->status == CONTAINER_EXITED);
}

/* The whole name of the image, or its end behind a slash, with or without the tag; or its ID. */
static bool match_ancestor(const struct filter *f, const struct container_summary *c)
{
	const char *image = c->image ? c->image : "";
	const char *at = strstr(image, f->want);
	size_t len = strlen(f->want);

	if (c->image_id && str_has_prefix(c->image_id, f->want))
		return true;
	return at && (at == image || at[-1] == '/') && (at[len] == '\0' || at[len] == ':');
}

static bool match_network(const struct filter *f, const struct container_summary *c)
{
	return strv_has(c->networks, f->want);
}

static bool match_volume(const struct filter *f, const struct container_summary *c)
{
	return strv_has(c->mounts, f->want) || strv_has(c->volumes, f->want);
}

/* No container is in a pod as long as there are none. */
static bool match_pod(const struct filter *f, const struct container_summary *c)
{
	return false;
}

static int parse_exited(struct filter *f, const struct filter_scope *scope, struct error *err)
{
	if (num_i64(f->want, &f->number) < 0)
		return error_set(err, ERROR_INVALID, "exited code out of range \"%s\"", f->want);
	return 0;
}

static bool match_exited(const struct filter *f, const struct container_summary *c)
{
	return c->status == CONTAINER_EXITED && c->exit_code == f->number;
}

static int parse_time(struct filter *f, const struct filter_scope *scope, struct error *err)
{
	if (time_parse_user(f->want, time_now_nsec(), &f->number) < 0)
		return error_set(err, ERROR_INVALID,
				 "'%s' is no point in time: give RFC 3339, seconds or a duration",
				 f->want);
	return 0;
}

/* The time at which the named container was made; a name goes before the beginning of an ID. */
static int parse_container(struct filter *f, const struct filter_scope *scope, struct error *err)
{
	const struct container_summary *found = NULL;

	for (size_t i = 0; i < scope->n; i++) {
		const struct container_summary *c = &scope->all[i];
		if (streq(c->name, f->want)) {
			found = c;
			break;
		}
		if (str_has_prefix(c->id, f->want)) {
			if (found)
				return error_set(err, ERROR_INVALID,
						 "more than one container has an ID that begins "
						 "with \"%s\": give more of it",
						 f->want);
			found = c;
		}
	}
	if (!found)
		return error_set(err, ERROR_NOT_FOUND,
				 "no container with name or ID \"%s\" found: no such container",
				 f->want);
	f->number = found->created_nsec;
	return 0;
}

static bool match_before(const struct filter *f, const struct container_summary *c)
{
	return c->created_nsec < f->number;
}

static bool match_since(const struct filter *f, const struct container_summary *c)
{
	return c->created_nsec > f->number;
}

static int parse_restart_policy(struct filter *f, const struct filter_scope *scope,
				struct error *err)
{
	int policy = str_table_find(restart_policy_names, RESTART_POLICY_COUNT, f->want);

	if (policy < 0 && !streq(f->want, "never"))
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not a valid restart policy: invalid argument", f->want);
	f->number = MAX(policy, 0);
	return 0;
}

static bool match_restart_policy(const struct filter *f, const struct container_summary *c)
{
	return c->restart_policy == f->number;
}

static int parse_bool(struct filter *f, const struct filter_scope *scope, struct error *err)
{
	bool yes;

	if (num_bool(f->want, &yes) < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid value '%s' of filter %s: true or false", f->want,
				 f->key->name);
	f->number = yes;
	return 0;
}

/* always, and unless-stopped when nobody has stopped it. */
static bool match_boot(const struct filter *f, const struct container_summary *c)
{
	bool starts = c->restart_policy == RESTART_ALWAYS ||
		      (c->restart_policy == RESTART_UNLESS_STOPPED && !c->stopped_by_user);

	return starts == (f->number != 0);
}

static bool match_health(const struct filter *f, const struct container_summary *c)
{
	return streq(f->want, c->health ? c->health : "none");
}

static const struct filter_key keys[] = {
	{ .name = "ancestor", .match = match_ancestor },
	{ .name = "before", .parse = parse_container, .match = match_before },
	{ .name = "command", .parse = parse_regex, .match = match_command },
	{ .name = "exited", .parse = parse_exited, .match = match_exited },
	{ .name = "health", .match = match_health },
	{ .name = "id", .parse = parse_id, .match = match_id },
	{ .name = "label", .all_must_match = true, .match = match_label },
	{ .name = "label!", .all_must_match = true, .match = match_no_label },
	{ .name = "name", .parse = parse_regex, .match = match_name },
	{ .name = "network", .match = match_network },
	{ .name = "pod", .match = match_pod },
	{ .name = "restart-policy", .parse = parse_restart_policy, .match = match_restart_policy },
	{ .name = "should-start-on-boot", .parse = parse_bool, .match = match_boot },
	{ .name = "since", .parse = parse_container, .match = match_since },
	{ .name = "status", .parse = parse_status, .match = match_status },
	{ .name = "until", .parse = parse_time, .match = match_before },
	{ .name = "volume", .match = match_volume },
};

static int parse_one(const char *word, const struct filter_scope *scope, struct filter *f,
		     struct error *err)
{
	const char *eq = strchr(word, '=');
	size_t len = eq ? (size_t)(eq - word) : 0;

	if (!eq)
		return error_set(err, ERROR_INVALID, "invalid filter '%s': must be KEY=VALUE",
				 word);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strlen(keys[i].name) != len || strncmp(keys[i].name, word, len) != 0)
			continue;
		f->key = &keys[i];
		f->want = xstrdup(eq + 1);
		return f->key->parse ? f->key->parse(f, scope, err) : 0;
	}
	return error_set(err, ERROR_INVALID, "%.*s is an invalid filter", (int)len, word);
}

int filter_list_parse(char *const *words, const struct container_summary *all, size_t n,
		      struct filter_list **ret, struct error *err)
{
	scoped(filter_list_free) struct filter_list *l = xnew(struct filter_list);
	const struct filter_scope scope = { .all = all, .n = n };

	STRV_FOREACH (w, words) {
		int r = parse_one(*w, &scope, ARRAY_ADD(l->filters, l->n), err);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(l);
	return 0;
}

static bool match_key(const struct filter_list *l, const struct filter_key *key,
		      const struct container_summary *c)
{
	bool any = false, all = true;
	size_t count = 0;

	for (size_t i = 0; i < l->n; i++) {
		bool hit;
		if (l->filters[i].key != key)
			continue;
		hit = key->match(&l->filters[i], c);
		any = any || hit;
		all = all && hit;
		count++;
	}
	return count == 0 || (key->all_must_match ? all : any);
}

bool filter_list_match(const struct filter_list *l, const struct container_summary *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!match_key(l, &keys[i], c))
			return false;
	return true;
}

bool filter_list_has(const struct filter_list *l, const char *key)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->filters[i].key->name, key))
			return true;
	return false;
}

void filter_list_free(struct filter_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++) {
		struct filter *f = &l->filters[i];
		free(f->want);
		if (f->regex)
			regfree(f->regex);
		free(f->regex);
	}
	free(l->filters);
	free(l);
}
