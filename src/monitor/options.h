/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: the command line (conmon 2.x; every flag of it is accepted here or refused by name).
 * Strings are borrowed from argv.
 */
#ifndef CORACLE_MONITOR_OPTIONS_H
#define CORACLE_MONITOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/restart.h"

struct option_list {
	const char **items;
	size_t n;
};

struct monitor_log_options {
	struct option_list paths; /* DRIVER[:PATH] */
	struct option_list labels;
	struct option_list allowlist;
	const char *tag;
	int64_t size_max;	 /* bytes of one file; <= 0: no limit */
	int64_t global_size_max; /* bytes of all log data; <= 0: no limit */
	int64_t max_files;
	int64_t rate, rate_burst; /* ours: bytes (a second); 0: no limit, a second's worth */
	const char *rate_policy;  /* ours: block (NULL) or drop */
	bool rotate, no_sync, no_partial_message;
};

struct monitor_exit_options {
	const char *dir, *persist_dir;
	const char *command;
	struct option_list command_args;
	const char
		*lock; /* ours: whoever holds it cleans up; a file that is gone means it is done */
	struct option_list remove; /* ours: trees that the holder of the lock may leave to us */
	const char *restart_text;  /* ours */
	struct restart_rule restart;
	int64_t delay_sec;
};

struct monitor_runtime_options {
	const char *path;
	struct option_list args; /* before the subcommand */
	struct option_list opts; /* behind it */
	const char *restore;	 /* checkpoint image directory */
	const char *process_spec;
	bool no_pivot, no_new_keyring, systemd_cgroup, replace_listen_pid;
};

struct monitor_options {
	bool help, version;
	bool api_version; /* key "data" on the sync pipe */
	const char *bundle, *cid, *cuuid, *name;
	const char *pidfile;	       /* of the monitor */
	const char *container_pidfile; /* written by the runtime */
	bool exec, exec_attach;
	bool terminal, open_stdin, leave_stdin_open;
	bool sync, syslog, full_attach;
	int64_t timeout_sec; /* <= 0: none */
	const char *log_level;
	const char *socket_dir;
	const char *notify_socket;
	const char *health_orders; /* ours: wire/health.h */
	int64_t takeover;	   /* ours: pid of a container whose monitor is dead; 0: none */
	struct monitor_log_options log;
	struct monitor_exit_options exit;
	struct monitor_runtime_options runtime;
};

/* Parse and check.  ERROR_INVALID names the flag; ERROR_UNSUPPORTED a flag that is refused. */
int monitor_options_parse(int argc, char **argv, struct monitor_options *ret, struct error *err);
void monitor_options_done(struct monitor_options *o);
/* The text of --help. */
void monitor_options_help(void);

#endif
