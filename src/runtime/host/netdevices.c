/* SPDX-License-Identifier: Apache-2.0 */
/* netdevices: see netdevices.h. */
#include "runtime/host/netdevices.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "sys/fd.h"
#include "sys/netlink.h"
#include "sys/ns.h"

/* Names tried for a pattern such as eth%d. */
#define PATTERN_MAX 1000
/* Of the flags of an address, those that are its configuration and not its state. */
#define ADDRESS_FLAGS                                                                   \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | \
	 IFA_F_MCAUTOJOIN)

struct address {
	struct ifaddrmsg head;
	uint32_t flags;
	struct {
		uint8_t bytes[16];
		size_t len;
	} local, peer, broadcast;
};

struct device {
	const struct plan_net_device *plan;
	int index;	     /* here, later there; -ENODEV between */
	bool up, moved;	     /* was it, here; has it gone */
	char name[IFNAMSIZ]; /* there */
	struct address *addresses;
	size_t n_addresses;
};

/* A side of the move. */
struct side {
	int netns, netlink; /* there the namespace is borrowed */
};

struct mover {
	struct side here, there;
	struct device *devices;
	size_t n;
};

static void mover_done(struct mover *m)
{
	fd_close(m->here.netns);
	fd_close(m->here.netlink);
	fd_close(m->there.netlink);
	for (size_t i = 0; i < m->n; i++)
		free(m->devices[i].addresses);
	free(m->devices);
}
DEFINE_SCOPED_STRUCT(struct mover, mover_done)

static int take_link(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);

	if (h->nlmsg_type == RTM_NEWLINK && h->nlmsg_len >= NLMSG_LENGTH(sizeof(*info)))
		*(struct ifinfomsg *)arg = *info;
	return 0;
}

/* Index of an interface, -ENODEV; ret_up may be NULL. */
static int find_link(int fd, const char *name, bool *ret_up)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct ifinfomsg info = { 0 }, found = { .ifi_index = -ENODEV };
	int r;

	netlink_begin(&b, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_attr_str(&b, IFLA_IFNAME, name);
	r = netlink_query(fd, &b, take_link, &found);
	if (r >= 0 && ret_up)
		*ret_up = (found.ifi_flags & IFF_UP) != 0;
	return r < 0 ? r : found.ifi_index;
}

/* Its name there: as wished, or the first free one of the pattern. */
static int choose_name(const struct mover *m, struct device *d, struct error *err)
{
	const char *wish = d->plan->new_name, *percent = strstr(wish, "%d");

	for (int i = 0; i < (percent ? PATTERN_MAX : 1); i++) {
		bool taken = false;
		int n = percent ? snprintf(d->name, sizeof(d->name), "%.*s%d%s",
					   (int)(percent - wish), wish, i, percent + 2)
				: snprintf(d->name, sizeof(d->name), "%s", wish);
		int r;

		if (n >= (int)sizeof(d->name))
			break;
		for (const struct device *o = m->devices; o < d; o++)
			taken |= streq(o->name, d->name);
		r = taken ? 0 : find_link(m->there.netlink, d->name, NULL);
		if (r == -ENODEV)
			return 0;
		if (r < 0)
			return error_os(err, -r, "look for interface '%s' in the container",
					d->name);
	}
	return error_set(err, ERROR_EXISTS,
			 "config.json: .linux.netDevices: the container has an interface '%s' "
			 "already",
			 wish);
}

static void take_bytes(const struct nlmsghdr *h, uint16_t type, uint8_t *bytes, size_t *len)
{
	const struct nlattr *a = netlink_find(h, sizeof(struct ifaddrmsg), type);

	if (a == NULL || netlink_len(a) > 16)
		return;
	*len = netlink_len(a);
	memcpy(bytes, netlink_data(a), *len);
}

static int take_address(void *arg, const struct nlmsghdr *h)
{
	struct device *d = arg;
	const struct ifaddrmsg *head = NLMSG_DATA(h);
	const struct nlattr *flags;
	struct address *a;
	uint32_t bits;

	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*head)) ||
	    head->ifa_index != (unsigned)d->index || head->ifa_scope != RT_SCOPE_UNIVERSE)
		return 0;
	flags = netlink_find(h, sizeof(*head), IFA_FLAGS);
	bits = flags ? netlink_u32(flags) : head->ifa_flags;
	if ((bits & IFA_F_PERMANENT) == 0)
		return 0;
	a = ARRAY_ADD(d->addresses, d->n_addresses);
	*a = (struct address){ .head = *head, .flags = bits & ADDRESS_FLAGS };
	take_bytes(h, IFA_LOCAL, a->local.bytes, &a->local.len);
	take_bytes(h, IFA_ADDRESS, a->peer.bytes, &a->peer.len);
	take_bytes(h, IFA_BROADCAST, a->broadcast.bytes, &a->broadcast.len);
	return 0;
}

