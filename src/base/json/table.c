/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a struct that a table describes: free, compare, copy. */
#include "base/json.h"

#include <string.h>

#include "base/json/json_priv.h"
#include "base/str.h"

/* Bytes of the member of a kind that owns no memory; 0 for the others. */
static size_t plain_size(enum json_kind kind)
{
	switch (kind) {
	case JT_BOOL:
		return sizeof(bool);
	case JT_OPT_BOOL:
		return sizeof(struct opt_bool);
	case JT_I32:
	case JT_U32:
		return sizeof(int32_t);
	case JT_I64:
	case JT_U64:
	case JT_TIME:
		return sizeof(int64_t);
	case JT_OPT_I64:
	case JT_OPT_U64:
		return sizeof(struct opt_i64);
	case JT_OPT_U32:
	case JT_OPT_I32:
		return sizeof(struct opt_u32);
	case JT_DOUBLE:
		return sizeof(double);
	case JT_ENUM:
		return sizeof(int);
	case JT_STR:
	case JT_STRV:
	case JT_SET:
	case JT_MAP:
	case JT_OBJ:
	case JT_PTR:
	case JT_ARR:
	case JT_OBJMAP:
	case JT_U32V:
	case JT_RAW:
	case JT_KIND_COUNT:
		break;
	}
	return 0;
}

/* The member of a kind that is one pointer; NULL for all others. */
static void *pointer_of(const struct json_field *f, const char *obj)
{
	if (plain_size(f->kind) > 0 || f->kind == JT_OBJ || f->kind == JT_MAP)
		return NULL;
	return *(void *const *)(obj + f->offset);
}

static void free_members(const struct json_table *t, char *obj);

static void free_elements(const struct json_field *f, char *items, size_t n)
{
	for (size_t i = 0; items != NULL && i < n; i++) {
		char *element = items + i * f->table->size;

		free_members(f->table, element);
		if (f->kind == JT_OBJMAP)
			free(*(char **)element);
	}
	free(items);
}

static void free_members(const struct json_table *t, char *obj)
{
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct json_field *f = &t->fields[i];
		void *member = obj + f->offset;
		void *pointer = pointer_of(f, obj);

		switch ((int)f->kind) {
		case JT_STR:
		case JT_U32V:
			free(pointer);
			break;
		case JT_STRV:
		case JT_SET:
			strv_free(pointer);
			break;
		case JT_MAP:
			strmap_done(member);
			break;
		case JT_OBJ:
			free_members(f->table, member);
			break;
		case JT_PTR:
			if (pointer != NULL)
				free_members(f->table, pointer);
			free(pointer);
			break;
		case JT_ARR:
		case JT_OBJMAP:
			free_elements(f, pointer, *(size_t *)(obj + f->count_offset));
			break;
		case JT_RAW:
			json_decref(pointer);
			break;
		default:
			break;
		}
	}
}

void json_table_free(const struct json_table *t, void *obj)
{
	if (obj == NULL)
		return;
	free_members(t, obj);
	memset(obj, 0, t->size);
}

/* Optional members are compared by part: padding, and the value of an unset one, do not count. */
static bool equal_plain(enum json_kind kind, const void *a, const void *b)
{
	const struct opt_bool *ab = a, *bb = b;
	const struct opt_u64 *a64 = a, *b64 = b;
	const struct opt_u32 *a32 = a, *b32 = b;

	switch ((int)kind) {
	case JT_OPT_BOOL:
		return ab->set == bb->set && (!ab->set || ab->value == bb->value);
	case JT_OPT_I64:
	case JT_OPT_U64:
		return a64->set == b64->set && (!a64->set || a64->value == b64->value);
	case JT_OPT_I32:
	case JT_OPT_U32:
		return a32->set == b32->set && (!a32->set || a32->value == b32->value);
	case JT_DOUBLE:
		return *(const double *)a == *(const double *)b;
	default:
		return memcmp(a, b, plain_size(kind)) == 0;
	}
}

