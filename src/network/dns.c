/* SPDX-License-Identifier: Apache-2.0 */
#include "network/dns.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/fd.h"
#include "sys/pidref.h"
#include "sys/spawn.h"

#define DNS_DIR "aardvark-dns"
#define DNS_PROGRAM "aardvark-dns"
#define DNS_PORT "53"
#define DNS_PID_FILE "aardvark.pid"
/* Written outside of the server's directory, which it may be reading, then moved there. */
#define DNS_FRESH "dns.new"

/* 65,534 containers with long names on one network. */
#define DNS_FILE_MAX ((size_t)32 << 20)

/* Its parent returns when the daemon has been made; longer than this it hangs. */
#define DNS_START_MSEC 10000

static const char *const helper_dirs[] = { "/usr/local/libexec/podman", "/usr/local/lib/podman",
					   "/usr/libexec/podman", "/usr/lib/podman" };

void dns_format_head(const struct network *n, const struct definition *d, struct buf *out)
{
	scoped_free char *upstream = strv_join(n->dns_servers, ",");
	const char *separator = "";

	for (size_t i = 0; i < d->n_subnets; i++) {
		char text[IP_STR_MAX];

		if (!d->subnets[i].gateway.family)
			continue;
		ip_format(&d->subnets[i].gateway, text);
		buf_addf(out, "%s%s", separator, text);
		separator = ",";
	}
	if (*upstream)
		buf_addf(out, " %s", upstream);
	buf_addc(out, '\n');
}

static void format_addresses(const struct record_link *l, int family, struct buf *out)
{
	const char *separator = "";

	STRV_FOREACH (ip, l->ips) {
		struct subnet s;
		char text[IP_STR_MAX];

		if (subnet_parse(*ip, &s) < 0 || s.addr.family != family)
			continue;
		ip_format(&s.addr, text);
		buf_addf(out, "%s%s", separator, text);
		separator = ",";
	}
}

void dns_format_entry(const char *id, const struct record_link *l, struct buf *out)
{
	scoped_free char *names = strv_join(l->names, ",");

	buf_addf(out, "%s ", id);
	format_addresses(l, AF_INET, out);
	buf_addc(out, ' ');
	format_addresses(l, AF_INET6, out);
	buf_addf(out, " %s\n", names);
}

bool dns_without(const char *text, const char *id, struct buf *out)
{
	size_t id_len = strlen(id);
	bool first = true, rest = false;

	while (*text) {
		size_t len = strcspn(text, "\n");
		bool own = !first && len > id_len && strncmp(text, id, id_len) == 0 &&
			   text[id_len] == ' ';

		if (!own) {
			buf_add(out, text, len);
			buf_addc(out, '\n');
			rest = rest || (!first && len > 0);
		}
		first = false;
		text += len + (text[len] == '\n');
	}
	return rest;
}

static int find_helper(const struct network_config *c, char **ret, struct error *err)
{
	char *path;

	if (c->dns_helper) {
		*ret = xstrdup(c->dns_helper);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(helper_dirs); i++) {
		path = path_join(helper_dirs[i], DNS_PROGRAM);
		if (access(path, X_OK) == 0) {
			*ret = path;
			return 0;
		}
		free(path);
	}
	path = spawn_find(DNS_PROGRAM);
	if (!path)
		return error_set(
			err, ERROR_NOT_FOUND,
			"find program '" DNS_PROGRAM "' for the names of containers: install "
			"the package aardvark-dns, or create the network with --disable-dns");
	*ret = path;
	return 0;
}

/* The running server: 1 and *ret, or 0.  The pid file may be stale and its number somebody else's.
 */
