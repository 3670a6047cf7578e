/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firewall as table `inet coracle`, through libnftables (loaded when the first rule changes).
 *
 * Networks and published ports are elements of the table's sets and maps; no rule is ever added for
 * a container.  A published port's elements carry the container id as comment, by which they are
 * found again.  Whether the table is whole is asked with one message of our own (nft_present), as
 * that question comes with every start; and so are a container's ports removed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <string.h>

#include "base/dynlib.h"
#include "base/ident.h"
#include "base/strv.h"
#include "base/str.h"
#include "network/firewall/firewall.h"
#include "sys/fd.h"
#include "sys/netlink.h"

#define TABLE "coracle"
/* The chain whose number of rules tells that the table is whole, and that number. */
#define PROBE_CHAIN "postrouting"
#define PROBE_RULES 5
/* Bytes in front of the attributes of an nf_tables message. */
#define NFT_HEADER_LEN 4
/* The length of a nested attribute has 16 bits: a list goes on in another request before that. */
#define NEST_BYTES_MAX 48000
/* A dump that somebody else's changes interrupt is begun anew so often. */
#define DUMP_TRIES 100

/*
 * subnets4, subnets6: sources that leave through NAT
 * bridges: all our bridges; internal, isolated, strict: some of them
 * same: BRIDGE . BRIDGE: traffic that stays on one bridge
 * guard: what comes from a bridge never reaches 127.0.0.0/8 (route_localnet is on there)
 * publish: destination NAT by the maps; from prerouting and output, for local addresses
 */
static const char table_text[] =
	"table inet " TABLE " {\n"
	" set subnets4 { type ipv4_addr; flags interval; }\n"
	" set subnets6 { type ipv6_addr; flags interval; }\n"
	" set bridges { type ifname; }\n"
	" set internal { type ifname; }\n"
	" set isolated { type ifname; }\n"
	" set strict { type ifname; }\n"
	" set same { type ifname . ifname; }\n"
	" map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	" map ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	" map hostports4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; "
	"}\n"
	" map hostports6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; "
	"}\n"
	" chain guard { type filter hook prerouting priority raw;\n"
	"  iifname @bridges ip daddr 127.0.0.0/8 drop\n"
	"  iifname @bridges ip saddr 127.0.0.0/8 drop\n"
	" }\n"
	" chain publish {\n"
	"  dnat ip to ip daddr . meta l4proto . th dport map @hostports4\n"
	"  dnat ip to meta l4proto . th dport map @ports4\n"
	"  dnat ip6 to ip6 daddr . meta l4proto . th dport map @hostports6\n"
	"  dnat ip6 to meta l4proto . th dport map @ports6\n"
	" }\n"
	" chain prerouting { type nat hook prerouting priority -100; fib daddr type local jump "
	"publish; }\n"
	" chain output { type nat hook output priority -100; fib daddr type local jump publish; }\n"
	" chain forward { type filter hook forward priority 0;\n"
	"  iifname . oifname @same accept\n"
	"  iifname @internal drop\n"
	"  oifname @internal drop\n"
	"  iifname @isolated oifname @isolated drop\n"
	"  iifname @strict oifname @bridges drop\n"
	"  iifname @bridges oifname @strict drop\n"
	" }\n"
	" chain " PROBE_CHAIN " { type nat hook postrouting priority 100;\n"
	"  ip saddr @subnets4 oifname != @bridges ip daddr != 224.0.0.0/4 masquerade\n"
	"  ip6 saddr @subnets6 oifname != @bridges ip6 daddr != ff00::/8 masquerade\n"
	"  ip saddr 127.0.0.0/8 oifname @bridges masquerade\n"
	"  ct status dnat ip saddr @subnets4 oifname @bridges masquerade\n"
	"  ct status dnat ip6 saddr @subnets6 oifname @bridges masquerade\n"
	" }\n"
	"}\n";

static struct {
	void *handle;
	struct nft_ctx *ctx;
	struct nft_ctx *(*ctx_new)(uint32_t flags);
	int (*buffer_output)(struct nft_ctx *ctx);
	int (*buffer_error)(struct nft_ctx *ctx);
	const char *(*get_error)(struct nft_ctx *ctx);
	int (*run)(struct nft_ctx *ctx, const char *text);
	void (*ctx_free)(struct nft_ctx *ctx);
} lib;

