/* SPDX-License-Identifier: Apache-2.0 */
/* driver/own: our runtime, in this process. */

#include "runtime/driver/driver_priv.h"

struct own {
	struct runtime_driver base;
	char *root;
	struct runtime_context cx;
};

static const struct runtime_context *context(struct runtime_driver *d)
{
	return &((struct own *)d)->cx;
}

static int own_start(struct runtime_driver *d, const char *id, struct error *err)
{
	return runtime_start(context(d), id, err);
}

static int own_kill(struct runtime_driver *d, const char *id, int sig, bool all, struct error *err)
{
	return runtime_kill(context(d), id, sig, all, err);
}

static int own_delete(struct runtime_driver *d, const char *id, bool force, struct error *err)
{
	return runtime_delete(context(d), id, force, err);
}

static int own_status(struct runtime_driver *d, const char *id, enum runtime_status *ret,
		      pid_t *ret_pid, struct error *err)
{
	struct runtime_record rec = { 0 };
	int r = runtime_record_load(context(d), id, &rec, err);

	if (r == 0)
		r = runtime_record_status(context(d), &rec, ret, err);
	if (r == 0 && ret_pid)
		*ret_pid = *ret == RUNTIME_STOPPED ? 0 : rec.init_pid;
	runtime_record_done(&rec);
	return r;
}

static int own_pause(struct runtime_driver *d, const char *id, struct error *err)
{
	return runtime_pause(context(d), id, err);
}

static int own_resume(struct runtime_driver *d, const char *id, struct error *err)
{
	return runtime_resume(context(d), id, err);
}

static int own_update(struct runtime_driver *d, const char *id, const struct oci_resources *r,
		      struct error *err)
{
	return runtime_update(context(d), id, &(struct runtime_update){ .resources = r }, err);
}

static int own_version(struct runtime_driver *d, struct buf *out, struct error *err)
{
	buf_addf(out, "coracle-runtime version %s\nspec: %s\n", CORACLE_VERSION,
		 OCI_RUNTIME_SPEC_VERSION);
	return 0;
}

static void own_free(struct runtime_driver *d)
{
	struct own *o = (struct own *)d;

	free(o->base.path);
	free(o->root);
	free(o);
}

static const struct runtime_driver_ops own_ops = {
	.start = own_start,
	.kill = own_kill,
	.del = own_delete,
	.status = own_status,
	.pause = own_pause,
	.resume = own_resume,
	.update = own_update,
	.version = own_version,
	.free = own_free,
};

struct runtime_driver *driver_own_new(const char *path, const char *root, bool systemd_cgroup)
{
	struct own *o = xnew(struct own);

	o->base = (struct runtime_driver){ &own_ops, xstrdup(path), true };
	o->root = xstrdup(root);
	o->cx = (struct runtime_context){
		.root = o->root,
		.cgroup_driver = systemd_cgroup ? CGROUP_DRIVER_SYSTEMD : CGROUP_DRIVER_CGROUPFS,
	};
	return &o->base;
}
