/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "harness/test.h"
#include "monitor/options.h"

#define WORDS_MAX 64

static int parse(struct monitor_options *o, struct error *err, const char *line)
{
	static char text[4096];
	char *argv[WORDS_MAX] = { (char *)(uintptr_t) "coracle-monitor" };
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	return monitor_options_parse(argc, argv, o, err);
}

#define BASE "-c cid -u cuuid -r /usr/sbin/runc -l none "

/* What Debian's podman 4.3.1 was seen to pass. */
TEST(options_of_podman)
{
	struct error err = ERROR_INIT;
	struct monitor_options o;

	CHECK_OK(
		parse(&o, &err,
		      "--api-version 1 -c abc -u abc -r /usr/sbin/runc -b /b -p /b/pidfile -n name "
		      "--exit-dir /run/exits --full-attach -s -l k8s-file:/b/ctr.log --log-level "
		      "warning --syslog --runtime-arg --log-format=json --runtime-arg --log "
		      "--runtime-arg=/b/oci-log --conmon-pidfile /b/conmon.pid --exit-command "
		      "/usr/bin/podman --exit-command-arg --root --exit-command-arg /r "
		      "--log-size-max -1 -it"),
		err);
	CHECK(o.api_version && o.full_attach && o.syslog && o.open_stdin && o.terminal);
	CHECK(o.runtime.systemd_cgroup);
	CHECK_STR(o.cid, "abc");
	CHECK_STR(o.bundle, "/b");
	CHECK_STR(o.pidfile, "/b/conmon.pid");
	CHECK_STR(o.container_pidfile, "/b/pidfile");
	CHECK_INT(o.runtime.args.n, 3);
	CHECK_STR(o.runtime.args.items[2], "/b/oci-log");
	CHECK_INT(o.exit.command_args.n, 2);
	CHECK_STR(o.exit.command_args.items[0], "--root");
	CHECK_INT(o.log.size_max, -1);
	CHECK_INT(o.log.max_files, 1);
	monitor_options_done(&o);
}

TEST(options_short_forms)
{
	struct error err = ERROR_INIT;
	struct monitor_options o;

	CHECK_OK(parse(&o, &err, "-ccid -ucuuid -r/usr/sbin/runc -lnone -siT5 -0/persist"), err);
	CHECK_STR(o.cid, "cid");
	CHECK_STR(o.exit.persist_dir, "/persist");
	CHECK(o.open_stdin && o.runtime.systemd_cgroup);
	CHECK_INT(o.timeout_sec, 5);
	monitor_options_done(&o);
}

TEST(options_refused)
{
	static const struct {
		const char *line;
		enum error_kind kind;
		const char *text;
	} rows[] = {
		{ "", ERROR_INVALID, "--cid" },
		{ "-c cid", ERROR_INVALID, "--cuuid" },
		{ "-c cid -u u", ERROR_INVALID, "--runtime" },
		{ "-c cid -u u -r /bin/true", ERROR_INVALID, "--log-path" },
		{ "-c a/b -u u -r r -l none", ERROR_INVALID, "'a/b'" },
		{ BASE "--bogus", ERROR_INVALID, "'--bogus'" },
		{ BASE "--bogus=1", ERROR_INVALID, "'--bogus=1'" },
		{ BASE "-Z", ERROR_INVALID, "'-Z'" },
		{ BASE "stray", ERROR_INVALID, "'stray'" },
		{ BASE "--exec=1", ERROR_INVALID, "--exec" },
		{ BASE "--exit-dir", ERROR_INVALID, "--exit-dir: missing value" },
		{ BASE "--timeout x", ERROR_INVALID, "'x'" },
		{ BASE "--timeout 99999999999", ERROR_INVALID, "--timeout" },
		{ BASE "--exit-delay -1", ERROR_INVALID, "--exit-delay" },
		{ BASE "--log-max-files 0", ERROR_INVALID, "--log-max-files" },
		{ BASE "--exec", ERROR_INVALID, "--exec-process-spec" },
		{ BASE "--exec-attach", ERROR_INVALID, "--exec" },
		{ BASE "--exec --exec-process-spec p --restore d", ERROR_INVALID, "--restore" },
		{ BASE "--seccomp-notify-socket s", ERROR_UNSUPPORTED, "--seccomp-notify-socket" },
		{ BASE "--seccomp-notify-plugins=p", ERROR_UNSUPPORTED,
		  "--seccomp-notify-plugins" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct monitor_options o;

		CHECK_FAILS(parse(&o, &err, rows[i].line), err, rows[i].kind, rows[i].text);
	}
}

/* Every flag of conmon (shared/reference/conmon-cli.tsv) is known here. */
TEST(options_all_of_conmon)
{
	static const char *const flags[] = {
		"exec",
		"full-attach",
		"leave-stdin-open",
		"log-rotate",
		"no-container-partial-message",
		"no-new-keyring",
		"no-pivot",
		"no-sync-log",
		"replace-listen-pid",
		"stdin",
		"sync",
		"syslog",
		"systemd-cgroup",
		"terminal",
		"api-version",
	};
	static const char *const values[] = {
		"bundle",
		"cid",
		"conmon-pidfile",
		"container-pidfile",
		"cuuid",
		"exec-process-spec",
		"exit-command",
		"exit-command-arg",
		"exit-dir",
		"log-allowlist-dir",
		"log-label",
		"log-level",
		"log-path",
		"log-tag",
		"name",
		"persist-dir",
		"pidfile",
		"restore-arg",
		"runtime",
		"runtime-arg",
		"runtime-opt",
		"sdnotify-socket",
		"socket-dir-path",
		"exit-delay",
		"log-global-size-max",
		"log-max-files",
		"log-size-max",
		"timeout",
	};
	char line[512];

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct error err = ERROR_INIT;
		struct monitor_options o;

		snprintf(line, sizeof(line), BASE "--exec-process-spec p --%s", flags[i]);
		CHECK_OK(parse(&o, &err, line), err);
		monitor_options_done(&o);
	}
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct error err = ERROR_INIT;
		struct monitor_options o;

		snprintf(line, sizeof(line), BASE "--%s 7", values[i]);
		CHECK_OK(parse(&o, &err, line), err);
		monitor_options_done(&o);
	}
}

