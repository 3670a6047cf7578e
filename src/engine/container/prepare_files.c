/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that the engine gives a container, written anew at each start into its run directory (a
 * tmpfs) and bound over the image's: hosts, resolv.conf, hostname, localtime, .containerenv,
 * passwd, group; and /dev/shm.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "engine/container/container_priv.h"
#include "engine/container/hosts.h"
#include "engine/health/health.h"
#include "engine/container/resolv.h"
#include "engine/spec/spec_priv.h"
#include "sys/fd.h"
#include "sys/root.h"
#include "sys/sock.h"

/* Host's and image's small text files; larger ones are a mistake or an attack (CVE-2024-9676). */
#define TEXT_FILE_MAX ((size_t)1 << 20)
#define SHM_SIZE_DEFAULT (65536LL * 1024)
#define ZONEINFO "/usr/share/zoneinfo"

struct files {
	struct engine *e;
	struct container_record *r;
	struct spec_facts *facts;
	int rootfs_fd;
};

bool container_gives_file(const struct container_record *r, const char *destination)
{
	const struct wish_network *n = &r->wish.network;
	bool own = !str_has_prefix(n->mode, "container:");

	if (wish_is_mounted(&r->wish, destination))
		return false;
	if (streq(destination, "/etc/hosts"))
		return own && !n->no_hosts;
	if (streq(destination, "/etc/resolv.conf"))
		return own && !(n->dns && strv_has(n->dns, "none")) && !streq(n->mode, "none");
	if (streq(destination, "/etc/hostname"))
		return !n->no_hostname;
	return streq(destination, "/run/.containerenv") && !wish_is_mounted(&r->wish, "/run");
}

static void bind_file(const struct files *f, const char *source, const char *destination)
{
	scoped_strv char **options = strv_split("bind,rprivate", ",", false);

	if (f->r->wish.security.read_only) {
		strv_add(&options, "ro");
		strv_add(&options, "nosuid");
		strv_add(&options, "noexec");
		strv_add(&options, "nodev");
	}
	spec_facts_add_bind(f->facts, source, destination, "bind", options);
}

/* Write into the run directory and bind it, unless the user mounts that path. */
static int give_file(const struct files *f, const char *name, const char *destination,
		     struct buf *text, struct error *err)
{
	scoped_free char *path = engine_run_path(f->e, "containers/%s/%s", f->r->id, name);
	int r;

	if (!buf_ok(text))
		return error_set(err, ERROR_LIMIT, "contents of '%s' are too large", destination);
	r = fd_make_file(AT_FDCWD, path, buf_str(text), text->len, 0644);
	if (r < 0)
		return error_os(err, -r, "write '%s'", path);
	bind_file(f, path, destination);
	return 0;
}

static int read_host_file(const char *path, struct buf *out, struct error *err)
{
	int r = fd_read_file(AT_FDCWD, path, TEXT_FILE_MAX, out);

	if (r < 0 && r != -ENOENT)
		return error_os(err, -r, "read '%s'", path);
	return 0;
}

/* "10.90.0.5/16" to "10.90.0.5"; new string or NULL. */
static char *own_address(const struct container_record *r)
{
	for (size_t i = 0; i < r->state.n_networks; i++) {
		char *const *ips = r->state.networks[i].ips;
		if (ips && ips[0])
			return xstrndup(ips[0], strcspn(ips[0], "/"));
	}
	return NULL;
}

/* The host as the container reaches it: the gateway of its network, else the first address of the
 * host that is not loopback. */
static char *host_address(const struct container_record *r)
{
	char text[INET_ADDRSTRLEN];

	for (size_t i = 0; i < r->state.n_networks; i++)
		if (strv_len(r->state.networks[i].gateways) > 0)
			return xstrdup(r->state.networks[i].gateways[0]);
	return sock_first_address(text) < 0 ? NULL : xstrdup(text);
}

static int hosts_base(const struct files *f, struct buf *out, struct error *err)
{
	const char *from = f->r->wish.network.hosts_file;
	int r;

	if (!from)
		from = engine_conf_str(f->e, "containers", "base_hosts_file", "");
	if (streq(from, "none"))
		return 0;
	if (streq(from, "image")) {
		r = root_read_file(f->rootfs_fd, "/etc/hosts", TEXT_FILE_MAX, out);
		return r < 0 && r != -ENOENT ? error_os(err, -r, "read '/etc/hosts' of the image")
					     : 0;
	}
	return read_host_file(*from ? from : "/etc/hosts", out, err);
}

