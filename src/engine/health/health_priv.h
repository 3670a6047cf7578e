/* SPDX-License-Identifier: Apache-2.0 */
/* health_priv: what the operations on containers need of health checks. */
#ifndef CORACLE_ENGINE_HEALTH_HEALTH_PRIV_H
#define CORACLE_ENGINE_HEALTH_HEALTH_PRIV_H

#include "engine/container/container_priv.h"
#include "engine/health/health.h"

/* ---- orders.c ---- */
/* RUNROOT/containers/<id>/health/NAME.  New string. */
char *health_path(const struct engine *e, const char *id, const char *name);
/* Before the program is started: the record begins anew, the orders are written.  Nothing without a
 * check. */
int container_health_prepare(struct container *c, struct error *err);
/* The program runs: the monitor may begin. */
void container_health_go(const struct container *c);

/* ---- notify.c ---- */
void container_notify_started(const struct container *c);
/* By hand it became healthy; the monitor says it itself. */
void container_notify_healthy(const struct container_record *rec);

/* ---- record.c ---- */
/* destination: of the wish.  New string. */
char *health_record_path(const struct engine *e, const char *id, const char *destination);
/* false: there is none. */
bool health_record_read(const struct engine *e, const char *id, const char *destination,
			struct health_record *ret);

#endif
