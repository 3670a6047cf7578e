/* SPDX-License-Identifier: Apache-2.0 */
#include "image/certs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "image/confdir.h"
#include "sys/fd.h"

void certs_done(struct certs *c)
{
	buf_done(&c->authorities);
	free(c->client_cert);
	free(c->client_key);
	*c = (struct certs){ 0 };
}

static int add_authority(const char *path, struct certs *c, struct error *err)
{
	scoped(buf_done) struct buf one = BUF_INIT;
	int r = fd_read_file(AT_FDCWD, path, CERTS_AUTHORITIES_MAX, &one);

	if (r < 0)
		return error_os(err, -r, "read certificate '%s'", path);
	if (strstr(buf_str(&one), "-----BEGIN") == NULL)
		return error_set(err, ERROR_INVALID, "certificate '%s' is not in PEM form", path);
	buf_add(&c->authorities, one.data, one.len);
	buf_addc(&c->authorities, '\n');
	return 0;
}

/* path is DIR/X.cert: the key is DIR/X.key. */
static int add_client(const char *path, struct certs *c, struct error *err)
{
	scoped_free char *stem = xstrndup(path, strlen(path) - strlen(".cert"));
	scoped_free char *key = xasprintf("%s.key", stem);

	if (access(key, R_OK) < 0)
		return error_os(
			err, errno,
			"read key '%s' of client certificate '%s' (an authority's certificate "
			"is named *.crt)",
			key, path);
	if (c->client_cert == NULL) {
		c->client_cert = xstrdup(path);
		c->client_key = take_ptr(key);
	}
	return 0;
}

static int add_file(const char *path, struct certs *c, struct error *err)
{
	if (str_has_suffix(path, ".crt"))
		return add_authority(path, c, err);
	if (str_has_suffix(path, ".cert"))
		return add_client(path, c, err);
	if (str_has_suffix(path, ".key")) {
		scoped_free char *stem = xstrndup(path, strlen(path) - strlen(".key"));
		scoped_free char *cert = xasprintf("%s.cert", stem);

		if (access(cert, R_OK) < 0)
			return error_os(err, errno, "read client certificate '%s' of key '%s'",
					cert, path);
	}
	return 0;
}

/* 1: read, 0: no such directory. */
static int load_dir(const char *dir, struct certs *c, struct error *err)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, alphasort), r = 1;

	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : error_os(err, errno, "read certificate directory '%s'", dir);
	for (int i = 0; i < n; i++) {
		scoped_free char *path = path_join(dir, names[i]->d_name);

		if (r > 0) {
			int e = add_file(path, c, err);

			r = e < 0 ? e : r;
		}
		free(names[i]);
	}
	free(names);
	return r;
}

int certs_load(const char *cert_dir, const char *host, struct certs *ret, struct error *err)
{
	scoped(certs_done) struct certs c = { .authorities = BUF_INIT_MAX(CERTS_AUTHORITIES_MAX) };
	scoped_free char *user = confdir_user("certs.d");
	const char *const parents[] = { user, "/etc/containers/certs.d", "/etc/docker/certs.d" };
	int r = 0;

	if (cert_dir != NULL) {
		r = load_dir(cert_dir, &c, err);
		if (r == 0)
			return error_os(err, ENOENT, "read certificate directory '%s'", cert_dir);
	}
	for (size_t i = 0; i < ARRAY_SIZE(parents) && r == 0; i++) {
		scoped_free char *dir = NULL;

		if (parents[i] == NULL)
			continue;
		dir = path_join(parents[i], host);
		r = load_dir(dir, &c, err);
	}
	if (r < 0)
		return r;
	if (!buf_ok(&c.authorities))
		return error_set(err, ERROR_LIMIT, "certificates of '%s' have more than 4 MiB",
				 host);
	*ret = c;
	c = (struct certs){ 0 };
	return 0;
}