static int give_hosts(const struct files *f, struct error *err)
{
	const struct wish *w = &f->r->wish;
	scoped(buf_done) struct buf base = BUF_INIT, text = BUF_INIT;
	scoped_free char *own = own_address(f->r), *host = host_address(f->r);
	bool host_mode = spec_mode_is_host(w->network.mode);
	struct hosts_input in = { .add_host = w->network.add_host,
				  .host_ip = host,
				  .own_ip = own		? own
					    : host_mode ? NULL
							: "127.0.0.1",
				  .hostname = f->facts->hostname,
				  .name = f->r->name };
	int r = hosts_base(f, &base, err);

	if (r < 0)
		return r;
	in.base = buf_str(&base);
	r = hosts_generate(&in, &text, err);
	return r < 0 ? r : give_file(f, "hosts", "/etc/hosts", &text, err);
}

static int give_resolv(const struct files *f, struct error *err)
{
	const struct wish_network *n = &f->r->wish.network;
	scoped(buf_done) struct buf host = BUF_INIT, text = BUF_INIT;
	scoped_strv char **servers = NULL, **search = NULL;
	struct resolv_input in = { .own_netns = !spec_mode_is_host(n->mode),
				   .user_servers = n->dns,
				   .user_search = n->dns_search,
				   .user_options = n->dns_options };
	int r;

	for (size_t i = 0; i < f->r->state.n_networks; i++) {
		strv_add_all(&servers, f->r->state.networks[i].dns_servers);
		strv_add_all(&search, f->r->state.networks[i].dns_search);
	}
	r = read_host_file("/etc/resolv.conf", &host, err);
	if (r < 0)
		return r;
	in.host = buf_str(&host);
	in.network_servers = servers;
	in.network_search = search;
	resolv_generate(&in, &text);
	return give_file(f, "resolv.conf", "/etc/resolv.conf", &text, err);
}

static int give_hostname(const struct files *f, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	buf_addf(&text, "%s\n", f->facts->hostname);
	return give_file(f, "hostname", "/etc/hostname", &text, err);
}

static int give_containerenv(const struct files *f, struct error *err)
{
	const struct wish *w = &f->r->wish;
	scoped(buf_done) struct buf text = BUF_INIT;

	if (w->security.privileged)
		buf_addf(&text,
			 "engine=\"coracle-%s\"\nname=\"%s\"\nid=\"%s\"\nimage=\"%s\"\nimageid=\"%"
			 "s\"\nrootless=0\n",
			 CORACLE_VERSION, f->r->name, f->r->id, w->image_name ? w->image_name : "",
			 w->image_id ? w->image_id : "");
	return give_file(f, ".containerenv", "/run/.containerenv", &text, err);
}

static int give_localtime(const struct files *f, struct error *err)
{
	const char *zone = f->r->wish.process.timezone;
	scoped_free char *path = NULL;
	struct stat st;
	int r;

	if (!zone)
		return 0;
	if (path_has_dotdot(zone))
		return error_set(err, ERROR_INVALID, "timezone '%s' must not contain '..'", zone);
	path = streq(zone, "local") ? xstrdup("/etc/localtime") : path_join(ZONEINFO, zone);
	r = fd_stat(AT_FDCWD, path, 0, &st);
	if (r < 0)
		return error_os(err, -r, "find timezone '%s' at '%s'", zone, path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_INVALID, "timezone '%s' is not a file below %s", zone,
				 ZONEINFO);
	bind_file(f, path, "/etc/localtime");
	return 0;
}

/* A private one is a tmpfs that the runtime mounts: nothing on the host has to be unmounted.  One
 * to be shared with later containers (--ipc shareable) lives on the host. */
static void give_shm(const struct files *f)
{
	const struct wish *w = &f->r->wish;
	int64_t size = w->shm_size.set ? w->shm_size.value : SHM_SIZE_DEFAULT;
	scoped_strv char **options = strv_split("rprivate,nosuid,noexec,nodev,mode=1777", ",",
						false);

	if (spec_mode_is_host(w->namespaces.ipc)) {
		scoped_strv char **bind = strv_split("rbind,rprivate,nosuid,noexec,nodev", ",",
						     false);
		spec_facts_add_bind(f->facts, "/dev/shm", "/dev/shm", "bind", bind);
		return;
	}
	if (size > 0)
		strv_addf(&options, "size=%lld", (long long)size);
	spec_facts_add_bind(f->facts, "shm", "/dev/shm", "tmpfs", options);
}

/* Has text a row whose third field is this id? */
static bool has_id(const char *text, uint32_t id)
{
	scoped_strv char **lines = strv_split(text, "\n", false);

	STRV_FOREACH (l, lines) {
		scoped_strv char **fields = strv_split(*l, ":", true);
		uint32_t value;
		if (strv_len(fields) >= 3 && num_id(fields[2], &value) == 0 && value == id)
			return true;
	}
	return false;
}

/* A numeric user without an entry gets one, so that programs can name themselves; images without
 * the files at all are left alone. */
