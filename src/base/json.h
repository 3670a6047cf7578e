/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: JSON text in and out, and field tables that bind JSON objects to C structs.
 *
 * Parsing is jansson's behind limits: duplicate keys refused, depth, size and number of values
 * bounded, one document per text.  Integers above
 * INT64_MAX (Go writes uint64, e.g. RLIM_INFINITY as 18446744073709551615) survive: they are
 * carried as a marked string between text and table, see json/json_priv.h; JT_U64 fields decode and
 * encode them, all other fields refuse them.
 *
 * A table row ties a JSON key to a struct member.  Tables drive decode, encode, free and compare,
 * so a field is written down once.  Errors carry the place:
 *	"config.json: .mounts[2].destination: expected a string"
 * A wrong type is an error; null counts as absent (Go's omitempty peers write it).
 */
#ifndef CORACLE_BASE_JSON_H
#define CORACLE_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/num.h"
#include "base/strmap.h"
#include "base/strv.h"

/* Any document that we accept from outside (a manifest or config is below 4 MiB by the
 * distribution specification's advice; an index of a large registry too). */
#define JSON_MAX_BYTES ((size_t)8 << 20)
#define JSON_MAX_DEPTH 128

static inline void json_decref_ptr(json_t **j)
{
	json_decref(*j);
}
#define scoped_json __attribute__((cleanup(json_decref_ptr)))

/* Parse text; `what` names it in errors ("config.json", a path, a URL). */
int json_text_parse(const char *text, size_t len, const char *what, json_t **ret,
		    struct error *err);
/* Encode; indent 0 is compact, else that many blanks.  Keys in insertion order.  HTML characters
 * are not escaped.  Big integers (see above) come out as numbers. */
void json_text_dump(const json_t *j, unsigned indent, struct buf *out);

enum json_kind {
	JT_BOOL,     /* bool */
	JT_OPT_BOOL, /* struct opt_bool */
	JT_I32,	     /* int32_t */
	JT_U32,	     /* uint32_t */
	JT_I64,	     /* int64_t */
	JT_U64,	     /* uint64_t */
	JT_OPT_I64,  /* struct opt_i64 */
	JT_OPT_U64,  /* struct opt_u64 */
	JT_OPT_U32,  /* struct opt_u32 */
	JT_OPT_I32,  /* struct opt_i32 */
	JT_DOUBLE,   /* double */
	JT_STR,	     /* char *, owned, NULL when absent */
	JT_STRV,     /* char **, owned; [] gives an allocated empty vector, absent gives NULL */
	JT_MAP,	     /* struct strmap: object of strings */
	JT_TIME,     /* int64_t nanoseconds, RFC 3339 text */
	JT_ENUM,     /* int; names in .names; unknown text is an error */
	JT_OBJ,	     /* embedded struct, .table */
	JT_PTR,	     /* pointer to an owned struct or NULL, .table */
	JT_ARR,	     /* array of structs: pointer member, count at .count_offset (size_t), .table */
	JT_OBJMAP,   /* object of objects: like JT_ARR, whose element's first member is char *key */
	JT_U32V,     /* uint32_t *, count at .count_offset */
	JT_SET, /* char **, owned: the sorted keys of an object whose values are {} (Go's set) */
	JT_RAW, /* json_t *, owned reference */
	JT_KIND_COUNT
};

#define JF_REQUIRED 1u /* decode: absent is an error */
/* encode: write it even when zero, NULL or empty ("", [], {}, 0, false); default is Go's omitempty */
#define JF_EMIT_EMPTY 2u
#define JF_NULL_EMPTY 4u /* with EMIT_EMPTY: NULL pointers, vectors and raw come out as null */

struct json_table;

struct json_field {
	const char *key;
	enum json_kind kind;
	unsigned flags;
	size_t offset;
	size_t count_offset;
	const struct json_table *table;
	const char *const *names; /* JT_ENUM; NULL entry ends */
};

struct json_table {
	const char *name; /* for errors and tests */
	size_t size;	  /* of the struct */
	const struct json_field *fields;
	size_t n_fields;
};

/* Row constructors: JF_(struct oci_root, "path", path, JT_STR, JF_REQUIRED) and so on. */
#define JROW(st, k, member, knd, flg)                                                     \
	{                                                                                 \
		.key = (k), .kind = (knd), .flags = (flg), .offset = offsetof(st, member) \
	}
#define JROW_OBJ(st, k, member, knd, flg, tbl)                                             \
	{                                                                                  \
		.key = (k), .kind = (knd), .flags = (flg), .offset = offsetof(st, member), \
		.table = (tbl)                                                             \
	}
#define JROW_ARR(st, k, member, nmember, knd, flg, tbl)                                    \
	{                                                                                  \
		.key = (k), .kind = (knd), .flags = (flg), .offset = offsetof(st, member), \
		.count_offset = offsetof(st, nmember), .table = (tbl)                      \
	}
#define JROW_U32V(st, k, member, nmember, flg)                                               \
	{                                                                                    \
		.key = (k), .kind = JT_U32V, .flags = (flg), .offset = offsetof(st, member), \
		.count_offset = offsetof(st, nmember)                                        \
	}
#define JROW_ENUM(st, k, member, flg, nm)                                                    \
	{                                                                                    \
		.key = (k), .kind = JT_ENUM, .flags = (flg), .offset = offsetof(st, member), \
		.names = (nm)                                                                \
	}
#define JTABLE(st, rows)                                                                        \
	{                                                                                       \
		.name = #st, .size = sizeof(st), .fields = (rows), .n_fields = ARRAY_SIZE(rows) \
	}

#define JSON_REFUSE_UNKNOWN 1u /* a key without row is an error that names it */
#define JSON_IGNORE_CASE \
	2u /* key match as Go's encoding/json: exact first, then case-insensitive */

/* Decode into a zeroed struct.  On failure obj is freed with json_table_free and zeroed. */
int json_table_decode(const struct json_table *t, const json_t *j, void *obj, const char *what,
		      unsigned flags, struct error *err);
/* Text to struct in one step. */
int json_table_parse(const struct json_table *t, const char *text, size_t len, void *obj,
		     const char *what, unsigned flags, struct error *err);
/* New reference. */
json_t *json_table_encode(const struct json_table *t, const void *obj);
void json_table_dump(const struct json_table *t, const void *obj, unsigned indent, struct buf *out);
/* Free all members and zero the struct (not the struct's own memory). */
void json_table_free(const struct json_table *t, void *obj);
bool json_table_equal(const struct json_table *t, const void *a, const void *b);
/* Deep copy into a zeroed struct. */
void json_table_copy(const struct json_table *t, void *dst, const void *src);

/* New array of the strings (UTF-8 already); NULL is the empty vector. */
json_t *json_strv(char *const *v);

/* Small accessors for documents without a table; NULL or default when absent or of another type. */
const char *json_get_str(const json_t *j, const char *key);
int64_t json_get_int(const json_t *j, const char *key, int64_t fallback);
bool json_get_bool(const json_t *j, const char *key, bool fallback);

#endif
