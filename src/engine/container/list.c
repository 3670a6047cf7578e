/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "base/log.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "engine/health/health_priv.h"
#include "sys/lock.h"

/* An intent under a free lock belongs to a killed command.  Listing changes nothing: it says so. */
static void tell_interrupted(struct engine *e, const struct container_summary *s)
{
	scoped_free char *lock = NULL;

	if (!s->intent)
		return;
	lock = engine_run_path(e, "locks/container/%s", s->id);
	if (lock_is_held(AT_FDCWD, lock) == 0)
		log_warn("container %s: a command (%s) was killed; the next command that changes "
			 "containers, or 'system check', puts it in order",
			 s->name, s->intent);
}

static void add_health(struct engine *e, struct container_summary *s)
{
	scoped(health_record_done) struct health_record r = { 0 };

	if (s->has_health && health_record_read(e, s->id, s->health_destination, &r))
		s->health = take_ptr(r.status);
}

int container_list(struct engine *e, struct container_summary **ret, size_t *ret_n,
		   struct error *err)
{
	struct db *db;
	int r = engine_db(e, &db, err);

	if (r < 0)
		return r;
	trace_scope("list");
	r = db_container_summaries(db, ret, ret_n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < *ret_n; i++) {
		tell_interrupted(e, &(*ret)[i]);
		container_refine_summary(e, &(*ret)[i]);
		add_health(e, &(*ret)[i]);
	}
	return 0;
}
