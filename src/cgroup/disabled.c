/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disabled: the container stays in the cgroup of whoever starts it.  There is nothing to limit or
 * remove; a limit that is asked for is refused.  Device rules are part of every configuration and
 * are passed over: whoever disables cgroups takes the caller's.
 */
#include "cgroup/cgroup_priv.h"

static int refuse(const struct oci_resources *res, struct error *err)
{
	const char *limit = cgroup_resources_first(res);

	if (limit == NULL)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "limit '%s' cannot be applied: cgroups are disabled for this container",
			 limit);
}

static int plan(const struct cgroup_request *rq, struct cgroup_record *ret, struct error *err)
{
	int n = refuse(rq->resources, err);

	if (n < 0)
		return n;
	*ret = (struct cgroup_record){ .driver = CGROUP_DRIVER_DISABLED };
	return 0;
}

static int create(const struct cgroup_request *rq, const struct cgroup_record *r,
		  struct cgroup_hold *hold, struct error *err)
{
	(void)r, (void)hold;
	return refuse(rq->resources, err);
}

static int update(const struct cgroup_record *r, const struct oci_resources *res, struct error *err)
{
	(void)r;
	return refuse(res, err);
}

static int remove_nothing(const struct cgroup_record *r, bool kill, struct error *err)
{
	(void)r, (void)kill, (void)err;
	return 0;
}

const struct cgroup_driver_ops cgroup_driver_disabled = {
	.name = "disabled",
	.plan = plan,
	.create = create,
	.update = update,
	.remove = remove_nothing,
};
