/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager hears of a container (--sdnotify; Podman's meaning):
 *
 *	container  MAINPID=monitor at the start; the payload says READY=1, through the monitor's relay
 *	conmon	   MAINPID=monitor and READY=1 at the start
 *	healthy	   MAINPID=monitor at the start; the monitor says READY=1 when the health check is well
 *	ignore	   nothing
 *
 * The socket is the one of the command that created the container.  Nothing that we execute sees it
 * in its environment: the runtime would relay on its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "engine/health/health_priv.h"
#include "sys/fd.h"
#include "sys/sd_notify.h"

int wish_set_sdnotify(struct wish *w, const char *value, struct error *err)
{
	static const char *const modes[] = { "container", "conmon", "healthy", "ignore" };

	if (str_table_find(modes, ARRAY_SIZE(modes), value) < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid sdnotify value \"%s\": must be container, conmon, "
				 "healthy or ignore",
				 value);
	free(w->sdnotify);
	w->sdnotify = xstrdup(value);
	return 0;
}

bool wish_relays_notify(const struct wish *w)
{
	return w->notify_socket && (!w->sdnotify || streq(w->sdnotify, "container"));
}

void container_notify_started(const struct container *c)
{
	const struct wish *w = &c->r.wish;
	bool ready = streq_opt(w->sdnotify, "conmon");
	char text[64];
	int r;

	if (!w->notify_socket || streq_opt(w->sdnotify, "ignore"))
		return;
	snprintf(text, sizeof(text), "MAINPID=%d%s", c->r.state.monitor_pid,
		 ready ? "\nREADY=1" : "");
	r = sd_notify_send(w->notify_socket, text);
	if (r < 0)
		log_warn("tell '%s' that container %s runs: %s; it is not told", w->notify_socket,
			 c->r.name, strerror(-r));
}

void container_notify_healthy(const struct container_record *rec)
{
	const struct wish *w = &rec->wish;
	int r = 0;

	if (w->notify_socket && streq_opt(w->sdnotify, "healthy"))
		r = sd_notify_send(w->notify_socket, "READY=1");
	if (r < 0)
		log_warn("tell '%s' that container %s is ready: %s; it is not told",
			 w->notify_socket, rec->name, strerror(-r));
}
