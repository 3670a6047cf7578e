/* SPDX-License-Identifier: Apache-2.0 */
#include "network/firewall/nft_rules.h"

#include <linux/in_route.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "base/mem.h"
#include "base/str.h"
#include "network/firewall/nft_msg.h"

/* Types as nft(8) numbers them, to print our sets; in a concatenation six bits each. */
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_PROTO = 12, TYPE_SERVICE = 13, TYPE_IFNAME = 41 };
#define CONCAT2(a, b) ((a) << 6 | (b))
#define CONCAT3(a, b, c) ((a) << 12 | (b) << 6 | (c))

/* Every part of a key fills whole 32-bit registers. */
#define LEN_V4 4
#define LEN_V6 16
#define LEN_PORT 4
#define LEN_PROTO 4

static const struct nft_set sets[] = {
	{ NFT_SET_SUBNETS4, NFT_SET_INTERVAL, TYPE_IPV4, LEN_V4 },
	{ NFT_SET_SUBNETS6, NFT_SET_INTERVAL, TYPE_IPV6, LEN_V6 },
	{ NFT_SET_BRIDGES, 0, TYPE_IFNAME, IFNAMSIZ, .host_order = true },
	{ NFT_SET_INTERNAL, 0, TYPE_IFNAME, IFNAMSIZ, .host_order = true },
	{ NFT_SET_ISOLATED, 0, TYPE_IFNAME, IFNAMSIZ, .host_order = true },
	{ NFT_SET_STRICT, 0, TYPE_IFNAME, IFNAMSIZ, .host_order = true },
	{ NFT_SET_SAME, 0, CONCAT2(TYPE_IFNAME, TYPE_IFNAME), 2 * IFNAMSIZ },
	{ NFT_MAP_PORTS4, 0, CONCAT2(TYPE_PROTO, TYPE_SERVICE), LEN_PROTO + LEN_PORT,
	  CONCAT2(TYPE_IPV4, TYPE_SERVICE), LEN_V4 + LEN_PORT },
	{ NFT_MAP_PORTS6, 0, CONCAT2(TYPE_PROTO, TYPE_SERVICE), LEN_PROTO + LEN_PORT,
	  CONCAT2(TYPE_IPV6, TYPE_SERVICE), LEN_V6 + LEN_PORT },
	{ NFT_MAP_HOSTPORTS4, 0, CONCAT3(TYPE_IPV4, TYPE_PROTO, TYPE_SERVICE),
	  LEN_V4 + LEN_PROTO + LEN_PORT, CONCAT2(TYPE_IPV4, TYPE_SERVICE), LEN_V4 + LEN_PORT },
	{ NFT_MAP_HOSTPORTS6, 0, CONCAT3(TYPE_IPV6, TYPE_PROTO, TYPE_SERVICE),
	  LEN_V6 + LEN_PROTO + LEN_PORT, CONCAT2(TYPE_IPV6, TYPE_SERVICE), LEN_V6 + LEN_PORT },
};

/* Priorities are those that nft(8) calls raw, dstnat, filter and srcnat. */
static const struct nft_chain chains[] = {
	{ "guard", "filter", NF_INET_PRE_ROUTING, -300 },
	{ "publish" },
	{ "prerouting", "nat", NF_INET_PRE_ROUTING, -100 },
	{ "output", "nat", NF_INET_LOCAL_OUT, -100 },
	{ "forward", "filter", NF_INET_FORWARD, 0 },
	{ "postrouting", "nat", NF_INET_POST_ROUTING, 100 },
};

#define REG(n) ((uint32_t)(NFT_REG32_00 + (n))) /* 32-bit register n */

