/* SPDX-License-Identifier: Apache-2.0 */
/* -v, --mount, --tmpfs and --device. */
#include "engine/wish_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/path.h"
#include "base/str.h"

static bool is_path(const char *source)
{
	return source[0] == '/' || source[0] == '.' || strchr(source, '/');
}

static int absolute(const char *path, char **ret, struct error *err)
{
	scoped_free char *joined = NULL;
	scoped_free char *cwd = NULL;

	if (path_absolute(path)) {
		*ret = path_clean(path);
		return 0;
	}
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return error_os(err, errno, "find the working directory for '%s'", path);
	joined = path_join(cwd, path);
	*ret = path_clean(joined);
	return 0;
}

static int check_destination(const char *path, struct error *err)
{
	if (!path || !path_absolute(path))
		return error_set(err, ERROR_INVALID, "container path '%s' must be absolute",
				 path ? path : "");
	if (path_has_dotdot(path))
		return error_set(err, ERROR_INVALID, "container path '%s' must not contain '..'",
				 path);
	return 0;
}

/* Source and type of a -v or --mount source word. */
static int set_source(struct wish_mount *m, const char *source, struct error *err)
{
	if (is_path(source)) {
		m->type = xstrdup("bind");
		return absolute(source, &m->source, err);
	}
	if (!ident_name_valid(source))
		return error_set(err, ERROR_INVALID,
				 "'%s' is no volume name (letters, digits, and _.- behind the "
				 "first character)",
				 source);
	m->type = xstrdup("volume");
	m->source = xstrdup(source);
	return 0;
}

static int check_volume_options(char *const *options, struct error *err)
{
	static const char *const words[] = {
		"ro",	      "rw",	     "z",	"Z",	    "U",      "copy",	 "nocopy",
		"dev",	      "nodev",	     "exec",	"noexec",   "suid",   "nosuid",	 "bind",
		"rbind",      "shared",	     "rshared", "slave",    "rslave", "private", "rprivate",
		"unbindable", "runbindable", "idmap",	"nocreate", "rro",    "noatime", "relatime"
	};

	STRV_FOREACH (o, options) {
		bool known = str_has_prefix(*o, "idmap=") ||
			     str_has_prefix(*o, "bind-propagation=") ||
			     str_has_prefix(*o, "subpath=");
		for (size_t i = 0; i < ARRAY_SIZE(words) && !known; i++)
			known = streq(*o, words[i]);
		if (streq(*o, "O") || str_has_prefix(*o, "upperdir=") ||
		    str_has_prefix(*o, "workdir="))
			return error_set(err, ERROR_UNSUPPORTED,
					 "volume option '%s' is not supported yet", *o);
		if (!known)
			return error_set(err, ERROR_INVALID, "unknown volume option '%s'", *o);
	}
	return 0;
}

int wish_add_volume(struct wish *w, const char *value, struct error *err)
{
	scoped_strv char **parts = strv_split(value, ":", true);
	size_t n = strv_len(parts);
	struct wish_mount *m;
	const char *destination = n == 1 ? parts[0] : parts[1];
	int r;

	if (n > 3 || str_empty(parts[0]) || str_empty(destination))
		return error_set(err, ERROR_INVALID,
				 "incorrect volume format '%s', should be [SRC:]DST[:OPTIONS]",
				 value);
	r = check_destination(destination, err);
	if (r < 0)
		return r;
	m = ARRAY_ADD(w->mounts, w->n_mounts);
	m->destination = path_clean(destination);
	if (n == 1) {
		m->type = xstrdup("volume");
		m->source = xstrdup("");
		m->anonymous = true;
		return 0;
	}
	m->options = n == 3 ? strv_split(parts[2], ",", false) : NULL;
	r = check_volume_options(m->options, err);
	return r < 0 ? r : set_source(m, parts[0], err);
}

int wish_add_tmpfs(struct wish *w, const char *value, struct error *err)
{
	const char *colon = strchr(value, ':');
	scoped_free char *path = colon ? xstrndup(value, (size_t)(colon - value)) : xstrdup(value);
	struct wish_mount *m;
	int r = check_destination(path, err);

	if (r < 0)
		return r;
	m = ARRAY_ADD(w->mounts, w->n_mounts);
	m->type = xstrdup("tmpfs");
	m->source = xstrdup("tmpfs");
	m->destination = path_clean(path);
	m->options = colon ? strv_split(colon + 1, ",", false) : NULL;
	return 0;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return streq(word, a) || (b && streq(word, b)) || (c && streq(word, c));
}

/* A key that any type takes; 1 when it was one. */
static int mount_common(struct wish_mount *m, const char *key, const char *value, struct error *err)
{
	bool on = true;

	if (is_one_of(key, "src", "source", NULL)) {
		free(m->source);
		m->source = xstrdup(value ? value : "");
	} else if (is_one_of(key, "dst", "destination", "target")) {
		free(m->destination);
		m->destination = xstrdup(value ? value : "");
	} else if (is_one_of(key, "ro", "readonly", "rw")) {
		if (value && num_bool(value, &on) < 0)
			return error_set(err, ERROR_INVALID, "'%s' wants true or false, not '%s'",
					 key, value);
		strv_add(&m->options, (streq(key, "rw") ? on : !on) ? "rw" : "ro");
	} else if (is_one_of(key, "U", "chown", NULL)) {
		strv_add(&m->options, "U");
	} else if (streq(key, "relabel")) {
		strv_add(&m->options, value && streq(value, "private") ? "Z" : "z");
	} else if (is_one_of(key, "nosuid", "nodev", "noexec") ||
		   is_one_of(key, "suid", "dev", "exec")) {
		strv_add(&m->options, key);
	} else {
		return 0;
	}
	return 1;
}

