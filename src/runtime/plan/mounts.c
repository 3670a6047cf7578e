/* SPDX-License-Identifier: Apache-2.0 */
/* plan/mounts: .mounts to prepared operations. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "fs/idmap.h"
#include "fs/mount_options.h"
#include "runtime/plan/plan_priv.h"
#include "sys/fd.h"
#include "sys/feature.h"
#include "sys/mountapi.h"
#include "sys/procfs.h"

/* Below /proc only these may be covered by a bind (the list of lxcfs users, as in runc); everything
 * else there would let a volume stand in for procfs (2019-16884). */
static const char *const proc_binds[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/loadavg",
	"/proc/slabinfo",
	"/proc/net/dev",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/sys/crypto/fips_enabled",
};

/* Superblock flags have no mount attribute: they are options of fsconfig. */
#define SB_FLAGS \
	(MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME | MS_I_VERSION | MS_SILENT)

static bool is_cgroup_type(const char *type)
{
	return streq_opt(type, "cgroup") || streq_opt(type, "cgroup2");
}

/* File systems whose superblock is shared with others or filled after it is made: "ro" belongs to
 * the mount alone. */
static bool ro_is_per_mount(const char *type)
{
	static const char *const types[] = { "proc",   "sysfs",	 "tmpfs",   "mqueue",
					     "devpts", "cgroup", "cgroup2", "ramfs" };

	return str_table_find(types, ARRAY_SIZE(types), type) >= 0;
}

static void add_sb_options(struct plan_mount *m, unsigned long set)
{
	if ((set & MS_RDONLY) != 0 && !ro_is_per_mount(m->type))
		strv_add(&m->data, "ro");
	if ((set & MS_SYNCHRONOUS) != 0)
		strv_add(&m->data, "sync");
	if ((set & MS_DIRSYNC) != 0)
		strv_add(&m->data, "dirsync");
	if ((set & MS_MANDLOCK) != 0)
		strv_add(&m->data, "mand");
	if ((set & MS_LAZYTIME) != 0)
		strv_add(&m->data, "lazytime");
	/* iversion is a flag of mount(2) only: init sets it by a remount.  silent is about what
	 * the kernel logs of a failed mount(2); fsopen has a log of its own, which we report. */
}

static void take_attributes(struct plan_mount *m, const struct mount_options *o)
{
	bool tree = m->kind == PLAN_MOUNT_BIND || m->kind == PLAN_MOUNT_REMOUNT;

	m->attr_set = mountapi_attr_from_ms(o->set & ~o->clear);
	m->attr_clear = mountapi_attr_from_ms(o->clear) & ~m->attr_set;
	/* relatime is the field's zero. */
	if ((o->set & MS_RELATIME) != 0)
		m->attr_clear |= MOUNT_ATTR__ATIME;
	m->rec_set = o->rec_set;
	m->rec_clear = o->rec_clear & ~o->rec_set;
	/* What is new is one mount. */
	if (!tree) {
		m->attr_set |= m->rec_set;
		m->rec_set = m->rec_clear = 0;
	}
	/* atime is one value in a field: setting needs the field cleared. */
	if (((m->attr_set | m->attr_clear) & MOUNT_ATTR__ATIME) != 0)
		m->attr_clear |= MOUNT_ATTR__ATIME;
	if (((m->rec_set | m->rec_clear) & MOUNT_ATTR__ATIME) != 0)
		m->rec_clear |= MOUNT_ATTR__ATIME;
	m->sb_flags = o->set & SB_FLAGS;
	m->propagation = o->propagation;
	m->recursive = o->rbind;
	m->tmpcopyup = o->tmpcopyup;
	m->copy_symlink = o->copy_symlink;
	m->dest_nofollow = o->dest_nofollow;
	m->src_nofollow = o->src_nofollow || o->copy_symlink;
	m->idmap = o->idmap || o->ridmap;
	m->idmap_recursive = o->ridmap;
}

