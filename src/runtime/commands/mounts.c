/* SPDX-License-Identifier: Apache-2.0 */
/* mounts: add mounts to a container and take them away; the file is a .mounts section. */
#include <fcntl.h>
#include <unistd.h>

#include "base/str.h"
#include "runtime/commands/commands.h"
#include "sys/fd.h"

struct mounts_document {
	struct oci_mount *mounts;
	size_t n_mounts;
};
static const struct json_field document_fields[] = {
	JROW_ARR(struct mounts_document, "mounts", mounts, n_mounts, JT_ARR, JF_REQUIRED,
		 &oci_mount_table),
};
static const struct json_table document_table = JTABLE(struct mounts_document, document_fields);

/* {"mounts": [...]}, as in config.json, or the list alone. */
static int read_document(const char *path, struct mounts_document *ret, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(JSON_MAX_BYTES);
	scoped_json json_t *j = NULL;
	int r = streq(path, "-") ? fd_read_all(STDIN_FILENO, JSON_MAX_BYTES, &b)
				 : fd_read_file(AT_FDCWD, path, JSON_MAX_BYTES, &b);

	if (r < 0)
		return error_os(err, -r, "read '%s'", path);
	r = json_text_parse(buf_str(&b), b.len, path, &j, err);
	if (r < 0)
		return r;
	if (json_is_array(j))
		j = json_pack("{s:o}", "mounts", j);
	return json_table_decode(&document_table, j, ret, path, 0, err);
}

static int mounts_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct mounts_document d = { 0 };
	struct positional p;
	bool add;
	int r = command_parse(&runtime_command_mounts, argc, argv, NULL, 3, 3, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	add = streq(p.argv[0], "add");
	if (!add && !streq(p.argv[0], "remove"))
		return error_set(err, ERROR_INVALID, "mounts: '%s' is neither add nor remove",
				 p.argv[0]);
	r = read_document(p.argv[2], &d, err);
	if (r < 0)
		return r;
	r = add ? runtime_mounts_add(&cx->runtime, p.argv[1], d.mounts, d.n_mounts, err)
		: runtime_mounts_remove(&cx->runtime, p.argv[1], d.mounts, d.n_mounts, err);
	json_table_free(&document_table, &d);
	return r;
}

const struct command runtime_command_mounts = { "mounts",
						"mounts add|remove ID FILE",
						"add mounts to a container, or remove them",
						NULL,
						0,
						mounts_run };