static int read_addresses(const struct mover *m, struct device *d, struct error *err)
{
	int r;

	do {
		scoped(netlink_batch_done) struct netlink_batch b = { 0 };
		struct ifaddrmsg head = { .ifa_family = AF_UNSPEC };

		d->n_addresses = 0;
		netlink_begin(&b, RTM_GETADDR, NLM_F_DUMP, &head, sizeof(head));
		r = netlink_dump(m->here.netlink, &b, take_address, d);
	} while (r == -EINTR);
	return r < 0 ? error_os(err, -r, "read addresses of interface '%s'", d->plan->name) : 0;
}

static int look_at(const struct mover *m, struct device *d, struct error *err)
{
	d->index = find_link(m->here.netlink, d->plan->name, &d->up);
	if (d->index == -ENODEV)
		return error_set(err, ERROR_NOT_FOUND,
				 "config.json: .linux.netDevices: there is no interface '%s'",
				 d->plan->name);
	if (d->index < 0)
		return error_os(err, -d->index, "look for interface '%s'", d->plan->name);
	return choose_name(m, d, err);
}

static void add_address(struct netlink_batch *b, const struct device *d, const struct address *a)
{
	struct ifaddrmsg head = a->head;

	head.ifa_index = (unsigned)d->index;
	head.ifa_flags = 0;
	netlink_begin(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	if (a->local.len > 0)
		netlink_attr(b, IFA_LOCAL, a->local.bytes, a->local.len);
	if (a->peer.len > 0)
		netlink_attr(b, IFA_ADDRESS, a->peer.bytes, a->peer.len);
	if (a->broadcast.len > 0)
		netlink_attr(b, IFA_BROADCAST, a->broadcast.bytes, a->broadcast.len);
	netlink_attr_u32(b, IFA_FLAGS, a->flags);
}

static int move_link(const struct side *from, const struct side *to, struct device *d,
		     const char *name)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct ifinfomsg info = { .ifi_index = d->index };
	int r;

	netlink_begin(&b, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_attr_u32(&b, IFLA_NET_NS_FD, (uint32_t)to->netns);
	netlink_attr_str(&b, IFLA_IFNAME, name);
	netlink_want_ack(&b);
	r = netlink_transact(from->netlink, &b, NULL);
	if (r < 0)
		return r;
	/* Its number may be another one there. */
	d->index = find_link(to->netlink, name, NULL);
	return 0;
}

static int set_up_link(const struct side *at, const struct device *d, bool up)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	struct ifinfomsg info = { .ifi_index = d->index,
				  .ifi_flags = up ? IFF_UP : 0,
				  .ifi_change = IFF_UP };

	if (d->index < 0)
		return d->index;
	for (size_t i = 0; i < d->n_addresses; i++)
		add_address(&b, d, &d->addresses[i]);
	netlink_begin(&b, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_want_ack(&b);
	return netlink_transact(at->netlink, &b, NULL);
}

static int move_one(const struct mover *m, struct device *d, struct error *err)
{
	int r = move_link(&m->here, &m->there, d, d->name);

	if (r < 0)
		return error_os(err, -r, "move interface '%s' into the container as '%s'",
				d->plan->name, d->name);
	d->moved = true;
	r = set_up_link(&m->there, d, true);
	return r < 0 ? error_os(err, -r, "set up interface '%s' in the container", d->name) : 0;
}

/* One that cannot be moved, and those before it come back. */
static void move_back(const struct mover *m)
{
	for (size_t i = m->n; i-- > 0;) {
		struct device *d = &m->devices[i];
		int r;

		if (!d->moved)
			continue;
		r = move_link(&m->there, &m->here, d, d->plan->name);
		if (r >= 0)
			r = set_up_link(&m->here, d, d->up);
		if (r < 0)
			log_warn("put interface '%s' back: %s; it may be gone with the container",
				 d->plan->name, strerror(-r));
	}
}

static int open_sides(struct mover *m, int netns_fd, struct error *err)
{
	m->here.netns = ns_open(getpid(), NS_NET);
	if (m->here.netns < 0)
		return error_os(err, -m->here.netns, "open our network namespace");
	m->here.netlink = netlink_open(NETLINK_ROUTE);
	if (m->here.netlink < 0)
		return error_os(err, -m->here.netlink, "open netlink socket");
	m->there.netns = netns_fd;
	m->there.netlink = netlink_open_in(NETLINK_ROUTE, netns_fd);
	if (m->there.netlink < 0)
		return error_os(err, -m->there.netlink,
				"open netlink socket in the container's network namespace");
	return 0;
}

int netdevices_move(const struct plan_net_device *d, size_t n, int netns_fd, struct error *err)
{
	scoped(mover_done) struct mover m = { .here = { -1, -1 }, .there = { -1, -1 } };
	int r = open_sides(&m, netns_fd, err);

	m.devices = xnew_n(struct device, n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		m.devices[m.n] = (struct device){ .plan = &d[i] };
		r = look_at(&m, &m.devices[m.n++], err);
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_addresses(&m, &m.devices[i], err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = move_one(&m, &m.devices[i], err);
	if (r < 0)
		move_back(&m);
	return r;
}