static bool equal_elements(const struct json_field *f, const char *a, size_t n, const char *b,
			   size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *x = a + i * f->table->size, *y = b + i * f->table->size;

		if (f->kind == JT_OBJMAP && !streq(*(char *const *)x, *(char *const *)y))
			return false;
		if (!json_table_equal(f->table, x, y))
			return false;
	}
	return true;
}

static bool equal_field(const struct json_field *f, const char *a, const char *b)
{
	const void *x = a + f->offset, *y = b + f->offset;
	void *p = pointer_of(f, a), *q = pointer_of(f, b);
	size_t n, m;

	if (plain_size(f->kind) > 0)
		return equal_plain(f->kind, x, y);
	switch ((int)f->kind) {
	case JT_STR:
		return streq_opt(p, q);
	case JT_STRV:
	case JT_SET:
		return strv_equal(p, q);
	case JT_MAP:
		return strmap_equal(x, y);
	case JT_OBJ:
		return json_table_equal(f->table, x, y);
	case JT_PTR:
		if (p == NULL || q == NULL)
			return p == q;
		return json_table_equal(f->table, p, q);
	case JT_RAW:
		return p == q || json_equal(p, q) == 1;
	default:
		break;
	}
	n = *(const size_t *)(a + f->count_offset);
	m = *(const size_t *)(b + f->count_offset);
	if (f->kind == JT_U32V)
		return n == m && (n == 0 || memcmp(p, q, n * sizeof(uint32_t)) == 0);
	return equal_elements(f, p, n, q, m);
}

bool json_table_equal(const struct json_table *t, const void *a, const void *b)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (!equal_field(&t->fields[i], a, b))
			return false;
	return true;
}

/* Memory as ARRAY_ADD expects it: capacity is the power of two at or above the count. */
static void *new_elements(size_t n, size_t size)
{
	size_t cap = 1;

	while (cap < n)
		cap *= 2;
	return xcalloc(cap, size);
}

static void copy_elements(const struct json_field *f, char *dst, const char *src)
{
	const char *from = *(char *const *)(src + f->offset);
	size_t n = *(const size_t *)(src + f->count_offset);
	char *to;

	if (from == NULL)
		return;
	if (f->kind == JT_U32V) {
		to = new_elements(n, sizeof(uint32_t));
		memcpy(to, from, n * sizeof(uint32_t));
	} else {
		to = new_elements(n, f->table->size);
		for (size_t i = 0; i < n; i++) {
			const char *s = from + i * f->table->size;
			char *d = to + i * f->table->size;

			json_table_copy(f->table, d, s);
			if (f->kind == JT_OBJMAP)
				*(char **)d = xstrdup(*(char *const *)s);
		}
	}
	*(char **)(dst + f->offset) = to;
	*(size_t *)(dst + f->count_offset) = n;
}

static void copy_field(const struct json_field *f, char *dst, const char *src)
{
	const void *from = src + f->offset;
	void *pointer = pointer_of(f, src);
	void *to = dst + f->offset;

	if (plain_size(f->kind) > 0) {
		memcpy(to, from, plain_size(f->kind));
		return;
	}
	switch ((int)f->kind) {
	case JT_STR:
		*(char **)to = xstrdup_opt(pointer);
		break;
	case JT_STRV:
	case JT_SET:
		*(char ***)to = strv_dup(pointer);
		break;
	case JT_MAP:
		strmap_copy(to, from);
		break;
	case JT_OBJ:
		json_table_copy(f->table, to, from);
		break;
	case JT_PTR:
		if (pointer == NULL)
			break;
		*(void **)to = xcalloc(1, f->table->size);
		json_table_copy(f->table, *(void **)to, pointer);
		break;
	case JT_RAW:
		*(json_t **)to = json_deep_copy(pointer);
		break;
	default:
		copy_elements(f, dst, src);
		break;
	}
}

void json_table_copy(const struct json_table *t, void *dst, const void *src)
{
	for (size_t i = 0; i < t->n_fields; i++)
		copy_field(&t->fields[i], dst, src);
}
