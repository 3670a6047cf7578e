/* SPDX-License-Identifier: Apache-2.0 */
#include "network/ipam.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/path.h"
#include "base/str.h"
#include "network/rundir.h"
#include "sys/fd.h"

static int open_network(int dir, const char *network, bool create, struct error *err)
{
	scoped_free char *path = path_join("ipam", network);
	int fd = fd_open(dir, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd == -ENOENT && create) {
		int r = fd_mkdir_p(dir, path, 0700);

		fd = r < 0 ? r : fd_open(dir, path, O_RDONLY | O_DIRECTORY, 0);
	}
	if (fd == -ENOENT && !create)
		return -ENOENT;
	return fd < 0 ? error_os(err, -fd, "open leases of network '%s'", network) : fd;
}

/* Who holds an address? -ENOENT */
static int read_lease(int leases, const char *address, char *out, size_t size)
{
	ssize_t n = readlinkat(leases, address, out, size - 1);

	if (n < 0)
		return -errno;
	out[n] = '\0';
	return 0;
}

static bool usable(const struct definition_subnet *s, const struct ip_addr *a)
{
	if (subnet_is_reserved(&s->subnet, a))
		return false;
	return !s->gateway.family || ip_compare(a, &s->gateway) != 0;
}

/* 1: leased to id now (or before); 0: somebody else has it. */
static int try_lease(int leases, const struct ip_addr *a, const char *id)
{
	char text[IP_STR_MAX], holder[ID_BUF + 64];

	ip_format(a, text);
	if (symlinkat(id, leases, text) == 0)
		return 1;
	if (errno != EEXIST)
		return -errno;
	return read_lease(leases, text, holder, sizeof(holder)) >= 0 && streq(holder, id);
}

static void hint_name(size_t index, char *out, size_t size)
{
	snprintf(out, size, ".last%zu", index);
}

static struct ip_addr first_candidate(int leases, size_t index, const struct definition_subnet *s)
{
	char name[32], text[IP_STR_MAX];
	struct ip_addr last;

	hint_name(index, name, sizeof(name));
	if (read_lease(leases, name, text, sizeof(text)) < 0 || ip_parse(text, &last) < 0 ||
	    !ip_add(&last, 1) || ip_compare(&last, &s->start) < 0 || ip_compare(&last, &s->end) > 0)
		return s->start;
	return last;
}

static void remember(int leases, size_t index, const struct ip_addr *a)
{
	char name[32], fresh[40], text[IP_STR_MAX];

	hint_name(index, name, sizeof(name));
	snprintf(fresh, sizeof(fresh), "%s.new", name);
	ip_format(a, text);
	/* A hint only: without it the search begins at the start of the range. */
	(void)unlinkat(leases, fresh, 0);
	if (symlinkat(text, leases, fresh) == 0)
		(void)renameat(leases, fresh, leases, name);
}

static int take_wanted(int leases, const char *network, const struct definition_subnet *s,
		       const char *id, const struct ip_addr *wanted, struct error *err)
{
	char text[IP_STR_MAX], holder[ID_BUF + 64] = "";
	int r;

	ip_format(wanted, text);
	if (!usable(s, wanted))
		return error_set(err, ERROR_INVALID,
				 "address %s cannot be given to a container of network '%s': it is "
				 "the gateway, network or broadcast address",
				 text, network);
	r = try_lease(leases, wanted, id);
	if (r > 0)
		return 0;
	if (r < 0)
		return error_os(err, -r, "lease address %s of network '%s'", text, network);
	(void)read_lease(leases, text, holder, sizeof(holder));
	return error_set(err, ERROR_BUSY, "address %s of network '%s' is in use by container %.12s",
			 text, network, holder);
}

static int take_next(int leases, const char *network, size_t index,
		     const struct definition_subnet *s, const char *id, struct ip_addr *ret,
		     struct error *err)
{
	struct ip_addr a = first_candidate(leases, index, s), begin = a;
	char text[SUBNET_STR_MAX];

	do {
		int r = usable(s, &a) ? try_lease(leases, &a, id) : 0;

		if (r < 0)
			return error_os(err, -r, "lease an address of network '%s'", network);
		if (r > 0) {
			remember(leases, index, &a);
			*ret = a;
			return 0;
		}
		if (ip_compare(&a, &s->end) >= 0 || !ip_add(&a, 1))
			a = s->start;
	} while (ip_compare(&a, &begin) != 0);
	subnet_format(&s->subnet, text);
	return error_set(err, ERROR_LIMIT, "no free address in subnet %s of network '%s'", text,
			 network);
}

int ipam_take(int dir, const char *network, size_t index, const struct definition_subnet *s,
	      const char *id, const struct ip_addr *wanted, struct ip_addr *ret, struct error *err)
{
	scoped_fd int leases = open_network(dir, network, true, err);
	int r;

	if (leases < 0)
		return leases;
	if (!wanted)
		return take_next(leases, network, index, s, id, ret, err);
	r = take_wanted(leases, network, s, id, wanted, err);
	if (r >= 0)
		*ret = *wanted;
	return r;
}

static int give_back(int leases, const char *address, const char *id)
{
	char holder[ID_BUF + 64];
	int r = read_lease(leases, address, holder, sizeof(holder));

	if (r == -ENOENT || (r >= 0 && !streq(holder, id)))
		return 0;
	if (r < 0)
		return r;
	return unlinkat(leases, address, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int ipam_release(int dir, const char *network, const char *id, char *const *ips, struct error *err)
{
	scoped_fd int leases = open_network(dir, network, false, err);
	scoped_strv char **all = NULL;
	scoped_free char *path = path_join("ipam", network);
	int r = 0;

	if (leases < 0)
		return leases == -ENOENT ? 0 : leases;
	if (!ips) {
		r = rundir_names(dir, path, &all, err);
		if (r < 0)
			return r;
	}
	STRV_FOREACH (ip, ips ? ips : all) {
		scoped_free char *address = xstrndup(*ip, strcspn(*ip, "/"));

		r = give_back(leases, address, id);
		if (r < 0)
			return error_os(err, -r, "give back address %s of network '%s'", address,
					network);
	}
	return 0;
}

int ipam_used(int dir, const char *network, struct error *err)
{
	int leases = open_network(dir, network, false, err);
	const struct dirent *e;
	int used = 0;
	DIR *d;

	if (leases < 0)
		return leases == -ENOENT ? 0 : leases;
	d = fdopendir(leases);
	if (!d) {
		int num = errno;

		fd_close(leases);
		return error_os(err, num, "read leases of network '%s'", network);
	}
	while (!used && (e = readdir(d)) != NULL)
		used = e->d_name[0] != '.';
	closedir(d);
	return used;
}

int ipam_forget(int dir, const char *network, struct error *err)
{
	scoped_free char *path = path_join("ipam", network);
	int r = fd_remove_tree(dir, path);

	return r < 0 ? error_os(err, -r, "remove leases of network '%s'", network) : 0;
}
