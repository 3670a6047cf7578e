/* SPDX-License-Identifier: Apache-2.0 */
/* main: global options, the table of commands, how errors are told. */
#include "runtime/commands/main.h"

#include <errno.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/trace.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/report.h"
#include "runtime/record.h"
#include "sys/fd.h"
#include "sys/signals.h"

static const struct command *const commands[] = {
	&runtime_command_create, &runtime_command_start,      &runtime_command_state,
	&runtime_command_kill,	 &runtime_command_delete,     &runtime_command_run,
	&runtime_command_exec,	 &runtime_command_list,	      &runtime_command_ps,
	&runtime_command_pause,	 &runtime_command_resume,     &runtime_command_update,
	&runtime_command_events, &runtime_command_spec,	      &runtime_command_features,
	&runtime_command_mounts, &runtime_command_checkpoint, &runtime_command_restore,
};

struct global_options {
	const char *root, *log, *log_format, *log_level, *cgroup_manager, *rootless, *criu;
	bool debug, systemd_cgroup, version;
};

static const struct option_row global_rows[] = {
	{ "root", 0, OPTION_STRING, offsetof(struct global_options, root), "DIR",
	  "directory of the containers' state" },
	{ "log", 0, OPTION_STRING, offsetof(struct global_options, log), "FILE",
	  "write messages to FILE too" },
	{ "log-format", 0, OPTION_STRING, offsetof(struct global_options, log_format), "FORMAT",
	  "text or json" },
	{ "log-level", 0, OPTION_STRING, offsetof(struct global_options, log_level), "LEVEL",
	  "error, warning or debug" },
	{ "debug", 0, OPTION_FLAG, offsetof(struct global_options, debug), NULL,
	  "tell more in the log" },
	{ "systemd-cgroup", 0, OPTION_FLAG, offsetof(struct global_options, systemd_cgroup), NULL,
	  "let systemd make the cgroups; cgroupsPath is slice:prefix:name" },
	{ "cgroup-manager", 0, OPTION_STRING, offsetof(struct global_options, cgroup_manager),
	  "MANAGER", "cgroupfs, systemd or disabled" },
	{ "rootless", 0, OPTION_STRING, offsetof(struct global_options, rootless), "VALUE",
	  "true, false or auto" },
	{ "criu", 0, OPTION_STRING, offsetof(struct global_options, criu), "FILE", NULL },
	{ "version", 'v', OPTION_FLAG, offsetof(struct global_options, version), NULL,
	  "print the version" },
	{ "version", 'V', OPTION_FLAG, offsetof(struct global_options, version), NULL, NULL },
};

static int cgroup_driver(const struct global_options *g, enum cgroup_driver *ret, struct error *err)
{
	*ret = g->systemd_cgroup ? CGROUP_DRIVER_SYSTEMD : CGROUP_DRIVER_CGROUPFS;
	if (g->cgroup_manager == NULL || streq(g->cgroup_manager, "cgroupfs"))
		return 0;
	if (streq(g->cgroup_manager, "systemd"))
		*ret = CGROUP_DRIVER_SYSTEMD;
	else if (streq(g->cgroup_manager, "disabled"))
		*ret = CGROUP_DRIVER_DISABLED;
	else
		return error_set(err, ERROR_INVALID,
				 "--cgroup-manager: '%s' is none of cgroupfs, systemd, disabled",
				 g->cgroup_manager);
	return 0;
}

static int rootless(const struct global_options *g, enum runtime_rootless *ret, struct error *err)
{
	bool yes;

	*ret = RUNTIME_ROOTLESS_AUTO;
	if (str_empty(g->rootless) || streq(g->rootless, "auto"))
		return 0;
	if (num_bool(g->rootless, &yes) < 0)
		return error_set(err, ERROR_INVALID,
				 "--rootless: '%s' is none of true, false, auto", g->rootless);
	*ret = yes ? RUNTIME_ROOTLESS_YES : RUNTIME_ROOTLESS_NO;
	return 0;
}

