/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/globals.h"

#include <limits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/trace.h"

/* --debug, --help, --version */
#define GLOBALS_OWN 3

#define ROW(nm, ltr, a, knd, member, hlp, ...)                                         \
	{                                                                              \
		.name = (nm), .letter = (ltr), .arg = (a), .kind = (knd),              \
		.offset = offsetof(struct globals, member), .help = (hlp), __VA_ARGS__ \
	}

/* The last GLOBALS_OWN rows are of the program alone; commands take the others too. */
const struct option globals_rows[] = {
	ROW("cgroup-manager", 0, "MANAGER", OPTION_STR, cgroup_manager,
	    "Who makes cgroups: systemd or cgroupfs", .words = WORDS_LIST,
	    .choices = "cgroupfs systemd"),
	ROW("conmon", 0, "PATH", OPTION_STR, conmon, "Path of the monitor program",
	    .words = WORDS_FILES),
	ROW("log-level", 0, "LEVEL", OPTION_STR, log_level,
	    "Messages on standard error: trace, debug, info, warn, error, fatal, panic",
	    .words = WORDS_LIST, .choices = "trace debug info warn warning error fatal panic"),
	ROW("network-config-dir", 0, "DIR", OPTION_STR, network_config_dir,
	    "Directory of network definitions", .words = WORDS_DIRS),
	ROW("root", 0, "DIR", OPTION_STR, root, "Directory of images, containers, and volumes",
	    .words = WORDS_DIRS),
	ROW("runroot", 0, "DIR", OPTION_STR, runroot, "Directory of state that ends with the boot",
	    .words = WORDS_DIRS),
	ROW("runtime", 0, "PATH", OPTION_STR, runtime, "OCI runtime: a name or a path",
	    .words = WORDS_FILES),
	ROW("storage-driver", 0, "DRIVER", OPTION_STR, storage_driver,
	    "Storage driver: overlay or vfs", .words = WORDS_LIST, .choices = "overlay vfs"),
	ROW("trace", 0, "FILE", OPTION_STR, trace,
	    "Write the phases of the work to FILE in Chrome trace format", .words = WORDS_FILES),
	ROW("volumepath", 0, "DIR", OPTION_STR, volume_path, "Directory of named volumes",
	    .words = WORDS_DIRS),
	ROW("debug", 'D', NULL, OPTION_BOOL, debug, "Same as --log-level debug",
	    .flags = OPTION_HIDDEN),
	ROW("help", 'h', NULL, OPTION_BOOL, help, "Print this help"),
	ROW("version", 'v', NULL, OPTION_BOOL, version, "Print the version"),
};
const size_t globals_n_rows = ARRAY_SIZE(globals_rows);

static const char *const unsupported[] = { "cdi-spec-dir",
					   "config",
					   "connection",
					   "events-backend",
					   "hooks-dir",
					   "identity",
					   "imagestore",
					   "module",
					   "namespace",
					   "network-cmd-path",
					   "out",
					   "remote",
					   "runtime-flag",
					   "ssh",
					   "storage-opt",
					   "syslog",
					   "tls-ca",
					   "tls-cert",
					   "tls-key",
					   "tmpdir",
					   "transient-store",
					   "url",
					   "registries-conf",
					   NULL };

const struct option_set globals_persistent = { globals_rows,
					       ARRAY_SIZE(globals_rows) - GLOBALS_OWN };

/* What the cleanup command must be told again. */
static void remember(struct globals *g, const char *name, const char *value)
{
	if (!value)
		return;
	strv_addf(&g->as_given, "--%s", name);
	strv_add(&g->as_given, value);
}

int globals_apply(struct globals *g, struct error *err)
{
	int level;

	g->as_given = strv_free(g->as_given);
	for (size_t i = 0; i < ARRAY_SIZE(globals_rows); i++) {
		const struct option *o = &globals_rows[i];
		if (o->kind == OPTION_STR && !streq(o->name, "trace"))
			remember(g, o->name, *(char **)((char *)g + o->offset));
	}
	if (g->log_level) {
		level = log_level_parse(g->log_level);
		if (level < 0)
			return error_set(err, ERROR_INVALID,
					 "log level \"%s\" is not supported: choose from "
					 "trace, debug, info, warn, warning, error, fatal, panic",
					 g->log_level);
		log_set_level((enum log_level)level);
	}
	if (g->debug)
		log_set_level(LOG_LEVEL_DEBUG);
	if (g->trace && !g->tracing) {
		int t = trace_start(g->trace);
		if (t < 0)
			return error_os(err, -t, "open trace file '%s'", g->trace);
		g->tracing = true;
	}
	return 0;
}

int globals_parse(struct globals *g, int argc, char **argv, struct error *err)
{
	struct option_group group = { globals_rows, globals_n_rows, g };
	struct option_parse p = { .groups = &group,
				  .n_groups = 1,
				  .no_intersperse = true,
				  .unsupported = unsupported,
				  .command = "coracle" };
	scoped_free char **words = NULL;
	bool help = false;
	int r = options_parse(&p, argc - 1, argv + 1, &words, &help, err);

	if (r >= 0)
		r = globals_apply(g, err);
	return r < 0 ? r : argc - (int)strv_len(words);
}

void globals_done(struct globals *g)
{
	char *strings[] = { g->root,
			    g->runroot,
			    g->runtime,
			    g->conmon,
			    g->storage_driver,
			    g->cgroup_manager,
			    g->network_config_dir,
			    g->volume_path,
			    g->log_level,
			    g->trace };

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
	strv_free(g->as_given);
}

void globals_engine_options(const struct globals *g, const struct cli *cli,
			    struct engine_options *ret)
{
	*ret = (struct engine_options){ .root = g->root,
					.runroot = g->runroot,
					.runtime = g->runtime,
					.conmon = g->conmon,
					.storage_driver = g->storage_driver,
					.cgroup_manager = g->cgroup_manager,
					.network_config_dir = g->network_config_dir,
					.volume_path = g->volume_path,
					.program = cli->program };
}

char *globals_program_path(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return xstrdup("/usr/bin/coracle");
	path[n] = '\0';
	return xstrdup(path);
}
