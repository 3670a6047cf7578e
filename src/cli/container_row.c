/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/container_row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"
#include "cli/filter.h"

/* Podman cuts commands at 17 characters and adds dots. */
#define COMMAND_WIDTH 17

void container_row_ports(const struct container_summary *c, struct buf *out)
{
	for (size_t i = 0; i < c->n_ports; i++) {
		const struct network_port *p = &c->ports[i];
		const char *ip = str_empty(p->host_ip) ? "0.0.0.0" : p->host_ip;
		const char *protocol = str_empty(p->protocol) ? "tcp" : p->protocol;
		if (i > 0)
			buf_adds(out, ", ");
		if (p->range > 1)
			buf_addf(out, "%s:%u-%u->%u-%u/%s", ip, p->host_port,
				 p->host_port + p->range - 1, p->container_port,
				 p->container_port + p->range - 1, protocol);
		else
			buf_addf(out, "%s:%u->%u/%s", ip, p->host_port, p->container_port,
				 protocol);
	}
}

static void human_ago(int64_t then, char *out, size_t size)
{
	char text[64];

	time_human_duration(time_now_nsec() - then, text, sizeof(text));
	snprintf(out, size, "%s ago", text);
	if (out[0] >= 'A' && out[0] <= 'Z' && !str_has_prefix(out, "About") &&
	    !str_has_prefix(out, "Less"))
		out[0] = (char)(out[0] + 32);
}

static void state_text(const struct container_summary *c, char *out, size_t size)
{
	char ago[80], up[64];

	switch (c->status) {
	case CONTAINER_RUNNING:
		time_human_duration(time_now_nsec() - c->started_nsec, up, sizeof(up));
		snprintf(out, size, "Up %s", up);
		return;
	case CONTAINER_PAUSED:
		snprintf(out, size, "Paused");
		return;
	case CONTAINER_STOPPED:
	case CONTAINER_EXITED:
		human_ago(c->finished_nsec, ago, sizeof(ago));
		snprintf(out, size, "Exited (%d) %s", c->exit_code, ago);
		return;
	case CONTAINER_CONFIGURED:
		snprintf(out, size, "Created");
		return;
	case CONTAINER_CREATED:
		snprintf(out, size, "Initialized");
		return;
	case CONTAINER_REMOVING:
		snprintf(out, size, "Removal In Progress");
		return;
	case CONTAINER_STOPPING:
		snprintf(out, size, "Stopping");
		return;
	case CONTAINER_UNKNOWN:
	case CONTAINER_STATUS_COUNT:
		break;
	}
	snprintf(out, size, "Unknown");
}

static void status_text(const struct container_summary *c, char *out, size_t size)
{
	char state[128];

	state_text(c, state, sizeof(state));
	if (str_empty(c->health))
		snprintf(out, size, "%s", state);
	else
		snprintf(out, size, "%s (%s)", state, c->health);
}

static int size_text(struct engine *e, const struct container_summary *c, char *out, size_t size,
		     struct error *err)
{
	uint64_t rw, rootfs;
	char a[32], b[32];
	int r = container_size(e, c->id, &rw, &rootfs, err);

	if (r < 0)
		return r;
	num_human_bytes_si(rw, a, sizeof(a));
	num_human_bytes_si(rootfs, b, sizeof(b));
	snprintf(out, size, "%s (virtual %s)", a, b);
	return 0;
}

static void set_string(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, json_string_nocheck(value ? value : ""));
}

static void set_labels_text(json_t *o, const struct strmap *labels)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	for (size_t i = 0; i < labels->n; i++)
		buf_addf(&text, "%s%s=%s", i ? "," : "", labels->items[i].key,
			 labels->items[i].value);
	set_string(o, "Labels", buf_str(&text));
}

static char *command_text(const struct container_summary *c, bool no_trunc)
{
	scoped_free char *all = strv_join(c->command, " ");

	if (no_trunc || strlen(all) <= COMMAND_WIDTH + 3)
		return take_ptr(all);
	return xasprintf("%.*s...", COMMAND_WIDTH, all);
}

