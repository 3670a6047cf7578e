/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record/defaults: what start, exec and delete need of config.json, kept in state.json so that the
 * bundle is not read again: the process, the late hooks, the namespaces, the seccomp listener.
 */
#include <string.h>

#include "base/str.h"
#include "runtime/record.h"

struct late_hooks {
	struct oci_hook *poststart, *poststop;
	size_t n_poststart, n_poststop;
};

static const struct json_field hook_fields[] = {
	JROW(struct oci_hook, "path", path, JT_STR, JF_REQUIRED),
	JROW(struct oci_hook, "args", args, JT_STRV, 0),
	JROW(struct oci_hook, "env", env, JT_STRV, 0),
	JROW(struct oci_hook, "timeout", timeout, JT_OPT_I64, 0),
};
static const struct json_table hook_table = JTABLE(struct oci_hook, hook_fields);

static const struct json_field late_fields[] = {
	JROW_ARR(struct late_hooks, "poststart", poststart, n_poststart, JT_ARR, 0, &hook_table),
	JROW_ARR(struct late_hooks, "poststop", poststop, n_poststop, JT_ARR, 0, &hook_table),
};
static const struct json_table late_table = JTABLE(struct late_hooks, late_fields);

json_t *record_defaults(const struct oci_spec *spec, const struct plan_process *p)
{
	const struct oci_linux *l = spec->linux_;
	json_t *j = json_object();
	json_t *names = json_array();

	if (spec->process)
		json_object_set_new(j, "process",
				    json_table_encode(&oci_process_table, spec->process));
	if (spec->hooks && (spec->hooks->n_poststart > 0 || spec->hooks->n_poststop > 0)) {
		struct late_hooks late = { spec->hooks->poststart, spec->hooks->poststop,
					   spec->hooks->n_poststart, spec->hooks->n_poststop };

		json_object_set_new(j, "hooks", json_table_encode(&late_table, &late));
	}
	for (size_t i = 0; l && i < l->n_namespaces; i++)
		json_array_append_new(names, json_string(l->namespaces[i].type));
	json_object_set_new(j, "namespaces", names);
	if (l && !str_empty(l->mount_label))
		json_object_set_new(j, "mountLabel", json_string(l->mount_label));
	if (p->seccomp_listener_path)
		json_object_set_new(j, "listenerPath", json_string(p->seccomp_listener_path));
	if (p->seccomp_listener_metadata)
		json_object_set_new(j, "listenerMetadata",
				    json_string(p->seccomp_listener_metadata));
	return j;
}

int record_process(const struct runtime_record *r, struct oci_process *ret, struct error *err)
{
	const json_t *p = json_object_get(r->exec_defaults, "process");

	if (p == NULL)
		return error_set(err, ERROR_STATE, "container '%s' has no process section", r->id);
	return json_table_decode(&oci_process_table, p, ret, "recorded process", 0, err);
}

int record_hooks(const struct runtime_record *r, enum plan_hook_kind kind, struct plan_hooks *ret,
		 struct error *err)
{
	const json_t *h = json_object_get(r->exec_defaults, "hooks");
	struct late_hooks late = { 0 };
	const struct oci_hook *items;
	size_t n;
	int e;

	if (h == NULL)
		return 0;
	e = json_table_decode(&late_table, h, &late, "recorded hooks", 0, err);
	if (e < 0)
		return e;
	items = kind == PLAN_HOOK_POSTSTART ? late.poststart : late.poststop;
	n = kind == PLAN_HOOK_POSTSTART ? late.n_poststart : late.n_poststop;
	for (size_t i = 0; i < n; i++) {
		struct plan_hook *p = ARRAY_ADD(ret->items, ret->n);

		p->path = xstrdup(items[i].path);
		p->args = strv_dup(items[i].args);
		if (strv_len(p->args) == 0)
			strv_add(&p->args, items[i].path);
		p->env = items[i].env ? strv_dup(items[i].env) : xnew(char *);
		p->timeout = items[i].timeout.set ? items[i].timeout.value : 0;
	}
	json_table_free(&late_table, &late);
	return 0;
}

void record_hooks_done(struct plan_hooks *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->items[i].path);
		strv_free(h->items[i].args);
		strv_free(h->items[i].env);
	}
	free(h->items);
	*h = (struct plan_hooks){ 0 };
}

uint64_t record_namespaces(const struct runtime_record *r)
{
	const json_t *names = json_object_get(r->exec_defaults, "namespaces");
	uint64_t flags = 0;

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		int t = name ? ns_type_from_oci(name) : -1;

		if (t >= 0)
			flags |= ns_clone_flag((enum ns_type)t);
	}
	return flags;
}

const char *record_default_text(const struct runtime_record *r, const char *key)
{
	return json_string_value(json_object_get(r->exec_defaults, key));
}

void record_state_text(const struct runtime_record *r, const char *status, int32_t pid,
		       unsigned indent, struct buf *out)
{
	/* Borrowed members: not freed. */
	struct oci_state s = {
		.oci_version = r->oci_version,
		.id = r->id,
		.status = (char *)status,
		.pid = pid,
		.bundle = r->bundle,
		.annotations = r->annotations,
		.rootfs = r->rootfs,
		.created_nsec = r->created_nsec,
		.owner = r->owner,
	};

	json_table_dump(&oci_state_table, &s, indent, out);
}

void record_state_split(const struct runtime_record *r, const char *status, struct hook_state *ret)
{
	/* A pid that cannot be: it is found again by its text. */
	static const char mark[] = "2147483647";
	scoped(buf_done) struct buf b = BUF_INIT;
	char *at, *found = NULL;

	record_state_text(r, status, INT32_MAX, 0, &b);
	/* The key is ours; nothing before it but version, id and status holds free text. */
	for (at = strstr(buf_str(&b), "\"pid\""); at && !found; at = strstr(at + 1, "\"pid\""))
		found = strstr(at, mark);
	if (found == NULL) {
		ret->head = xstrdup(buf_str(&b));
		ret->tail = xstrdup("");
		return;
	}
	ret->head = xstrndup(buf_str(&b), (size_t)(found - buf_str(&b)));
	ret->tail = xstrdup(found + strlen(mark));
}
