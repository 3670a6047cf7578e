/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/target.h"

#include <linux/capability.h>

#include "runtime/record.h"
#include "sys/fd.h"
#include "sys/procfs.h"

int target_open(const struct runtime_context *cx, const char *id, const char *what,
		struct target *ret, struct error *err)
{
	int r;

	*ret = TARGET_INIT;
	ret->dir = record_open_dir(cx, id, err);
	if (ret->dir < 0)
		return ret->dir;
	r = record_load_at(ret->dir, id, &ret->record, err);
	if (r < 0)
		return r;
	r = record_status_init(ret->dir, &ret->record, &ret->init, &ret->status, err);
	if (r < 0)
		return r;
	if (ret->status == RUNTIME_STOPPED || ret->status == RUNTIME_CREATING)
		return error_set(err, ERROR_STATE,
				 "cannot %s in a %s container: '%s' is not running", what,
				 runtime_status_name(ret->status), id);
	return 0;
}

int target_open_namespaces(struct target *t, struct error *err)
{
	t->proc_fd = proc_open(err);
	if (t->proc_fd < 0)
		return t->proc_fd;
	if ((record_namespaces(&t->record) & ns_clone_flag(NS_PID)) == 0)
		return 0;
	t->pidns_fd = ns_open(t->init.pid, NS_PID);
	return t->pidns_fd < 0 ? error_os(err, -t->pidns_fd, "open pid namespace of container '%s'",
					  t->record.id)
			       : 0;
}

struct init_args target_init_args(const struct target *t, const struct plan *plan)
{
	uint64_t namespaces = record_namespaces(&t->record);

	return (struct init_args){
		.plan = plan,
		.proc_fd = t->proc_fd,
		.sync_fd = -1,
		.listen_fd = -1,
		.console_fd = -1,
		.stdio = { -1, -1, -1 },
		.target_pidfd = t->init.fd,
		.target_namespaces = namespaces & ~ns_clone_flag(NS_PID),
		.unprivileged = (namespaces & ns_clone_flag(NS_USER)) != 0 &&
				!caps_have(CAP_SYS_ADMIN),
	};
}

void target_done(struct target *t)
{
	runtime_record_done(&t->record);
	pidref_done(&t->init);
	fd_close(t->dir);
	fd_close(t->proc_fd);
	fd_close(t->pidns_fd);
	*t = TARGET_INIT;
}
