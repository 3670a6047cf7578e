/* SPDX-License-Identifier: Apache-2.0 */
/* create: the command line of create, and what it shares with run. */
#include "runtime/commands/create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/str.h"
#include "sys/fd.h"
#include "sys/sock.h"

#define ROW(name, short_name, kind, member, value, help)                                   \
	{                                                                                  \
		name, short_name, kind, offsetof(struct create_flags, member), value, help \
	}

const struct option_row create_flag_rows[RUN_FLAG_COUNT] = {
	ROW("bundle", 'b', OPTION_STRING, bundle, "DIR", "bundle directory (default: here)"),
	ROW("config", 'f', OPTION_STRING, config, "FILE", "configuration instead of config.json"),
	ROW("console-socket", 0, OPTION_STRING, console_socket, "SOCKET",
	    "UNIX socket that receives the terminal"),
	ROW("pidfd-socket", 0, OPTION_STRING, pidfd_socket, "SOCKET",
	    "UNIX socket that receives a pidfd of the container's init"),
	ROW("pid-file", 0, OPTION_STRING, pid_file, "FILE", "write the pid there"),
	ROW("preserve-fds", 0, OPTION_UINT, preserve_fds, "N",
	    "pass N descriptors after stdio to the container"),
	ROW("no-pivot", 0, OPTION_FLAG, no_pivot, NULL, "do not use pivot_root"),
	ROW("no-new-keyring", 0, OPTION_FLAG, no_new_keyring, NULL, "keep the session keyring"),
	ROW("no-subreaper", 0, OPTION_FLAG, no_subreaper, NULL, "do not become a subreaper"),
	ROW("detach", 'd', OPTION_FLAG, detach, NULL, "do not wait"),
	ROW("keep", 0, OPTION_FLAG, keep, NULL, "do not delete after exit"),
};

int create_flags_apply(const struct create_flags *f, const char *id, char **ret_bundle,
		       struct runtime_create_options *ret, struct error *err)
{
	*ret_bundle = realpath(f->bundle ? f->bundle : ".", NULL);
	if (*ret_bundle == NULL)
		return error_os(err, errno, "open bundle '%s'", f->bundle ? f->bundle : ".");
	*ret = (struct runtime_create_options){
		.id = id,
		.bundle = *ret_bundle,
		.config = f->config,
		.console_socket = f->console_socket,
		.pid_file = f->pid_file,
		.notify_socket = getenv("NOTIFY_SOCKET"),
		.preserve_fds = f->preserve_fds,
		.no_pivot = f->no_pivot,
		.no_new_keyring = f->no_new_keyring,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
	};
	return 0;
}

int send_pidfd(const char *socket_path, const struct pidref *p, struct error *err)
{
	scoped_fd int sock = -1;
	int r;

	if (socket_path == NULL)
		return 0;
	sock = sock_connect_unix(AT_FDCWD, socket_path, SOCK_STREAM, err);
	if (sock < 0)
		return error_prefix(err, "pidfd socket");
	r = sock_send_fds(sock, "pidfd", 5, &p->fd, 1);
	return r < 0 ? error_os(err, -r, "send pidfd to '%s'", socket_path) : 0;
}

static int create_run(const struct command_context *cx, int argc, char **argv, struct error *err)
{
	struct create_flags f = { 0 };
	struct runtime_create_options o;
	scoped(pidref_done) struct pidref init = PIDREF_INIT;
	scoped_free char *bundle = NULL;
	struct positional p;
	int r = command_parse(&runtime_command_create, argc, argv, &f, 1, 1, true, &p, err);

	if (r != COMMAND_GO)
		return r;
	r = create_flags_apply(&f, p.argv[0], &bundle, &o, err);
	if (r < 0)
		return r;
	r = runtime_create(&cx->runtime, &o, &init, err);
	return r < 0 ? r : send_pidfd(f.pidfd_socket, &init, err);
}

const struct command runtime_command_create = {
	"create",	  "create [options] ID", "make a container that waits to be started",
	create_flag_rows, CREATE_FLAG_COUNT,	 create_run
};