static void set_times(json_t *o, const struct container_summary *c)
{
	char text[TIME_STR_MAX], ago[80];

	time_format_go(c->created_nsec, text);
	set_string(o, "CreatedAt", text);
	human_ago(c->created_nsec, ago, sizeof(ago));
	set_string(o, "CreatedHuman", ago);
	set_string(o, "RunningFor", ago);
	json_object_set_new(o, "Created", json_integer(c->created_nsec / NSEC_PER_SEC));
	json_object_set_new(
		o, "StartedAt",
		json_integer(c->started_nsec > 0 ? c->started_nsec / NSEC_PER_SEC : -62135596800));
	json_object_set_new(o, "ExitedAt",
			    json_integer(c->finished_nsec > 0 ? c->finished_nsec / NSEC_PER_SEC
							      : -62135596800));
}

int container_row_text(struct engine *e, const struct container_summary *c, bool size,
		       bool no_trunc, json_t **ret, struct error *err)
{
	scoped_json json_t *o = json_object();
	scoped(buf_done) struct buf ports = BUF_INIT;
	scoped_free char *command = command_text(c, no_trunc),
			 *networks = strv_join(c->networks, ","),
			 *mounts = strv_join(c->mounts, ",");
	char status[160], id[65], sizes[80] = "";
	int r = size ? size_text(e, c, sizes, sizeof(sizes), err) : 0;

	if (r < 0)
		return r;
	snprintf(id, sizeof(id), "%.*s", no_trunc ? 64 : 12, c->id);
	status_text(c, status, sizeof(status));
	container_row_ports(c, &ports);
	set_string(o, "ID", id);
	set_string(o, "Image", c->image);
	set_string(o, "ImageID", c->image_id);
	set_string(o, "Command", command);
	set_times(o, c);
	set_string(o, "Status", status);
	set_string(o, "State", container_status_word(c->status));
	set_string(o, "Ports", buf_str(&ports));
	set_string(o, "Names", c->name);
	set_labels_text(o, &c->labels);
	set_string(o, "Mounts", mounts);
	set_string(o, "Networks", networks);
	json_object_set_new(o, "Pid", json_integer(c->pid));
	json_object_set_new(o, "ExitCode", json_integer(c->exit_code));
	json_object_set_new(o, "Exited", json_boolean(c->status == CONTAINER_EXITED));
	json_object_set_new(o, "AutoRemove", json_boolean(c->rm));
	json_object_set_new(o, "Restarts", json_integer(c->restart_count));
	json_object_set_new(o, "IsInfra", json_boolean(c->infra));
	set_string(o, "Pod", "");
	set_string(o, "PodName", "");
	set_string(o, "Size", sizes);
	set_string(o, "CIDFile", c->cidfile);
	*ret = take_ptr(o);
	return 0;
}

static void set_ports_json(json_t *o, const struct container_summary *c)
{
	json_t *list = c->n_ports ? json_array() : json_null();

	for (size_t i = 0; i < c->n_ports; i++) {
		json_t *p = json_table_encode(&network_port_table, &c->ports[i]);
		json_array_append_new(list, p);
	}
	json_object_set_new(o, "Ports", list);
}

/* {"80": ["tcp"]}, or null */
static void set_exposed_json(json_t *o, const struct container_summary *c)
{
	json_t *map = strv_len(c->exposed) ? json_object() : json_null();

	STRV_FOREACH (e, c->exposed) {
		const char *slash = strchr(*e, '/');
		scoped_free char *port = slash ? xstrndup(*e, (size_t)(slash - *e)) : xstrdup(*e);
		json_t *list = json_object_get(map, port);
		if (!list) {
			list = json_array();
			json_object_set_new(map, port, list);
		}
		json_array_append_new(list, json_string_nocheck(slash ? slash + 1 : "tcp"));
	}
	json_object_set_new(o, "ExposedPorts", map);
}

static int set_size_json(struct engine *e, const struct container_summary *c, bool size, json_t *o,
			 struct error *err)
{
	uint64_t rw, rootfs;
	json_t *s;
	int r;

	if (!size) {
		json_object_set_new(o, "Size", json_null());
		return 0;
	}
	r = container_size(e, c->id, &rw, &rootfs, err);
	if (r < 0)
		return r;
	s = json_object();
	json_object_set_new(s, "rootFsSize", json_integer((json_int_t)rootfs));
	json_object_set_new(s, "rwSize", json_integer((json_int_t)rw));
	json_object_set_new(o, "Size", s);
	return 0;
}

