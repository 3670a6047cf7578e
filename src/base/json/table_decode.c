/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Document to struct.  Input is hostile: the tree's depth is bounded by the parser, the memory for
 * struct arrays by JSON_MAX_STRUCT_BYTES.  The place of an error is a chain of stack frames and
 * becomes text only when there is an error.
 */
#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/json/json_priv.h"
#include "base/str.h"
#include "base/timeutil.h"

/* More rows than any table has (a struct has at most 40 fields). */
#define ROWS_MAX 128
/* Keys in error messages are cut to this; they come from outside. */
#define PLACE_KEY_MAX 64

struct place {
	const struct place *parent;
	const char *key; /* NULL: index counts */
	size_t index;
};

struct decoder {
	const char *what;
	unsigned flags;
	size_t budget; /* bytes of struct arrays that may still be allocated */
	struct error *err;
};

static void place_text(const struct place *p, struct buf *out)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	if (p == NULL)
		return;
	place_text(p->parent, out);
	if (p->key == NULL) {
		buf_addf(out, "[%zu]", p->index);
	} else if (*p->key != '\0' && str_only(p->key, plain) && strlen(p->key) <= PLACE_KEY_MAX) {
		buf_addf(out, ".%s", p->key);
	} else {
		scoped_free char *cut = xstrndup(p->key, PLACE_KEY_MAX);

		buf_addc(out, '[');
		buf_add_json_string(out, cut);
		buf_addc(out, ']');
	}
}

static int __attribute__((format(printf, 4, 5), cold))
fail_kind(struct decoder *d, const struct place *p, enum error_kind kind, const char *fmt, ...)
{
	struct buf at = BUF_INIT;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = error_vset(d->err, kind, fmt, ap);
	va_end(ap);
	place_text(p, &at);
	if (at.len > 0)
		error_prefix(d->err, "%s: %s", d->what, buf_str(&at));
	else
		error_prefix(d->err, "%s", d->what);
	buf_done(&at);
	return r;
}

#define fail(d, p, ...) fail_kind(d, p, ERROR_INVALID, __VA_ARGS__)

/* Memory for n elements, such that ARRAY_ADD may go on (capacity a power of two); never NULL on
 * success, so that [] differs from an absent array. */
static int new_elements(struct decoder *d, const struct place *p, size_t n, size_t size, void **ret)
{
	size_t cap = 1, bytes;

	while (cap < n)
		cap *= 2;
	if (__builtin_mul_overflow(cap, size, &bytes) || bytes > d->budget)
		return fail_kind(d, p, ERROR_LIMIT, "too many elements (%zu)", n);
	d->budget -= bytes;
	*ret = xcalloc(cap, size);
	return 0;
}

static int decode_table(struct decoder *d, const struct place *p, const struct json_table *t,
			const json_t *j, char *obj);

static int get_i64(struct decoder *d, const struct place *p, const json_t *j, int64_t min,
		   int64_t max, int64_t *ret)
{
	int64_t v;

	if (json_is_big(j))
		return fail(d, p, "integer is out of range");
	if (!json_is_integer(j))
		return fail(d, p, "expected an integer");
	v = json_integer_value(j);
	if (v < min || v > max)
		return fail(d, p, "integer %" PRId64 " is out of range", v);
	*ret = v;
	return 0;
}

static int get_u64(struct decoder *d, const struct place *p, const json_t *j, uint64_t *ret)
{
	int r = json_u64_value(j, ret);

	if (r == -ERANGE)
		return fail(d, p, "integer is out of range");
	if (r < 0)
		return fail(d, p, "expected an integer");
	return 0;
}

