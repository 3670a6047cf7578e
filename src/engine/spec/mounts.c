/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts section: defaults, then what the engine and the user add, sorted by depth. */
#include "engine/spec/spec_priv.h"

#include <stdlib.h>

#include "base/path.h"
#include "base/str.h"

struct default_mount {
	const char *destination, *type, *source;
	const char *options; /* separated by commas */
};

/* Podman's defaults, in its order. */
static const struct default_mount defaults[] = {
	{ "/proc", "proc", "proc", "nosuid,noexec,nodev" },
	{ "/dev", "tmpfs", "tmpfs", "nosuid,noexec,strictatime,mode=755,size=65536k" },
	{ "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro" },
	{ "/dev/pts", "devpts", "devpts",
	  "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5" },
	{ "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev" },
	{ "/sys/fs/cgroup", "cgroup", "cgroup", "rprivate,nosuid,noexec,nodev,relatime,ro" },
};

static void add_mount(struct oci_spec *spec, const char *type, const char *source,
		      const char *destination, char **take_options)
{
	struct oci_mount *m = ARRAY_ADD(spec->mounts, spec->n_mounts);

	*m = (struct oci_mount){ .destination = xstrdup(destination),
				 .type = xstrdup(type),
				 .source = xstrdup(source),
				 .options = take_options };
}

/* Is that path mounted by the user or as one of the ready binds? */
static bool is_taken(const struct spec_facts *f, const char *destination)
{
	for (size_t i = 0; i < f->n_binds; i++)
		if (streq(f->binds[i].destination, destination))
			return true;
	return wish_is_mounted(&f->record->wish, destination);
}

static void add_defaults(const struct spec_facts *f, struct oci_spec *spec)
{
	bool privileged = f->record->wish.security.privileged;

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		const struct default_mount *d = &defaults[i];
		char **options;
		if (is_taken(f, d->destination))
			continue;
		options = strv_split(d->options, ",", false);
		if (privileged && str_has_prefix(d->destination, "/sys")) {
			strv_remove(&options, "ro");
			strv_add(&options, "rw");
		}
		add_mount(spec, d->type, d->source, d->destination, options);
	}
}

static bool has_any(char *const *options, const char *a, const char *b)
{
	return strv_has(options, a) || strv_has(options, b);
}

/* As Podman's: nosuid, nodev, content of the image copied up, unless the user says otherwise. */
static char **tmpfs_options(const struct wish_mount *m, bool privileged)
{
	char **options = NULL;
	bool copy = !strv_has(m->options, "notmpcopyup");

	if (!has_any(m->options, "ro", "rw"))
		strv_add(&options, "rw");
	strv_add(&options, "rprivate");
	if (!privileged && !has_any(m->options, "suid", "nosuid"))
		strv_add(&options, "nosuid");
	if (!privileged && !has_any(m->options, "dev", "nodev"))
		strv_add(&options, "nodev");
	if (copy && !strv_has(m->options, "tmpcopyup"))
		strv_add(&options, "tmpcopyup");
	STRV_FOREACH (o, m->options) {
		if (!streq(*o, "notmpcopyup") && !streq(*o, "U"))
			strv_add(&options, *o);
	}
	return options;
}

static int add_wish_tmpfs(const struct spec_facts *f, struct oci_spec *spec, struct error *err)
{
	const struct wish *w = &f->record->wish;

	for (size_t i = 0; i < w->n_mounts; i++) {
		const struct wish_mount *m = &w->mounts[i];
		char **options;
		if (!streq(m->type, "tmpfs"))
			continue;
		options = tmpfs_options(m, w->security.privileged);
		if (strv_has(m->options, "U")) {
			strv_addf(&options, "uid=%u", f->user.uid);
			strv_addf(&options, "gid=%u", f->user.gid);
		}
		add_mount(spec, "tmpfs", "tmpfs", m->destination, options);
	}
	return 0;
}

/* A read-only container still needs places to write (--read-only-tmpfs). */
static void add_read_only_tmpfs(const struct spec_facts *f, struct oci_spec *spec)
{
	static const char *const places[] = { "/run", "/tmp", "/var/tmp" };
	const struct wish_security *s = &f->record->wish.security;

	if (!s->read_only || (s->read_only_tmpfs.set && !s->read_only_tmpfs.value))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (!is_taken(f, places[i]))
			add_mount(spec, "tmpfs", "tmpfs", places[i],
				  strv_split("rw,rprivate,nosuid,nodev,tmpcopyup", ",", false));
}

/* /sys/fs/cgroup is below /sys: paths sort by depth, equal depth keeps the order. */
static int compare_depth(const void *pa, const void *pb)
{
	const struct oci_mount *a = pa, *b = pb;
	unsigned da = path_depth(a->destination), db = path_depth(b->destination);

	return da < db ? -1 : da > db;
}

/* Insertion keeps the order of equals, which qsort does not promise. */
static void sort_mounts(struct oci_spec *spec)
{
	for (size_t i = 1; i < spec->n_mounts; i++) {
		struct oci_mount m = spec->mounts[i];
		size_t k = i;
		for (; k > 0 && compare_depth(&spec->mounts[k - 1], &m) > 0; k--)
			spec->mounts[k] = spec->mounts[k - 1];
		spec->mounts[k] = m;
	}
}

/* The root must pass mounts on when one of the binds wants propagation. */
static void set_propagation(struct oci_spec *spec)
{
	const char *propagation = NULL;

	for (size_t i = 0; i < spec->n_mounts; i++) {
		char *const *o = spec->mounts[i].options;
		if (has_any(o, "shared", "rshared"))
			propagation = "shared";
		else if (has_any(o, "slave", "rslave") && !propagation)
			propagation = "rslave";
	}
	spec->linux_->rootfs_propagation = xstrdup_opt(propagation);
}

int spec_mounts(const struct spec_facts *f, struct oci_spec *spec, struct error *err)
{
	int r;

	add_defaults(f, spec);
	add_read_only_tmpfs(f, spec);
	for (size_t i = 0; i < f->n_binds; i++)
		add_mount(spec, f->binds[i].type, f->binds[i].source, f->binds[i].destination,
			  strv_dup(f->binds[i].options));
	if (f->record->wish.process.init) {
		if (!f->init_source)
			return error_set(err, ERROR_NOT_FOUND,
					 "no init program for --init: install the Debian package "
					 "'catatonit' or name one with --init-path");
		add_mount(spec, "bind", f->init_source, "/run/podman-init",
			  strv_split("bind,ro,rprivate,nosuid,nodev", ",", false));
	}
	r = add_wish_tmpfs(f, spec, err);
	if (r < 0)
		return r;
	sort_mounts(spec);
	set_propagation(spec);
	return 0;
}
