/* SPDX-License-Identifier: Apache-2.0 */
#include "image/changes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"

static int refuse(struct error *err, const char *instruction, const char *value, const char *why)
{
	return error_set(err, ERROR_INVALID, "change '%s %s': %s", instruction, value, why);
}

static void replace(char **slot, const char *value)
{
	free(*slot);
	*slot = xstrdup(value);
}

/* A JSON array of strings, or NULL when value is none. */
static char **json_words(const char *value)
{
	scoped_json json_t *doc = NULL;
	char **v = NULL;
	const json_t *one;
	size_t i;

	if (value[0] != '[' || json_text_parse(value, strlen(value), "value", &doc, NULL) < 0 ||
	    !json_is_array(doc))
		return NULL;
	v = xcalloc(1, sizeof(char *));
	json_array_foreach (doc, i, one) {
		if (!json_is_string(one)) {
			strv_free(v);
			return NULL;
		}
		strv_add(&v, json_string_value(one));
	}
	return v;
}

/* JSON form, or the shell's "/bin/sh -c value". */
static void set_command(char ***slot, const char *value)
{
	char **v = json_words(value);

	if (v == NULL) {
		strv_add(&v, "/bin/sh");
		strv_add(&v, "-c");
		strv_add(&v, value);
	}
	strv_free(*slot);
	*slot = v;
}

static int set_cmd(struct image_exec_config *c, const char *value, struct error *err)
{
	set_command(&c->cmd, value);
	return 0;
}

static int set_entrypoint(struct image_exec_config *c, const char *value, struct error *err)
{
	set_command(&c->entrypoint, value);
	return 0;
}

/* Put of one pair into env or labels. */
typedef void (*pair_fn)(struct image_exec_config *c, const char *key, const char *value);

static void put_env(struct image_exec_config *c, const char *key, const char *value)
{
	strv_env_set(&c->env, key, value);
}

static void put_label(struct image_exec_config *c, const char *key, const char *value)
{
	strmap_set(&c->labels, key, value);
}

static int set_pairs(struct image_exec_config *c, const char *instruction, const char *value,
		     pair_fn put, struct error *err)
{
	size_t first = strcspn(value, " \t=\"'");
	scoped_strv char **words = NULL;

	/* "KEY the rest" */
	if (first > 0 && (value[first] == ' ' || value[first] == '\t')) {
		scoped_free char *key = xstrndup(value, first);

		put(c, key, value + first + strspn(value + first, " \t"));
		return 0;
	}
	words = str_shell_split(value);
	if (words == NULL)
		return refuse(err, instruction, value, "a quote is not closed");
	STRV_FOREACH (w, words) {
		char *eq = strchr(*w, '=');

		if (eq == NULL || eq == *w)
			return refuse(err, instruction, value, "must be NAME=VALUE");
		*eq = '\0';
		put(c, *w, eq + 1);
	}
	return words[0] != NULL ? 0 : refuse(err, instruction, value, "must be NAME=VALUE");
}

static int set_env(struct image_exec_config *c, const char *value, struct error *err)
{
	return set_pairs(c, "ENV", value, put_env, err);
}

static int set_label(struct image_exec_config *c, const char *value, struct error *err)
{
	return set_pairs(c, "LABEL", value, put_label, err);
}

static void add_sorted(char ***v, const char *s)
{
	strv_add(v, s);
	strv_sort(*v);
	strv_uniq(*v);
}

static int expose_one(struct image_exec_config *c, const char *word, struct error *err)
{
	static const char *const protocols[] = { "tcp", "udp", "sctp" };
	const char *slash = strchr(word, '/');
	const char *protocol = slash != NULL ? slash + 1 : "tcp";
	scoped_free char *ports = slash != NULL ? xstrndup(word, (size_t)(slash - word))
						: xstrdup(word);
	char *dash = strchr(ports, '-');
	uint32_t from, to;

	if (dash != NULL)
		*dash = '\0';
	if (str_table_find(protocols, ARRAY_SIZE(protocols), protocol) < 0 ||
	    num_u32(ports, &from) < 0 || num_u32(dash != NULL ? dash + 1 : ports, &to) < 0 ||
	    from == 0 || to > 65535 || from > to)
		return refuse(err, "EXPOSE", word, "must be PORT[-PORT][/tcp, /udp or /sctp]");
	for (uint32_t port = from; port <= to; port++) {
		char text[32];

		snprintf(text, sizeof(text), "%u/%s", port, protocol);
		strv_add(&c->exposed_ports, text);
	}
	strv_sort(c->exposed_ports);
	strv_uniq(c->exposed_ports);
	return 0;
}

static int set_expose(struct image_exec_config *c, const char *value, struct error *err)
{
	scoped_strv char **words = strv_split(value, " \t", false);

	STRV_FOREACH (w, words) {
		int r = expose_one(c, *w, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int set_volume(struct image_exec_config *c, const char *value, struct error *err)
{
	scoped_strv char **words = json_words(value);

	if (words == NULL)
		words = strv_split(value, " \t", false);
	STRV_FOREACH (w, words) {
		if (!path_absolute(*w))
			return refuse(err, "VOLUME", value, "must be absolute paths");
		add_sorted(&c->volumes, *w);
	}
	return 0;
}

static int set_stopsignal(struct image_exec_config *c, const char *value, struct error *err)
{
	if (num_signal(value) < 0)
		return refuse(err, "STOPSIGNAL", value, "is no signal");
	replace(&c->stop_signal, value);
	return 0;
}

static int set_user(struct image_exec_config *c, const char *value, struct error *err)
{
	replace(&c->user, value);
	return 0;
}

/* A relative one goes on from the former, as in a Dockerfile. */
static int set_workdir(struct image_exec_config *c, const char *value, struct error *err)
{
	scoped_free char *joined =
		path_absolute(value)
			? xstrdup(value)
			: path_join(c->working_dir != NULL ? c->working_dir : "/", value);
	scoped_free char *clean = path_clean(joined);

	replace(&c->working_dir, clean);
	return 0;
}

static int set_onbuild(struct image_exec_config *c, const char *value, struct error *err)
{
	strv_add(&c->on_build, value);
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct image_exec_config *c, const char *value, struct error *err);
} instructions[] = {
	{ "CMD", set_cmd },
	{ "ENTRYPOINT", set_entrypoint },
	{ "ENV", set_env },
	{ "EXPOSE", set_expose },
	{ "LABEL", set_label },
	{ "ONBUILD", set_onbuild },
	{ "STOPSIGNAL", set_stopsignal },
	{ "USER", set_user },
	{ "VOLUME", set_volume },
	{ "WORKDIR", set_workdir },
};

int changes_apply(struct image_exec_config *c, const char *change, struct error *err)
{
	scoped_free char *copy = xstrdup(change);
	char *text = str_trim(copy), *value;
	size_t n = strcspn(text, " \t=");

	if (text[n] == '\0')
		return error_set(err, ERROR_INVALID, "change '%s' has no value", change);
	text[n] = '\0';
	value = str_trim(text + n + 1);
	if (value[0] == '\0')
		return error_set(err, ERROR_INVALID, "change '%s' has no value", change);
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++)
		if (str_ieq(instructions[i].name, text))
			return instructions[i].set(c, value, err);
	return error_set(
		err, ERROR_INVALID,
		"change '%s': unknown instruction '%s' (CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, "
		"ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR are known)",
		change, text);
}