/* ---- every flag of conmon ---- */

enum lands { AT_FLAG, AT_STRING, AT_INT, AT_LIST, REFUSED };

#define ROW(name, kind, member)                                      \
	{                                                            \
		name, kind, offsetof(struct monitor_options, member) \
	}
static const struct {
	const char *name;
	enum lands kind;
	size_t offset;
} meanings[] = {
	ROW("api-version", AT_FLAG, api_version),
	ROW("bundle", AT_STRING, bundle),
	ROW("cid", AT_STRING, cid),
	ROW("conmon-pidfile", AT_STRING, pidfile),
	ROW("container-pidfile", AT_STRING, container_pidfile),
	ROW("cuuid", AT_STRING, cuuid),
	ROW("exec", AT_FLAG, exec),
	ROW("exec-attach", AT_FLAG, exec_attach),
	ROW("exec-process-spec", AT_STRING, runtime.process_spec),
	ROW("exit-command", AT_STRING, exit.command),
	ROW("exit-command-arg", AT_LIST, exit.command_args),
	ROW("exit-delay", AT_INT, exit.delay_sec),
	ROW("exit-dir", AT_STRING, exit.dir),
	ROW("full-attach", AT_FLAG, full_attach),
	ROW("leave-stdin-open", AT_FLAG, leave_stdin_open),
	ROW("log-allowlist-dir", AT_LIST, log.allowlist),
	ROW("log-global-size-max", AT_INT, log.global_size_max),
	ROW("log-label", AT_LIST, log.labels),
	ROW("log-level", AT_STRING, log_level),
	ROW("log-max-files", AT_INT, log.max_files),
	ROW("log-path", AT_LIST, log.paths),
	ROW("log-rotate", AT_FLAG, log.rotate),
	ROW("log-size-max", AT_INT, log.size_max),
	ROW("log-tag", AT_STRING, log.tag),
	ROW("name", AT_STRING, name),
	ROW("no-container-partial-message", AT_FLAG, log.no_partial_message),
	ROW("no-new-keyring", AT_FLAG, runtime.no_new_keyring),
	ROW("no-pivot", AT_FLAG, runtime.no_pivot),
	ROW("no-sync-log", AT_FLAG, log.no_sync),
	ROW("persist-dir", AT_STRING, exit.persist_dir),
	ROW("pidfile", AT_STRING, container_pidfile),
	ROW("replace-listen-pid", AT_FLAG, runtime.replace_listen_pid),
	ROW("restore", AT_STRING, runtime.restore),
	ROW("restore-arg", AT_LIST, runtime.opts),
	ROW("runtime", AT_STRING, runtime.path),
	ROW("runtime-arg", AT_LIST, runtime.args),
	ROW("runtime-opt", AT_LIST, runtime.opts),
	ROW("sdnotify-socket", AT_STRING, notify_socket),
	{ "seccomp-notify-plugins", REFUSED, 0 },
	{ "seccomp-notify-socket", REFUSED, 0 },
	ROW("socket-dir-path", AT_STRING, socket_dir),
	ROW("stdin", AT_FLAG, open_stdin),
	ROW("sync", AT_FLAG, sync),
	ROW("syslog", AT_FLAG, syslog),
	ROW("systemd-cgroup", AT_FLAG, runtime.systemd_cgroup),
	ROW("terminal", AT_FLAG, terminal),
	ROW("timeout", AT_INT, timeout_sec),
	ROW("version", AT_FLAG, version),
};
#undef ROW

