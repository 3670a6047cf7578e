/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"

/* Where conmon puts the short links to bundles unless told otherwise. */
#define SOCKET_DIR_DEFAULT "/var/run/crio"

enum option_kind { OPTION_FLAG, OPTION_STRING, OPTION_INT, OPTION_LIST, OPTION_REFUSED };

struct option_row {
	const char *name;
	char letter;
	enum option_kind kind;
	size_t offset;
	const char *help;
};

#define ROW(nm, letter, kind, member, help)                                      \
	{                                                                        \
		nm, letter, kind, offsetof(struct monitor_options, member), help \
	}
#define FLAG(nm, letter, member, help) ROW(nm, letter, OPTION_FLAG, member, help)
#define STRING(nm, letter, member, help) ROW(nm, letter, OPTION_STRING, member, help)
#define INT(nm, letter, member, help) ROW(nm, letter, OPTION_INT, member, help)
#define LIST(nm, letter, member, help) ROW(nm, letter, OPTION_LIST, member, help)

/* clang-format off */
static const struct option_row rows[] = {
	FLAG("help", 'h', help, "Show this text"),
	FLAG("version", 0, version, "Print the version"),
	FLAG("api-version", 0, api_version, "Use the key \"data\" on the sync pipe"),
	STRING("bundle", 'b', bundle, "Directory of the OCI bundle (of the session for --exec)"),
	STRING("cid", 'c', cid, "Container id"),
	STRING("conmon-pidfile", 'P', pidfile, "File that gets the process id of the monitor"),
	STRING("container-pidfile", 'p', container_pidfile, "File that gets the process id of the container"),
	STRING("pidfile", 0, container_pidfile, "Old name of --container-pidfile"),
	STRING("cuuid", 'u', cuuid, "Full unique id of the container"),
	FLAG("exec", 'e', exec, "Run a process in an existing container"),
	FLAG("exec-attach", 0, exec_attach, "Wait for an attach client before the process starts"),
	STRING("exec-process-spec", 0, runtime.process_spec, "File with the process to run"),
	STRING("exit-command", 0, exit.command, "Program to run when the container has ended"),
	LIST("exit-command-arg", 0, exit.command_args, "Argument of the exit command (repeatable)"),
	INT("exit-delay", 0, exit.delay_sec, "Seconds to wait before the exit command"),
	STRING("exit-dir", 0, exit.dir, "Directory of exit files"),
	STRING("exit-lock", 0, exit.lock,
	       "Run the exit command only when this file can be locked and is still there"),
	LIST("exit-remove", 0, exit.remove,
	     "File or tree to remove when the holder of the exit lock says so (repeatable)"),
	STRING("exit-restart", 0, exit.restart_text,
	       "The exit command restarts the container: wait before it, by POLICY MAX COUNT STREAK"),
	FLAG("full-attach", 0, full_attach, "Make the attach socket in the bundle under its full path"),
	STRING("health-orders", 0, health_orders, "File with the health check to run"),
	FLAG("leave-stdin-open", 0, leave_stdin_open, "Keep stdin open when a client has closed it"),
	LIST("log-allowlist-dir", 0, log.allowlist, "Log files only below this directory (repeatable)"),
	INT("log-global-size-max", 0, log.global_size_max, "Most bytes of all log data"),
	LIST("log-label", 0, log.labels, "Further LABEL=VALUE field of journal entries (repeatable)"),
	STRING("log-level", 0, log_level, "Level of own messages"),
	INT("log-max-files", 0, log.max_files, "Rotated files to keep (default 1)"),
	LIST("log-path", 'l', log.paths, "Log driver and file, DRIVER[:PATH] (repeatable)"),
	INT("log-rate", 0, log.rate, "Most bytes a second that are recorded of the output"),
	INT("log-rate-burst", 0, log.rate_burst, "Bytes that may come at once (default: of a second)"),
	STRING("log-rate-policy", 0, log.rate_policy, "What comes too fast: block (the container waits) or drop"),
	FLAG("log-rotate", 0, log.rotate, "Rotate the log file instead of beginning anew"),
	INT("log-size-max", 0, log.size_max, "Most bytes of one log file"),
	STRING("log-tag", 0, log.tag, "Tag of journal entries"),
	STRING("name", 'n', name, "Container name"),
	FLAG("no-container-partial-message", 0, log.no_partial_message, "No CONTAINER_PARTIAL_MESSAGE in the journal"),
	FLAG("no-new-keyring", 0, runtime.no_new_keyring, "Passed to the runtime"),
	FLAG("no-pivot", 0, runtime.no_pivot, "Passed to the runtime"),
	FLAG("no-sync-log", 0, log.no_sync, "Do not fsync the log at the end"),
	STRING("persist-dir", '0', exit.persist_dir, "Directory of the container's files exit and oom"),
	FLAG("replace-listen-pid", 0, runtime.replace_listen_pid, "Always set LISTEN_PID for the runtime"),
	STRING("restore", 0, runtime.restore, "Restore from this checkpoint directory"),
	LIST("restore-arg", 0, runtime.opts, "Old name of --runtime-opt"),
	STRING("runtime", 'r', runtime.path, "Program of the OCI runtime"),
	LIST("runtime-arg", 0, runtime.args, "Global argument of the runtime (repeatable)"),
	LIST("runtime-opt", 0, runtime.opts, "Argument behind the runtime's subcommand (repeatable)"),
	STRING("sdnotify-socket", 0, notify_socket, "Notify socket of the host to relay to"),
	{ "seccomp-notify-plugins", 0, OPTION_REFUSED, 0, "Not supported" },
	{ "seccomp-notify-socket", 0, OPTION_REFUSED, 0, "Not supported" },
	STRING("socket-dir-path", 0, socket_dir, "Directory of the short links to bundles"),
	FLAG("stdin", 'i', open_stdin, "Give the container a pipe as stdin"),
	FLAG("sync", 0, sync, "Stay a child of the caller"),
	FLAG("syslog", 0, syslog, "Own messages to syslog, too"),
	FLAG("systemd-cgroup", 's', runtime.systemd_cgroup, "Passed to the runtime"),
	INT("takeover", 0, takeover, "Take a running container over whose monitor is dead: its pid"),
	FLAG("terminal", 't', terminal, "Give the container a terminal"),
	INT("timeout", 'T', timeout_sec, "Seconds after which the container is killed"),
};
/* clang-format on */

