/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/logs/tag.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "base/strv.h"
#include "engine/container.h"
#include "engine/db.h"

/* ".Config.Hostname"; NULL: there is no such field. */
static const json_t *find_field(const json_t *doc, const char *path)
{
	scoped_strv char **names = strv_split(path + 1, ".", true);

	if (path[0] != '.')
		return NULL;
	STRV_FOREACH (name, names) {
		doc = json_object_get(doc, *name);
	}
	return doc;
}

static bool add_scalar(const json_t *value, struct buf *out)
{
	if (json_is_string(value))
		buf_adds(out, json_string_value(value));
	else if (json_is_integer(value))
		buf_addf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		buf_adds(out, json_is_true(value) ? "true" : "false");
	else
		return false;
	return true;
}

int logs_tag_expand(struct engine *e, const struct container_record *r, const char *tag, char **ret,
		    struct error *err)
{
	scoped(buf_done) struct buf out = BUF_INIT;
	scoped_json json_t *doc = NULL;
	const char *at = tag, *open, *close;

	while ((open = strstr(at, "{{"))) {
		scoped_free char *inside = NULL;
		const char *field;

		close = strstr(open, "}}");
		if (!close)
			return error_set(err, ERROR_INVALID, "log tag '%s': '{{' without '}}'",
					 tag);
		if (!doc && container_inspect(e, r->id, false, &doc, err) < 0)
			return error_prefix(err, "log tag '%s'", tag);
		buf_add(&out, at, (size_t)(open - at));
		inside = xstrndup(open + 2, (size_t)(close - open - 2));
		field = str_trim(inside);
		if (!add_scalar(find_field(doc, field), &out))
			return error_set(err, ERROR_INVALID,
					 "log tag '%s': '%s' is no field of the container: give "
					 "one that inspect shows, such as {{.Name}}",
					 tag, field);
		at = close + 2;
	}
	buf_adds(&out, at);
	*ret = buf_take(&out);
	return 0;
}