static int find_server(int dir, struct pidref *ret)
{
	char text[32], comm[32], path[64];
	uint32_t pid;

	if (fd_read_line(dir, DNS_DIR "/" DNS_PID_FILE, text, sizeof(text)) <= 0 ||
	    num_u32(text, &pid) < 0 || pid == 0 || pidref_set(ret, (pid_t)pid) < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	if (fd_read_line(AT_FDCWD, path, comm, sizeof(comm)) < 0 ||
	    strncmp(comm, DNS_PROGRAM, 15) != 0 || pidref_alive(ret) <= 0) {
		pidref_done(ret);
		*ret = PIDREF_INIT;
		return 0;
	}
	return 1;
}

static int start_server(const struct network_config *c, struct error *err)
{
	scoped_free char *program = NULL;
	scoped_free char *config = path_join(rundir_path(c), DNS_DIR);
	struct spawn s = SPAWN_INIT;
	int status = 0, r = find_helper(c, &program, err);

	if (r < 0)
		return r;
	char *args[] = { program, "--config", config, "-p", DNS_PORT, "run", NULL };

	s.args = args;
	s.cwd = "/";
	s.flags = SPAWN_SETSID | SPAWN_NULL_STDIN | SPAWN_NULL_STDOUT | SPAWN_NULL_STDERR;
	r = spawn_run(&s, NULL, 0, 0, NULL, NULL, DNS_START_MSEC, &status, err);
	if (r < 0)
		return error_prefix(err, "start the name server");
	if (status != 0)
		return error_set(err, ERROR_STATE, "the name server '%s' ended with status %d",
				 program, pid_exit_status(status));
	return 0;
}

/* Make the server read the files, start it, or stop it when there is none left. */
static int refresh_server(const struct network_config *c, int dir, struct error *err)
{
	scoped(pidref_done) struct pidref server = PIDREF_INIT;
	scoped_strv char **files = NULL;
	int running, r = rundir_names(dir, DNS_DIR, &files, err);

	if (r < 0)
		return r;
	strv_remove(&files, DNS_PID_FILE);
	running = find_server(dir, &server);
	if (strv_len(files) == 0) {
		r = running ? pidref_kill(&server, SIGTERM) : 0;
		if (r < 0 && r != -ESRCH)
			return error_os(err, -r, "stop the name server");
		if (unlinkat(dir, DNS_DIR "/" DNS_PID_FILE, 0) < 0 && errno != ENOENT)
			return error_os(err, errno, "remove '" DNS_PID_FILE "'");
		(void)unlinkat(dir, DNS_DIR, AT_REMOVEDIR); /* stays until the last file is gone */
		return 0;
	}
	if (running) {
		r = pidref_kill(&server, SIGHUP);
		if (r != -ESRCH)
			return r < 0 ? error_os(err, -r, "reload the name server") : 0;
	}
	return start_server(c, err);
}

static int publish(int dir, const char *network, struct buf *text, struct error *err)
{
	scoped_free char *path = path_join(DNS_DIR, network);
	scoped_fd int fd = fd_open(dir, DNS_FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	int r = fd < 0 ? fd : fd_write_all(fd, buf_str(text), text->len);

	if (r >= 0 && renameat(dir, DNS_FRESH, dir, path) < 0)
		r = -errno;
	return r < 0 ? error_os(err, -r, "write names of network '%s'", network) : 0;
}

/* 1, or 0 when the network has no file. */
static int read_names(int dir, const char *network, struct buf *text, struct error *err)
{
	scoped_free char *path = path_join(DNS_DIR, network);
	int r = fd_read_file(dir, path, DNS_FILE_MAX, text);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? error_os(err, -r, "read names of network '%s'", network) : 1;
}

int dns_enter(const struct network_config *c, int dir, const char *id, const struct record_link *l,
	      const struct network *n, struct error *err)
{
	scoped_fd int lock = rundir_lock(dir, RUNDIR_LOCK_DNS, err);
	scoped(buf_done) struct buf old = BUF_INIT;
	scoped(buf_done) struct buf fresh = BUF_INIT;
	struct definition d;
	int r = lock < 0 ? lock : definition_read(n, &d, err);

	if (r < 0)
		return r;
	if (mkdirat(dir, DNS_DIR, 0700) < 0 && errno != EEXIST)
		return error_os(err, errno, "make directory '%s/" DNS_DIR "'", rundir_path(c));
	r = read_names(dir, n->name, &old, err);
	if (r < 0)
		return r;
	if (r > 0)
		(void)dns_without(buf_str(&old), id, &fresh);
	else
		dns_format_head(n, &d, &fresh);
	dns_format_entry(id, l, &fresh);
	r = publish(dir, n->name, &fresh, err);
	return r < 0 ? r : refresh_server(c, dir, err);
}

int dns_leave(const struct network_config *c, int dir, const char *id, const char *network,
	      struct error *err)
{
	scoped_fd int lock = rundir_lock(dir, RUNDIR_LOCK_DNS, err);
	scoped_free char *path = path_join(DNS_DIR, network);
	scoped(buf_done) struct buf old = BUF_INIT;
	scoped(buf_done) struct buf rest = BUF_INIT;
	int r = lock < 0 ? lock : read_names(dir, network, &old, err);

	if (r <= 0)
		return r < 0 ? r : refresh_server(c, dir, err);
	if (dns_without(buf_str(&old), id, &rest))
		r = publish(dir, network, &rest, err);
	else if (unlinkat(dir, path, 0) < 0 && errno != ENOENT)
		return error_os(err, errno, "remove names of network '%s'", network);
	return r < 0 ? r : refresh_server(c, dir, err);
}
