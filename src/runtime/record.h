/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: the state directory ROOT/ID and its files.
 *
 *	state.json    struct runtime_record, replaced by rename
 *	start.sock    init listens here while the container is created; gone once it was started.
 *		      Mode 0600 until create is done, then 0700
 *	seccomp.bpf   the compiled filter, for exec
 *	mounts.lock   held while mounts are added or removed
 *	notify/       notify.sock for the payload, with NOTIFY_SOCKET
 */
#ifndef CORACLE_RUNTIME_RECORD_H
#define CORACLE_RUNTIME_RECORD_H

#include "runtime/hooks.h"
#include "runtime/plan.h"
#include "runtime/runtime.h"

#define RECORD_FILE "state.json"
#define RECORD_SOCKET "start.sock"
#define RECORD_SECCOMP "seccomp.bpf"
#define RECORD_MOUNTS_LOCK "mounts.lock"

/* Letters, digits and _+-. , not "." or "..", at most 255 bytes. */
bool record_id_valid(const char *id);

/* Directory of a container; ERROR_NOT_FOUND "container does not exist: 'x'". */
int record_open_dir(const struct runtime_context *cx, const char *id, struct error *err);
/* Make it (and the root, 0700); ERROR_EXISTS when the id is taken. */
int record_make_dir(const struct runtime_context *cx, const char *id, struct error *err);
/* Is dirfd what ROOT/ID names (still, after somebody may have deleted or made it anew)? */
bool record_dir_is(const struct runtime_context *cx, const char *id, int dirfd);
/* Remove it with all its files. */
int record_remove_dir(const struct runtime_context *cx, const char *id, struct error *err);

int record_save(int dirfd, const struct runtime_record *r, struct error *err);
int record_load_at(int dirfd, const char *id, struct runtime_record *ret, struct error *err);

/* Create is done: from here on the root is the container's, and it may be entered and started. */
int record_set_created(int dirfd, struct error *err);
/* Derived status; no process of that start time or a zombie is RUNTIME_STOPPED. */
enum runtime_status record_status(int dirfd, const struct runtime_record *r);
/* The same with a reference to init, which stays unset where none lives: one look at /proc. */
int record_status_init(int dirfd, const struct runtime_record *r, struct pidref *ret_init,
		       enum runtime_status *ret, struct error *err);
/* A reference to init: ERROR_STATE when it is not alive, a zombie neither. */
int record_init(const struct runtime_record *r, struct pidref *ret, struct error *err);

int record_save_seccomp(int dirfd, const struct seccomp_program *p, struct error *err);
/* An absent file gives an empty program. */
int record_load_seccomp(int dirfd, struct seccomp_program *ret, struct error *err);

/* exec_defaults: {"process", "hooks", "namespaces", "mountLabel", "listenerPath",
 * "listenerMetadata"} */
json_t *record_defaults(const struct oci_spec *spec, const struct plan_process *p);
/* Process of the specification, as exec's template. */
int record_process(const struct runtime_record *r, struct oci_process *ret, struct error *err);
/* poststart or poststop hooks. */
int record_hooks(const struct runtime_record *r, enum plan_hook_kind kind, struct plan_hooks *ret,
		 struct error *err);
void record_hooks_done(struct plan_hooks *h);
/* CLONE_NEW* that the container lists (made or joined). */
uint64_t record_namespaces(const struct runtime_record *r);
const char *record_default_text(const struct runtime_record *r, const char *key);

/* The state document for hooks, `state` and seccomp agents; pid 0 is left out by the caller. */
void record_state_text(const struct runtime_record *r, const char *status, int32_t pid,
		       unsigned indent, struct buf *out);
/* The same in two parts, for init. */
void record_state_split(const struct runtime_record *r, const char *status, struct hook_state *ret);

#endif