static int decode_integer(struct decoder *d, const struct place *p, enum json_kind kind,
			  const json_t *j, void *member)
{
	uint64_t u = 0;
	int64_t v = 0;
	int r;

	switch ((int)kind) {
	case JT_I32:
	case JT_OPT_I32:
		r = get_i64(d, p, j, INT32_MIN, INT32_MAX, &v);
		break;
	case JT_U32:
	case JT_OPT_U32:
		r = get_i64(d, p, j, 0, UINT32_MAX, &v);
		break;
	case JT_I64:
	case JT_OPT_I64:
		r = get_i64(d, p, j, INT64_MIN, INT64_MAX, &v);
		break;
	default:
		r = get_u64(d, p, j, &u);
		break;
	}
	if (r < 0)
		return r;
	switch ((int)kind) {
	case JT_I32:
		*(int32_t *)member = (int32_t)v;
		break;
	case JT_OPT_I32:
		*(struct opt_i32 *)member = (struct opt_i32)OPT_SET((int32_t)v);
		break;
	case JT_U32:
		*(uint32_t *)member = (uint32_t)v;
		break;
	case JT_OPT_U32:
		*(struct opt_u32 *)member = (struct opt_u32)OPT_SET((uint32_t)v);
		break;
	case JT_I64:
		*(int64_t *)member = v;
		break;
	case JT_OPT_I64:
		*(struct opt_i64 *)member = (struct opt_i64)OPT_SET(v);
		break;
	case JT_U64:
		*(uint64_t *)member = u;
		break;
	default:
		*(struct opt_u64 *)member = (struct opt_u64)OPT_SET(u);
		break;
	}
	return 0;
}

static int decode_strv(struct decoder *d, const struct place *p, const json_t *j, char ***member)
{
	scoped_strv char **v = NULL;
	size_t n;

	if (!json_is_array(j))
		return fail(d, p, "expected an array of strings");
	n = json_array_size(j);
	v = xnew_n(char *, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct place at = { .parent = p, .index = i };
		const char *s = json_str_value(json_array_get(j, i));

		if (s == NULL)
			return fail(d, &at, "expected a string");
		v[i] = xstrdup(s);
	}
	*member = take_ptr(v);
	return 0;
}

static int decode_set(struct decoder *d, const struct place *p, const json_t *j, char ***member)
{
	json_t *object = (json_t *)j;
	scoped_strv char **v = NULL;
	size_t n = 0;

	if (!json_is_object(j))
		return fail(d, p, "expected an object");
	v = xnew_n(char *, json_object_size(j) + 1);
	for (void *it = json_object_iter(object); it != NULL;
	     it = json_object_iter_next(object, it)) {
		struct place at = { .parent = p, .key = json_object_iter_key(it) };
		const json_t *value = json_object_iter_value(it);

		if (!json_is_object(value) && !json_is_null(value))
			return fail(d, &at, "expected an object");
		v[n++] = xstrdup(at.key);
	}
	strv_sort(v);
	*member = take_ptr(v);
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct strmap_entry *)a)->key, ((const struct strmap_entry *)b)->key);
}

static int decode_map(struct decoder *d, const struct place *p, const json_t *j, struct strmap *m)
{
	json_t *object = (json_t *)j;
	size_t n;
	void *items = NULL;
	int r;

	if (!json_is_object(j))
		return fail(d, p, "expected an object of strings");
	n = json_object_size(j);
	r = new_elements(d, p, n, sizeof(struct strmap_entry), &items);
	if (r < 0)
		return r;
	m->items = items;
	for (void *it = json_object_iter(object); it != NULL;
	     it = json_object_iter_next(object, it)) {
		struct place at = { .parent = p, .key = json_object_iter_key(it) };
		const json_t *value = json_object_iter_value(it);
		const char *s = json_is_null(value) ? "" : json_str_value(value);

		if (s == NULL)
			return fail(d, &at, "expected a string");
		m->items[m->n++] = (struct strmap_entry){ xstrdup(at.key), xstrdup(s) };
	}
	/* One sort instead of n insertions: keys come in any order and number. */
	qsort(m->items, m->n, sizeof(*m->items), compare_entries);
	return 0;
}

static int decode_enum(struct decoder *d, const struct place *p, const struct json_field *f,
		       const json_t *j, int *member)
{
	const char *s = json_str_value(j);

	if (s == NULL)
		return fail(d, p, "expected a string");
	for (int i = 0; f->names[i] != NULL; i++) {
		if (streq(f->names[i], s)) {
			*member = i;
			return 0;
		}
	}
	if (*s == '\0')
		return 0; /* Go peers without omitempty write the unset value so */
	return fail(d, p, "unknown value '%.64s'", s);
}

