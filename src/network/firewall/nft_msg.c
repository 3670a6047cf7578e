/* SPDX-License-Identifier: Apache-2.0 */
#include "network/firewall/nft_msg.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* A nest's length has 16 bits; a list of elements is continued in a new request before that. */
#define ELEMENTS_BYTES_MAX 48000

/* First type of the comment in an element's user data (libnftnl's udata). */
#define UDATA_COMMENT 0
/* First type of a set's user data: how nft(8) is to print the key; 1 is the host's byte order. */
#define UDATA_KEY_BYTEORDER 0

_Static_assert(sizeof(struct nfgenmsg) == NFT_HEADER_LEN, "header of nfnetlink");

static void batch_mark(struct netlink_batch *b, uint16_t type)
{
	struct nfgenmsg g = { .nfgen_family = AF_UNSPEC,
			      .version = NFNETLINK_V0,
			      .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	netlink_begin(b, type, 0, &g, sizeof(g));
}

void nft_batch_begin(struct netlink_batch *b)
{
	batch_mark(b, NFNL_MSG_BATCH_BEGIN);
}

void nft_batch_end(struct netlink_batch *b)
{
	/* Acknowledgements of all would pass the receive buffer; errors are reported without. */
	netlink_want_ack(b);
	batch_mark(b, NFNL_MSG_BATCH_END);
}

void nft_begin(struct netlink_batch *b, uint16_t msg, uint16_t flags)
{
	struct nfgenmsg g = { .nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0 };

	netlink_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | msg), flags, &g, sizeof(g));
}

void nft_table(struct netlink_batch *b, uint16_t msg, uint16_t flags)
{
	nft_begin(b, msg, flags);
	netlink_attr_str(b, NFTA_TABLE_NAME, NFT_TABLE);
}

void nft_chain_add(struct netlink_batch *b, const struct nft_chain *c)
{
	size_t hook;

	nft_begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	netlink_attr_str(b, NFTA_CHAIN_TABLE, NFT_TABLE);
	netlink_attr_str(b, NFTA_CHAIN_NAME, c->name);
	if (!c->type)
		return;
	hook = netlink_nest(b, NFTA_CHAIN_HOOK);
	netlink_attr_be32(b, NFTA_HOOK_HOOKNUM, c->hook);
	netlink_attr_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)c->priority);
	netlink_nest_end(b, hook);
	netlink_attr_be32(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
	netlink_attr_str(b, NFTA_CHAIN_TYPE, c->type);
}

