/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timeutil.h"
#include "engine/inspect/inspect_priv.h"

void inspect_str(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, json_string_nocheck(value ? value : ""));
}

void inspect_int(json_t *o, const char *key, int64_t value)
{
	json_object_set_new(o, key, json_integer(value));
}

void inspect_bool(json_t *o, const char *key, bool value)
{
	json_object_set_new(o, key, json_boolean(value));
}

void inspect_strv(json_t *o, const char *key, char *const *v)
{
	json_object_set_new(o, key, json_strv(v));
}

void inspect_map(json_t *o, const char *key, const struct strmap *m)
{
	json_t *map = json_object();

	for (size_t i = 0; i < m->n; i++)
		json_object_set_new(map, m->items[i].key, json_string_nocheck(m->items[i].value));
	json_object_set_new(o, key, map);
}

void inspect_time(json_t *o, const char *key, int64_t nsec)
{
	char text[TIME_STR_MAX];

	time_format_rfc3339(nsec, text);
	inspect_str(o, key, text);
}

void inspect_set(json_t *o, const char *key, char *const *v)
{
	json_t *set = json_object();

	STRV_FOREACH (s, v) {
		json_object_set_new(set, *s, json_object());
	}
	json_object_set_new(o, key, set);
}