/* The first option that this kind of mount could only ignore, or NULL. */
static const char *meaningless_option(const struct mount_options *o, const struct plan_mount *m)
{
	static const struct {
		unsigned long flag;
		const char *word;
	} sb[] = {
		{ MS_SYNCHRONOUS, "sync" },  { MS_DIRSYNC, "dirsync" },	   { MS_MANDLOCK, "mand" },
		{ MS_LAZYTIME, "lazytime" }, { MS_I_VERSION, "iversion" },
	};
	bool bind = m->kind == PLAN_MOUNT_BIND || (m->kind == PLAN_MOUNT_REMOUNT && o->bind);
	bool new = m->kind == PLAN_MOUNT_NEW;

	if (bind && strv_len(o->data) > 0)
		return o->data[0];
	for (size_t i = 0; bind && i < ARRAY_SIZE(sb); i++) {
		if ((o->set & sb[i].flag) != 0)
			return sb[i].word;
	}
	if (o->tmpcopyup && !(new &&streq(m->type, "tmpfs")))
		return "tmpcopyup";
	if (o->idmap && !new && m->kind != PLAN_MOUNT_BIND)
		return o->ridmap ? "ridmap" : "idmap";
	if (o->copy_symlink && m->kind != PLAN_MOUNT_BIND)
		return "copy-symlink";
	if (o->src_nofollow && m->kind != PLAN_MOUNT_BIND)
		return "src-nofollow";
	return NULL;
}

static int check_options(const struct mount_options *o, const struct plan_mount *m,
			 struct error *err)
{
	static const char *const what[] = {
		[PLAN_MOUNT_NEW] = "this file system",	 [PLAN_MOUNT_BIND] = "a bind",
		[PLAN_MOUNT_REMOUNT] = "a remount",	 [PLAN_MOUNT_CGROUP2] = "a cgroup mount",
		[PLAN_MOUNT_CGROUP1] = "a cgroup mount",
	};
	const char *word = meaningless_option(o, m);

	return word ? error_set(err, ERROR_INVALID,
				"config.json: .mounts[%zu].options: '%s' means nothing to %s",
				m->index, word, what[m->kind])
		    : 0;
}

static int take_kind(const struct oci_mount *om, const struct mount_options *o,
		     struct plan_mount *m, struct error *err)
{
	bool bind = o->bind || o->rbind || streq_opt(om->type, "bind") ||
		    streq_opt(om->type, "rbind");

	if (o->remount) {
		m->kind = PLAN_MOUNT_REMOUNT;
	} else if (bind) {
		m->kind = PLAN_MOUNT_BIND;
		m->recursive |= streq_opt(om->type, "rbind");
	} else if (is_cgroup_type(om->type)) {
		m->kind = PLAN_MOUNT_CGROUP2;
	} else if (!str_empty(om->type) && !streq(om->type, "none")) {
		m->kind = PLAN_MOUNT_NEW;
	} else if (str_empty(om->source) && o->propagation != 0) {
		m->kind = PLAN_MOUNT_REMOUNT;
	} else {
		return error_set(err, ERROR_INVALID,
				 "config.json: .mounts[%zu]: neither a file system type nor bind",
				 m->index);
	}
	if (m->kind == PLAN_MOUNT_BIND && str_empty(om->source))
		return error_set(err, ERROR_INVALID,
				 "config.json: .mounts[%zu].source: a bind needs one", m->index);
	return check_options(o, m, err);
}

/* For a systemd inside that knows only cgroup v1, on a host that has but v2. */
static int take_forced_cgroup1(struct plan_mount *m)
{
	m->kind = PLAN_MOUNT_NEW;
	m->type = xstrdup("cgroup");
	m->source = xstrdup("cgroup");
	strv_add(&m->data, "none");
	strv_add(&m->data, "name=systemd");
	return 0;
}

