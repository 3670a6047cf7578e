/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables against the specification: the official JSON schema (Debian's package
 * golang-github-opencontainers-specs-dev) and the list of fields of newer versions in tests/data.
 * A property that no row binds, and a row of another type, fail.
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "harness/test.h"
#include "oci/runtime_spec.h"

#define SCHEMA_DIR "/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema"
#define SCHEMA_DEPTH_MAX 40

/* Files of the schema, by name. */
static struct {
	char *name;
	json_t *j;
} files[32];

static json_t *schema_file(const char *name)
{
	struct error err = ERROR_INIT;
	size_t i = 0;

	while (i < ARRAY_SIZE(files) && files[i].name != NULL) {
		if (streq(files[i].name, name))
			return files[i].j;
		i++;
	}
	if (i == ARRAY_SIZE(files))
		return NULL;
	scoped_free char *path = path_join(SCHEMA_DIR, name);
	scoped_free char *text = test_read_file(path);

	if (text == NULL)
		return NULL;
	if (json_text_parse(text, strlen(text), path, &files[i].j, &err) < 0) {
		test_fail(__FILE__, __LINE__, "%s", err.msg);
		return NULL;
	}
	files[i].name = xstrdup(name);
	return files[i].j;
}

static void free_files(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		free(files[i].name);
		json_decref(files[i].j);
		files[i].name = NULL;
		files[i].j = NULL;
	}
}

/* Follow "$ref": "FILE#/a/b"; *file is the file that the node stands in. */
static const json_t *resolve(const json_t *node, const char **file)
{
	const char *ref;

	while ((ref = json_get_str(node, "$ref")) != NULL) {
		const char *hash = strchr(ref, '#');
		scoped_strv char **keys = NULL;

		if (hash == NULL)
			return NULL;
		if (hash != ref) {
			scoped_free char *name = xstrndup(ref, (size_t)(hash - ref));

			schema_file(name);
			*file = NULL;
			for (size_t i = 0; i < ARRAY_SIZE(files) && files[i].name != NULL; i++)
				if (streq(files[i].name, name))
					*file = files[i].name;
			if (*file == NULL)
				return NULL;
		}
		node = schema_file(*file);
		keys = strv_split(hash + 1, "/", false);
		STRV_FOREACH (k, keys)
			node = json_object_get(node, *k);
		if (node == NULL)
			return NULL;
	}
	return node;
}

static const struct json_field *find(const struct json_table *t, const char *key)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (streq(t->fields[i].key, key))
			return &t->fields[i];
	return NULL;
}

static bool kind_is(enum json_kind kind, const char *type)
{
	switch (kind) {
	case JT_BOOL:
	case JT_OPT_BOOL:
		return streq(type, "boolean");
	case JT_I32:
	case JT_U32:
	case JT_I64:
	case JT_U64:
	case JT_OPT_I64:
	case JT_OPT_U64:
	case JT_OPT_U32:
	case JT_OPT_I32:
		return streq(type, "integer");
	case JT_STR:
	case JT_TIME:
	case JT_ENUM:
		return streq(type, "string");
	case JT_STRV:
	case JT_ARR:
	case JT_U32V:
		return streq(type, "array");
	case JT_MAP:
	case JT_SET:
	case JT_OBJ:
	case JT_PTR:
	case JT_OBJMAP:
	case JT_RAW:
		return streq(type, "object");
	case JT_DOUBLE:
	case JT_KIND_COUNT:
		break;
	}
	return false;
}

static unsigned properties_seen;

static void walk(const json_t *node, const char *file, const struct json_table *t, const char *at,
		 unsigned depth);

static void walk_property(const json_t *node, const char *file, const struct json_field *f,
			  const char *at, unsigned depth)
{
	const char *type, *sub_file;
	const json_t *sub;

	node = resolve(node, &file);
	CHECK(node != NULL);
	type = json_get_str(node, "type");
	if (f->kind == JT_RAW)
		return; /* another platform; refused by validation */
	if (type != NULL && !kind_is(f->kind, type))
		test_fail(__FILE__, __LINE__, "%s: the row's kind is not %s", at, type);
	sub_file = file;
	if (f->kind == JT_ARR || f->kind == JT_STRV || f->kind == JT_U32V) {
		sub = json_object_get(node, "items");
		if (sub == NULL)
			return;
		sub = resolve(sub, &sub_file);
		CHECK(sub != NULL);
		type = json_get_str(sub, "type");
		if (type != NULL && f->kind == JT_STRV && !streq(type, "string"))
			test_fail(__FILE__, __LINE__, "%s: elements are %s", at, type);
		if (type != NULL && f->kind == JT_U32V && !streq(type, "integer"))
			test_fail(__FILE__, __LINE__, "%s: elements are %s", at, type);
		if (f->kind == JT_ARR)
			walk(sub, sub_file, f->table, at, depth + 1);
	} else if (f->kind == JT_OBJMAP) {
		sub = json_object_get(node, "additionalProperties");
		CHECK(sub != NULL);
		walk(sub, sub_file, f->table, at, depth + 1);
	} else if (f->table != NULL) {
		walk(node, file, f->table, at, depth + 1);
	}
}