static int lib_load(struct error *err)
{
	static const struct dynlib_symbol symbols[] = {
		{ "nft_ctx_new", (void **)&lib.ctx_new },
		{ "nft_ctx_buffer_output", (void **)&lib.buffer_output },
		{ "nft_ctx_buffer_error", (void **)&lib.buffer_error },
		{ "nft_ctx_get_error_buffer", (void **)&lib.get_error },
		{ "nft_run_cmd_from_buffer", (void **)&lib.run },
		{ "nft_ctx_free", (void **)&lib.ctx_free },
	};
	int r = dynlib_load(&lib.handle, "libnftables.so.1", "libnftables1", symbols,
			    ARRAY_SIZE(symbols), err);

	if (r < 0 || lib.ctx)
		return r;
	lib.ctx = lib.ctx_new(NFT_CTX_DEFAULT);
	if (!lib.ctx)
		return error_os(err, ENOMEM, "open libnftables");
	lib.buffer_output(lib.ctx);
	lib.buffer_error(lib.ctx);
	return 0;
}

/* The library says what went wrong as text: -EEXIST and -ENOENT are told from it. */
static int explain(const char *why, struct error *err)
{
	if (strstr(why, strerror(EEXIST)))
		return error_set(err, ERROR_EXISTS, "%s", why);
	if (strstr(why, strerror(ENOENT)) || strstr(why, "does not exist"))
		return error_set(err, ERROR_NOT_FOUND, "%s", why);
	return error_set(err, ERROR_UNSUPPORTED,
			 "change packet filter table 'inet " TABLE
			 "': %.300s; the kernel needs nf_tables with nat, fib and inet support",
			 why);
}

/* One transaction. */
static int run(const struct buf *text, struct error *err)
{
	int r = lib_load(err);

	if (r < 0)
		return r;
	if (!buf_ok(text))
		return error_set(err, ERROR_LIMIT, "change of the packet filter is too large");
	if (text->len > 0 && lib.run(lib.ctx, text->data) != 0)
		r = explain(lib.get_error(lib.ctx), err);
	/* Its socket must not be closed at the end of the process, see the_socket. */
	lib.ctx_free(take_ptr(lib.ctx));
	return r;
}

/*
 * One socket for the life of the process.  Closing one waits for the RCU grace period of whatever
 * was removed last, some 10 ms: so it is left to the end, and the janitor inherits it (hand_over).
 */
static int the_socket = -1;

static int nft_hand_over(void)
{
	int fd = the_socket;

	the_socket = -1;
	return fd;
}

static int read_use(void *arg, const struct nlmsghdr *h)
{
	const struct nlattr *a = netlink_find(h, NFT_HEADER_LEN, NFTA_CHAIN_USE);

	*(uint32_t *)arg = ntohl(netlink_u32(a));
	return 0;
}

static int open_socket(void)
{
	if (the_socket < 0)
		the_socket = netlink_open(NETLINK_NETFILTER);
	return the_socket;
}

static void begin(struct netlink_batch *b, uint16_t msg, uint16_t flags)
{
	const struct nfgenmsg header = { .nfgen_family = NFPROTO_INET };

	netlink_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | msg), flags, &header,
		      sizeof(header));
}

static int nft_present(void)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	uint32_t use = 0;
	int r = open_socket();

	if (r < 0)
		return r;
	begin(&b, NFT_MSG_GETCHAIN, 0);
	netlink_attr_str(&b, NFTA_CHAIN_TABLE, TABLE);
	netlink_attr_str(&b, NFTA_CHAIN_NAME, PROBE_CHAIN);
	r = netlink_query(the_socket, &b, read_use, &use);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : use == PROBE_RULES;
}

static void bridge_element(struct buf *out, const char *verb, const char *set, const char *bridge)
{
	buf_addf(out, "%s element inet " TABLE " %s { \"%s\" }\n", verb, set, bridge);
}

