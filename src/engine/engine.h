/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine: containers, volumes, networks and images as a user means them: the facade behind the
 * command line (and later the REST service).  libcoracle's public header is made of these headers.
 *
 * A struct engine is cheap: opening it resolves paths and configuration; database, store and
 * runtime driver are opened on first use, so that a command pays only for what it touches.
 *
 *	GRAPHROOT (/var/lib/coracle)	RUNROOT (/run/coracle)
 *	  db.sqlite			  boot-id
 *	  storage/...			  locks/{container,volume,network,...}/<id or name>
 *	  volumes/NAME/_data		  containers/<id>/{config.json,attach,ctl,pidfile,conmon.pid,
 *	  networks/NAME.json		    hosts,resolv.conf,hostname,shm,oom,exec/<session>/...}
 *	  containers/<id>/ctr.log	  exits/<id>, netns/<id>, networks/..., runtime/<id>
 */
#ifndef CORACLE_ENGINE_ENGINE_H
#define CORACLE_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"

struct engine;
struct store;
struct network_config;
struct runtime_driver;

struct engine_options {	  /* NULL: configuration or default */
	const char *root; /* graph root */
	const char *runroot;
	const char *runtime; /* name or path: "coracle-runtime", "runc", "/usr/bin/crun" */
	const char *conmon;  /* path of the monitor */
	const char *storage_driver;
	const char *cgroup_manager; /* "cgroupfs" or "systemd"; NULL: the machine's */
	const char *network_config_dir;
	const char *volume_path;
	const char *program; /* absolute path of this program */
};

/* containers.conf is read here (base/toml), once, only when it exists. */
int engine_open(const struct engine_options *o, struct engine **ret, struct error *err);
void engine_close(struct engine *e);
DEFINE_SCOPED(struct engine *, engine_close)

const char *engine_graphroot(const struct engine *e);
const char *engine_runroot(const struct engine *e);
/* Opened on first use, owned by the engine. */
int engine_store(struct engine *e, struct store **ret, struct error *err);
const struct network_config *engine_network_config(struct engine *e);
int engine_runtime(struct engine *e, struct runtime_driver **ret, struct error *err);
/* A value of containers.conf by table and key (borrowed; NULL when unset): "containers",
 * "log_driver". */
const json_t *engine_conf(struct engine *e, const char *table, const char *key);

/* `info` and `version` documents with Podman's keys. */
int engine_info(struct engine *e, json_t **ret, struct error *err);
int engine_version(struct engine *e, json_t **ret, struct error *err);

/* system check: finish and repair what killed commands left (containers, mounts, namespaces,
 * cgroups, veths, nft rules, leases, files, store); one sentence per finding. */
struct engine_check_report {
	char **findings, **repaired;
};
int engine_check(struct engine *e, bool repair, struct engine_check_report *ret, struct error *err);
void engine_check_report_done(struct engine_check_report *r);

/* Exit status of a failed exec as Podman's: 125, or 126/127 for the command itself. */
int engine_error_exit_status(const struct error *err);
/* Of a container that was made and could not be started, by Podman's rule: 127 when its words say
 * that something was not found, else 126. */
int engine_start_exit_status(const struct error *err);

#endif