static int take_maps(const struct oci_mount *om, const struct plan_namespaces *ns,
		     struct plan_mount *m, struct error *err)
{
	if (om->n_uid_mappings > 0) {
		m->idmap = true;
		plan_copy_map(om->uid_mappings, om->n_uid_mappings, &m->uids);
		plan_copy_map(om->gid_mappings, om->n_gid_mappings, &m->gids);
		return 0;
	}
	if (!m->idmap)
		return 0;
	if (ns->uids.n == 0)
		return error_set(
			err, ERROR_INVALID,
			"config.json: .mounts[%zu].options: idmap needs uidMappings of the "
			"mount or of the container",
			m->index);
	m->uids = (struct id_map){
		xmemdup(ns->uids.ranges, ns->uids.n * sizeof(struct id_map_range)), ns->uids.n
	};
	m->gids = (struct id_map){
		xmemdup(ns->gids.ranges, ns->gids.n * sizeof(struct id_map_range)), ns->gids.n
	};
	return 0;
}

/* 2019-16884, 2019-19921: who may stand on /proc. */
static int check_proc_destination(const struct plan_mount *m, struct error *err)
{
	if (!path_below(m->destination, "/proc") || m->kind == PLAN_MOUNT_REMOUNT)
		return 0;
	if (streq(m->destination, "/proc")) {
		if (m->kind == PLAN_MOUNT_BIND || streq_opt(m->type, "proc"))
			return 0; /* a bind's source is checked when it is opened */
		return error_set(err, ERROR_DENIED,
				 "config.json: .mounts[%zu]: only procfs may be mounted on '/proc'",
				 m->index);
	}
	if (m->kind == PLAN_MOUNT_BIND &&
	    str_table_find(proc_binds, ARRAY_SIZE(proc_binds), m->destination) >= 0)
		return 0;
	return error_set(err, ERROR_DENIED,
			 "config.json: .mounts[%zu]: '%s' cannot be mounted because it is inside "
			 "/proc",
			 m->index, m->destination);
}

static int resolve_one(const struct oci_mount *om, const struct plan *p, struct plan_mount *m,
		       struct error *err)
{
	struct mount_options o = { 0 };
	scoped_free char *absolute = path_absolute(om->destination)
					     ? xstrdup(om->destination)
					     : path_join("/", om->destination);
	int r = mount_options_parse(om->options, &o, err);

	if (r < 0)
		return error_prefix(err, "config.json: .mounts[%zu].options", m->index);
	m->destination = path_clean(absolute);
	if (streq_opt(m->destination, p->force_cgroup1)) {
		r = take_forced_cgroup1(m);
	} else {
		m->type = xstrdup_opt(om->type);
		m->source = xstrdup_opt(om->source);
		r = take_kind(om, &o, m, err);
		m->data = take_ptr(o.data);
	}
	if (r == 0) {
		take_attributes(m, &o);
		m->recursive |= o.rbind;
		if (m->kind == PLAN_MOUNT_NEW)
			add_sb_options(m, o.set & ~o.clear);
		r = take_maps(om, &p->ns, m, err);
	}
	mount_options_done(&o);
	if (r < 0)
		return r;
	/* mqueue takes no context option; its root is labelled when it is there. */
	if (p->mount_label && m->kind == PLAN_MOUNT_NEW && streq(m->type, "mqueue"))
		m->label = p->mount_label;
	else if (p->mount_label && m->kind == PLAN_MOUNT_NEW && !streq(m->type, "proc") &&
		 !streq(m->type, "sysfs"))
		strv_addf(&m->data, "%s=%s", p->mount_context_type, p->mount_label);
	m->strict = m->kind != PLAN_MOUNT_BIND &&
		    (path_below(m->destination, "/proc") || path_below(m->destination, "/sys") ||
		     path_below(m->destination, "/dev"));
	if (streq(m->destination, "/") && m->kind != PLAN_MOUNT_REMOUNT)
		return error_set(
			err, ERROR_INVALID,
			"config.json: .mounts[%zu].destination: '/' cannot be mounted over",
			m->index);
	return check_proc_destination(m, err);
}

