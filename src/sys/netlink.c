/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/fd.h"
#include "sys/ns.h"

/* Largest single answer datagram of the kernel (NLMSG_GOODSIZE and dump skbs are below 32 KiB). */
#define ANSWER_MAX 32768

void netlink_batch_done(struct netlink_batch *b)
{
	buf_done(&b->buf);
	b->last = 0;
	b->n = b->last_ack = 0;
}

static void pad(struct buf *b)
{
	static const char zero[NLMSG_ALIGNTO];

	buf_add(b, zero, NLMSG_ALIGN(b->len) - b->len);
}

static void refresh_length(struct netlink_batch *b)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)(b->buf.data + b->last);

	h->nlmsg_len = (uint32_t)(b->buf.len - b->last);
}

void netlink_begin(struct netlink_batch *b, uint16_t type, uint16_t flags, const void *header,
		   size_t len)
{
	struct nlmsghdr h = { .nlmsg_type = type, .nlmsg_flags = flags | NLM_F_REQUEST };

	b->n++;
	h.nlmsg_seq = b->n;
	if (flags & NLM_F_ACK)
		b->last_ack = b->n;
	b->last = b->buf.len;
	buf_add(&b->buf, &h, sizeof(h));
	netlink_raw(b, header, len);
}

void netlink_want_ack(struct netlink_batch *b)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)(b->buf.data + b->last);

	h->nlmsg_flags |= NLM_F_ACK;
	b->last_ack = b->n;
}

void netlink_raw(struct netlink_batch *b, const void *data, size_t len)
{
	buf_add(&b->buf, data, len);
	pad(&b->buf);
	refresh_length(b);
}

void netlink_attr(struct netlink_batch *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = type };

	buf_add(&b->buf, &a, sizeof(a));
	netlink_raw(b, data, len);
}

void netlink_attr_str(struct netlink_batch *b, uint16_t type, const char *s)
{
	netlink_attr(b, type, s, strlen(s) + 1);
}

void netlink_attr_u8(struct netlink_batch *b, uint16_t type, uint8_t v)
{
	netlink_attr(b, type, &v, sizeof(v));
}

void netlink_attr_u32(struct netlink_batch *b, uint16_t type, uint32_t v)
{
	netlink_attr(b, type, &v, sizeof(v));
}

void netlink_attr_be32(struct netlink_batch *b, uint16_t type, uint32_t v)
{
	netlink_attr_u32(b, type, htonl(v));
}

size_t netlink_nest(struct netlink_batch *b, uint16_t type)
{
	size_t place = b->buf.len;

	netlink_attr(b, type | NLA_F_NESTED, NULL, 0);
	return place;
}

void netlink_nest_end(struct netlink_batch *b, size_t place)
{
	struct nlattr *a = (struct nlattr *)(void *)(b->buf.data + place);

	a->nla_len = (uint16_t)(b->buf.len - place);
}

int netlink_open(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int on = 1;

	if (fd < 0)
		return -errno;
	/* A failure answers with the head of the request, not with all of it: some MB for a range
	 * of ports, which the kernel may not find memory for (-ENOBUFS instead of the failure). */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return fd;
}

int netlink_open_in(int protocol, int netns_fd)
{
	scoped_fd int own = ns_open(0, NS_NET);
	scoped_fd int fd = -1;
	int r;

	if (own < 0)
		return own;
	r = ns_enter(netns_fd, NS_NET);
	if (r < 0)
		return r;
	fd = netlink_open(protocol);
	r = ns_enter(own, NS_NET);
	if (r < 0)
		return r;
	return take_fd(fd);
}

static int send_all(int fd, struct netlink_batch *b)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n;

	if (!buf_ok(&b->buf))
		return -EMSGSIZE;
	/* One datagram: its size is bounded by the send buffer, which an administrator may exceed.
	 */
	if (b->buf.len > 64 * 1024) {
		int size = (int)MIN(b->buf.len * 2, (size_t)1 << 30);

		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	}
	do {
		n = sendto(fd, b->buf.data, b->buf.len, 0, (struct sockaddr *)&kernel,
			   sizeof(kernel));
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

struct answers {
	uint32_t last_seq; /* the answer that ends the wait */
	uint32_t failed;   /* sequence number of the first failure */
	int error;	   /* or what fn returned */
	bool dump, single, interrupted, complete;
	netlink_fn fn;
	void *arg;
};

static void take_status(struct answers *w, const struct nlmsghdr *h)
{
	int error = 0;

	if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(int)))
		memcpy(&error, NLMSG_DATA(h), sizeof(error));
	if (error < 0 && w->error >= 0) {
		w->error = error;
		w->failed = h->nlmsg_seq;
	}
	w->complete = w->dump || h->nlmsg_seq >= w->last_seq;
}

