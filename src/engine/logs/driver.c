/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/logs/driver.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "engine/container/container_priv.h"
#include "engine/logs/tag.h"

static const struct logs_driver drivers[] = {
	{ .name = "k8s-file", .file = true, .refuses_tags = true },
	{ .name = "none" },
	{ .name = "passthrough", .passthrough = true },
	{ .name = "journald", .journal = true },
	{ .name = "json-file", .file = true },
	{ .name = "passthrough-tty", .passthrough = true },
	{ .name = "syslog" },
};

const struct logs_driver *logs_driver_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (streq(drivers[i].name, name))
			return &drivers[i];
	}
	return NULL;
}

const struct logs_driver *logs_driver_of(const struct container_record *r)
{
	const struct logs_driver *d = r->wish.log.driver ? logs_driver_find(r->wish.log.driver)
							 : NULL;

	return d ? d : logs_driver_find(LOGS_DRIVER_DEFAULT);
}

char *logs_driver_path(const struct engine *e, const struct container_record *r)
{
	if (!logs_driver_of(r)->file)
		return NULL;
	return r->wish.log.path ? xstrdup(r->wish.log.path)
				: engine_path(e, "containers/%s/" CONTAINER_LOG_NAME, r->id);
}

int logs_driver_refuse(const struct container_record *r, const char *act, struct error *err)
{
	return error_set(
		err, ERROR_UNSUPPORTED,
		"this container is using the '%s' log driver, cannot %s: this container is "
		"not logging output",
		logs_driver_of(r)->name, act);
}

/* With our terminal in its hands a container could type into it (ioctl TIOCSTI). */
int logs_driver_check_terminal(const char *name, struct error *err)
{
	if (!streq_opt(name, "passthrough"))
		return 0;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (isatty(fd))
			return error_set(err, ERROR_INVALID,
					 "the '--log-driver passthrough' option cannot be used on "
					 "a TTY");
	}
	return 0;
}

/* conmon has no json-file: there it is k8s-file under Docker's name, as with Podman. */
static int add_driver(struct container *c, bool ours, char ***args, struct error *err)
{
	const struct logs_driver *d = logs_driver_of(&c->r);
	scoped_free char *path = logs_driver_path(c->e, &c->r);
	const char *address = c->r.wish.log.syslog_address;

	if (streq(d->name, "syslog") && !ours)
		return error_set(err, ERROR_UNSUPPORTED,
				 "log driver syslog needs coracle-monitor: '%s' does not have it",
				 c->e->conmon_path);
	strv_add(args, "-l");
	if (path)
		strv_addf(args, "%s:%s", ours ? d->name : "k8s-file", path);
	else if (address)
		strv_addf(args, "%s:%s", d->name, str_skip_prefix(address, "unix://") ?: address);
	else
		/* The word passthrough-tty only says that a terminal was allowed. */
		strv_add(args, d->passthrough ? "passthrough" : d->name);
	return 0;
}

static int add_tags(struct container *c, char ***args, struct error *err)
{
	const struct wish_log *log = &c->r.wish.log;
	scoped_free char *tag = NULL;
	int r;

	if (!str_empty(log->tag)) {
		r = logs_tag_expand(c->e, &c->r, log->tag, &tag, err);
		if (r < 0)
			return r;
		strv_add(args, "--log-tag");
		strv_add(args, tag);
	}
	STRV_FOREACH (label, log->labels) {
		strv_add(args, "--log-label");
		strv_add(args, *label);
	}
	return 0;
}

int logs_driver_args(struct container *c, bool ours, char ***args, struct error *err)
{
	const struct wish_log *log = &c->r.wish.log;
	const struct logs_driver *d = logs_driver_of(&c->r);
	int r = add_driver(c, ours, args, err);

	if (r >= 0 && !d->refuses_tags && (ours || d->journal))
		r = add_tags(c, args, err);
	if (r < 0)
		return r;
	if (log->max_size > 0) {
		strv_add(args, "--log-size-max");
		strv_addf(args, "%lld", (long long)log->max_size);
		/* Without rotation the monitor drops the old lines when the file is full. */
		if (ours) {
			strv_add(args, "--log-rotate");
			strv_add(args, "--log-max-files");
			strv_addf(args, "%u", log->max_files.set ? log->max_files.value : 1);
		}
	}
	if (c->r.wish.rm) /* the log goes with the container */
		strv_add(args, "--no-sync-log");
	return 0;
}