static int give_accounts(const struct files *f, struct error *err)
{
	const struct spec_user *u = &f->facts->user;
	scoped(buf_done) struct buf passwd = BUF_INIT, group = BUF_INIT;
	const char *home = str_empty(f->r->wish.process.workdir) ? "/" : f->r->wish.process.workdir;
	int r = 0;

	if (u->in_passwd || u->uid == 0)
		return 0;
	if (!wish_is_mounted(&f->r->wish, "/etc/passwd") &&
	    root_read_file(f->rootfs_fd, "/etc/passwd", TEXT_FILE_MAX, &passwd) >= 0) {
		if (passwd.len > 0 && passwd.data[passwd.len - 1] != '\n')
			buf_addc(&passwd, '\n');
		buf_addf(&passwd, "%u:*:%u:%u:container user:%s:/bin/sh\n", u->uid, u->uid, u->gid,
			 str_printable(home) && !strchr(home, ':') ? home : "/");
		r = give_file(f, "passwd", "/etc/passwd", &passwd, err);
	}
	if (r >= 0 && !wish_is_mounted(&f->r->wish, "/etc/group") &&
	    root_read_file(f->rootfs_fd, "/etc/group", TEXT_FILE_MAX, &group) >= 0 &&
	    !has_id(buf_str(&group), u->gid)) {
		if (group.len > 0 && group.data[group.len - 1] != '\n')
			buf_addc(&group, '\n');
		buf_addf(&group, "%u:x:%u:%u\n", u->gid, u->gid, u->uid);
		r = give_file(f, "group", "/etc/group", &group, err);
	}
	return r;
}

/* The container whose network namespace this one joins: its files are used, the chain of joins
 * followed to its root. */
static int network_owner(const struct files *f, char ret_id[65], struct error *err)
{
	const char *word = str_skip_prefix(f->r->wish.network.mode, "container:");
	struct container_record next = { 0 };
	int r = 0;

	/* a loop of joins cannot start; the bound is for damaged records */
	for (unsigned hops = 0; r >= 0 && hops < 64; hops++) {
		struct container_record current = next;
		const char *further;
		next = (struct container_record){ 0 };
		r = container_snapshot(f->e, word, &next, err);
		container_record_done(&current);
		if (r < 0)
			break;
		further = next.wish.network.mode
				  ? str_skip_prefix(next.wish.network.mode, "container:")
				  : NULL;
		if (!further) {
			memcpy(ret_id, next.id, sizeof(next.id));
			container_record_done(&next);
			return 0;
		}
		word = further;
	}
	container_record_done(&next);
	return r < 0 ? r
		     : error_set(err, ERROR_STATE,
				 "containers that join each other's network form a loop");
}

static int share_network_files(const struct files *f, struct error *err)
{
	static const char *const names[][2] = { { "hosts", "/etc/hosts" },
						{ "resolv.conf", "/etc/resolv.conf" } };
	char id[65];
	int r = network_owner(f, id, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
		scoped_free char *path = engine_run_path(f->e, "containers/%s/%s", id, names[i][0]);
		struct stat st;
		if (!wish_is_mounted(&f->r->wish, names[i][1]) &&
		    fd_stat(AT_FDCWD, path, 0, &st) == 0)
			bind_file(f, path, names[i][1]);
	}
	return r;
}

static int give_network_files(const struct files *f, struct error *err)
{
	int r = 0;

	if (str_has_prefix(f->r->wish.network.mode, "container:"))
		return share_network_files(f, err);
	if (container_gives_file(f->r, "/etc/hosts"))
		r = give_hosts(f, err);
	if (r >= 0 && container_gives_file(f->r, "/etc/resolv.conf"))
		r = give_resolv(f, err);
	return r;
}

/* The monitor makes its socket there; conmon does, too. */
static int give_notify(const struct files *f, struct error *err)
{
	scoped_free char *path = engine_run_path(f->e, "containers/%s/notify", f->r->id);
	int r = fd_mkdir_p(AT_FDCWD, path, 0755);

	if (r < 0)
		return error_os(err, -r, "create directory '%s'", path);
	bind_file(f, path, "/run/notify");
	return 0;
}

int container_prepare_files(struct engine *e, struct container_record *r, int rootfs_fd,
			    const struct image_config *img, struct spec_facts *facts,
			    struct error *err)
{
	struct files f = { .e = e, .r = r, .facts = facts, .rootfs_fd = rootfs_fd };
	int n = give_network_files(&f, err);

	if (n >= 0 && container_gives_file(r, "/etc/hostname"))
		n = give_hostname(&f, err);
	if (n >= 0 && container_gives_file(r, "/run/.containerenv"))
		n = give_containerenv(&f, err);
	if (n >= 0 && !wish_is_mounted(&r->wish, "/etc/localtime"))
		n = give_localtime(&f, err);
	if (n >= 0)
		n = give_accounts(&f, err);
	if (n >= 0 && !wish_is_mounted(&r->wish, "/dev/shm"))
		give_shm(&f);
	if (n >= 0 && wish_relays_notify(&r->wish))
		n = give_notify(&f, err);
	return n < 0 ? n : 0;
}
