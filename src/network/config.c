/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions on disk: CONFDIR/NAME.json, and the default network that exists without a file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "network/config_priv.h"
#include "network/definition.h"
#include "sys/fd.h"

/* A definition with thousands of labels still fits. */
#define DEFINITION_BYTES_MAX ((size_t)1 << 20)

#define DEFAULT_BRIDGE "coracle0"

/* The id of the default network is that of Podman's: clients know it. */
#define DEFAULT_ID "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9"

static int make_default(const struct network_config *c, struct network *ret, struct error *err)
{
	struct network_subnet *s;
	struct subnet subnet;
	struct ip_addr gateway;
	char text[IP_STR_MAX];

	if (subnet_parse(c->default_subnet, &subnet) < 0)
		return error_set(err, ERROR_INVALID,
				 "default_subnet '%s' is invalid: must be ADDRESS/PREFIX",
				 c->default_subnet);
	subnet = subnet_network(&subnet);
	gateway = subnet_first(&subnet);
	ip_add(&gateway, 1);
	ip_format(&gateway, text);
	ret->name = xstrdup(c->default_network);
	ret->id = xstrdup(DEFAULT_ID);
	ret->driver = xstrdup("bridge");
	ret->interface = xstrdup(DEFAULT_BRIDGE);
	ret->created_nsec = time_now_nsec();
	ret->ipv6_enabled = subnet.addr.family == AF_INET6;
	s = ARRAY_ADD(ret->subnets, ret->n_subnets);
	s->subnet = xstrdup(c->default_subnet);
	s->gateway = xstrdup(text);
	strmap_set(&ret->ipam_options, "driver", "host-local");
	return 0;
}

static int parse_file(const struct network_config *c, int fd, const char *name, struct network *ret,
		      struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_free char *path = xasprintf("%s/%s.json", c->confdir, name);
	scoped(network_done) struct network n = { 0 };
	int r = fd_read_all(fd, DEFINITION_BYTES_MAX, &text);

	if (r < 0)
		return error_os(err, -r, "read network definition '%s'", path);
	r = json_table_parse(&network_table, buf_str(&text), text.len, &n, path, 0, err);
	if (r < 0)
		return r;
	if (!streq(n.name, name))
		return error_set(err, ERROR_CORRUPT, "network definition '%s' names network '%s'",
				 path, n.name);
	*ret = n;
	n = (struct network){ 0 };
	return 0;
}

int network_not_found(const char *word, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "unable to find network with name or ID %s: network not found", word);
}

int config_load(const struct network_config *c, const char *name, struct network *ret,
		struct error *err)
{
	scoped_free char *path = xasprintf("%s/%s.json", c->confdir, name);
	scoped_fd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0);

	if (fd >= 0)
		return parse_file(c, fd, name, ret, err);
	if (fd != -ENOENT)
		return error_os(err, -fd, "open network definition '%s'", path);
	if (streq(name, c->default_network))
		return make_default(c, ret, err);
	return network_not_found(name, err);
}

/* Names of all definition files, sorted. */
static int list_names(const struct network_config *c, char ***ret, struct error *err)
{
	scoped_strv char **names = NULL;
	DIR *dir = opendir(c->confdir);
	const struct dirent *e;

	if (!dir && errno != ENOENT)
		return error_os(err, errno, "open directory '%s'", c->confdir);
	while (dir && (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name);

		if (len <= 5 || !str_has_suffix(e->d_name, ".json") || e->d_name[0] == '.')
			continue;
		strv_add_take(&names, xstrndup(e->d_name, len - 5));
	}
	if (dir)
		closedir(dir);
	if (!strv_has(names, c->default_network))
		strv_add(&names, c->default_network);
	strv_sort(names);
	*ret = take_ptr(names);
	return 0;
}

int network_list(const struct network_config *c, struct network **ret, size_t *ret_n,
		 struct error *err)
{
	scoped_strv char **names = NULL;
	struct network *list = NULL;
	size_t n = 0;
	int r = list_names(c, &names, err);

	if (r < 0)
		return r;
	STRV_FOREACH (name, names) {
		struct network one = { 0 };
		struct error sub = ERROR_INIT;

		if (!ident_name_valid(*name))
			continue;
		r = config_load(c, *name, &one, &sub);
		if (r < 0 && sub.kind == ERROR_NOT_FOUND) /* removed meanwhile */
			continue;
		if (r < 0) {
			network_list_free(list, n);
			return error_copy(err, &sub);
		}
		*ARRAY_ADD(list, n) = one;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

static int get_by_id(const struct network_config *c, const char *word, struct network *ret,
		     struct error *err)
{
	struct network *list = NULL;
	size_t n = 0, hits = 0, hit = 0;
	int r = network_list(c, &list, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (str_has_prefix(list[i].id, word)) {
			hit = i;
			hits++;
		}
	}
	if (hits == 1) {
		*ret = list[hit];
		list[hit] = (struct network){ 0 };
	}
	network_list_free(list, n);
	if (hits > 1)
		return error_set(err, ERROR_INVALID, "network id '%s' is ambiguous", word);
	if (hits == 0)
		return network_not_found(word, err);
	return 0;
}

int network_get(const struct network_config *c, const char *name_or_id, struct network *ret,
		struct error *err)
{
	struct error sub = ERROR_INIT;
	int r;

	if (!ident_name_valid(name_or_id))
		return network_not_found(name_or_id, err);
	r = config_load(c, name_or_id, ret, &sub);
	if (r >= 0)
		return r;
	if (sub.kind != ERROR_NOT_FOUND || !str_is_hex(name_or_id, 0))
		return error_copy(err, &sub);
	return get_by_id(c, name_or_id, ret, err);
}