static void network_elements(struct buf *out, const char *verb, const struct firewall_network *n)
{
	bridge_element(out, verb, "bridges", n->bridge);
	buf_addf(out, "%s element inet " TABLE " same { \"%s\" . \"%s\" }\n", verb, n->bridge,
		 n->bridge);
	if (n->internal)
		bridge_element(out, verb, "internal", n->bridge);
	if (n->isolation != ISOLATION_NONE)
		bridge_element(out, verb, "isolated", n->bridge);
	if (n->isolation == ISOLATION_STRICT)
		bridge_element(out, verb, "strict", n->bridge);
	for (size_t i = 0; i < n->n_subnets && !n->internal; i++) {
		struct subnet net = subnet_network(&n->subnets[i]);
		char text[SUBNET_STR_MAX];

		subnet_format(&net, text);
		buf_addf(out, "%s element inet " TABLE " %s { %s }\n", verb,
			 net.addr.family == AF_INET ? "subnets4" : "subnets6", text);
	}
}

static bool any_address(const struct ip_addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->bytes, zero, ip_len(a)) == 0;
}

static const char *port_map(const struct firewall_port *p)
{
	bool v4 = p->host_ip.family == AF_INET;

	if (any_address(&p->host_ip))
		return v4 ? "ports4" : "ports6";
	return v4 ? "hostports4" : "hostports6";
}

static int ignore_answer(void *arg, const struct nlmsghdr *h)
{
	return 0;
}

static bool table_exists(void)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };

	if (open_socket() < 0)
		return true; /* the transaction tells */
	begin(&b, NFT_MSG_GETTABLE, 0);
	netlink_attr_str(&b, NFTA_TABLE_NAME, TABLE);
	return netlink_query(the_socket, &b, ignore_answer, NULL) != -ENOENT;
}

/* Add, so that the removal of what may be missing cannot fail. */
#define DROP_TABLE "add table inet " TABLE "\ndelete table inet " TABLE "\n"

static int nft_network_add(const struct firewall_network *n, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	network_elements(&text, "add", n);
	return run(&text, err);
}

/* Line by line: what is missing already must not keep the rest. */
static int run_lines(const struct buf *text, struct error *err)
{
	scoped_strv char **lines = strv_split(text->data ? text->data : "", "\n", false);

	STRV_FOREACH (line, lines) {
		scoped(buf_done) struct buf one = BUF_INIT;
		struct error sub = ERROR_INIT;
		int r;

		buf_adds(&one, *line);
		r = run(&one, &sub);
		if (r < 0 && sub.kind != ERROR_NOT_FOUND)
			return error_copy(err, &sub);
	}
	return 0;
}

static int nft_network_remove(const struct firewall_network *n, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	struct error sub = ERROR_INIT;
	int r;

	network_elements(&text, "delete", n);
	r = run(&text, &sub);
	if (r < 0 && sub.kind == ERROR_NOT_FOUND)
		return run_lines(&text, err);
	return r < 0 ? error_copy(err, &sub) : 0;
}

/*
 * Elements of maps by messages of our own, on the socket that outlives the process: a port comes
 * and goes with its container, and its text in a map of thousands would be megabytes.
 */
struct elements {
	struct netlink_batch *out;
	uint16_t msg; /* NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM */
	const char *map;
	size_t nest;
};