/* clang-format off */
#define META(k, r)	 { .kind = NFT_E_META, .key = (k), .dreg = (r) }
#define IIF		 META(NFT_META_IIFNAME, REG(0))
#define OIF		 META(NFT_META_OIFNAME, REG(0))
#define LOAD(b, o, l, r) { .kind = NFT_E_PAYLOAD, .base = (b), .offset = (o), .len = (l), .dreg = (r) }
#define NET(o, l, r)	 LOAD(NFT_PAYLOAD_NETWORK_HEADER, o, l, r)
#define DPORT(r)	 LOAD(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, r)
#define CMP1(o, v)	 { .kind = NFT_E_CMP, .sreg = REG(0), .op = (o), .len = 1, .data = { (v) } }
#define CMP4(o, v)	 { .kind = NFT_E_CMP, .sreg = REG(0), .op = (o), .len = 4, .data = { (v) } }
#define MASK4(v)	 { .kind = NFT_E_MASK, .sreg = REG(0), .len = 4, .data = { (v) } }
#define IN(s)		 { .kind = NFT_E_LOOKUP, .set = (s), .sreg = REG(0) }
#define NOT_IN(s)	 { .kind = NFT_E_LOOKUP, .set = (s), .sreg = REG(0), .invert = true }
#define MAP(s)		 { .kind = NFT_E_MAP, .set = (s), .sreg = REG(0), .dreg = REG(0) }
#define DNAT(f, a, p)	 { .kind = NFT_E_DNAT, .key = (f), .sreg = (a), .dreg = (p) }
#define MASQ		 { .kind = NFT_E_MASQ }
#define VERDICT(v, c)	 { .kind = NFT_E_VERDICT, .key = (uint32_t)(v), .set = (c) }
#define V4		 META(NFT_META_NFPROTO, REG(0)), CMP1(NFT_CMP_EQ, NFPROTO_IPV4)
#define V6		 META(NFT_META_NFPROTO, REG(0)), CMP1(NFT_CMP_EQ, NFPROTO_IPV6)

/* Offsets in the IPv4 and IPv6 headers. */
#define SADDR4 12
#define DADDR4 16
#define SADDR6 8
#define DADDR6 24

static const struct nft_expr guard_to[] = {
	IIF, IN(NFT_SET_BRIDGES), V4, NET(DADDR4, 1, REG(0)), CMP1(NFT_CMP_EQ, 127),
	VERDICT(NF_DROP, NULL) };
static const struct nft_expr guard_from[] = {
	IIF, IN(NFT_SET_BRIDGES), V4, NET(SADDR4, 1, REG(0)), CMP1(NFT_CMP_EQ, 127),
	VERDICT(NF_DROP, NULL) };

static const struct nft_expr publish_host4[] = {
	V4, NET(DADDR4, 4, REG(0)), META(NFT_META_L4PROTO, REG(1)), DPORT(REG(2)),
	MAP(NFT_MAP_HOSTPORTS4), DNAT(NFPROTO_IPV4, REG(0), REG(1)) };
static const struct nft_expr publish4[] = {
	META(NFT_META_L4PROTO, REG(0)), DPORT(REG(1)), MAP(NFT_MAP_PORTS4),
	DNAT(NFPROTO_IPV4, REG(0), REG(1)) };
static const struct nft_expr publish_host6[] = {
	V6, NET(DADDR6, 16, REG(0)), META(NFT_META_L4PROTO, REG(4)), DPORT(REG(5)),
	MAP(NFT_MAP_HOSTPORTS6), DNAT(NFPROTO_IPV6, REG(0), REG(4)) };
static const struct nft_expr publish6[] = {
	META(NFT_META_L4PROTO, REG(0)), DPORT(REG(1)), MAP(NFT_MAP_PORTS6),
	DNAT(NFPROTO_IPV6, REG(0), REG(4)) };

static const struct nft_expr to_publish[] = {
	{ .kind = NFT_E_ADDRTYPE, .dreg = REG(0) }, CMP4(NFT_CMP_EQ, RTN_LOCAL),
	VERDICT(NFT_JUMP, "publish") };

static const struct nft_expr forward_same[] = {
	IIF, META(NFT_META_OIFNAME, REG(4)), IN(NFT_SET_SAME), VERDICT(NF_ACCEPT, NULL) };
