/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "sys/fd.h"

int container_prepare_dirs(struct container *c, struct error *err)
{
	scoped_free char *run = engine_run_path(c->e, "containers/%s", c->r.id);
	int r = fd_mkdir_p(AT_FDCWD, run, 0700);

	if (r < 0)
		return error_os(err, -r, "create run directory '%s'", run);
	exit_record_rotate(c->e, c->r.id);
	return 0;
}

static int write_spec(struct container *c, const struct spec_facts *f, struct error *err)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	scoped_free char *path = engine_run_path(c->e, "containers/%s/config.json", c->r.id);
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_strv char **warnings = NULL;
	int r;

	trace_scope("generate spec");
	r = spec_generate(f, &spec, &warnings, err);
	if (r < 0)
		return r;
	STRV_FOREACH (w, warnings)
		log_warn("%s", *w);
	json_table_dump(&oci_spec_table, &spec, 0, &text);
	r = fd_make_file(AT_FDCWD, path, buf_str(&text), text.len, 0600);
	if (r < 0)
		return error_os(err, -r, "write '%s'", path);
	return 0;
}

int container_prepare(struct container *c, struct error *err)
{
	scoped(container_facts_done) struct container_facts f = CONTAINER_FACTS_INIT;
	int r;

	trace_scope("prepare");
	r = container_rootfs_mount(c, err);
	if (r >= 0)
		r = container_network_up(c, err);
	if (r >= 0)
		r = container_facts_collect(c, &f, err);
	if (r < 0)
		return r;
	{
		trace_scope("volumes");
		r = container_prepare_volumes(c->e, &c->r, f.rootfs_fd, f.spec.image, &f.spec, err);
	}
	if (r >= 0) {
		trace_scope("files");
		r = container_prepare_files(c->e, &c->r, f.rootfs_fd, f.spec.image, &f.spec, err);
	}
	if (r >= 0)
		r = container_prepare_workdir(c, f.rootfs_fd, &f.spec.user, err);
	return r < 0 ? r : write_spec(c, &f.spec, err);
}
