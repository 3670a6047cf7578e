/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink: requests and answers over AF_NETLINK sockets (rtnetlink, nfnetlink).  Several requests
 * go to the kernel in one write; the caller builds them in a batch and never sees sequence numbers.
 * Leaves.
 */
#ifndef CORACLE_SYS_NETLINK_H
#define CORACLE_SYS_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Requests that leave together.  Zero-initialise; netlink_batch_done frees. */
struct netlink_batch {
	struct buf buf;
	size_t last;	   /* offset of the request that is being built */
	uint32_t n;	   /* requests so far; their sequence numbers are 1..n */
	uint32_t last_ack; /* the last one that asks for an acknowledgement */
};

void netlink_batch_done(struct netlink_batch *b);
DEFINE_SCOPED_STRUCT(struct netlink_batch, netlink_batch_done)

/* Begin a request: NLM_F_REQUEST is implied; header is the family's fixed part. */
void netlink_begin(struct netlink_batch *b, uint16_t type, uint16_t flags, const void *header,
		   size_t len);
void netlink_attr(struct netlink_batch *b, uint16_t type, const void *data, size_t len);
void netlink_attr_str(struct netlink_batch *b, uint16_t type, const char *s);
void netlink_attr_u8(struct netlink_batch *b, uint16_t type, uint8_t v);
void netlink_attr_u32(struct netlink_batch *b, uint16_t type, uint32_t v);
void netlink_attr_be32(struct netlink_batch *b, uint16_t type, uint32_t v);
/* Ask for an acknowledgement of the request that is being built. */
void netlink_want_ack(struct netlink_batch *b);
/* A nested attribute (NLA_F_NESTED set): returns its place for netlink_nest_end. */
size_t netlink_nest(struct netlink_batch *b, uint16_t type);
void netlink_nest_end(struct netlink_batch *b, size_t place);
/* Raw bytes inside the open request (the header of a nested link description). */
void netlink_raw(struct netlink_batch *b, const void *data, size_t len);

/* A socket of the given protocol (NETLINK_ROUTE, NETLINK_NETFILTER). */
int netlink_open(int protocol);
/* The same inside another network namespace; this process comes back to its own.  Not with threads.
 */
int netlink_open_in(int protocol, int netns_fd);
/* Send all and read the acknowledgements.  At least one request, the last one that can fail,
 * carries NLM_F_ACK; errors of the others are reported anyway.  The first error is returned
 * (-errno), and the number of the request that failed (from 0) in *ret_failed when that is not
 * NULL. */
int netlink_transact(int fd, struct netlink_batch *b, uint32_t *ret_failed);
/* One answer to the last request (no NLM_F_ACK on it); -errno, or what fn returned. */
typedef int (*netlink_fn)(void *arg, const struct nlmsghdr *h);
int netlink_query(int fd, struct netlink_batch *b, netlink_fn fn, void *arg);
/* As netlink_query for a request with NLM_F_DUMP: fn for each answer until it returns negative.
 * -EINTR: what was dumped changed meanwhile; begin anew. */
int netlink_dump(int fd, struct netlink_batch *b, netlink_fn fn, void *arg);

/* Attribute of that type among the attributes behind `skip` bytes of family header; NULL: absent.
 */
const struct nlattr *netlink_find(const struct nlmsghdr *h, size_t skip, uint16_t type);
/* The same inside a nested attribute. */
const struct nlattr *netlink_find_in(const struct nlattr *nest, uint16_t type);
/* Walk: first (after NULL) or next attribute inside a nest. */
const struct nlattr *netlink_next_in(const struct nlattr *nest, const struct nlattr *prev);
static inline const void *netlink_data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}
static inline size_t netlink_len(const struct nlattr *a)
{
	return a->nla_len - (size_t)NLA_HDRLEN;
}
/* Value of a 32-bit attribute; 0 when it is shorter. */
uint32_t netlink_u32(const struct nlattr *a);

#endif
