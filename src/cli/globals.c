/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/globals.h"

#include <limits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/trace.h"

#define ROW(nm, ltr, a, knd, member, hlp, ...)                                         \
	{                                                                              \
		.name = (nm), .letter = (ltr), .arg = (a), .kind = (knd),              \
		.offset = offsetof(struct globals, member), .help = (hlp), __VA_ARGS__ \
	}

const struct option globals_rows[] = {
	ROW("cgroup-manager", 0, "MANAGER", OPTION_STR, cgroup_manager,
	    "Who makes cgroups: cgroupfs", .words = WORDS_LIST, .choices = "cgroupfs systemd"),
	ROW("conmon", 0, "PATH", OPTION_STR, conmon, "Path of the monitor program",
	    .words = WORDS_FILES),
	ROW("debug", 'D', NULL, OPTION_BOOL, debug, "Same as --log-level debug",
	    .flags = OPTION_HIDDEN),
	ROW("help", 'h', NULL, OPTION_BOOL, help, "Print this help"),
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
	ROW("version", 'v', NULL, OPTION_BOOL, version, "Print the version"),
	ROW("volumepath", 0, "DIR", OPTION_STR, volume_path, "Directory of named volumes",
	    .words = WORDS_DIRS),
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

/* Which rows the cleanup command must see again. */
static bool is_for_cleanup(const char *word)
{
	return !str_has_prefix(word, "--trace");
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
	int r = options_parse(&p, argc - 1, argv + 1, &words, &help, err), level;

	if (r < 0)
		return r;
	r = argc - (int)strv_len(words);
	for (int i = 1; i < r; i++) {
		if (streq(argv[i], "--trace"))
			i++;
		else if (is_for_cleanup(argv[i]))
			strv_add(&g->as_given, argv[i]);
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
	if (g->trace) {
		int t = trace_start(g->trace);
		if (t < 0)
			return error_os(err, -t, "open trace file '%s'", g->trace);
	}
	return r;
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
					.global_args = cli->global_args,
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
