/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: health checks as a user asks for them and sees them.  The checks that the clock runs are
 * the monitor's (src/monitor/health.h); what they share is src/wire/health.h.
 *
 *	create	values of options (parse.c), completed by the image (complete.c), in the record
 *	start	RUNROOT/containers/<id>/health/: orders.json, process.json, startup.json, lock
 *	status	the record: GRAPHROOT/containers/<id>/healthcheck.log, or DIR/<id>-healthcheck.log
 */
#ifndef CORACLE_ENGINE_HEALTH_HEALTH_H
#define CORACLE_ENGINE_HEALTH_HEALTH_H

#include "engine/engine.h"
#include "engine/wish.h"
#include "oci/image_spec.h"

/* ---- parse.c: values of options, in Podman's words ---- */
int wish_set_health_cmd(struct wish *w, const char *value, struct error *err);
int wish_set_health_interval(struct wish *w, const char *value, struct error *err);
int wish_set_health_retries(struct wish *w, const char *value, struct error *err);
int wish_set_health_start_period(struct wish *w, const char *value, struct error *err);
int wish_set_health_timeout(struct wish *w, const char *value, struct error *err);
int wish_set_health_on_failure(struct wish *w, const char *value, struct error *err);
int wish_set_health_log_destination(struct wish *w, const char *value, struct error *err);
int wish_set_health_max_log_count(struct wish *w, const char *value, struct error *err);
int wish_set_health_max_log_size(struct wish *w, const char *value, struct error *err);
int wish_set_startup_cmd(struct wish *w, const char *value, struct error *err);
int wish_set_startup_interval(struct wish *w, const char *value, struct error *err);
int wish_set_startup_retries(struct wish *w, const char *value, struct error *err);
int wish_set_startup_success(struct wish *w, const char *value, struct error *err);
int wish_set_startup_timeout(struct wish *w, const char *value, struct error *err);

/* ---- notify.c ---- */
int wish_set_sdnotify(struct wish *w, const char *value, struct error *err);
/* Does the payload get a socket to say READY=1 on? */
bool wish_relays_notify(const struct wish *w);

/* ---- complete.c ---- */
/* Image and defaults fill what the user has left open.  img: NULL: it has none. */
int health_complete(struct wish *w, const struct image_healthcheck *img, struct error *err);

/* ---- run.c ---- */
enum health_verdict { HEALTH_VERDICT_HEALTHY, HEALTH_VERDICT_UNHEALTHY, HEALTH_VERDICT_STARTING };
/* One check now, its result recorded, the on-failure action done. */
int container_healthcheck(struct engine *e, const char *word, enum health_verdict *ret,
			  struct error *err);

#endif
