/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

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
