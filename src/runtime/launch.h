/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch: clone a process with the namespaces of a plan and lead the parent's side of the protocol
 * of sync.h.  One clone3 and no helper program; an intermediate child is needed for a joined user
 * namespace (the new namespaces must belong to it), and in a user namespace for joined pid
 * namespaces (from which there is no way back).
 */
#ifndef CORACLE_RUNTIME_LAUNCH_H
#define CORACLE_RUNTIME_LAUNCH_H

#include "runtime/init/init.h"
#include "runtime/sync.h"
#include "sys/pidref.h"

struct launch {
	struct pidref init;
	int sync_fd;
	bool configured; /* id maps and oom score are set already */
};
#define LAUNCH_INIT ((struct launch){ .init = { .fd = -1 }, .sync_fd = -1 })
void launch_done(struct launch *l);
DEFINE_SCOPED_STRUCT(struct launch, launch_done)

typedef void (*launch_entry)(const struct init_args *a);

/* Open a start socket's worth of things before; a->sync_fd and a->join are set here.
 * pidns_fd: enter this pid namespace first (exec), -1 none. */
int launch_start(struct init_args *a, launch_entry entry, int pidns_fd, struct launch *ret,
		 struct error *err);
/* Id maps and oom score: what only the parent may write. */
int launch_configure(const struct launch *l, const struct init_args *a, struct error *err);
/* The next message that is not an error: its type, or -errno with the child's error. */
int launch_receive(const struct launch *l, struct sync_message *m, struct error *err);
/* Kill and reap. */
void launch_abort(struct launch *l);

#endif
