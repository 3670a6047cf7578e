/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db: the engine's state database, GRAPHROOT/db.sqlite: objects as JSON documents with a version
 * and an index by name.  Configuration is written once and durable; state is written without a sync
 * (it dies with the boot) and carries the boot id it belongs to.
 *
 *	container(id PRIMARY KEY, name UNIQUE, created, version, rm, summary, config)
 *	container_state(id PRIMARY KEY, boot, intent, status, pid, ..., state)
 *	container_volume(container, volume)    who uses which volume
 *	container_network(container, network)
 *	container_image(container, image)
 *	container_depends(container, depends)
 *	exit_code(id PRIMARY KEY, time, code)  of removed containers, pruned after five minutes
 *	volume(name PRIMARY KEY, version, config)
 */
#ifndef CORACLE_ENGINE_DB_H
#define CORACLE_ENGINE_DB_H

#include "base/sqldb.h"
#include "engine/container.h"
#include "engine/volume.h"

#define DB_APPLICATION_ID 0x436f7261 /* "Cora" */
#define DB_VERSION 1

/* What changes: one document per container. */
struct container_state {
	int status; /* enum container_status */
	int32_t pid;
	uint64_t pid_start;
	int32_t monitor_pid;
	uint64_t monitor_start;
	int64_t started_nsec, finished_nsec;
	int32_t exit_code;
	bool exited, oom_killed, stopped_by_user;
	char *error;
	bool mounted;
	char *mountpoint;
	bool netns; /* pinned at RUNROOT/netns/<id> */
	struct network_address *networks;
	size_t n_networks;
	char *intent; /* operation under way ("start", "remove", ...), NULL: none: what a later
		       * command finishes or undoes */
	int32_t restart_count;	 /* by the policy, since a user started it */
	uint32_t restart_streak; /* wire/restart.h */
	char *boot_id;
	char *cgroup_manager; /* of the last start: where its cgroup is; NULL: cgroupfs */
};
extern const struct json_table container_state_table;
void container_state_done(struct container_state *s);

struct container_record {
	char id[65];
	char *name;
	int64_t created_nsec;
	struct wish wish;
	struct container_state state;
};
void container_record_done(struct container_record *r);
DEFINE_SCOPED_STRUCT(struct container_record, container_record_done)

struct db;
int db_open(const char *path, struct db **ret, struct error *err);
void db_close(struct db *db);
struct sqldb *db_sql(struct db *db);

/* ERROR_EXISTS with Podman's text when the name is taken. */
int db_container_insert(struct db *db, const struct container_record *r, bool durable,
			struct error *err);
int db_container_load(struct db *db, const char *id, struct container_record *ret,
		      struct error *err);
int db_container_lookup(struct db *db, const char *word, char ret_id[65], struct error *err);
int db_container_save_state(struct db *db, const char *id, const struct container_state *s,
			    struct error *err);
int db_container_delete(struct db *db, const char *id, struct error *err);
int db_container_ids(struct db *db, char ***ret, struct error *err);
/* Every container in one snapshot. */
int db_container_each(struct db *db,
		      int (*fn)(void *arg, struct container_record *r, struct error *err),
		      void *arg, struct error *err);
/* What a listing needs of every container (image to cidfile of the summary, the recorded state):
 * decodes no configuration.  Newest first. */
int db_container_summaries(struct db *db, struct container_summary **ret, size_t *ret_n,
			   struct error *err);
/* Which containers a killed command may have left: those with an intent, and those with a process
 * recorded that no longer lives. */
int db_container_unfinished(struct db *db, char ***ret, struct error *err);
/* Does a state of another boot exist? */
bool db_stale(struct db *db, const char *boot_id);
/* ids of containers that use a volume, network or image, or depend on a container: kind is
 * "volume", "network", "image", "container". */
int db_users(struct db *db, const char *kind, const char *name, char ***ret, struct error *err);
/* Of a container that was removed at most five minutes ago; db_container_delete keeps it. */
int db_exit_code_get(struct db *db, const char *id, int *ret, struct error *err);

int db_volume_insert(struct db *db, const struct volume *v, bool durable, struct error *err);
int db_volume_update(struct db *db, const struct volume *v, struct error *err);
int db_volume_load(struct db *db, const char *name, struct volume *ret, struct error *err);
int db_volume_delete(struct db *db, const char *name, struct error *err);
int db_volume_each(struct db *db, int (*fn)(void *arg, struct volume *v, struct error *err),
		   void *arg, struct error *err);

#endif
