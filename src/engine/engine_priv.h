/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_priv: what the files of src/engine share among themselves.
 *
 * Directories of one container (both exist from prepare on):
 *	static	GRAPHROOT/containers/<id>	outlives a reboot: ctr.log, artifacts
 *	run	RUNROOT/containers/<id>		the OCI bundle: config.json, attach, ctl, pidfile,
 *						hosts, resolv.conf, hostname, shm/, mounts/, exec/
 *
 * Invariants
 * - Whatever a start mounts outside the root file system lies at RUNROOT/containers/<id>/shm or
 *   below RUNROOT/containers/<id>/mounts/ (created only when something is mounted there), so that
 *   cleanup finds it from the id alone.
 * - Names of everything else derive from the id: netns RUNROOT/netns/<id>, exit file
 *   RUNROOT/exits/<id>, runtime state RUNROOT/runtime/<id>, cgroup <parent>/<id>.
 *
 * A stored wish is complete (container/complete.c): image and configuration are merged into it, so
 * nothing later needs the image's config for process (entrypoint and command final, never NULL;
 * env, user, workdir, stop signal), labels, exposed ports, volumes (image VOLUMEs are rows of
 * mounts; anonymous ones carry their 64-hex name) or capabilities.
 */
#ifndef CORACLE_ENGINE_ENGINE_PRIV_H
#define CORACLE_ENGINE_ENGINE_PRIV_H

#include "engine/container.h"
#include "engine/db.h"
#include "engine/engine.h"
#include "engine/locks.h"
#include "engine/spec/spec.h"
#include "network/network.h"

struct engine {
	char *graphroot, *runroot;
	char *runtime_path;   /* absolute, of the runtime program */
	char *conmon_path;    /* absolute, of the monitor program */
	char *program;	      /* absolute, of this program, for the exit command */
	char *storage_driver; /* NULL: the store chooses */
	char *cgroup_manager; /* "cgroupfs" or "systemd" */
	char *volume_path;    /* GRAPHROOT/volumes */
	char boot_id[37];
	json_t *conf;		       /* containers.conf merged; NULL: no file */
	struct network_config network; /* strings owned by network_strings */
	char **network_strings;
	struct db *db; /* these on first use */
	struct store *store;
	struct runtime_driver **runtimes; /* one per program asked for */
	size_t n_runtimes;
	bool dirs_made;
	bool reclaimed; /* engine_reclaim ran */
};

/* ---- conf.c ---- */
/* containers.conf and its drop-ins, merged; *ret NULL when there is none. */
int conf_load(json_t **ret, struct error *err);

/* ---- conf_defaults.c ---- */
/* Fill in what containers.conf says of containers where the wish says nothing. */
int conf_apply(struct engine *e, struct wish *w, struct error *err);
/* Capabilities of a container: the configured default set instead of the built-in one. */
int conf_capabilities(struct engine *e, const struct wish_security *s, uint64_t available,
		      uint64_t *ret, struct error *err);

/* ---- paths (engine.c): new strings ---- */
/* Below GRAPHROOT: engine_path(e, "containers/%s", id). */
char *engine_path(const struct engine *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Below RUNROOT: engine_run_path(e, "exits/%s", id). */
char *engine_run_path(const struct engine *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The database, opened on first use (after a reboot every container is refreshed first). */
int engine_db(struct engine *e, struct db **ret, struct error *err);
/* The driver of a runtime program (a container keeps the one it was created with; NULL: ours). */
int engine_runtime_of(struct engine *e, const char *path, struct runtime_driver **ret,
		      struct error *err);
/* Absolute path of a helper program: beside this program, helper directories, PATH.  New string;
 * NULL. */
char *engine_helper(struct engine *e, const char *name);
/* Refresh every container whose state is of another boot (refresh.c). */
int engine_refresh(struct engine *e, struct error *err);
/* The directories that everything is created in; once per engine. */
int engine_make_dirs(struct engine *e, struct error *err);
/* String, integer, bool and list of containers.conf; the fallback when unset.  Borrowed. */
const char *engine_conf_str(struct engine *e, const char *table, const char *key,
			    const char *fallback);
int64_t engine_conf_int(struct engine *e, const char *table, const char *key, int64_t fallback);
bool engine_conf_bool(struct engine *e, const char *table, const char *key, bool fallback);
/* New vector (NULL when unset). */
char **engine_conf_strv(struct engine *e, const char *table, const char *key);

/* ---- a container's record without a lock, for lookers (inspect, netop, volume) ---- */
/* Loaded by word, its state refined by what the kernel says now; nothing is saved. */
int container_snapshot(struct engine *e, const char *word, struct container_record *ret,
		       struct error *err);

/* ---- steps of a start; the container's lock is held, the root file system is mounted ---- */
/*
 * container/prepare_files.c: hosts, resolv.conf, hostname, shm, passwd and group, .containerenv,
 * localtime, secrets: written into the run directory, appended to facts->binds (none for a
 * destination that the user mounts).  r->state.networks is filled already; facts->user too. img is
 * NULL with --rootfs.
 */
int container_prepare_files(struct engine *e, struct container_record *r, int rootfs_fd,
			    const struct image_config *img, struct spec_facts *facts,
			    struct error *err);
/*
 * container/volumes.c: every wish mount that needs the host prepared (named and anonymous volumes
 * with copy-up, bind sources checked and chowned for U, image volumes) -> facts->binds.
 */
int container_prepare_volumes(struct engine *e, struct container_record *r, int rootfs_fd,
			      const struct image_config *img, struct spec_facts *facts,
			      struct error *err);
/* spec/facts.c: append one bind (copies; options is a strv and may be NULL). */
void spec_facts_add_bind(struct spec_facts *f, const char *source, const char *destination,
			 const char *type, char *const *options);
/* Frees user, binds and devices (what is owned); the other members are borrowed. */
void spec_facts_done(struct spec_facts *f);
DEFINE_SCOPED_STRUCT(struct spec_facts, spec_facts_done)
/* spec/devices.c: --device words and, when privileged, every host device -> facts->devices. */
int spec_devices_resolve(const struct wish *w, struct spec_facts *f, struct error *err);

/* Podman's words for a container's program that cannot be run: container_runtime_failed adds them,
 * engine_error_exit_status reads them. */
#define CONTAINER_NOT_FOUND_WORDS "OCI runtime attempted to invoke a command that was not found"
#define CONTAINER_DENIED_WORDS "OCI permission denied"
#define CONTAINER_WORKDIR_WORDS "workdir " /* how that error begins */

#endif
