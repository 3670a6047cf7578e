/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containers.conf as newest Podman reads it: one main file (the user's, /etc, /usr/share: first
 * that exists), then drop-ins (same base name in a more specific directory masks the lower one;
 * sorted by base name), then CONTAINERS_CONF_OVERRIDE.  CONTAINERS_CONF replaces all but the
 * override.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/toml.h"
#include "engine/engine_priv.h"
#include "sys/fd.h"

/* Debian's commented default has 25 KiB; nobody writes a megabyte. */
#define CONF_MAX_BYTES ((size_t)1 << 20)

/* A vector that ends in {append = true} extends the lower one; otherwise it replaces it. */
static bool array_appends(const json_t *a)
{
	size_t n = json_array_size(a);
	const json_t *last = n ? json_array_get(a, n - 1) : NULL;

	return json_is_object(last) && json_get_bool(last, "append", false);
}

static void strip_marker(json_t *a)
{
	size_t n = json_array_size(a);

	if (n && json_is_object(json_array_get(a, n - 1)))
		json_array_remove(a, n - 1);
}

static void merge(json_t *into, json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach (from, key, value) {
		json_t *old = json_object_get(into, key);

		if (json_is_object(old) && json_is_object(value)) {
			merge(old, value);
		} else if (json_is_array(value)) {
			bool append = array_appends(value);

			strip_marker(value);
			if (append && json_is_array(old))
				json_array_extend(old, value);
			else
				json_object_set(into, key, value);
		} else {
			json_object_set(into, key, value);
		}
	}
}

/* 1: merged, 0: the file is missing. */
static int load_file(const char *path, json_t **conf, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_json json_t *doc = NULL;
	int r = fd_read_file(AT_FDCWD, path, CONF_MAX_BYTES, &text);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return error_os(err, -r, "read configuration '%s'", path);
	r = toml_parse(buf_str(&text), text.len, path, &doc, err);
	if (r < 0)
		return r;
	if (!*conf)
		*conf = json_object();
	merge(*conf, doc);
	return 1;
}

static void collect_dropins(const char *dir, struct strmap *files)
{
	DIR *d = opendir(dir);

	if (!d)
		return;
	for (struct dirent *de; (de = readdir(d));) {
		scoped_free char *path = NULL;

		if (!str_has_suffix(de->d_name, ".conf"))
			continue;
		path = path_join(dir, de->d_name);
		strmap_set(files, de->d_name, path);
	}
	closedir(d);
}

static int load_dropins(const char *user_dir, json_t **conf, struct error *err)
{
	scoped(strmap_done) struct strmap files = { 0 };
	const char *bases[] = { "/usr/share/containers", "/etc/containers" };
	const char *kind = geteuid() == 0 ? "rootful" : "rootless";

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		scoped_free char *all = path_join(bases[i], "containers.conf.d");
		scoped_free char *own = xasprintf("%s/containers.%s.conf.d", bases[i], kind);
		scoped_free char *uid = xasprintf("%s/%u", own, geteuid());

		collect_dropins(all, &files);
		collect_dropins(own, &files);
		if (geteuid() != 0)
			collect_dropins(uid, &files);
	}
	if (user_dir) {
		scoped_free char *own = path_join(user_dir, "containers.conf.d");

		collect_dropins(own, &files);
	}
	for (size_t i = 0; i < files.n; i++) {
		int r = load_file(files.items[i].value, conf, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static char *user_config_dir(void)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (geteuid() == 0)
		return NULL;
	if (!str_empty(xdg))
		return path_join(xdg, "containers");
	return str_empty(home) ? NULL : path_join(home, ".config/containers");
}

static int load_main(const char *user_dir, json_t **conf, struct error *err)
{
	int r = 0;

	if (user_dir) {
		scoped_free char *own = path_join(user_dir, "containers.conf");

		r = load_file(own, conf, err);
	}
	if (r == 0)
		r = load_file("/etc/containers/containers.conf", conf, err);
	if (r == 0)
		r = load_file("/usr/share/containers/containers.conf", conf, err);
	return r;
}

int conf_load(json_t **ret, struct error *err)
{
	scoped_json json_t *conf = NULL;
	scoped_free char *user_dir = user_config_dir();
	const char *only = getenv("CONTAINERS_CONF"), *over = getenv("CONTAINERS_CONF_OVERRIDE");
	int r;

	if (!str_empty(only)) {
		r = load_file(only, &conf, err);
		if (r == 0)
			return error_set(err, ERROR_NOT_FOUND,
					 "CONTAINERS_CONF names '%s', which does not exist", only);
	} else {
		r = load_main(user_dir, &conf, err);
		if (r >= 0)
			r = load_dropins(user_dir, &conf, err);
	}
	if (r < 0)
		return r;
	if (!str_empty(over)) {
		r = load_file(over, &conf, err);
		if (r == 0)
			return error_set(
				err, ERROR_NOT_FOUND,
				"CONTAINERS_CONF_OVERRIDE names '%s', which does not exist", over);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(conf);
	return 0;
}
