/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output/yaml.h"

#include "base/str.h"

/* Plain scalars are those that no YAML reader takes for something else. */
static bool is_plain(const char *s)
{
	double number;

	if (*s == '\0' || num_double(s, &number) == 0 || str_ieq(s, "true") ||
	    str_ieq(s, "false") || str_ieq(s, "null") || str_ieq(s, "yes") || str_ieq(s, "no"))
		return false;
	return !strpbrk(s, ":#{}[],&*!|>'\"%@`\n\t") && s[0] != '-' && s[0] != ' ' &&
	       s[strlen(s) - 1] != ' ';
}

static void print_scalar(const json_t *v, struct buf *out)
{
	if (json_is_string(v) && is_plain(json_string_value(v)))
		buf_adds(out, json_string_value(v));
	else if (json_is_object(v))
		buf_adds(out, "{}");
	else if (json_is_array(v))
		buf_adds(out, "[]");
	else
		json_text_dump(v, 0, out);
}

static bool is_block(const json_t *v)
{
	return (json_is_object(v) && json_object_size(v)) ||
	       (json_is_array(v) && json_array_size(v));
}

static void print_indent(unsigned depth, struct buf *out)
{
	for (unsigned i = 0; i < depth; i++)
		buf_adds(out, "  ");
}

static void print_block(const json_t *v, unsigned depth, bool first_inline, struct buf *out)
{
	scoped_strv char **keys = NULL;
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_array(v)) {
		json_array_foreach (v, i, item) {
			print_indent(depth, out);
			buf_adds(out, "- ");
			if (is_block(item)) {
				print_block(item, depth + 1, true, out);
			} else {
				print_scalar(item, out);
				buf_addc(out, '\n');
			}
		}
		return;
	}
	json_object_foreach ((json_t *)v, key, item) {
		strv_add(&keys, key);
	}
	strv_sort(keys);
	STRV_FOREACH (k, keys) {
		item = json_object_get(v, *k);
		if (!first_inline)
			print_indent(depth, out);
		first_inline = false;
		buf_addf(out, "%s:%s", *k, is_block(item) ? "\n" : " ");
		if (is_block(item)) {
			print_block(item, depth + (json_is_object(item) ? 1 : 0), false, out);
		} else {
			print_scalar(item, out);
			buf_addc(out, '\n');
		}
	}
}

void yaml_print(const json_t *value, struct buf *out)
{
	if (is_block(value)) {
		print_block(value, 0, false, out);
		return;
	}
	print_scalar(value, out);
	buf_addc(out, '\n');
}