/* As runc: an ordinary user's, also where the user is root of a user namespace, unless the
 * environment is root's own (sudo keeps XDG_RUNTIME_DIR). */
static const char *user_runtime_dir(void)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");

	if (str_empty(xdg))
		return NULL;
	if (geteuid() != 0)
		return xdg;
	return userns_initial() || streq_opt(getenv("USER"), "root") ? NULL : xdg;
}

/* Need not exist yet. */
static char *absolute(const char *path)
{
	scoped_free char *cwd = NULL;

	if (path_absolute(path))
		return xstrdup(path);
	cwd = getcwd(NULL, 0);
	return cwd ? path_join(cwd, path) : NULL;
}

/* Root and cache strings live as long as the call. */
static int make_context(const struct global_options *g, struct command_context *cx, char **ret_root,
			char **ret_cache, struct error *err)
{
	const char *xdg = user_runtime_dir();
	scoped_free char *root = NULL;
	int r = cgroup_driver(g, &cx->runtime.cgroup_driver, err);

	if (r == 0)
		r = rootless(g, &cx->runtime.rootless, err);
	if (r < 0)
		return r;
	if (!str_empty(g->root))
		root = absolute(g->root);
	else if (xdg)
		root = path_join(xdg, "coracle-runtime");
	else
		root = xstrdup(RUNTIME_ROOT_DEFAULT);
	if (root == NULL)
		return error_os(err, errno, "resolve state root '%s'", g->root);
	/* Beside the containers; the name is no valid id. */
	*ret_cache = xdg ? path_join(xdg, "coracle/seccomp-cache")
			 : xstrdup("/run/coracle/seccomp-cache");
	*ret_root = take_ptr(root);
	cx->runtime.root = *ret_root;
	cx->runtime.seccomp_cache_dir = *ret_cache;
	cx->root_flag = g->root;
	cx->debug = g->debug;
	return 0;
}