static const struct nft_expr forward_from_internal[] = {
	IIF, IN(NFT_SET_INTERNAL), VERDICT(NF_DROP, NULL) };
static const struct nft_expr forward_to_internal[] = {
	OIF, IN(NFT_SET_INTERNAL), VERDICT(NF_DROP, NULL) };
static const struct nft_expr forward_isolated[] = {
	IIF, IN(NFT_SET_ISOLATED), OIF, IN(NFT_SET_ISOLATED), VERDICT(NF_DROP, NULL) };
static const struct nft_expr forward_from_strict[] = {
	IIF, IN(NFT_SET_STRICT), OIF, IN(NFT_SET_BRIDGES), VERDICT(NF_DROP, NULL) };
static const struct nft_expr forward_to_strict[] = {
	IIF, IN(NFT_SET_BRIDGES), OIF, IN(NFT_SET_STRICT), VERDICT(NF_DROP, NULL) };

static const struct nft_expr leave4[] = {
	V4, NET(SADDR4, 4, REG(0)), IN(NFT_SET_SUBNETS4), OIF, NOT_IN(NFT_SET_BRIDGES),
	NET(DADDR4, 4, REG(0)), MASK4(0xf0), CMP4(NFT_CMP_NEQ, 224), MASQ };
static const struct nft_expr leave6[] = {
	V6, NET(SADDR6, 16, REG(0)), IN(NFT_SET_SUBNETS6), OIF, NOT_IN(NFT_SET_BRIDGES),
	NET(DADDR6, 1, REG(0)), CMP1(NFT_CMP_NEQ, 0xff), MASQ };
static const struct nft_expr from_loopback[] = {
	V4, NET(SADDR4, 1, REG(0)), CMP1(NFT_CMP_EQ, 127), OIF, IN(NFT_SET_BRIDGES), MASQ };
#define STATUS_DNAT							\
	{ .kind = NFT_E_CT, .key = NFT_CT_STATUS, .dreg = REG(0) },	\
	{ .kind = NFT_E_MASK, .sreg = REG(0), .len = 4, .data = { IPS_DST_NAT } }, \
	CMP4(NFT_CMP_NEQ, 0)
static const struct nft_expr hairpin4[] = {
	STATUS_DNAT, V4, NET(SADDR4, 4, REG(0)), IN(NFT_SET_SUBNETS4), OIF, IN(NFT_SET_BRIDGES),
	MASQ };
static const struct nft_expr hairpin6[] = {
	STATUS_DNAT, V6, NET(SADDR6, 16, REG(0)), IN(NFT_SET_SUBNETS6), OIF, IN(NFT_SET_BRIDGES),
	MASQ };

#define RULE(c, e) { (c), (e), ARRAY_SIZE(e) }
static const struct {
	const char *chain;
	const struct nft_expr *exprs;
	size_t n;
} rules[] = {
	RULE("guard", guard_to), RULE("guard", guard_from),
	RULE("publish", publish_host4), RULE("publish", publish4),
	RULE("publish", publish_host6), RULE("publish", publish6),
	RULE("prerouting", to_publish), RULE("output", to_publish),
	RULE("forward", forward_same),
	RULE("forward", forward_from_internal), RULE("forward", forward_to_internal),
	RULE("forward", forward_isolated),
	RULE("forward", forward_from_strict), RULE("forward", forward_to_strict),
	RULE("postrouting", leave4), RULE("postrouting", leave6),
	RULE("postrouting", from_loopback),
	RULE("postrouting", hairpin4), RULE("postrouting", hairpin6),
};
/* clang-format on */

unsigned nft_rules_probe_count(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		n += streq(rules[i].chain, NFT_CHAIN_PROBE);
	return n;
}

void nft_rules_add(struct netlink_batch *b)
{
	nft_table(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		nft_set_add(b, &sets[i], (uint32_t)i + 1);
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++)
		nft_chain_add(b, &chains[i]);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		nft_rule_add(b, rules[i].chain, rules[i].exprs, rules[i].n);
}