/* "required" of the schema, except what a newer version made optional. */
static void check_required(const json_t *node, const struct json_table *t, const char *at)
{
	const json_t *required = json_object_get(node, "required");

	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *key = json_string_value(json_array_get(required, i));
		const struct json_field *f = find(t, key);

		if (f != NULL && !(f->flags & JF_REQUIRED) &&
		    !streq(at, ".linux.resources.pids")) /* limit: a pointer since 1.3 */
			test_fail(__FILE__, __LINE__, "%s.%s: required by the schema, not by us",
				  at, key);
	}
}

static void walk(const json_t *node, const char *file, const struct json_table *t, const char *at,
		 unsigned depth)
{
	static const char *const groups[] = { "allOf", "anyOf", "oneOf" };
	json_t *properties;

	CHECK(depth < SCHEMA_DEPTH_MAX);
	node = resolve(node, &file);
	CHECK(node != NULL);
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		const json_t *group = json_object_get(node, groups[g]);

		for (size_t i = 0; i < json_array_size(group); i++)
			walk(json_array_get(group, i), file, t, at, depth + 1);
	}
	check_required(node, t, at);
	properties = json_object_get(node, "properties");
	for (void *it = json_object_iter(properties); it != NULL;
	     it = json_object_iter_next(properties, it)) {
		const char *key = json_object_iter_key(it);
		scoped_free char *below = xasprintf("%s.%s", at, key);
		const struct json_field *f = find(t, key);

		properties_seen++;
		if (f == NULL)
			test_fail(__FILE__, __LINE__, "%s: no row binds it", below);
		else
			walk_property(json_object_iter_value(it), file, f, below, depth);
	}
}

TEST(official_schema)
{
	if (access(SCHEMA_DIR "/config-schema.json", R_OK) < 0)
		TEST_SKIP("package golang-github-opencontainers-specs-dev");
	properties_seen = 0;
	walk(schema_file("config-schema.json"), "config-schema.json", &oci_spec_table, "", 0);
	walk(schema_file("state-schema.json"), "state-schema.json", &oci_state_table, "state", 0);
	free_files();
	/* 150 in version 1.0.2: the walk did not end early. */
	CHECK(properties_seen > 140);
}

/* Is the type of a row the one of the list ("array of object", "map to string", ...)? */
static bool row_type_is(const struct json_field *f, const char *type)
{
	if (streq(type, "array of object"))
		return f->kind == JT_ARR;
	if (streq(type, "array of string"))
		return f->kind == JT_STRV;
	if (streq(type, "array of integer"))
		return f->kind == JT_U32V;
	if (streq(type, "map to string"))
		return f->kind == JT_MAP;
	if (streq(type, "map to object"))
		return f->kind == JT_OBJMAP;
	if (streq(type, "object"))
		return f->kind == JT_OBJ || f->kind == JT_PTR;
	return kind_is(f->kind, type);
}

/* The row of "linux.resources.rdma.<key>.hcaHandles". */
static const struct json_field *row_of(const struct json_table *t, const char *path)
{
	scoped_strv char **parts = strv_split(path, ".", false);
	const struct json_field *f = NULL;

	STRV_FOREACH (p, parts) {
		size_t n = strlen(*p);

		if (streq(*p, "<key>"))
			continue;
		if (t == NULL)
			return NULL;
		if (str_has_suffix(*p, "[]"))
			(*p)[n - 2] = '\0';
		f = find(t, *p);
		if (f == NULL)
			return NULL;
		t = f->table;
	}
	return f;
}

TEST(fields_of_all_versions)
{
	scoped_free char *text = test_read_file(TEST_DATA "/spec-fields.tsv");
	scoped_strv char **lines = NULL;
	unsigned n = 0;

	CHECK(text != NULL);
	lines = strv_split(text, "\n", false);
	STRV_FOREACH (line, lines) {
		scoped_strv char **cells = strv_split(*line, "\t", true);
		const struct json_field *f;

		if (**line == '#')
			continue;
		CHECK(strv_len(cells) >= 4);
		if (streq(cells[0], "state"))
			f = row_of(&oci_state_table, cells[1] + strlen("state."));
		else
			f = row_of(&oci_spec_table, cells[1]);
		if (f == NULL)
			test_fail(__FILE__, __LINE__, "%s: no row binds it", cells[1]);
		else if (!row_type_is(f, cells[2]))
			test_fail(__FILE__, __LINE__, "%s: the row is not %s", cells[1], cells[2]);
		n++;
	}
	CHECK(n > 200);
}
