/* SPDX-License-Identifier: Apache-2.0 */
/* What spec_generate must know of host, image and root file system. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "base/trace.h"
#include "cgroup/cgroup.h"
#include "engine/container/container_priv.h"
#include "storage/store.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/feature.h"
#include "sys/process.h"
#include "sys/root.h"

/* passwd and group of a container: hostile and bounded. */
#define PASSWD_MAX_BYTES ((size_t)16 << 20)
#define SECCOMP_MAX_BYTES ((size_t)4 << 20)

enum { JOINED_NET, JOINED_PID, JOINED_IPC, JOINED_UTS, JOINED_CGROUP };

void container_facts_done(struct container_facts *f)
{
	if (!f)
		return;
	spec_facts_done(&f->spec);
	if (f->has_image)
		image_config_done(&f->image);
	fd_close(f->rootfs_fd);
	buf_done(&f->seccomp);
	free(f->netns_path);
	free(f->hostname);
	free(f->cgroups_path);
	free(f->init_source);
	for (size_t i = 0; i < ARRAY_SIZE(f->joined); i++)
		free(f->joined[i]);
	*f = CONTAINER_FACTS_INIT;
}

/* The mount of the wish that lies over path, or over its directory: its file on the host; NULL. */
static char *mounted_source(const struct wish *w, const char *path)
{
	scoped_free char *dir = path_dir(path);

	for (size_t i = w->n_mounts; i-- > 0;) {
		const struct wish_mount *m = &w->mounts[i];

		if (!streq(m->type, "bind") || str_empty(m->source))
			continue;
		if (streq(m->destination, path))
			return xstrdup(m->source);
		if (streq(m->destination, dir))
			return path_join(m->source, path_base(path));
	}
	return NULL;
}

/* Missing (or not a regular file) is no error: then nobody is listed. */
static const char *account_file(const struct wish *w, int rootfs_fd, const char *path,
				struct buf *text)
{
	scoped_free char *host = mounted_source(w, path);
	int r = host ? fd_read_file(AT_FDCWD, host, PASSWD_MAX_BYTES, text)
		     : root_read_file(rootfs_fd, path, PASSWD_MAX_BYTES, text);

	if (r < 0 && r != -ENOENT)
		log_debug("container's %s is not readable (%d); treated as missing", path, r);
	return r < 0 ? NULL : buf_str(text);
}

int container_user(struct container_record *r, int rootfs_fd, const char *user,
		   char *const *group_add, struct spec_user *ret, struct error *err)
{
	scoped(buf_done) struct buf passwd = BUF_INIT, group = BUF_INIT;
	const char *p = account_file(&r->wish, rootfs_fd, "/etc/passwd", &passwd);
	const char *g = account_file(&r->wish, rootfs_fd, "/etc/group", &group);

	return spec_user_lookup(p, g, user, group_add, ret, err);
}

int container_user_at(int root_fd, const char *user, char *const *group_add, struct spec_user *ret,
		      struct error *err)
{
	scoped(buf_done) struct buf passwd = BUF_INIT, group = BUF_INIT;
	bool has_passwd = root_read_file(root_fd, "/etc/passwd", PASSWD_MAX_BYTES, &passwd) >= 0;
	bool has_group = root_read_file(root_fd, "/etc/group", PASSWD_MAX_BYTES, &group) >= 0;

	return spec_user_lookup(has_passwd ? buf_str(&passwd) : NULL,
				has_group ? buf_str(&group) : NULL, user, group_add, ret, err);
}

int container_seccomp_text(struct engine *e, const struct wish_security *s, struct buf *ret,
			   struct error *err)
{
	const char *path = s->seccomp;
	int r;

	if (!wish_has_seccomp(s))
		return 0;
	if (!path) /* the built-in profile, unless the administrator has one of his own */
		path = engine_conf_str(e, "containers", "seccomp_profile", NULL);
	if (!path && access("/etc/containers/seccomp.json", R_OK) == 0)
		path = "/etc/containers/seccomp.json";
	if (!path || streq(path, "unconfined"))
		return 0;
	r = fd_read_file(AT_FDCWD, path, SECCOMP_MAX_BYTES, ret);
	return r < 0 ? error_os(err, -r, "opening seccomp profile (%s) failed", path) : 1;
}

/* "/proc/PID/ns/NAME" of the init of the container that a mode "container:ID" names. */
static int join(struct container *c, const char *mode, const char *ns, char **ret,
		struct error *err)
{
	scoped(container_record_done) struct container_record other = { 0 };
	const char *id = mode ? str_skip_prefix(mode, "container:") : NULL;
	int r;

	if (!id)
		return 0;
	r = container_snapshot(c->e, id, &other, err);
	if (r < 0)
		return r;
	if (other.state.status != CONTAINER_RUNNING && other.state.status != CONTAINER_PAUSED)
		return error_set(err, ERROR_STATE,
				 "cannot join the namespace of container %s as it is not running: "
				 "container state improper",
				 other.id);
	*ret = xasprintf("/proc/%d/ns/%s", other.state.pid, ns);
	return 0;
}