static int decode_array(struct decoder *d, const struct place *p, const struct json_field *f,
			const json_t *j, char *obj)
{
	void **items = (void **)(obj + f->offset);
	size_t *count = (size_t *)(obj + f->count_offset);
	size_t n;
	int r;

	if (!json_is_array(j))
		return fail(d, p, "expected an array");
	n = json_array_size(j);
	r = new_elements(d, p, n, f->table->size, items);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct place at = { .parent = p, .index = i };

		*count = i + 1;
		r = decode_table(d, &at, f->table, json_array_get(j, i),
				 (char *)*items + i * f->table->size);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_objmap(struct decoder *d, const struct place *p, const struct json_field *f,
			 const json_t *j, char *obj)
{
	json_t *object = (json_t *)j;
	void **items = (void **)(obj + f->offset);
	size_t *count = (size_t *)(obj + f->count_offset);
	int r;

	if (!json_is_object(j))
		return fail(d, p, "expected an object");
	r = new_elements(d, p, json_object_size(j), f->table->size, items);
	if (r < 0)
		return r;
	for (void *it = json_object_iter(object); it != NULL;
	     it = json_object_iter_next(object, it)) {
		struct place at = { .parent = p, .key = json_object_iter_key(it) };
		char *element = (char *)*items + *count * f->table->size;

		*(char **)element = xstrdup(at.key);
		(*count)++;
		if (json_is_null(json_object_iter_value(it)))
			continue;
		r = decode_table(d, &at, f->table, json_object_iter_value(it), element);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_u32v(struct decoder *d, const struct place *p, const struct json_field *f,
		       const json_t *j, char *obj)
{
	void **items = (void **)(obj + f->offset);
	size_t *count = (size_t *)(obj + f->count_offset);
	size_t n;
	int r;

	if (!json_is_array(j))
		return fail(d, p, "expected an array of integers");
	n = json_array_size(j);
	r = new_elements(d, p, n, sizeof(uint32_t), items);
	if (r < 0)
		return r;
	*count = n;
	for (size_t i = 0; i < n; i++) {
		struct place at = { .parent = p, .index = i };

		r = decode_integer(d, &at, JT_U32, json_array_get(j, i), (uint32_t *)*items + i);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_time(struct decoder *d, const struct place *p, const json_t *j, int64_t *member)
{
	const char *s = json_str_value(j);

	if (s == NULL)
		return fail(d, p, "expected a string");
	if (time_parse_rfc3339(s, member) < 0)
		return fail(d, p, "'%.64s' is not a time of RFC 3339", s);
	return 0;
}

static int decode_field(struct decoder *d, const struct place *p, const struct json_field *f,
			const json_t *j, char *obj)
{
	void *member = obj + f->offset;
	const char *s;
	void *sub = NULL;
	int r;

	switch (f->kind) {
	case JT_BOOL:
	case JT_OPT_BOOL:
		if (!json_is_boolean(j))
			return fail(d, p, "expected true or false");
		if (f->kind == JT_BOOL)
			*(bool *)member = json_is_true(j);
		else
			*(struct opt_bool *)member = (struct opt_bool)OPT_SET(json_is_true(j));
		return 0;
	case JT_DOUBLE:
		if (!json_is_number(j))
			return fail(d, p, "expected a number");
		*(double *)member = json_number_value(j);
		return 0;
	case JT_STR:
		s = json_str_value(j);
		if (s == NULL)
			return fail(d, p, "expected a string");
		*(char **)member = xstrdup(s);
		return 0;
	case JT_STRV:
		return decode_strv(d, p, j, member);
	case JT_SET:
		return decode_set(d, p, j, member);
	case JT_MAP:
		return decode_map(d, p, j, member);
	case JT_TIME:
		return decode_time(d, p, j, member);
	case JT_ENUM:
		return decode_enum(d, p, f, j, member);
	case JT_OBJ:
		return decode_table(d, p, f->table, j, member);
	case JT_PTR:
		r = new_elements(d, p, 1, f->table->size, &sub);
		if (r < 0)
			return r;
		*(void **)member = sub;
		return decode_table(d, p, f->table, j, sub);
	case JT_ARR:
		return decode_array(d, p, f, j, obj);
	case JT_OBJMAP:
		return decode_objmap(d, p, f, j, obj);
	case JT_U32V:
		return decode_u32v(d, p, f, j, obj);
	case JT_RAW:
		*(json_t **)member = json_incref((json_t *)j);
		return 0;
	case JT_I32:
	case JT_U32:
	case JT_I64:
	case JT_U64:
	case JT_OPT_I64:
	case JT_OPT_U64:
	case JT_OPT_U32:
	case JT_OPT_I32:
	case JT_KIND_COUNT:
		break;
	}
	return decode_integer(d, p, f->kind, j, member);
}

/* The row of a key, or t->n_fields.  `hint` is where the search starts: writers keep our order. */
static size_t find_row(const struct json_table *t, const char *key, size_t hint)
{
	for (size_t k = 0; k < t->n_fields; k++) {
		size_t i = hint + k < t->n_fields ? hint + k : hint + k - t->n_fields;

		if (streq(t->fields[i].key, key))
			return i;
	}
	return t->n_fields;
}

/* A key without a row of exactly its spelling. */
static int decode_other_key(struct decoder *d, const struct place *p, const struct json_table *t,
			    const json_t *object, const json_t *value, char *obj, bool *seen)
{
	for (size_t i = 0; (d->flags & JSON_IGNORE_CASE) && i < t->n_fields; i++) {
		if (!str_ieq(t->fields[i].key, p->key))
			continue;
		/* Two spellings of one field are read differently by different programs. */
		if (seen[i] || json_object_get(object, t->fields[i].key) != NULL)
			return fail(d, p, "the same field as '%s'", t->fields[i].key);
		if (json_is_null(value))
			return 0;
		seen[i] = true;
		return decode_field(d, p, &t->fields[i], value, obj);
	}
	if (d->flags & JSON_REFUSE_UNKNOWN)
		return fail(d, p, "unknown field");
	return 0;
}

static int decode_table(struct decoder *d, const struct place *p, const struct json_table *t,
			const json_t *j, char *obj)
{
	json_t *object = (json_t *)j;
	bool seen[ROWS_MAX] = { false };
	size_t hint = 0;
	int r;

	assert(t->n_fields <= ROWS_MAX);
	if (!json_is_object(j))
		return fail(d, p, "expected an object");
	for (void *it = json_object_iter(object); it != NULL;
	     it = json_object_iter_next(object, it)) {
		struct place at = { .parent = p, .key = json_object_iter_key(it) };
		const json_t *value = json_object_iter_value(it);
		size_t i = find_row(t, at.key, hint);

		if (i == t->n_fields) {
			r = decode_other_key(d, &at, t, j, value, obj, seen);
		} else {
			hint = i + 1 < t->n_fields ? i + 1 : 0;
			if (json_is_null(value))
				continue;
			seen[i] = true;
			r = decode_field(d, &at, &t->fields[i], value, obj);
		}
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < t->n_fields; i++) {
		if ((t->fields[i].flags & JF_REQUIRED) && !seen[i]) {
			struct place at = { .parent = p, .key = t->fields[i].key };

			return fail(d, &at, "missing");
		}
	}
	return 0;
}

int json_table_decode(const struct json_table *t, const json_t *j, void *obj, const char *what,
		      unsigned flags, struct error *err)
{
	struct error local = ERROR_INIT;
	struct decoder d = {
		.what = what,
		.flags = flags,
		.budget = JSON_MAX_STRUCT_BYTES,
		.err = err != NULL ? err : &local,
	};
	int r = decode_table(&d, NULL, t, j, obj);

	if (r < 0)
		json_table_free(t, obj);
	return r;
}

int json_table_parse(const struct json_table *t, const char *text, size_t len, void *obj,
		     const char *what, unsigned flags, struct error *err)
{
	scoped_json json_t *j = NULL;
	int r = json_text_parse(text, len, what, &j, err);

	if (r < 0)
		return r;
	return json_table_decode(t, j, obj, what, flags, err);
}