static void elements_open(struct elements *e)
{
	begin(e->out, e->msg, e->msg == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	netlink_attr_str(e->out, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	netlink_attr_str(e->out, NFTA_SET_ELEM_LIST_SET, e->map);
	e->nest = netlink_nest(e->out, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void elements_close(struct elements *e)
{
	netlink_nest_end(e->out, e->nest);
}

/* Begin one; the caller ends the nest that is returned. */
static size_t element_open(struct elements *e)
{
	if (e->out->buf.len - e->nest > NEST_BYTES_MAX) {
		elements_close(e);
		elements_open(e);
	}
	return netlink_nest(e->out, NFTA_LIST_ELEM);
}

static void value(struct netlink_batch *b, uint16_t type, const void *data, size_t len)
{
	size_t nest = netlink_nest(b, type);

	netlink_attr(b, NFTA_DATA_VALUE, data, len);
	netlink_nest_end(b, nest);
}

static void batch_mark(struct netlink_batch *b, uint16_t type)
{
	const struct nfgenmsg header = { .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	netlink_begin(b, type, 0, &header, sizeof(header));
}

static int commit(struct netlink_batch *b)
{
	/* Acknowledgements of all could pass the receive buffer; errors come without. */
	netlink_want_ack(b);
	batch_mark(b, NFNL_MSG_BATCH_END);
	return netlink_transact(the_socket, b, NULL);
}

/* A part of a concatenation: its bytes, filled up to a whole register. */
static void add_part(uint8_t *key, size_t *len, const void *data, size_t n)
{
	memcpy(key + *len, data, n);
	*len += (n + 3) & ~(size_t)3;
}

/* libnftnl's user data of an element: type 0 (comment), length with the NUL, text. */
static void add_comment(struct netlink_batch *b, const char *owner)
{
	char user[2 + ID_BUF] = { 0 };
	size_t len = MIN(strlen(owner), (size_t)ID_HEX_LEN) + 1;

	user[1] = (char)len;
	memcpy(user + 2, owner, len - 1);
	netlink_attr(b, NFTA_SET_ELEM_USERDATA, user, 2 + len);
}

static void add_port(struct elements *e, const struct firewall_port *p, uint32_t i)
{
	uint16_t from = htons((uint16_t)(p->host_port + i));
	uint16_t to = htons((uint16_t)(p->container_port + i));
	uint8_t key[32] = { 0 }, data[32] = { 0 };
	size_t key_len = 0, data_len = 0, element;

	if (!any_address(&p->host_ip))
		add_part(key, &key_len, p->host_ip.bytes, ip_len(&p->host_ip));
	add_part(key, &key_len, &p->protocol, 1);
	add_part(key, &key_len, &from, sizeof(from));
	add_part(data, &data_len, p->container_ip.bytes, ip_len(&p->container_ip));
	add_part(data, &data_len, &to, sizeof(to));
	element = element_open(e);
	value(e->out, NFTA_SET_ELEM_KEY, key, key_len);
	value(e->out, NFTA_SET_ELEM_DATA, data, data_len);
	add_comment(e->out, p->owner);
	netlink_nest_end(e->out, element);
}

/* Adding what is there already is fine, with another target it is -EEXIST, and then none is added.
 */
static int nft_ports_add(const struct firewall_port *ports, size_t n, struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	int r = open_socket();

	if (n == 0)
		return 0;
	batch_mark(&b, NFNL_MSG_BATCH_BEGIN);
	for (size_t i = 0; i < n; i++) {
		struct elements e = { &b, NFT_MSG_NEWSETELEM, port_map(&ports[i]) };

		elements_open(&e);
		for (uint32_t k = 0; k < ports[i].count; k++)
			add_port(&e, &ports[i], k);
		elements_close(&e);
	}
	if (r >= 0)
		r = commit(&b);
	if (r == -EEXIST)
		return error_set(err, ERROR_BUSY,
				 "publish host port %u: another container has published it",
				 ports[0].host_port);
	return r < 0 ? error_os(err, -r, "publish host port %u", ports[0].host_port) : 0;
}

/* Ports come right behind: while rules were flushed there were none, either. */
static int nft_replace(const struct firewall_state *s, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	int r;

	if (table_exists()) /* else there is no removal to wait for */
		buf_adds(&text, DROP_TABLE);
	buf_adds(&text, table_text);
	for (size_t i = 0; i < s->n_networks; i++)
		network_elements(&text, "add", &s->networks[i]);
	r = run(&text, err);
	return r < 0 ? r : nft_ports_add(s->ports, s->n_ports, err);
}

/* Keys of the owner's elements of one map, one behind the other. */
struct owned {
	const char *owner;
	struct buf keys;
	size_t key_len; /* all keys of a map have one length */
};

static bool has_comment(const struct nlattr *element, const char *owner)
{
	const struct nlattr *user = netlink_find_in(element, NFTA_SET_ELEM_USERDATA);
	size_t len = strlen(owner) + 1;
	const char *text;

	if (!user || netlink_len(user) < 2 + len)
		return false;
	text = netlink_data(user);
	return text[0] == 0 && (uint8_t)text[1] == len && memcmp(text + 2, owner, len) == 0;
}

static int read_elements(void *arg, const struct nlmsghdr *h)
{
	struct owned *o = arg;
	const struct nlattr *list = netlink_find(h, NFT_HEADER_LEN, NFTA_SET_ELEM_LIST_ELEMENTS);
	const struct nlattr *element = NULL;

	while (list && (element = netlink_next_in(list, element)) != NULL) {
		const struct nlattr *key = netlink_find_in(element, NFTA_SET_ELEM_KEY);

		key = key ? netlink_find_in(key, NFTA_DATA_VALUE) : NULL;
		if (!key || !has_comment(element, o->owner))
			continue;
		if (o->key_len != 0 && o->key_len != netlink_len(key))
			return -EPROTO;
		o->key_len = netlink_len(key);
		buf_add(&o->keys, netlink_data(key), o->key_len);
	}
	return 0;
}

static int compare_keys(const void *a, const void *b, void *len)
{
	return memcmp(a, b, *(const size_t *)len);
}

static int delete_elements(const char *map, struct owned *o)
{
	scoped(netlink_batch_done) struct netlink_batch out = { 0 };
	struct elements e = { &out, NFT_MSG_DELSETELEM, map };
	const char *end = o->keys.data + o->keys.len, *last = NULL;

	qsort_r(o->keys.data, o->keys.len / o->key_len, o->key_len, compare_keys, &o->key_len);
	batch_mark(&out, NFNL_MSG_BATCH_BEGIN);
	elements_open(&e);
	for (const char *key = o->keys.data; key < end; last = key, key += o->key_len) {
		size_t nest;

		if (last && memcmp(last, key, o->key_len) == 0)
			continue;
		nest = element_open(&e);
		value(e.out, NFTA_SET_ELEM_KEY, key, o->key_len);
		netlink_nest_end(e.out, nest);
	}
	elements_close(&e);
	return commit(&out);
}

/*
 * One round: 0 when the map has none of the owner's (any more), -EINTR when another round is to
 * look. A dump is no snapshot: while the kernel enlarges the map's hash table, after many were
 * added, it shows some elements twice, and may pass over some.  So what is shown twice is deleted
 * once, what another process deleted first (-ENOENT: then nothing of the batch was) is looked for
 * again, and only a dump without any ends it.
 */
static int remove_owned(const char *map, const char *owner)
{
	scoped(netlink_batch_done) struct netlink_batch dump = { 0 };
	struct owned o = { .owner = owner, .keys = BUF_INIT };
	int r;

	begin(&dump, NFT_MSG_GETSETELEM, NLM_F_DUMP);
	netlink_attr_str(&dump, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	netlink_attr_str(&dump, NFTA_SET_ELEM_LIST_SET, map);
	r = netlink_dump(the_socket, &dump, read_elements, &o);
	if (r == -ENOENT) /* no such map */
		r = 0;
	else if (r >= 0 && o.keys.len > 0) {
		r = delete_elements(map, &o);
		r = r >= 0 || r == -ENOENT ? -EINTR : r;
	}
	buf_done(&o.keys);
	return r;
}

static int nft_ports_remove(const char *owner, struct error *err)
{
	static const char *const maps[] = { "ports4", "hostports4", "ports6", "hostports6" };
	int r = open_socket();

	for (size_t i = 0; i < ARRAY_SIZE(maps) && r >= 0; i++) {
		unsigned tries = DUMP_TRIES;

		do {
			r = remove_owned(maps[i], owner);
		} while (r == -EINTR && --tries);
	}
	if (r < 0)
		return error_os(err, -r, "withdraw the published ports of container '%s'", owner);
	return 0;
}

static int nft_destroy(struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	buf_adds(&text, DROP_TABLE);
	return run(&text, err);
}

const struct firewall_ops firewall_nft = {
	.name = "nft",
	.present = nft_present,
	.replace = nft_replace,
	.network_add = nft_network_add,
	.network_remove = nft_network_remove,
	.ports_add = nft_ports_add,
	.ports_remove = nft_ports_remove,
	.destroy = nft_destroy,
	.hand_over = nft_hand_over,
};