int plan_resolve_mounts(const struct oci_mount *mounts, size_t n, struct plan *ret,
			struct error *err)
{
	ret->setup_dev = true;
	for (size_t i = 0; i < n; i++) {
		struct plan_mount *m = ARRAY_ADD(ret->mounts, ret->n_mounts);
		int r;

		*m = (struct plan_mount){ .index = i, .fd = -1, .userns_fd = -1 };
		r = resolve_one(&mounts[i], ret, m, err);
		if (r < 0)
			return r;
		/* The host's own /dev gets no nodes of ours. */
		if (m->kind == PLAN_MOUNT_BIND && streq(m->destination, "/dev"))
			ret->setup_dev = false;
	}
	return 0;
}

static int apply_bind_attributes(const struct plan *p, const struct plan_mount *m,
				 struct error *err)
{
	int r = 0;

	/* Nothing that happens inside comes back to the host, unless the root is shared. */
	if ((p->root.propagation & MS_SHARED) == 0)
		r = mountapi_setattr(m->fd, "", AT_RECURSIVE, 0, 0, MS_SLAVE, -1);
	if (r == 0 && (m->attr_set | m->attr_clear) != 0)
		r = mountapi_setattr(m->fd, "", 0, m->attr_set, m->attr_clear, 0, -1);
	if (r == 0 && (m->rec_set | m->rec_clear) != 0)
		r = mountapi_setattr(m->fd, "", AT_RECURSIVE, m->rec_set, m->rec_clear, 0, -1);
	if (r < 0)
		return error_os(err, -r, "set attributes of bind mount '%s'", m->source);
	if (!m->idmap)
		return 0;
	r = idmap_apply(m->fd, &m->uids, &m->gids, m->idmap_recursive, err);
	return r < 0 ? error_prefix(err, "id-mapped mount '%s'", m->source) : 0;
}

static int open_bind(struct plan *p, struct plan_mount *m, struct error *err)
{
	scoped_free char *path = path_absolute(m->source) ? xstrdup(m->source)
							  : path_join(p->bundle, m->source);
	scoped_fd int src = fd_open(AT_FDCWD, path, O_PATH | (m->src_nofollow ? O_NOFOLLOW : 0), 0);
	struct stat st;

	if (src < 0)
		return error_os(err, -src, "open source of mount '%s' -> '%s'", path,
				m->destination);
	if (fstat(src, &st) < 0)
		return error_os(err, errno, "stat source of mount '%s'", path);
	if (S_ISLNK(st.st_mode) && m->copy_symlink) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(src, "", target, sizeof(target) - 1);

		if (n < 0)
			return error_os(err, errno, "read symbolic link '%s'", path);
		m->link_target = xstrndup(target, (size_t)n);
		return 0;
	}
	m->source_is_dir = S_ISDIR(st.st_mode);
	m->source_is_procfs = proc_fd_is_procfs(src);
	if (streq(m->destination, "/proc") && !m->source_is_procfs)
		return error_set(err, ERROR_DENIED,
				 "config.json: .mounts[%zu]: '%s' is not procfs and cannot be "
				 "mounted on '/proc'",
				 m->index, path);
	m->fd = mountapi_open_tree(src, "", m->recursive ? AT_RECURSIVE : 0);
	if (m->fd < 0)
		return error_os(err, -m->fd, "clone mount source '%s'", path);
	return apply_bind_attributes(p, m, err);
}

static int open_idmap(struct plan_mount *m, struct error *err)
{
	if (!m->idmap)
		return 0;
	m->userns_fd = userns_fd(&m->uids, &m->gids, err);
	return m->userns_fd < 0 ? m->userns_fd : 0;
}

