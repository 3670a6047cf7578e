/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd: the driver that would ask systemd for a transient scope.  sd-bus comes from libsystemd
 * by dlopen, which the statically linked runtime does not have: the driver is refused by name, in
 * this one place.
 */
#include "cgroup/cgroup_priv.h"

static int refuse(struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED,
			 "the systemd cgroup driver is not supported yet: use "
			 "--cgroup-manager=cgroupfs");
}

static int plan(const struct cgroup_request *rq, struct cgroup_record *ret, struct error *err)
{
	(void)rq, (void)ret;
	return refuse(err);
}

static int create(const struct cgroup_request *rq, const struct cgroup_record *r, struct error *err)
{
	(void)rq, (void)r;
	return refuse(err);
}

static int update(const struct cgroup_record *r, const struct oci_resources *res, struct error *err)
{
	(void)r, (void)res;
	return refuse(err);
}

static int remove_unit(const struct cgroup_record *r, bool kill, struct error *err)
{
	(void)r, (void)kill;
	return refuse(err);
}

const struct cgroup_driver_ops cgroup_driver_systemd = {
	.name = "systemd",
	.plan = plan,
	.create = create,
	.update = update,
	.remove = remove_unit,
};
