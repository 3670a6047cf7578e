/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: a container's health check: what it is, the record of its results, and what a result does
 * to the record.  Pure; the monitor, which runs the checks, and the engine, which runs one when
 * asked and shows the record, share it.
 *
 *	(start) -> starting --ok--> healthy --retries failures in a row--> unhealthy --ok--> healthy
 *	           starting --retries failures in a row, start period over--> unhealthy
 *	A startup check, where there is one, comes first: starting until it has passed.
 *
 * The record is Podman's healthcheck.log, with three members of our own for the startup check.  It
 * is the only place of the status: no database knows it.
 */
#ifndef CORACLE_WIRE_HEALTH_H
#define CORACLE_WIRE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

/* Podman's defaults. */
#define HEALTH_INTERVAL_NSEC 30000000000LL
#define HEALTH_TIMEOUT_NSEC 30000000000LL
#define HEALTH_RETRIES 3
#define HEALTH_LOG_COUNT 5
#define HEALTH_LOG_SIZE 500
/* "Unlimited" ends here: a record is read and written whole. */
#define HEALTH_LOG_COUNT_MAX 1000
#define HEALTH_LOG_SIZE_MAX 65536
#define HEALTH_RECORD_MAX ((size_t)4 << 20)
/* Exit code in the log of a check that took too long. */
#define HEALTH_CODE_TIMEOUT (-1)

enum health_on_failure {
	HEALTH_ACTION_NONE,
	HEALTH_ACTION_KILL,
	HEALTH_ACTION_RESTART,
	HEALTH_ACTION_STOP,
	HEALTH_ACTION_COUNT
};
extern const char *const health_action_names[HEALTH_ACTION_COUNT + 1];

struct health_check {
	char **test; /* "CMD" and words, or "CMD-SHELL" and a text, or "NONE" */
	int64_t start_period_nsec;
	int64_t interval_nsec; /* 0: run by hand only */
	int64_t timeout_nsec;
	int64_t retries;
	int64_t successes; /* startup check only: so many in a row (0: one) */
};

struct health_config {
	struct health_check *check, *startup; /* NULL: none */
	int on_failure;			      /* enum health_on_failure */
	char *log_destination;		      /* NULL: the container's own directory */
	struct opt_u32 max_log_count, max_log_size;
};
extern const struct json_table health_check_table, health_config_table;
/* There is a check to run. */
bool health_enabled(const struct health_config *c);
uint32_t health_log_count(const struct health_config *c);
/* Bytes of output that are kept of one check. */
uint32_t health_log_size(const struct health_config *c);

/* What the engine writes for the monitor at each start. */
struct health_orders {
	struct health_config config;
	char *record, *lock;	 /* paths; the lock is held while the record is changed */
	char *process, *startup; /* paths of process documents for the runtime's exec */
	char *program;		 /* the engine, for what is to be done on failure ... */
	char **arguments;	 /* ... and its global options */
	char *id, *cgroup;	 /* cgroup: where it is asked whether all is frozen */
	int64_t started_nsec;
	char *notify_socket; /* gets READY=1 when the container is healthy; NULL: none */
};
extern const struct json_table health_orders_table;
void health_orders_done(struct health_orders *o);
DEFINE_SCOPED_STRUCT(struct health_orders, health_orders_done)

struct health_log {
	int64_t start_nsec, end_nsec;
	int32_t exit_code;
	char *output;
};

struct health_record {
	char *status; /* "starting" "healthy" "unhealthy" */
	int64_t failing_streak;
	struct health_log *log; /* oldest first */
	size_t n_log;
	bool startup_passed;
	int64_t startup_successes, startup_failures;
};
extern const struct json_table health_record_table;
void health_record_done(struct health_record *r);
DEFINE_SCOPED_STRUCT(struct health_record, health_record_done)

struct health_result {
	int64_t start_nsec, end_nsec;
	int exit_code;	    /* 0: well; 1: not; HEALTH_CODE_TIMEOUT */
	const char *output; /* bytes of the container, any */
	size_t output_len;
};

enum health_effect {
	HEALTH_NOTHING,
	HEALTH_BECAME_HEALTHY, /* it was not */
	HEALTH_IS_UNHEALTHY,   /* the on-failure action is due */
	HEALTH_STARTUP_PASSED, /* the check itself is next, at once */
	HEALTH_STARTUP_FAILED, /* too often: the container is to be restarted */
};

/* Is the startup check the one to run? */
bool health_in_startup(const struct health_config *c, const struct health_record *r);
/* The container has been started: what the last run counted is over; its log stays. */
void health_begin(struct health_record *r);
/* One result of the check that health_in_startup named. */
enum health_effect health_apply(struct health_record *r, const struct health_config *c,
				const struct health_result *result, int64_t started_nsec);

/* A record's file from its old text (which may be missing or damaged: then it begins anew) to its
 * new one.  For atomic_file_edit; arg is a struct health_change. */
struct health_change {
	const struct health_config *config;
	const struct health_result *result; /* NULL: health_begin */
	int64_t started_nsec;
	enum health_effect effect; /* out */
	bool in_startup;	   /* out: of what comes next */
	bool was_startup;	   /* out: of the result */
};
int health_change_apply(const char *old, size_t len, struct buf *ret, void *arg);

#endif
