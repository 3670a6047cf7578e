/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor is given at each start. */
#include <errno.h>
#include <fcntl.h>

#include "base/log.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "base/trace.h"
#include "engine/health/health_priv.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"

char *health_path(const struct engine *e, const char *id, const char *name)
{
	return engine_run_path(e, "containers/%s/health/%s", id, name);
}

static int write_file(const char *path, struct buf *text, struct error *err)
{
	int r = fd_make_file(AT_FDCWD, path, buf_str(text), text->len, 0600);

	return r < 0 ? error_os(err, -r, "write '%s'", path) : 0;
}

/* The container's own process with the check's words. */
static int write_process(struct container *c, const struct health_check *check, const char *path,
			 struct error *err)
{
	scoped(oci_process_done) struct oci_process process = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_strv char **command = NULL;
	struct container_exec_wish w = { 0 };
	int r;

	if (streq(check->test[0], "CMD-SHELL")) {
		scoped_free char *line = strv_join(check->test + 1, " ");

		strv_add(&command, "sh");
		strv_add(&command, "-c");
		strv_add(&command, line);
	} else {
		command = strv_dup(check->test + 1);
	}
	w.command = command;
	r = container_exec_process(c, &w, &process, err);
	if (r < 0)
		return r;
	json_table_dump(&oci_process_table, &process, 0, &text);
	return write_file(path, &text, err);
}

static int write_orders(struct container *c, struct health_orders *o, struct error *err)
{
	scoped_free char *path = health_path(c->e, c->r.id, "orders.json");
	scoped(buf_done) struct buf text = BUF_INIT;

	json_table_copy(&health_config_table, &o->config, &c->r.wish.health);
	o->id = xstrdup(c->r.id);
	o->cgroup = container_cgroup_path(&c->r);
	o->program = xstrdup_opt(c->e->program);
	o->arguments = monitor_engine_args(c);
	o->started_nsec = time_now_nsec();
	if (streq_opt(c->r.wish.sdnotify, "healthy"))
		o->notify_socket = xstrdup_opt(c->r.wish.notify_socket);
	json_table_dump(&health_orders_table, o, 0, &text);
	return write_file(path, &text, err);
}

static int begin_record(const struct health_orders *o, struct error *err)
{
	struct health_change begin = { .config = &o->config };
	int r = atomic_file_edit(o->record, o->lock, HEALTH_RECORD_MAX, 0600, health_change_apply,
				 &begin);

	return r < 0 ? error_os(err, -r, "write health record '%s'", o->record) : 0;
}

int container_health_prepare(struct container *c, struct error *err)
{
	const struct health_config *h = &c->r.wish.health;
	scoped(health_orders_done) struct health_orders o = { 0 };
	scoped_free char *dir = health_path(c->e, c->r.id, "");
	int r;

	if (!health_enabled(h))
		return 0;
	trace_scope("health check");
	r = fd_mkdir_p(AT_FDCWD, dir, 0700);
	if (r < 0)
		return error_os(err, -r, "create '%s'", dir);
	o.record = health_record_path(c->e, c->r.id, h->log_destination);
	o.lock = health_path(c->e, c->r.id, "lock");
	o.process = health_path(c->e, c->r.id, "process.json");
	r = write_process(c, h->check, o.process, err);
	if (r >= 0 && h->startup) {
		o.startup = health_path(c->e, c->r.id, "startup.json");
		r = write_process(c, h->startup, o.startup, err);
	}
	if (r >= 0)
		r = write_orders(c, &o, err);
	return r < 0 ? r : begin_record(&o, err);
}

void container_health_go(const struct container *c)
{
	const struct health_config *h = &c->r.wish.health;

	if (!health_enabled(h))
		return;
	if (monitor_takes_orders(c))
		monitor_tell(c, MONITOR_CTL_STARTED);
	else if (h->check->interval_nsec > 0)
		log_warn("container %s: its monitor runs no health checks (it is not ours, or the "
			 "log driver is passthrough): they are run by 'healthcheck run' only",
			 c->r.name);
}
