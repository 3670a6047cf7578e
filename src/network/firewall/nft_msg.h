/* SPDX-License-Identifier: Apache-2.0 */
/* nft_msg: requests and rule expressions of nf_tables (linux/netfilter/nf_tables.h) in a batch.
 * Written out by hand: libnftables costs more milliseconds to load than the rules to install. */
#ifndef CORACLE_NETWORK_FIREWALL_NFT_MSG_H
#define CORACLE_NETWORK_FIREWALL_NFT_MSG_H

#include <stdbool.h>

#include "sys/netlink.h"

#define NFT_TABLE "coracle"

/* Bytes in front of every request behind the netlink header. */
#define NFT_HEADER_LEN 4

void nft_batch_begin(struct netlink_batch *b);
void nft_batch_end(struct netlink_batch *b);
/* A request of our table: NFT_MSG_*; the caller adds attributes. */
void nft_begin(struct netlink_batch *b, uint16_t msg, uint16_t flags);

void nft_table(struct netlink_batch *b, uint16_t msg, uint16_t flags);
struct nft_chain {
	const char *name;
	const char *type; /* NULL: not a base chain */
	uint32_t hook;
	int32_t priority;
};
void nft_chain_add(struct netlink_batch *b, const struct nft_chain *c);
struct nft_set {
	const char *name;
	uint32_t flags;		      /* NFT_SET_* */
	uint32_t key_type, key_len;   /* types as nft(8) numbers them, six bits each */
	uint32_t data_type, data_len; /* 0: a plain set */
	bool host_order;	      /* the key is text, not a number in network order */
};
void nft_set_add(struct netlink_batch *b, const struct nft_set *s, uint32_t id);

struct nft_element {
	const void *key;
	size_t key_len;
	const void *data; /* NULL: a plain set */
	size_t data_len;
	uint32_t flags;
	const char *comment; /* NULL: none */
};
/* Open a request that adds or removes elements of a set; elements; close. */
struct nft_elements {
	struct netlink_batch *b;
	size_t nest;
	uint16_t msg;
	const char *set;
};
void nft_elements_begin(struct nft_elements *e, struct netlink_batch *b, uint16_t msg,
			const char *set);
void nft_elements_add(struct nft_elements *e, const struct nft_element *element);
void nft_elements_end(struct nft_elements *e);

/* One expression of a rule. */
enum nft_expr_kind {
	NFT_E_META,	/* key, dreg */
	NFT_E_CT,	/* key, dreg */
	NFT_E_PAYLOAD,	/* base, offset, len, dreg */
	NFT_E_CMP,	/* sreg, op, data[len] */
	NFT_E_MASK,	/* sreg = dreg, data[len] */
	NFT_E_LOOKUP,	/* set, sreg, invert */
	NFT_E_MAP,	/* set, sreg, dreg */
	NFT_E_ADDRTYPE, /* of the destination, dreg */
	NFT_E_DNAT,	/* family = key, sreg address, dreg port */
	NFT_E_MASQ,
	NFT_E_VERDICT, /* key, set: chain */
	NFT_E_KIND_COUNT
};
struct nft_expr {
	enum nft_expr_kind kind;
	uint32_t key, sreg, dreg, base, offset, len, op;
	bool invert;
	uint8_t data[4];
	const char *set;
};
/* A rule at the end of a chain. */
void nft_rule_add(struct netlink_batch *b, const char *chain, const struct nft_expr *exprs,
		  size_t n);

#endif