int plan_open_mounts(struct plan *p, struct error *err)
{
	if (p->mount_label && !feature_selinux())
		return error_set(err, ERROR_UNSUPPORTED,
				 "config.json: .linux.mountLabel: SELinux is not active on this "
				 "kernel");
	for (size_t i = 0; i < p->n_mounts; i++) {
		struct plan_mount *m = &p->mounts[i];
		int r = 0;

		switch (m->kind) {
		case PLAN_MOUNT_BIND:
			r = open_bind(p, m, err);
			break;
		case PLAN_MOUNT_NEW:
			r = open_idmap(m, err);
			if (r == 0 && !p->initial_userns)
				r = plan_open_in_userns(p, m, err);
			break;
		case PLAN_MOUNT_CGROUP2:
			if (cgroup_layout() != CGROUP_LAYOUT_V2 && streq(m->type, "cgroup"))
				m->kind = PLAN_MOUNT_CGROUP1;
			if (m->kind == PLAN_MOUNT_CGROUP1 && strv_len(m->data) > 0)
				return error_set(err, ERROR_INVALID,
						 "config.json: .mounts[%zu].options: '%s' means "
						 "nothing to a cgroup mount",
						 m->index, m->data[0]);
			break;
		case PLAN_MOUNT_REMOUNT:
		case PLAN_MOUNT_CGROUP1:
		case PLAN_MOUNT_KIND_COUNT:
			break;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int clone_cgroup(int dirfd, const char *path, const struct plan_mount *m, int *ret,
			struct error *err)
{
	scoped_fd int fd = mountapi_open_tree(dirfd, path, 0);
	int r = fd;

	if (r >= 0)
		r = mountapi_setattr(fd, "", 0, m->attr_set, m->attr_clear, MS_SLAVE, -1);
	if (r < 0)
		return error_os(err, -r, "clone cgroup directory '%s'", path);
	*ret = take_fd(fd);
	return 0;
}

static int open_cgroup1(struct plan_mount *m, const struct cgroup_record *cg, struct error *err)
{
	struct cgroup_mount *rows = NULL;
	size_t n = 0;
	int r = cgroup_v1_mounts(cg, &rows, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n && r >= 0; i++) {
		struct plan_cgroup_entry *e = ARRAY_ADD(m->entries, m->n_entries);

		e->name = xstrdup(rows[i].controller);
		e->link_of = xstrdup_opt(rows[i].link_of);
		e->fd = -1;
		if (e->link_of == NULL)
			r = clone_cgroup(AT_FDCWD, rows[i].host_path, m, &e->fd, err);
	}
	cgroup_v1_mounts_free(rows, n);
	return r;
}

/* The container's cgroup must exist. */
int plan_open_cgroup_mounts(struct plan *p, const struct cgroup_record *cg, struct error *err)
{
	bool own_view = plan_creates(p, NS_CGROUP) || p->ns.path[NS_CGROUP] != NULL;

	for (size_t i = 0; i < p->n_mounts; i++) {
		struct plan_mount *m = &p->mounts[i];
		int r = 0;

		/* A container of an ordinary user without one sees an empty directory. */
		if (m->kind == PLAN_MOUNT_CGROUP1 && (cg->path || p->initial_userns))
			r = open_cgroup1(m, cg, err);
		if (m->kind == PLAN_MOUNT_CGROUP2 && !own_view) {
			scoped_fd int dir = cgroup_clone_fd(cg);

			/* No v2 cgroup of its own: init mounts the whole, as it always was. */
			if (dir >= 0)
				r = clone_cgroup(dir, "", m, &m->fd, err);
			else if (!p->initial_userns)
				r = plan_bind_host_cgroups(m, err);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

void plan_mount_done(struct plan_mount *m)
{
	free(m->destination);
	free(m->type);
	free(m->source);
	strv_free(m->data);
	id_map_done(&m->uids);
	id_map_done(&m->gids);
	fd_close(m->fd);
	fd_close(m->userns_fd);
	free(m->link_target);
	for (size_t i = 0; i < m->n_entries; i++) {
		free(m->entries[i].name);
		free(m->entries[i].link_of);
		fd_close(m->entries[i].fd);
	}
	free(m->entries);
}
