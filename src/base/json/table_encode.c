/* SPDX-License-Identifier: Apache-2.0 */
/* Struct to document: the counterpart of table_decode.c. */
#include "base/json.h"

#include <string.h>

#include "base/json/json_priv.h"
#include "base/timeutil.h"

static json_t *encode_strv(char *const *v)
{
	json_t *a = json_array();

	STRV_FOREACH (s, v)
		json_array_append_new(a, json_str_new(*s));
	return a;
}

static json_t *encode_set(char *const *v)
{
	json_t *o = json_object();

	STRV_FOREACH (s, v)
		json_object_set_new_nocheck(o, *s, json_object());
	return o;
}

static json_t *encode_map(const struct strmap *m)
{
	json_t *o = json_object();

	for (size_t i = 0; i < m->n; i++)
		json_object_set_new_nocheck(o, m->items[i].key, json_str_new(m->items[i].value));
	return o;
}

static json_t *encode_array(const struct json_field *f, const char *items, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_table_encode(f->table, items + i * f->table->size));
	return a;
}

static json_t *encode_objmap(const struct json_field *f, const char *items, size_t n)
{
	json_t *o = json_object();

	for (size_t i = 0; i < n; i++) {
		const char *element = items + i * f->table->size;

		json_object_set_new_nocheck(o, *(char *const *)element,
					    json_table_encode(f->table, element));
	}
	return o;
}

static json_t *encode_u32v(const uint32_t *v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_integer(v[i]));
	return a;
}

static json_t *encode_time(int64_t nsec)
{
	char text[TIME_STR_MAX];

	time_format_rfc3339_utc(nsec, text);
	return json_string_nocheck(text);
}

/* A scalar member; *ret_empty tells whether omitempty drops it. */
static json_t *encode_scalar(const struct json_field *f, const void *member, bool *ret_empty)
{
	const struct opt_bool *ob = member;
	const struct opt_i64 *oi = member;
	const struct opt_u64 *ou = member;
	const struct opt_u32 *ou32 = member;
	const struct opt_i32 *oi32 = member;

	switch ((int)f->kind) {
	case JT_BOOL:
		*ret_empty = !*(const bool *)member;
		return json_boolean(*(const bool *)member);
	case JT_I32:
		*ret_empty = *(const int32_t *)member == 0;
		return json_integer(*(const int32_t *)member);
	case JT_U32:
		*ret_empty = *(const uint32_t *)member == 0;
		return json_integer(*(const uint32_t *)member);
	case JT_I64:
		*ret_empty = *(const int64_t *)member == 0;
		return json_integer(*(const int64_t *)member);
	case JT_U64:
		*ret_empty = *(const uint64_t *)member == 0;
		return json_u64_new(*(const uint64_t *)member);
	case JT_OPT_BOOL:
		*ret_empty = !ob->set;
		return json_boolean(ob->set && ob->value);
	case JT_OPT_I64:
		*ret_empty = !oi->set;
		return json_integer(oi->set ? oi->value : 0);
	case JT_OPT_U64:
		*ret_empty = !ou->set;
		return json_u64_new(ou->set ? ou->value : 0);
	case JT_OPT_U32:
		*ret_empty = !ou32->set;
		return json_integer(ou32->set ? ou32->value : 0);
	case JT_OPT_I32:
		*ret_empty = !oi32->set;
		return json_integer(oi32->set ? oi32->value : 0);
	case JT_TIME:
		*ret_empty = *(const int64_t *)member == 0;
		return encode_time(*(const int64_t *)member);
	case JT_DOUBLE:
	default:
		*ret_empty = *(const double *)member == 0;
		return json_real(*(const double *)member);
	}
}

/* A pointer with its count; new reference, or NULL when the pointer is. */
static json_t *encode_counted(const struct json_field *f, const char *obj, bool *ret_empty)
{
	const void *items = *(void *const *)(obj + f->offset);
	size_t n = *(const size_t *)(obj + f->count_offset);

	*ret_empty = n == 0;
	if (items == NULL)
		return NULL;
	if (f->kind == JT_U32V)
		return encode_u32v(items, n);
	return f->kind == JT_ARR ? encode_array(f, items, n) : encode_objmap(f, items, n);
}

