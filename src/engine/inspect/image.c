/* SPDX-License-Identifier: Apache-2.0 */
/* imageop_inspect: from the stored config and manifest. */
#include "base/str.h"
#include "engine/imageop.h"
#include "engine/inspect/inspect_priv.h"
#include "storage/store.h"

static json_t *exec_config_json(const struct image_exec_config *c)
{
	json_t *o = json_object();

	if (c->user)
		inspect_str(o, "User", c->user);
	if (c->exposed_ports)
		inspect_set(o, "ExposedPorts", c->exposed_ports);
	if (c->env)
		inspect_strv(o, "Env", c->env);
	if (c->entrypoint)
		inspect_strv(o, "Entrypoint", c->entrypoint);
	if (c->cmd)
		inspect_strv(o, "Cmd", c->cmd);
	if (c->volumes)
		inspect_set(o, "Volumes", c->volumes);
	if (c->working_dir)
		inspect_str(o, "WorkingDir", c->working_dir);
	if (c->labels.n)
		inspect_map(o, "Labels", &c->labels);
	if (c->stop_signal)
		inspect_str(o, "StopSignal", c->stop_signal);
	return o;
}

static json_t *history_json(const struct image_config *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n_history; i++) {
		const struct image_history *h = &c->history[i];
		json_t *o = json_object();
		inspect_time(o, "created", h->created_nsec);
		if (h->created_by)
			inspect_str(o, "created_by", h->created_by);
		if (h->author)
			inspect_str(o, "author", h->author);
		if (h->comment)
			inspect_str(o, "comment", h->comment);
		if (h->empty_layer)
			inspect_bool(o, "empty_layer", true);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *driver_json(struct store *s, const char *id)
{
	struct store_mount m = { 0 };
	json_t *o = json_object(), *data = json_object();

	if (store_image_mount(s, id, &m, NULL) >= 0 && m.lower && m.lower[0]) {
		scoped_free char *lower = strv_join(m.lower + 1, ":");
		if (*lower)
			inspect_str(data, "LowerDir", lower);
		inspect_str(data, "UpperDir", m.lower[0]);
	}
	store_mount_done(&m);
	inspect_str(o, "Name", store_driver_name(s));
	json_object_set_new(o, "Data", data);
	return o;
}

static void fill(struct store *s, const struct store_image *i, const struct image_config *c,
		 json_t *o)
{
	json_t *rootfs = json_object();

	inspect_str(o, "Id", i->id);
	inspect_str(o, "Digest", i->digest);
	inspect_strv(o, "RepoTags", i->names);
	inspect_strv(o, "RepoDigests", i->repo_digests);
	inspect_str(o, "Parent", "");
	inspect_str(o, "Comment", c->n_history ? c->history[c->n_history - 1].comment : "");
	inspect_time(o, "Created", c->created_nsec);
	json_object_set_new(o, "Config", exec_config_json(&c->config));
	inspect_str(o, "Version", "");
	inspect_str(o, "Author", c->author);
	inspect_str(o, "Architecture", c->architecture);
	inspect_str(o, "Os", c->os);
	inspect_int(o, "Size", (int64_t)i->size);
	inspect_int(o, "VirtualSize", (int64_t)i->size);
	json_object_set_new(o, "GraphDriver", driver_json(s, i->id));
	inspect_str(rootfs, "Type", "layers");
	inspect_strv(rootfs, "Layers", c->rootfs.diff_ids);
	json_object_set_new(o, "RootFS", rootfs);
	inspect_map(o, "Labels", &c->config.labels);
	json_object_set_new(o, "Annotations", json_object());
	inspect_str(o, "ManifestType", i->manifest_type);
	inspect_str(o, "User", c->config.user);
	json_object_set_new(o, "History", history_json(c));
	inspect_strv(o, "NamesHistory", i->names);
}

int imageop_inspect(struct engine *e, const char *word, json_t **ret, struct error *err)
{
	scoped(image_config_done) struct image_config config = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;
	struct store_image image = { 0 };
	struct store *s;
	char id[65];
	int r = imageop_lookup(e, word, id, NULL, err);

	if (r >= 0)
		r = engine_store(e, &s, err);
	if (r >= 0)
		r = store_image_read(s, id, "config", &text, err);
	if (r >= 0)
		r = image_config_parse(buf_str(&text), text.len, "image config", &config, err);
	if (r >= 0)
		r = store_image_get(s, id, &image, err);
	if (r < 0)
		return r;
	*ret = json_object();
	fill(s, &image, &config, *ret);
	store_image_done(&image);
	return 0;
}