static int join_all(struct container *c, struct container_facts *f, struct error *err)
{
	const struct wish *w = &c->r.wish;
	int r = join(c, w->network.mode, "net", &f->joined[JOINED_NET], err);

	if (r >= 0)
		r = join(c, w->namespaces.pid, "pid", &f->joined[JOINED_PID], err);
	if (r >= 0)
		r = join(c, w->namespaces.ipc, "ipc", &f->joined[JOINED_IPC], err);
	if (r >= 0)
		r = join(c, w->namespaces.uts, "uts", &f->joined[JOINED_UTS], err);
	if (r >= 0)
		r = join(c, w->namespaces.cgroup, "cgroup", &f->joined[JOINED_CGROUP], err);
	if (r < 0)
		return r;
	f->spec.joined_net_path = f->joined[JOINED_NET];
	f->spec.joined_pid_path = f->joined[JOINED_PID];
	f->spec.joined_ipc_path = f->joined[JOINED_IPC];
	f->spec.joined_uts_path = f->joined[JOINED_UTS];
	f->spec.joined_cgroup_path = f->joined[JOINED_CGROUP];
	return 0;
}

static void name_host(struct container *c, struct container_facts *f)
{
	const struct wish *w = &c->r.wish;
	char name[HOST_NAME_MAX + 1] = "";

	if (!str_empty(w->hostname)) {
		f->hostname = xstrdup(w->hostname);
	} else if (streq_opt(w->namespaces.uts, "host") || streq_opt(w->network.mode, "host")) {
		gethostname(name, sizeof(name) - 1);
		f->hostname = xstrdup(name);
	} else {
		f->hostname = xstrndup(c->r.id, 12);
	}
	f->spec.hostname = f->hostname;
}

static int find_init(struct container *c, struct container_facts *f, struct error *err)
{
	const char *path = c->r.wish.process.init_path;

	if (!c->r.wish.process.init)
		return 0;
	if (!path)
		path = engine_conf_str(c->e, "containers", "init_path", NULL);
	f->init_source = path ? xstrdup(path) : engine_helper(c->e, "catatonit");
	if (!f->init_source)
		return error_set(
			err, ERROR_NOT_FOUND,
			"container-init binary not found on the host: install catatonit, or name "
			"one by --init-path");
	f->spec.init_source = f->init_source;
	return 0;
}

static int host_limits(struct container_facts *f, struct error *err)
{
	uint64_t soft;
	struct caps caps;
	int r = caps_get(&caps);

	if (r < 0)
		return error_os(err, -r, "read the capabilities of this process");
	f->spec.caps_available = caps.bounding;
	r = process_get_rlimit(RLIMIT_NOFILE, &soft, &f->spec.rlimit_hard_nofile);
	if (r >= 0)
		r = process_get_rlimit(RLIMIT_NPROC, &soft, &f->spec.rlimit_hard_nproc);
	if (r < 0)
		return error_os(err, -r, "read the resource limits of this process");
	return 0;
}

static int read_image(struct container *c, struct container_facts *f, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	struct store *store;
	int r;

	if (!c->r.wish.image_id)
		return 0;
	r = engine_store(c->e, &store, err);
	if (r >= 0)
		r = store_image_read(store, c->r.wish.image_id, "config", &text, err);
	if (r >= 0)
		r = image_config_parse(buf_str(&text), text.len, "image configuration", &f->image,
				       err);
	if (r < 0)
		return r;
	f->has_image = true;
	f->spec.image = &f->image;
	return 0;
}

static void network_path(struct container *c, struct container_facts *f)
{
	const char *path = c->r.wish.network.mode ? str_skip_prefix(c->r.wish.network.mode, "ns:")
						  : NULL;

	if (container_has_own_netns(&c->r))
		f->netns_path = engine_run_path(c->e, "netns/%s", c->r.id);
	else if (path)
		f->netns_path = xstrdup(path);
	f->spec.netns_path = f->netns_path;
}

int container_facts_collect(struct container *c, struct container_facts *f, struct error *err)
{
	const struct wish_process *p = &c->r.wish.process;
	int r;

	trace_scope("collect facts");
	f->spec.record = &c->r;
	f->spec.rootfs = c->r.state.mountpoint;
	f->spec.cgroup_layout = cgroup_layout_name(cgroup_layout());
	free(c->r.state.cgroup_manager);
	c->r.state.cgroup_manager = xstrdup(c->e->cgroup_manager);
	f->cgroups_path = container_cgroups_path(&c->r);
	f->spec.cgroups_path = f->cgroups_path;
	f->spec.host_env = environ;
	f->spec.apparmor = feature_apparmor();
	f->spec.selinux = feature_selinux();
	f->rootfs_fd = fd_open(AT_FDCWD, c->r.state.mountpoint, O_PATH | O_DIRECTORY, 0);
	if (f->rootfs_fd < 0)
		return error_os(err, -f->rootfs_fd, "open root file system '%s'",
				c->r.state.mountpoint);
	name_host(c, f);
	network_path(c, f);
	r = read_image(c, f, err);
	if (r >= 0)
		r = container_user(&c->r, f->rootfs_fd, p->user, p->group_add, &f->spec.user, err);
	if (r >= 0)
		r = container_seccomp_text(c->e, &c->r.wish.security, &f->seccomp, err);
	if (r > 0)
		f->spec.seccomp_text = buf_str(&f->seccomp);
	if (r >= 0)
		r = join_all(c, f, err);
	if (r >= 0)
		r = find_init(c, f, err);
	if (r >= 0)
		r = host_limits(f, err);
	if (r >= 0)
		r = spec_devices_resolve(&c->r.wish, &f->spec, err);
	return r;
}