/* New reference; NULL when the field is absent (no pointer to anything). */
static json_t *encode_field(const struct json_field *f, const char *obj, bool *ret_empty)
{
	const void *member = obj + f->offset;
	void *pointer;
	json_t *j;

	switch (f->kind) {
	case JT_STR:
		pointer = *(void *const *)member;
		*ret_empty = pointer == NULL || *(const char *)pointer == '\0';
		return pointer != NULL ? json_str_new(pointer) : NULL;
	case JT_ENUM:
		*ret_empty = *(const int *)member == 0;
		return json_str_new(f->names[*(const int *)member]);
	case JT_STRV:
		pointer = *(void *const *)member;
		*ret_empty = strv_len(pointer) == 0;
		return pointer != NULL ? encode_strv(pointer) : NULL;
	case JT_SET:
		pointer = *(void *const *)member;
		*ret_empty = strv_len(pointer) == 0;
		return pointer != NULL ? encode_set(pointer) : NULL;
	case JT_MAP:
		*ret_empty = ((const struct strmap *)member)->n == 0;
		if (((const struct strmap *)member)->items == NULL)
			return NULL;
		return encode_map(member);
	case JT_OBJ:
		j = json_table_encode(f->table, member);
		*ret_empty = json_object_size(j) == 0;
		return j;
	case JT_PTR:
		pointer = *(void *const *)member;
		*ret_empty = pointer == NULL;
		return pointer != NULL ? json_table_encode(f->table, pointer) : NULL;
	case JT_ARR:
	case JT_OBJMAP:
	case JT_U32V:
		return encode_counted(f, obj, ret_empty);
	case JT_RAW:
		pointer = *(void *const *)member;
		*ret_empty = pointer == NULL;
		return json_incref(pointer);
	case JT_BOOL:
	case JT_OPT_BOOL:
	case JT_I32:
	case JT_U32:
	case JT_I64:
	case JT_U64:
	case JT_OPT_I64:
	case JT_OPT_U64:
	case JT_OPT_U32:
	case JT_OPT_I32:
	case JT_DOUBLE:
	case JT_TIME:
	case JT_KIND_COUNT:
		break;
	}
	return encode_scalar(f, member, ret_empty);
}

/* What JF_EMIT_EMPTY writes for a field that is absent. */
static json_t *empty_value(const struct json_field *f)
{
	if (f->flags & JF_NULL_EMPTY)
		return json_null();
	if (f->kind == JT_STR)
		return json_string_nocheck("");
	if (f->kind == JT_STRV || f->kind == JT_ARR || f->kind == JT_U32V)
		return json_array();
	if (f->kind == JT_RAW)
		return json_null();
	return json_object();
}

static bool is_optional(enum json_kind kind)
{
	return kind == JT_OPT_BOOL || kind == JT_OPT_I64 || kind == JT_OPT_U64 ||
	       kind == JT_OPT_U32 || kind == JT_OPT_I32;
}

json_t *json_table_encode(const struct json_table *t, const void *obj)
{
	json_t *o;

	json_seed();
	o = json_object();
	for (size_t i = 0; i < t->n_fields; i++) {
		const struct json_field *f = &t->fields[i];
		bool empty = false;
		json_t *j = encode_field(f, obj, &empty);

		if (empty && !(f->flags & JF_EMIT_EMPTY)) {
			json_decref(j);
			continue;
		}
		if (empty && (f->flags & JF_NULL_EMPTY) && is_optional(f->kind)) {
			json_decref(j);
			j = json_null();
		}
		json_object_set_new_nocheck(o, f->key, j != NULL ? j : empty_value(f));
	}
	return o;
}

void json_table_dump(const struct json_table *t, const void *obj, unsigned indent, struct buf *out)
{
	scoped_json json_t *j = json_table_encode(t, obj);

	json_text_dump(j, indent, out);
}