static const struct option_row *find_name(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strncmp(rows[i].name, name, len) == 0 && rows[i].name[len] == '\0')
			return &rows[i];
	}
	return NULL;
}

static const struct option_row *find_letter(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (letter != 0 && rows[i].letter == letter)
			return &rows[i];
	}
	return NULL;
}

static int store(struct monitor_options *o, const struct option_row *row, const char *value,
		 struct error *err)
{
	void *at = (char *)o + row->offset;
	struct option_list *list = at;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_STRING:
		*(const char **)at = value;
		return 0;
	case OPTION_INT:
		if (num_i64(value, (int64_t *)at) < 0)
			return error_set(err, ERROR_INVALID, "--%s: '%s' is not a number",
					 row->name, value);
		return 0;
	case OPTION_LIST:
		*ARRAY_ADD(list->items, list->n) = value;
		return 0;
	case OPTION_REFUSED:
	default:
		return error_set(err, ERROR_UNSUPPORTED, "--%s is not supported", row->name);
	}
}

struct words {
	char **argv;
	int argc, at;
};

static int next_value(struct words *w, const struct option_row *row, const char **ret,
		      struct error *err)
{
	if (w->at + 1 >= w->argc)
		return error_set(err, ERROR_INVALID, "--%s: missing value", row->name);
	*ret = w->argv[++w->at];
	return 0;
}

static int parse_long(struct monitor_options *o, struct words *w, struct error *err)
{
	const char *word = w->argv[w->at] + 2;
	const char *equals = strchr(word, '=');
	const char *value = equals ? equals + 1 : NULL;
	const struct option_row *row;
	int r;

	row = find_name(word, equals ? (size_t)(equals - word) : strlen(word));
	if (!row)
		return error_set(err, ERROR_INVALID, "unknown option '%s'", w->argv[w->at]);
	if (row->kind == OPTION_FLAG && value)
		return error_set(err, ERROR_INVALID, "--%s takes no value", row->name);
	if (row->kind != OPTION_FLAG && row->kind != OPTION_REFUSED && !value) {
		r = next_value(w, row, &value, err);
		if (r < 0)
			return r;
	}
	return store(o, row, value, err);
}

/* -it, -cID, -c ID */
static int parse_short(struct monitor_options *o, struct words *w, struct error *err)
{
	for (const char *p = w->argv[w->at] + 1; *p; p++) {
		const struct option_row *row = find_letter(*p);
		const char *value = p + 1;
		int r;

		if (!row)
			return error_set(err, ERROR_INVALID, "unknown option '-%c'", *p);
		if (row->kind == OPTION_FLAG) {
			store(o, row, NULL, err);
			continue;
		}
		if (*value == '\0') {
			r = next_value(w, row, &value, err);
			if (r < 0)
				return r;
		}
		return store(o, row, value, err);
	}
	return 0;
}

