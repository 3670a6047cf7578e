/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container: life cycle operations (shared/spec/1-lifecycle.md).  One file per operation under
 * engine/container/.  `word` is an id, an id prefix or a name.
 *
 * Every operation: take the container's lock, load the record, compare with the kernel's facts
 * (exit file, pid + start time), save when the state changed, check the state table
 * (container/state_table.c), act.
 */
#ifndef CORACLE_ENGINE_CONTAINER_H
#define CORACLE_ENGINE_CONTAINER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "engine/engine.h"
#include "engine/wish.h"

enum container_status {
	CONTAINER_UNKNOWN,
	CONTAINER_CONFIGURED,
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_STOPPING,
	CONTAINER_STOPPED,
	CONTAINER_EXITED,
	CONTAINER_REMOVING,
	CONTAINER_STATUS_COUNT
};
const char *container_status_name(enum container_status s); /* as in the database */
/* As users see it, in Podman's words: configured is "created", created is "initialized". */
const char *container_status_word(enum container_status s);

/* ---- create ---- */
/* The image must be there already (cli pulls).  Durable unless wish->rm.  ret_warnings may be NULL.
 */
int container_create(struct engine *e, struct wish *w, char ret_id[65], char ***ret_warnings,
		     struct error *err);

/* ---- start, attach ---- */
struct container_streams {
	int in, out, err;	 /* -1: not connected */
	const char *detach_keys; /* "ctrl-p,ctrl-q"; "" disables; NULL: configured */
	bool sig_proxy;
	bool tty; /* our `in` is a terminal: raw mode, resize */
	bool no_stdin;
};
enum container_attach_end { CONTAINER_ATTACH_EXITED, CONTAINER_ATTACH_DETACHED };

struct container_run_result {
	enum container_attach_end end;
	int exit_code;
};
/* Start; with streams attached before the program runs (no output is lost).  With streams the call
 * returns at the container's end (cleaned up; removed when it is --rm) or at detach. */
int container_start(struct engine *e, const char *word, const struct container_streams *streams,
		    struct container_run_result *ret, struct error *err);
int container_attach(struct engine *e, const char *word, const struct container_streams *streams,
		     struct container_run_result *ret, struct error *err);

/* ---- others ---- */
int container_stop(struct engine *e, const char *word, struct opt_u32 timeout, struct error *err);
int container_kill(struct engine *e, const char *word, int sig, struct error *err);
int container_restart(struct engine *e, const char *word, struct opt_u32 timeout,
		      struct error *err);
int container_pause(struct engine *e, const char *word, struct error *err);
int container_unpause(struct engine *e, const char *word, struct error *err);
struct container_remove_options {
	bool force, volumes, ignore; /* ignore: missing is no error */
	struct opt_u32 timeout;
};
int container_remove(struct engine *e, const char *word, const struct container_remove_options *o,
		     struct error *err);
/* After the end: network, mounts, runtime; with remove_it the whole container.  Idempotent; what
 * the monitor's exit command runs. */
/* A container whose monitor was killed gets another one, if nobody has seen to that already. */
int container_reattach(struct engine *e, const char *word, struct error *err);
int container_cleanup(struct engine *e, const char *word, bool remove_it, struct error *err);
#define CONTAINER_WAIT_HEALTHY (1u << 16)
#define CONTAINER_WAIT_UNHEALTHY (1u << 17)
/* Wait for one of the conditions (bits 1u << status, or of health); *ret_code as Podman's wait (-1
 * unknown). */
int container_wait(struct engine *e, const char *word, unsigned conditions, int *ret_code,
		   struct error *err);
/* Full id of a word; ERROR_NOT_FOUND "no container with name or ID \"x\" found: no such container".
 */
int container_lookup(struct engine *e, const char *word, char ret_id[65], struct error *err);
/* All ids, newest first; for -a, --latest. */
int container_ids(struct engine *e, char ***ret, struct error *err);

/* ---- looking ---- */
struct container_summary {
	char id[65];
	char *name, *image, *image_id;
	char **command;
	enum container_status status;
	int64_t created_nsec, started_nsec, finished_nsec;
	int exit_code;
	int32_t pid;
	uint64_t pid_start;
	char *intent; /* of a command under way or killed; NULL: none */
	bool rm, infra;
	struct strmap labels;
	struct network_port *ports;
	size_t n_ports;
	char **networks, **mounts; /* mounts: destinations */
	char **volumes, **exposed; /* names of volumes; "80/tcp" */
	char *cidfile;
	bool oom_killed;
	int restart_policy; /* enum restart_policy */
	int restart_count;
	bool stopped_by_user;
	bool has_health;
	char *health_destination; /* of its record; NULL: its own directory */
	char *health;		  /* status; NULL: no check, or never started */
};
/* One snapshot read; no container lock, no process; live status by /proc. */
int container_list(struct engine *e, struct container_summary **ret, size_t *ret_n,
		   struct error *err);
void container_list_free(struct container_summary *l, size_t n);
/* Podman's inspect document (reference json-output-fields.tsv); size adds SizeRw, SizeRootFs. */
int container_inspect(struct engine *e, const char *word, bool size, json_t **ret,
		      struct error *err);
int container_size(struct engine *e, const char *id, uint64_t *ret_rw, uint64_t *ret_rootfs,
		   struct error *err);
/* Host pids with what `top` prints; rows of strings for the descriptors ("user","pid",...; NULL
 * default). */
int container_top(struct engine *e, const char *word, char *const *descriptors, char ****ret_rows,
		  struct error *err);
void container_top_free(char ***rows);

struct container_logs_options {
	bool follow, timestamps, names, details;
	int64_t since_nsec, until_nsec; /* 0: open */
	int64_t tail;			/* -1: all */
	int out, err;			/* descriptors written to */
};
int container_logs(struct engine *e, char *const *words, const struct container_logs_options *o,
		   struct error *err);

/* ---- exec ---- */
struct container_exec_wish {
	char **command;
	char **env;
	char *user, *workdir;
	bool terminal, stdin_open, privileged, detach;
	unsigned preserve_fds;
};
/* detach: ret->exit_code 0 and the session id in ret_session (65 bytes, may be NULL).  Otherwise
 * until the command ends. */
int container_exec(struct engine *e, const char *word, const struct container_exec_wish *w,
		   const struct container_streams *streams, struct container_run_result *ret,
		   char *ret_session, struct error *err);

#endif