static bool landed(const struct monitor_options *o, enum lands kind, size_t offset)
{
	const void *at = (const char *)o + offset;
	const struct option_list *list = at;

	switch (kind) {
	case AT_FLAG:
		return *(const bool *)at;
	case AT_STRING:
		return *(const char *const *)at && strcmp(*(const char *const *)at, "7") == 0;
	case AT_INT:
		return *(const int64_t *)at == 7;
	case AT_LIST:
		return list->n > 0 && strcmp(list->items[list->n - 1], "7") == 0;
	case REFUSED:
	default:
		return false;
	}
}

/* What the flag needs besides itself. */
static const char *company(const char *name)
{
	if (strcmp(name, "exec") == 0)
		return "--exec-process-spec p";
	if (strcmp(name, "exec-attach") == 0)
		return "--exec --exec-process-spec p";
	return "";
}

/* One row of conmon-cli.tsv: the word, with the value in its own word, as = and as short form. */
static void check_row(const char *name, const char *letter, bool value)
{
	size_t k = 0;

	while (k < ARRAY_SIZE(meanings) && strcmp(meanings[k].name, name) != 0)
		k++;
	if (k == ARRAY_SIZE(meanings))
		test_fail(__FILE__, __LINE__, "--%s is in conmon-cli.tsv and not here", name);
	for (int form = 0; form < 3; form++) {
		struct error err = ERROR_INIT;
		struct monitor_options o;
		char word[128], line[512];
		int r;

		if ((form == 1 && !value) || (form == 2 && !*letter))
			continue;
		if (form == 2)
			snprintf(word, sizeof(word), "%s %s", letter, value ? "7" : "");
		else
			snprintf(word, sizeof(word), "--%s%s%s", name, form == 1 ? "=" : " ",
				 value ? "7" : "");
		snprintf(line, sizeof(line), BASE "%s %s", company(name), word);
		r = parse(&o, &err, line);
		if (meanings[k].kind == REFUSED) {
			CHECK(r < 0 && err.kind == ERROR_UNSUPPORTED && strstr(err.msg, name));
			continue;
		}
		if (r < 0 || !landed(&o, meanings[k].kind, meanings[k].offset))
			test_fail(__FILE__, __LINE__, "'%s': %s", word,
				  r < 0 ? err.msg : "its value is not where it belongs");
		monitor_options_done(&o);
	}
}

TEST(options_every_flag_of_conmon)
{
	scoped_free char *text = test_read_file(TEST_DATA "/conmon-cli.tsv");
	char *next = text, *line;
	int flags = 0;

	while ((line = strsep(&next, "\n"))) {
		char *kind = strsep(&line, "\t"), *name = strsep(&line, "\t");
		char *letter = strsep(&line, "\t"), *value = strsep(&line, "\t");

		if (!value || strcmp(kind, "flag") != 0)
			continue;
		check_row(name + 2, letter, *value != '\0');
		flags++;
	}
	CHECK_INT(flags, ARRAY_SIZE(meanings));
}

TEST(options_restart_rule)
{
	struct error err = ERROR_INIT;
	struct monitor_options o;
	char *good[] = {
		(char *)(uintptr_t) "coracle-monitor", (char *)(uintptr_t) "-ccid",
		(char *)(uintptr_t) "-ucuuid",	       (char *)(uintptr_t) "-r/usr/sbin/runc",
		(char *)(uintptr_t) "-lnone",	       (char *)(uintptr_t) "--exit-restart",
		(char *)(uintptr_t) "on-failure 5 2 1"
	};

	CHECK_OK(parse(&o, &err, BASE), err);
	CHECK_INT(o.exit.restart.policy, RESTART_NO);
	monitor_options_done(&o);
	CHECK_OK(monitor_options_parse(ARRAY_SIZE(good), good, &o, &err), err);
	CHECK_INT(o.exit.restart.policy, RESTART_ON_FAILURE);
	CHECK_INT(o.exit.restart.max_retries, 5);
	CHECK_INT(o.exit.restart.count, 2);
	CHECK_INT(o.exit.restart.streak, 1);
	monitor_options_done(&o);
	CHECK_FAILS(parse(&o, &err, BASE "--exit-restart always"), err, ERROR_INVALID,
		    "not a rule");
}