static int parse_words(int argc, char **argv, struct monitor_options *o, struct error *err)
{
	struct words w = { .argv = argv, .argc = argc };

	for (w.at = 1; w.at < argc; w.at++) {
		const char *word = argv[w.at];
		int r;

		if (str_has_prefix(word, "--"))
			r = parse_long(o, &w, err);
		else if (word[0] == '-' && word[1] != '\0')
			r = parse_short(o, &w, err);
		else if (w.at > 1 && streq(argv[w.at - 1], "--api-version"))
			r = 0; /* "--api-version 1": the flag's presence counts, not the number */
		else
			r = error_set(err, ERROR_INVALID, "unexpected argument '%s'", word);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_modes(const struct monitor_options *o, struct error *err)
{
	if (o->exec && !o->runtime.process_spec)
		return error_set(err, ERROR_INVALID,
				 "exec process spec path not provided: use --exec-process-spec");
	if (o->exec_attach && !o->exec)
		return error_set(err, ERROR_INVALID, "--exec-attach needs --exec");
	if (o->takeover < 0 || o->takeover > INT32_MAX || (o->takeover > 0 && o->exec))
		return error_set(err, ERROR_INVALID, "--takeover: %s",
				 o->exec ? "cannot be used with --exec" : "not a process id");
	if (o->exec && o->runtime.restore)
		return error_set(err, ERROR_INVALID, "cannot use --exec and --restore together");
	return 0;
}

static int check(struct monitor_options *o, struct error *err)
{
	if (!o->cid)
		return error_set(err, ERROR_INVALID, "container id not provided: use --cid");
	if (!path_name_valid(o->cid))
		return error_set(err, ERROR_INVALID, "--cid: '%s' is not a container id", o->cid);
	if (!o->runtime.restore && !o->exec && !o->cuuid)
		return error_set(err, ERROR_INVALID, "container UUID not provided: use --cuuid");
	if (o->cuuid && !path_name_valid(o->cuuid))
		return error_set(err, ERROR_INVALID, "--cuuid: '%s' is not an id", o->cuuid);
	if (!o->runtime.path)
		return error_set(err, ERROR_INVALID, "runtime path not provided: use --runtime");
	if (o->log.paths.n == 0)
		return error_set(err, ERROR_INVALID, "log driver not provided: use --log-path");
	if (o->log.max_files < 1)
		return error_set(err, ERROR_INVALID, "--log-max-files must be at least 1");
	if (o->exit.delay_sec < 0 || o->exit.delay_sec > INT32_MAX || o->timeout_sec > INT32_MAX)
		return error_set(err, ERROR_INVALID, "--%s: out of range",
				 o->timeout_sec > INT32_MAX ? "timeout" : "exit-delay");
	if (o->exit.restart_text && restart_rule_parse(o->exit.restart_text, &o->exit.restart) < 0)
		return error_set(err, ERROR_INVALID, "--exit-restart: '%s' is not a rule",
				 o->exit.restart_text);
	return check_modes(o, err);
}

int monitor_options_parse(int argc, char **argv, struct monitor_options *ret, struct error *err)
{
	struct monitor_options o = { .socket_dir = SOCKET_DIR_DEFAULT, .log.max_files = 1 };
	int r = parse_words(argc, argv, &o, err);

	if (r >= 0 && !o.help && !o.version)
		r = check(&o, err);
	if (r < 0) {
		monitor_options_done(&o);
		return r;
	}
	*ret = o;
	return 0;
}

void monitor_options_done(struct monitor_options *o)
{
	free(o->log.paths.items);
	free(o->log.labels.items);
	free(o->log.allowlist.items);
	free(o->exit.command_args.items);
	free(o->runtime.args.items);
	free(o->runtime.opts.items);
	*o = (struct monitor_options){ 0 };
}

void monitor_options_help(void)
{
	static const char *const values[] = { [OPTION_FLAG] = "",
					      [OPTION_STRING] = " STRING",
					      [OPTION_INT] = " NUMBER",
					      [OPTION_LIST] = " STRING",
					      [OPTION_REFUSED] = " STRING" };

	printf("Usage: coracle-monitor [OPTION...]\n\n"
	       "Watch one container: stdio, log, attach, exit record.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct option_row *row = &rows[i];
		char left[64];

		snprintf(left, sizeof(left), "%c%c%c --%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name,
			 values[row->kind]);
		printf("  %-36s %s\n", left, row->help);
	}
}