static void take_answer(struct answers *w, const struct nlmsghdr *h)
{
	w->interrupted = w->interrupted || (h->nlmsg_flags & NLM_F_DUMP_INTR);
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
		take_status(w, h);
		return;
	}
	if (!w->fn || h->nlmsg_type == NLMSG_NOOP)
		return;
	if (w->error >= 0) {
		int r = w->fn(w->arg, h);

		w->error = w->single || r < 0 ? r : w->error;
	}
	w->complete = w->single;
}

/*
 * The kernel works on requests inside send: its answers are there when it returns, and waiting for
 * one that is missing would be for ever.  Only a dump goes on while it is read.
 */
static int read_answers(int fd, struct answers *w)
{
	scoped_free char *buf = xmalloc(ANSWER_MAX);

	while (!w->complete) {
		ssize_t n = recv(fd, buf, ANSWER_MAX, MSG_TRUNC | (w->dump ? 0 : MSG_DONTWAIT));
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)buf;
		size_t left = (size_t)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return w->error < 0 ? w->error : -EPROTO;
		if (n < 0)
			return -errno;
		if (n > ANSWER_MAX)
			return -EMSGSIZE;
		for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
			take_answer(w, h);
	}
	return w->error >= 0 && w->interrupted ? -EINTR : w->error;
}

int netlink_transact(int fd, struct netlink_batch *b, uint32_t *ret_failed)
{
	struct answers w = { .last_seq = b->last_ack };
	int r;

	if (b->n == 0)
		return 0;
	r = send_all(fd, b);
	if (r >= 0)
		r = read_answers(fd, &w);
	if (r < 0 && ret_failed)
		*ret_failed = w.failed ? w.failed - 1 : 0;
	return r;
}

int netlink_query(int fd, struct netlink_batch *b, netlink_fn fn, void *arg)
{
	struct answers w = { .last_seq = b->n, .single = true, .fn = fn, .arg = arg };
	int r = send_all(fd, b);

	return r < 0 ? r : read_answers(fd, &w);
}

int netlink_dump(int fd, struct netlink_batch *b, netlink_fn fn, void *arg)
{
	struct answers w = { .last_seq = b->n, .dump = true, .fn = fn, .arg = arg };
	int r = send_all(fd, b);

	return r < 0 ? r : read_answers(fd, &w);
}

static bool attr_ok(const char *at, const char *end)
{
	const struct nlattr *a = (const struct nlattr *)(const void *)at;

	return (size_t)(end - at) >= sizeof(*a) && a->nla_len >= NLA_HDRLEN &&
	       a->nla_len <= (size_t)(end - at);
}

static const struct nlattr *find(const char *at, const char *end, uint16_t type)
{
	while (at < end && attr_ok(at, end)) {
		const struct nlattr *a = (const struct nlattr *)(const void *)at;

		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

const struct nlattr *netlink_find(const struct nlmsghdr *h, size_t skip, uint16_t type)
{
	const char *start = (const char *)h;
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(skip);

	return at < h->nlmsg_len ? find(start + at, start + h->nlmsg_len, type) : NULL;
}

const struct nlattr *netlink_find_in(const struct nlattr *nest, uint16_t type)
{
	const char *start = (const char *)nest;

	return find(start + NLA_HDRLEN, start + nest->nla_len, type);
}

const struct nlattr *netlink_next_in(const struct nlattr *nest, const struct nlattr *prev)
{
	const char *end = (const char *)nest + nest->nla_len;
	const char *at = prev ? (const char *)prev + NLA_ALIGN(prev->nla_len)
			      : (const char *)nest + NLA_HDRLEN;

	return at < end && attr_ok(at, end) ? (const struct nlattr *)(const void *)at : NULL;
}

uint32_t netlink_u32(const struct nlattr *a)
{
	uint32_t v = 0;

	if (a && netlink_len(a) >= sizeof(v))
		memcpy(&v, netlink_data(a), sizeof(v));
	return v;
}