static void print_help(struct buf *b)
{
	buf_adds(b, "Usage: coracle-runtime [global options] COMMAND [options]\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		buf_addf(b, "  %-12s %s\n", commands[i]->name, commands[i]->help);
	buf_adds(b, "\nGlobal options:\n");
	runtime_options_help(global_rows, ARRAY_SIZE(global_rows), b);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (streq(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

int command_print(struct buf *b, struct error *err)
{
	int r = fd_write_all(STDOUT_FILENO, buf_str(b), b->len);

	return r < 0 ? error_os(err, -r, "write to stdout") : 0;
}

static int command_help(const struct command *c, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_addf(&b, "Usage: coracle-runtime %s\n\n%s\n", c->usage, c->help);
	if (c->n_rows > 0)
		buf_adds(&b, "\nOptions:\n");
	runtime_options_help(c->rows, c->n_rows, &b);
	return command_print(&b, err);
}

int command_parse(const struct command *c, int argc, char **argv, void *target, int min, int max,
		  bool intersperse, struct positional *ret, struct error *err)
{
	struct error why = ERROR_INIT;
	int first = argc;
	int r = runtime_options_parse(c->rows, c->n_rows, argc, argv, intersperse, target, &first,
				      &why);

	if (why.kind == ERROR_CANCELED)
		return command_help(c, err);
	if (r < 0) {
		error_prefix(&why, "%s", c->name);
		error_copy(err, &why);
		return COMMAND_USAGE;
	}
	*ret = (struct positional){ argc - first, argv + first };
	if (ret->argc < min || (max >= 0 && ret->argc > max)) {
		error_set(err, ERROR_INVALID, "usage: coracle-runtime %s", c->usage);
		return COMMAND_USAGE;
	}
	return COMMAND_GO;
}

int command_for_each(const struct command_context *cx, const char *pattern,
		     int (*fn)(const struct command_context *cx, const char *id, void *arg,
			       struct error *err),
		     void *arg, struct error *err)
{
	scoped_strv char **ids = NULL;
	regex_t re;
	int r = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB);

	if (r != 0)
		return error_set(err, ERROR_INVALID, "'%s' is not a regular expression", pattern);
	r = runtime_list(&cx->runtime, &ids, err);
	STRV_FOREACH (id, ids) {
		if (r >= 0 && regexec(&re, *id, 0, NULL, 0) == 0)
			r = fn(cx, *id, arg, err);
	}
	regfree(&re);
	return r;
}

static int print_version(struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_addf(&b,
		 "coracle-runtime version %s\ncommit: %s\nrundir: %s\nspec: %s\nlibseccomp: %s\n"
		 "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF\n",
		 CORACLE_VERSION, CORACLE_VERSION, RUNTIME_ROOT_DEFAULT, OCI_RUNTIME_SPEC_VERSION,
		 seccomp_library_version());
	return command_print(&b, err);
}

/* "help [COMMAND]"; without a command it is an error to have given none. */
static int help(int argc, char **argv, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	const struct command *c = argc > 1 ? find_command(argv[1]) : NULL;
	int r;

	if (argc > 1 && c == NULL)
		return error_set(err, ERROR_INVALID, "unknown command '%s'", argv[1]);
	if (c)
		return command_help(c, err);
	print_help(&b);
	r = command_print(&b, err);
	return r < 0 ? r : argc == 0;
}

static int dispatch(const struct global_options *g, int argc, char **argv, struct error *err)
{
	scoped_free char *root = NULL;
	scoped_free char *cache = NULL;
	struct command_context cx = { 0 };
	const struct command *c;
	int r;

	if (g->version)
		return print_version(err);
	if (argc == 0 || streq(argv[0], "help") || streq(argv[0], "h") || streq(argv[0], "--help"))
		return help(argc, argv, err);
	c = find_command(argv[0]);
	if (c == NULL)
		return error_set(err, ERROR_INVALID, "unknown command '%s'", argv[0]);
	r = make_context(g, &cx, &root, &cache, err);
	return r < 0 ? r : c->run(&cx, argc, argv, err);
}

bool runtime_needs_protection(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (streq(argv[i], "create") || streq(argv[i], "run") || streq(argv[i], "exec") ||
		    streq(argv[i], "restore"))
			return true;
	}
	return false;
}

const struct command *const *runtime_commands(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(commands);
	return commands;
}

const struct option_row *runtime_global_options(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(global_rows);
	return global_rows;
}

/* runc's exec says 255, everything else 1. */
static int error_status(int argc, char **argv)
{
	return argc > 0 && streq(argv[0], "exec") ? 255 : 1;
}

int runtime_main(int argc, char **argv)
{
	struct global_options g = { 0 };
	struct report rp = REPORT_INIT;
	struct error err = ERROR_INIT;
	scoped_free char **args = xnew_n(char *, (size_t)argc + 1);
	int first = argc;
	int r;

	memcpy(args, argv, (size_t)argc * sizeof(char *));
	trace_inherit();
	signals_ignore_pipe();
	r = runtime_options_parse(global_rows, ARRAY_SIZE(global_rows), argc, args, false, &g,
				  &first, &err);
	if (err.kind == ERROR_CANCELED) {
		/* There is room for one more. */
		args[argc++] = (char *)"--help";
		first = argc - 1;
		r = 0;
	}
	if (r == 0) {
		struct report_options o = { g.log, g.log_format, g.log_level, g.debug };

		r = report_open(&rp, &o, &err);
	}
	if (r == 0) {
		log_debug("coracle-runtime %s: %s", CORACLE_VERSION,
			  first < argc ? args[first] : "help");
		r = dispatch(&g, argc - first, args + first, &err);
	}
	if (r < 0 || r == COMMAND_USAGE)
		report_error(&rp, &err);
	report_done(&rp);
	if (r == COMMAND_USAGE)
		return 1;
	return r >= 0 ? r : error_status(argc - first, args + first);
}