void nft_set_add(struct netlink_batch *b, const struct nft_set *s, uint32_t id)
{
	nft_begin(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	netlink_attr_str(b, NFTA_SET_TABLE, NFT_TABLE);
	netlink_attr_str(b, NFTA_SET_NAME, s->name);
	netlink_attr_be32(b, NFTA_SET_FLAGS, s->flags | (s->data_len ? NFT_SET_MAP : 0));
	netlink_attr_be32(b, NFTA_SET_KEY_TYPE, s->key_type);
	netlink_attr_be32(b, NFTA_SET_KEY_LEN, s->key_len);
	if (s->data_len) {
		netlink_attr_be32(b, NFTA_SET_DATA_TYPE, s->data_type);
		netlink_attr_be32(b, NFTA_SET_DATA_LEN, s->data_len);
	}
	netlink_attr_be32(b, NFTA_SET_ID, id);
	if (s->host_order) {
		static const uint8_t order[] = { UDATA_KEY_BYTEORDER, 4, 1, 0, 0, 0 };

		netlink_attr(b, NFTA_SET_USERDATA, order, sizeof(order));
	}
}

static void open_elements(struct nft_elements *e)
{
	nft_begin(e->b, e->msg, e->msg == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	netlink_attr_str(e->b, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	netlink_attr_str(e->b, NFTA_SET_ELEM_LIST_SET, e->set);
	e->nest = netlink_nest(e->b, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void nft_elements_begin(struct nft_elements *e, struct netlink_batch *b, uint16_t msg,
			const char *set)
{
	*e = (struct nft_elements){ .b = b, .msg = msg, .set = set };
	open_elements(e);
}

static void value(struct netlink_batch *b, uint16_t type, const void *data, size_t len)
{
	size_t nest = netlink_nest(b, type);

	netlink_attr(b, NFTA_DATA_VALUE, data, len);
	netlink_nest_end(b, nest);
}

void nft_elements_add(struct nft_elements *e, const struct nft_element *x)
{
	struct netlink_batch *b = e->b;
	size_t nest;

	if (b->buf.len - e->nest > ELEMENTS_BYTES_MAX) {
		nft_elements_end(e);
		open_elements(e);
	}
	nest = netlink_nest(b, NFTA_LIST_ELEM);
	value(b, NFTA_SET_ELEM_KEY, x->key, x->key_len);
	if (x->data)
		value(b, NFTA_SET_ELEM_DATA, x->data, x->data_len);
	if (x->flags)
		netlink_attr_be32(b, NFTA_SET_ELEM_FLAGS, x->flags);
	if (x->comment) {
		uint8_t user[2 + 128] = { UDATA_COMMENT };
		size_t len = MIN(strlen(x->comment), sizeof(user) - 3);

		user[1] = (uint8_t)(len + 1);
		memcpy(user + 2, x->comment, len);
		netlink_attr(b, NFTA_SET_ELEM_USERDATA, user, len + 3);
	}
	netlink_nest_end(b, nest);
}

void nft_elements_end(struct nft_elements *e)
{
	netlink_nest_end(e->b, e->nest);
}

static const char *const expr_names[] = {
	[NFT_E_META] = "meta",	       [NFT_E_CT] = "ct",
	[NFT_E_PAYLOAD] = "payload",   [NFT_E_CMP] = "cmp",
	[NFT_E_MASK] = "bitwise",      [NFT_E_LOOKUP] = "lookup",
	[NFT_E_MAP] = "lookup",	       [NFT_E_ADDRTYPE] = "fib",
	[NFT_E_DNAT] = "nat",	       [NFT_E_MASQ] = "masq",
	[NFT_E_VERDICT] = "immediate",
};
_Static_assert(ARRAY_SIZE(expr_names) == NFT_E_KIND_COUNT, "one name per kind");

static void verdict(struct netlink_batch *b, const struct nft_expr *e)
{
	size_t data, inner;

	netlink_attr_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = netlink_nest(b, NFTA_IMMEDIATE_DATA);
	inner = netlink_nest(b, NFTA_DATA_VERDICT);
	netlink_attr_be32(b, NFTA_VERDICT_CODE, e->key);
	if (e->set)
		netlink_attr_str(b, NFTA_VERDICT_CHAIN, e->set);
	netlink_nest_end(b, inner);
	netlink_nest_end(b, data);
}

static void bitmask(struct netlink_batch *b, const struct nft_expr *e)
{
	static const uint8_t zero[4];

	netlink_attr_be32(b, NFTA_BITWISE_SREG, e->sreg);
	netlink_attr_be32(b, NFTA_BITWISE_DREG, e->sreg);
	netlink_attr_be32(b, NFTA_BITWISE_LEN, e->len);
	value(b, NFTA_BITWISE_MASK, e->data, e->len);
	value(b, NFTA_BITWISE_XOR, zero, e->len);
}

static void expr_data(struct netlink_batch *b, const struct nft_expr *e)
{
	switch (e->kind) {
	case NFT_E_META:
		netlink_attr_be32(b, NFTA_META_KEY, e->key);
		netlink_attr_be32(b, NFTA_META_DREG, e->dreg);
		break;
	case NFT_E_CT:
		netlink_attr_be32(b, NFTA_CT_KEY, e->key);
		netlink_attr_be32(b, NFTA_CT_DREG, e->dreg);
		break;
	case NFT_E_PAYLOAD:
		netlink_attr_be32(b, NFTA_PAYLOAD_DREG, e->dreg);
		netlink_attr_be32(b, NFTA_PAYLOAD_BASE, e->base);
		netlink_attr_be32(b, NFTA_PAYLOAD_OFFSET, e->offset);
		netlink_attr_be32(b, NFTA_PAYLOAD_LEN, e->len);
		break;
	case NFT_E_CMP:
		netlink_attr_be32(b, NFTA_CMP_SREG, e->sreg);
		netlink_attr_be32(b, NFTA_CMP_OP, e->op);
		value(b, NFTA_CMP_DATA, e->data, e->len);
		break;
	case NFT_E_MASK:
		bitmask(b, e);
		break;
	case NFT_E_LOOKUP:
	case NFT_E_MAP:
		netlink_attr_str(b, NFTA_LOOKUP_SET, e->set);
		netlink_attr_be32(b, NFTA_LOOKUP_SREG, e->sreg);
		if (e->kind == NFT_E_MAP)
			netlink_attr_be32(b, NFTA_LOOKUP_DREG, e->dreg);
		if (e->invert)
			netlink_attr_be32(b, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
		break;
	case NFT_E_ADDRTYPE:
		netlink_attr_be32(b, NFTA_FIB_DREG, e->dreg);
		netlink_attr_be32(b, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
		netlink_attr_be32(b, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
		break;
	case NFT_E_DNAT:
		netlink_attr_be32(b, NFTA_NAT_TYPE, NFT_NAT_DNAT);
		netlink_attr_be32(b, NFTA_NAT_FAMILY, e->key);
		netlink_attr_be32(b, NFTA_NAT_REG_ADDR_MIN, e->sreg);
		netlink_attr_be32(b, NFTA_NAT_REG_PROTO_MIN, e->dreg);
		break;
	case NFT_E_MASQ:
	case NFT_E_KIND_COUNT:
		break;
	case NFT_E_VERDICT:
		verdict(b, e);
		break;
	}
}

void nft_rule_add(struct netlink_batch *b, const char *chain, const struct nft_expr *exprs,
		  size_t n)
{
	size_t list;

	nft_begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	netlink_attr_str(b, NFTA_RULE_TABLE, NFT_TABLE);
	netlink_attr_str(b, NFTA_RULE_CHAIN, chain);
	list = netlink_nest(b, NFTA_RULE_EXPRESSIONS);
	for (size_t i = 0; i < n; i++) {
		size_t element = netlink_nest(b, NFTA_LIST_ELEM), data;

		netlink_attr_str(b, NFTA_EXPR_NAME, expr_names[exprs[i].kind]);
		data = netlink_nest(b, NFTA_EXPR_DATA);
		expr_data(b, &exprs[i]);
		netlink_nest_end(b, data);
		netlink_nest_end(b, element);
	}
	netlink_nest_end(b, list);
}
