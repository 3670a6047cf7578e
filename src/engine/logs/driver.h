/* SPDX-License-Identifier: Apache-2.0 */
/* driver: the log drivers that a container can have, by their names. */
#ifndef CORACLE_ENGINE_LOGS_DRIVER_H
#define CORACLE_ENGINE_LOGS_DRIVER_H

#include <stdbool.h>

#include "base/error.h"

struct engine;
struct container;
struct container_record;

/* Separated by blanks, as `info` lists them and the command line completes them. */
#define LOGS_DRIVER_NAMES "k8s-file none passthrough journald json-file passthrough-tty syslog"
#define LOGS_DRIVER_DEFAULT "k8s-file"

struct logs_driver {
	const char *name;
	bool file;	  /* the log is a file of the container */
	bool journal;	  /* ... or the system's journal */
	bool passthrough; /* the container has our standard streams */
	bool refuses_tags;
};

/* NULL: no such driver. */
const struct logs_driver *logs_driver_find(const char *name);
/* Never NULL: the record's, or the default. */
const struct logs_driver *logs_driver_of(const struct container_record *r);
/* The log's file; new string, NULL when it has none. */
char *logs_driver_path(const struct engine *e, const struct container_record *r);
/* ERROR_UNSUPPORTED in Podman's words: nobody keeps what one could `act` ("read logs", "attach").
 */
int logs_driver_refuse(const struct container_record *r, const char *act, struct error *err);
/* ERROR_INVALID: passthrough (name may be NULL) while one of our standard streams is a terminal. */
int logs_driver_check_terminal(const char *name, struct error *err);
/* The monitor's options.  ours: it is coracle-monitor (conmon has fewer drivers). */
int logs_driver_args(struct container *c, bool ours, char ***args, struct error *err);

#endif