int container_row_json(struct engine *e, const struct container_summary *c, bool size, json_t **ret,
		       struct error *err)
{
	scoped_json json_t *o = json_object();
	json_t *labels = c->labels.n ? json_object() : json_null(), *names = json_array();
	char status[160], ago[80];
	int r;

	json_object_set_new(o, "AutoRemove", json_boolean(c->rm));
	json_object_set_new(o, "Command", c->command ? json_strv(c->command) : json_null());
	human_ago(c->created_nsec, ago, sizeof(ago));
	set_string(o, "CreatedAt", ago);
	set_string(o, "CIDFile", c->cidfile);
	json_object_set_new(o, "Exited", json_boolean(c->status == CONTAINER_EXITED));
	json_object_set_new(o, "ExitedAt",
			    json_integer(c->finished_nsec > 0 ? c->finished_nsec / NSEC_PER_SEC
							      : -62135596800));
	json_object_set_new(o, "ExitCode", json_integer(c->exit_code));
	set_exposed_json(o, c);
	set_string(o, "Id", c->id);
	set_string(o, "Image", c->image);
	set_string(o, "ImageID", c->image_id);
	json_object_set_new(o, "IsInfra", json_boolean(c->infra));
	for (size_t i = 0; i < c->labels.n; i++)
		set_string(labels, c->labels.items[i].key, c->labels.items[i].value);
	json_object_set_new(o, "Labels", labels);
	json_object_set_new(o, "Mounts", json_strv(c->mounts));
	json_array_append_new(names, json_string_nocheck(c->name ? c->name : ""));
	json_object_set_new(o, "Names", names);
	json_object_set_new(o, "Namespaces", json_object());
	json_object_set_new(o, "Networks", json_strv(c->networks));
	json_object_set_new(o, "Pid", json_integer(c->pid));
	set_string(o, "Pod", "");
	set_string(o, "PodName", "");
	set_ports_json(o, c);
	json_object_set_new(o, "Restarts", json_integer(c->restart_count));
	r = set_size_json(e, c, size, o, err);
	if (r < 0)
		return r;
	json_object_set_new(
		o, "StartedAt",
		json_integer(c->started_nsec > 0 ? c->started_nsec / NSEC_PER_SEC : -62135596800));
	set_string(o, "State", container_status_word(c->status));
	status_text(c, status, sizeof(status));
	set_string(o, "Status", status);
	json_object_set_new(o, "Created", json_integer(c->created_nsec / NSEC_PER_SEC));
	*ret = take_ptr(o);
	return 0;
}

int container_row_order_parse(const char *word, enum container_row_order *ret)
{
	static const char *const names[] = { "command", "created",    "id",   "image",
					     "names",	"runningfor", "size", "status" };
	int at = str_table_find(names, ARRAY_SIZE(names), word);

	if (at < 0)
		return -EINVAL;
	*ret = (enum container_row_order)at;
	return 0;
}

struct sort_context {
	const struct container_summary *list;
	enum container_row_order order;
};

static int compare_times(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_rows(const void *pa, const void *pb, void *arg)
{
	const struct sort_context *cx = arg;
	const struct container_summary *a = &cx->list[*(const size_t *)pa],
				       *b = &cx->list[*(const size_t *)pb];
	scoped_free char *ca = NULL, *cb = NULL;

	switch (cx->order) {
	case ORDER_COMMAND:
		ca = strv_join(a->command, " ");
		cb = strv_join(b->command, " ");
		return strcmp(ca, cb);
	case ORDER_ID:
		return strcmp(a->id, b->id);
	case ORDER_IMAGE:
		return strcmp(a->image ? a->image : "", b->image ? b->image : "");
	case ORDER_NAMES:
		return strcmp(a->name, b->name);
	case ORDER_RUNNINGFOR:
		return compare_times(a->started_nsec, b->started_nsec);
	case ORDER_STATUS:
		return strcmp(container_status_word(a->status), container_status_word(b->status));
	case ORDER_CREATED:
	case ORDER_SIZE:
	case ORDER_COUNT:
		break;
	}
	return compare_times(a->created_nsec, b->created_nsec);
}

void container_row_sort(const struct container_summary *list, size_t *picked, size_t n,
			enum container_row_order o)
{
	struct sort_context cx = { list, o };

	qsort_r(picked, n, sizeof(*picked), compare_rows, &cx);
}