/* A key of one type only; 1 when it was one. */
static int mount_special(struct wish_mount *m, const char *key, const char *value)
{
	bool bind = streq(m->type, "bind"), tmpfs = streq(m->type, "tmpfs"),
	     volume = streq(m->type, "volume");

	if (bind && is_one_of(key, "bind-propagation", NULL, NULL) && value)
		strv_add(&m->options, value);
	else if (bind && streq(key, "bind-nonrecursive"))
		strv_add(&m->options, "bind");
	else if (bind && streq(key, "idmap"))
		strv_addf(&m->options, value ? "idmap=%s" : "idmap", value ? value : "");
	else if (tmpfs && is_one_of(key, "tmpfs-size", "size", NULL) && value)
		strv_addf(&m->options, "size=%s", value);
	else if (tmpfs && is_one_of(key, "tmpfs-mode", "mode", NULL) && value)
		strv_addf(&m->options, "mode=%s", value);
	else if (tmpfs && is_one_of(key, "tmpcopyup", "notmpcopyup", NULL))
		strv_add(&m->options, key);
	else if (volume && is_one_of(key, "volume-nocopy", "nocopy", NULL))
		strv_add(&m->options, "nocopy");
	else if (volume && is_one_of(key, "subpath", "volume-subpath", NULL) && value)
		strv_addf(&m->options, "subpath=%s", value);
	else
		return 0;
	return 1;
}

static int mount_field(struct wish_mount *m, const char *field, struct error *err)
{
	const char *eq = strchr(field, '=');
	scoped_free char *key = eq ? xstrndup(field, (size_t)(eq - field)) : xstrdup(field);
	const char *value = eq ? eq + 1 : NULL;
	int r;

	if (streq(key, "type"))
		return 0;
	r = mount_common(m, key, value, err);
	if (r == 0)
		r = mount_special(m, key, value);
	if (r == 0)
		return error_set(err, ERROR_INVALID, "unknown option '%s' of a %s mount", key,
				 m->type);
	return r < 0 ? r : 0;
}

static int finish_mount(struct wish_mount *m, struct error *err)
{
	scoped_free char *source = NULL, *given = m->destination;
	int r = check_destination(given, err);

	m->destination = path_clean(given ? given : "");
	if (r < 0)
		return r;
	if (streq(m->type, "tmpfs")) {
		if (m->source)
			return error_set(err, ERROR_INVALID, "a tmpfs mount has no source");
		m->source = xstrdup("tmpfs");
		return 0;
	}
	if (streq(m->type, "bind")) {
		if (str_empty(m->source))
			return error_set(err, ERROR_INVALID, "a bind mount needs a source");
		r = absolute(m->source, &source, err);
		if (r < 0)
			return r;
		free(m->source);
		m->source = take_ptr(source);
		return 0;
	}
	m->anonymous = str_empty(m->source);
	if (!m->source)
		m->source = xstrdup("");
	if (!m->anonymous && !ident_name_valid(m->source))
		return error_set(err, ERROR_INVALID, "'%s' is no volume name", m->source);
	return 0;
}

int wish_add_mount(struct wish *w, const char *value, struct error *err)
{
	scoped_strv char **fields = strv_split(value, ",", false);
	struct wish_mount *m;
	const char *type = "volume";

	STRV_FOREACH (f, fields) {
		const char *t = str_skip_prefix(*f, "type=");
		type = t ? t : type;
	}
	if (streq(type, "image") || streq(type, "devpts") || streq(type, "glob") ||
	    streq(type, "ramfs") || streq(type, "artifact"))
		return error_set(err, ERROR_UNSUPPORTED, "mount type '%s' is not supported yet",
				 type);
	if (!streq(type, "bind") && !streq(type, "volume") && !streq(type, "tmpfs"))
		return error_set(err, ERROR_INVALID,
				 "unknown mount type '%s': choose bind, volume or tmpfs", type);
	m = ARRAY_ADD(w->mounts, w->n_mounts);
	m->type = xstrdup(type);
	STRV_FOREACH (f, fields) {
		int r = mount_field(m, *f, err);
		if (r < 0)
			return r;
	}
	return finish_mount(m, err);
}

int wish_add_device(struct wish *w, const char *value, struct error *err)
{
	scoped_strv char **parts = strv_split(value, ":", true);
	size_t n = strv_len(parts);
	struct wish_device *d;
	const char *permissions = "rwm", *container;

	if (n < 1 || n > 3 || str_empty(parts[0]))
		return error_set(err, ERROR_INVALID,
				 "'%s' must be formatted HOST[:CONTAINER][:rwm]", value);
	if (!path_absolute(parts[0]))
		return error_set(err, strchr(parts[0], '=') ? ERROR_UNSUPPORTED : ERROR_INVALID,
				 strchr(parts[0], '=') ? "CDI device '%s' is not supported yet"
						       : "device path '%s' must be absolute",
				 parts[0]);
	container = parts[0];
	if (n == 2 && !path_absolute(parts[1]))
		permissions = parts[1];
	else if (n >= 2)
		container = parts[1];
	if (n == 3)
		permissions = parts[2];
	if (!*permissions || !str_only(permissions, "rwm") || strlen(permissions) > 3)
		return error_set(err, ERROR_INVALID, "invalid device mode '%s': letters of rwm",
				 permissions);
	if (!path_absolute(container))
		return error_set(err, ERROR_INVALID, "container path '%s' must be absolute",
				 container);
	d = ARRAY_ADD(w->devices, w->n_devices);
	*d = (struct wish_device){ .host = path_clean(parts[0]),
				   .container = path_clean(container),
				   .permissions = xstrdup(permissions) };
	return 0;
}
