/* SPDX-License-Identifier: Apache-2.0 */
/* manager: see manager.h and org.freedesktop.systemd1(5). */
#include "cgroup/systemd/manager.h"

#include <ctype.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"

#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"
#define UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"

/* A method that takes a unit (and a mode) and gives a job. */
static int unit_method(struct bus *b, const char *member, const char *unit, const char *mode,
		       struct dbus_message *reply, const char **ret_name, struct error *err)
{
	scoped(buf_done) struct buf body = BUF_INIT_MAX(DBUS_MESSAGE_MAX);

	dbus_put_string(&body, unit);
	if (mode != NULL)
		dbus_put_string(&body, mode);
	return bus_call(b, MANAGER_PATH, MANAGER, member, mode != NULL ? "ss" : "s", &body, reply,
			ret_name, err);
}

static int wait_done(struct bus *b, const struct dbus_message *reply, const char *unit,
		     const char *what, struct error *err)
{
	struct dbus_reader r = dbus_body(reply);
	const char *path = dbus_get_string(&r), *result;
	scoped_free char *job = xstrdup_opt(path);
	int e;

	if (job == NULL)
		return error_set(err, ERROR_REMOTE, "%s unit '%s': systemd named no job", what,
				 unit);
	e = bus_wait_job(b, job, &result, err);
	if (e < 0)
		return error_prefix(err, "%s unit '%s'", what, unit);
	if (!streq(result, "done"))
		return error_set(err, ERROR_REMOTE, "%s unit '%s': the job ended as '%s'", what,
				 unit, result);
	return 0;
}

int manager_start(struct bus *b, const char *unit, const struct buf *properties, struct error *err)
{
	scoped(buf_done) struct buf body = BUF_INIT_MAX(DBUS_MESSAGE_MAX);
	struct dbus_message reply;
	const char *name;
	size_t at;
	int r;

	dbus_put_string(&body, unit);
	dbus_put_string(&body, "fail");
	at = dbus_array_begin(&body, 8);
	dbus_struct_begin(&body);
	buf_add(&body, properties->data, properties->len);
	dbus_array_end(&body, at, 8);
	/* No further units. */
	at = dbus_array_begin(&body, 8);
	dbus_array_end(&body, at, 8);
	for (int attempt = 0;; attempt++) {
		r = bus_call(b, MANAGER_PATH, MANAGER, "StartTransientUnit", "ssa(sv)a(sa(sv))",
			     &body, &reply, &name, err);
		if (r >= 0 || !streq_opt(name, UNIT_EXISTS))
			break;
		if (attempt > 0)
			return error_set(err, ERROR_EXISTS,
					 "systemd unit '%s' exists: another container uses it",
					 unit);
		if (unit_method(b, "ResetFailedUnit", unit, NULL, NULL, NULL, NULL) < 0)
			continue;
	}
	if (r < 0)
		return error_prefix(err, "start unit '%s'", unit);
	return wait_done(b, &reply, unit, "start", err);
}

int manager_set_properties(struct bus *b, const char *unit, const struct buf *properties,
			   struct error *err)
{
	scoped(buf_done) struct buf body = BUF_INIT_MAX(DBUS_MESSAGE_MAX);
	size_t at;
	int r;

	dbus_put_string(&body, unit);
	dbus_put_u32(&body, true); /* until the next boot */
	at = dbus_array_begin(&body, 8);
	dbus_struct_begin(&body);
	buf_add(&body, properties->data, properties->len);
	dbus_array_end(&body, at, 8);
	r = bus_call(b, MANAGER_PATH, MANAGER, "SetUnitProperties", "sba(sv)", &body, NULL, NULL,
		     err);
	return r < 0 ? error_prefix(err, "update unit '%s'", unit) : 0;
}

int manager_stop(struct bus *b, const char *unit, struct error *err)
{
	struct dbus_message reply;
	const char *name;
	int r = unit_method(b, "StopUnit", unit, "replace", &reply, &name, err);

	if (r < 0)
		return streq_opt(name, NO_SUCH_UNIT) ? 0
						     : error_prefix(err, "stop unit '%s'", unit);
	r = wait_done(b, &reply, unit, "stop", err);
	/* One that failed is remembered until now; one that did not is unknown by now. */
	(void)unit_method(b, "ResetFailedUnit", unit, NULL, NULL, NULL, NULL);
	return r;
}

static int get_property(struct bus *b, const char *name, char **ret, struct error *err)
{
	scoped(buf_done) struct buf body = BUF_INIT;
	struct dbus_message reply;
	struct dbus_reader r;
	const char *value;
	int e;

	dbus_put_string(&body, MANAGER);
	dbus_put_string(&body, name);
	e = bus_call(b, MANAGER_PATH, PROPERTIES, "Get", "ss", &body, &reply, NULL, err);
	if (e < 0)
		return e;
	r = dbus_body(&reply);
	value = dbus_get_variant_string(&r);
	if (value == NULL)
		return error_set(err, ERROR_REMOTE, "systemd's property '%s' is no string", name);
	*ret = xstrdup(value);
	return 0;
}

int manager_control_group(struct bus *b, char **ret, struct error *err)
{
	scoped_free char *group = NULL;
	int r = get_property(b, "ControlGroup", &group, err);

	if (r < 0)
		return r;
	if (streq(group, "/"))
		group[0] = '\0';
	if (group[0] != '\0' && (group[0] != '/' || path_has_dotdot(group)))
		return error_set(err, ERROR_REMOTE, "systemd names its cgroup '%s'", group);
	*ret = take_ptr(group);
	return 0;
}

unsigned manager_version(struct bus *b)
{
	scoped_free char *text = NULL;
	const char *p;

	if (get_property(b, "Version", &text, NULL) < 0)
		return 0;
	/* "252.39-1~deb12u1", with older ones "systemd 249" */
	for (p = text; *p != '\0' && !isdigit((unsigned char)*p); p++)
		;
	return (unsigned)strtoul(p, NULL, 10);
}
