/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime: the OCI runtime's operations, used in process by coracle-runtime, coracle-monitor and
 * the engine (driver.h).
 *
 * A container is a directory ROOT/ID with state.json (written before the first side effect; renamed
 * into place), an exec fifo while created, and a cgroup.  Status is derived, never stored (spec 4).
 *
 * create() clones: the container's init is a child of the calling process, and goes to the nearest
 * subreaper when that ends; see create.c and docs/design/container-start.md.
 */
#ifndef CORACLE_RUNTIME_RUNTIME_H
#define CORACLE_RUNTIME_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/json.h"
#include "cgroup/cgroup.h"
#include "oci/runtime_spec.h"
#include "sys/pidref.h"

#define RUNTIME_ROOT_DEFAULT "/run/coracle/runtime"

enum runtime_status {
	RUNTIME_CREATING,
	RUNTIME_CREATED,
	RUNTIME_RUNNING,
	RUNTIME_PAUSED,
	RUNTIME_STOPPED,
	RUNTIME_STATUS_COUNT
};
const char *runtime_status_name(enum runtime_status s);

/* Are what is not delegated to us (cgroups) and what we may not do passed over where nothing asks
 * for it?  By default in a user namespace or as an ordinary user: looked at where it matters. */
enum runtime_rootless { RUNTIME_ROOTLESS_AUTO, RUNTIME_ROOTLESS_NO, RUNTIME_ROOTLESS_YES };

/* Where and how this invocation works: the global options. */
struct runtime_context {
	const char *root; /* state directory */
	enum cgroup_driver cgroup_driver;
	enum runtime_rootless rootless;
	const char *seccomp_cache_dir; /* NULL: no cache */
};

struct runtime_create_options {
	const char *id;
	const char *bundle;	     /* absolute directory */
	const char *config;	     /* NULL: BUNDLE/config.json */
	const struct oci_spec *spec; /* not NULL: taken instead of the file (borrowed) */
	const char *console_socket;  /* NULL: none */
	bool console_plain;	     /* the terminal adds no carriage returns */
	const char *pid_file;
	const char *notify_socket; /* service manager's, relayed into the container; NULL: none */
	unsigned preserve_fds;	   /* 3..2+N and LISTEN_FDS stay open */
	bool no_pivot, no_new_keyring;
	int stdin_fd, stdout_fd, stderr_fd; /* for the container; -1: ours */
};

/* Make the container up to the exec fifo.  Nothing is left on failure.  ret_init may be NULL. */
int runtime_create(const struct runtime_context *cx, const struct runtime_create_options *o,
		   struct pidref *ret_init, struct error *err);
/* Let init run its program; waits until exec happened or failed (its error is ours: ENOENT and
 * EACCES keep their numbers for exit status 127 and 126). */
int runtime_start(const struct runtime_context *cx, const char *id, struct error *err);
/* all: every process of the cgroup. */
int runtime_kill(const struct runtime_context *cx, const char *id, int sig, bool all,
		 struct error *err);
/* force: SIGKILL first, missing is no error.  Works on any prefix of create. */
int runtime_delete(const struct runtime_context *cx, const char *id, bool force, struct error *err);
int runtime_pause(const struct runtime_context *cx, const char *id, struct error *err);
int runtime_resume(const struct runtime_context *cx, const char *id, struct error *err);

struct runtime_update {
	const struct oci_resources *resources;
	/* Of a container with .linux.intelRdt; NULL: as it is. */
	const char *l3_cache_schema, *mem_bw_schema;
};
/* All or nothing: on failure earlier values are put back. */
int runtime_update(const struct runtime_context *cx, const char *id, const struct runtime_update *u,
		   struct error *err);

/* Mount in a container that is created, running or paused: all of them, or none is left.  Sources
 * are opened as the caller; a bind wants the right to clone the caller's mounts. */
int runtime_mounts_add(const struct runtime_context *cx, const char *id,
		       const struct oci_mount *mounts, size_t n, struct error *err);
/* Unmount what lies at their destinations (nothing else of them counts), the last first.  All are
 * looked at before the first goes.  Below /proc and /sys only what was added. */
int runtime_mounts_remove(const struct runtime_context *cx, const char *id,
			  const struct oci_mount *mounts, size_t n, struct error *err);

struct runtime_exec_options {
	const char *id;
	const struct oci_process *process; /* complete (borrowed) */
	const char *console_socket;
	bool console_plain; /* as in runtime_create_options */
	const char *pid_file;
	const char *cgroup; /* sub-cgroup or NULL */
	unsigned preserve_fds;
	bool ignore_paused;
	int stdin_fd, stdout_fd, stderr_fd; /* -1: ours */
};
/* Start a further process; returns when exec happened or failed.  The process is a child of the
 * caller (CLONE_PARENT), so the caller can wait for it. */
int runtime_exec(const struct runtime_context *cx, const struct runtime_exec_options *o,
		 struct pidref *ret, struct error *err);

/* state.json: what is recorded. */
struct runtime_record {
	char *oci_version, *id, *bundle, *rootfs, *owner;
	int64_t created_nsec;
	int32_t init_pid; /* 0 while creating */
	uint64_t init_start_time;
	int32_t creator_pid; /* who is at work while init_pid is 0 */
	uint64_t creator_start_time;
	struct cgroup_record cgroup;
	struct strmap annotations;
	bool no_pivot, systemd;
	char *console_socket;
	struct rdt_record *rdt; /* NULL: none */
	char *notify_socket;	/* NULL: none */
	char **added_mounts;	/* destinations of `mounts add`, the newest last */
	json_t *exec_defaults;	/* what later operations need of the spec: see record/defaults.c */
};
extern const struct json_table runtime_record_table;
int runtime_record_load(const struct runtime_context *cx, const char *id,
			struct runtime_record *ret, struct error *err);
void runtime_record_done(struct runtime_record *r);
DEFINE_SCOPED_STRUCT(struct runtime_record, runtime_record_done)

/* Derived status of a loaded record. */
int runtime_record_status(const struct runtime_context *cx, const struct runtime_record *r,
			  enum runtime_status *ret, struct error *err);
/* The `state` document (JSON, indented as runc prints it). */
int runtime_state(const struct runtime_context *cx, const char *id, struct buf *out,
		  struct error *err);
/* All ids below the root (sorted, new vector). */
int runtime_list(const struct runtime_context *cx, char ***ret, struct error *err);
int runtime_ps(const struct runtime_context *cx, const char *id, pid_t **ret, size_t *ret_n,
	       struct error *err);
void runtime_features(struct buf *out);
/* The default config.json of `spec`. */
void runtime_default_spec(bool rootless, struct buf *out);

#endif
