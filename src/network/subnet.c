/* SPDX-License-Identifier: Apache-2.0 */
#include "network/subnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

int ip_parse(const char *s, struct ip_addr *ret)
{
	struct ip_addr a = { .family = strchr(s, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(a.family, s, a.bytes) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

void ip_format(const struct ip_addr *a, char out[IP_STR_MAX])
{
	if (!a->family || !inet_ntop(a->family, a->bytes, out, IP_STR_MAX))
		out[0] = '\0';
}

int ip_compare(const struct ip_addr *a, const struct ip_addr *b)
{
	int c;

	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	c = memcmp(a->bytes, b->bytes, ip_len(a));
	return (c > 0) - (c < 0);
}

bool ip_add(struct ip_addr *a, uint32_t n)
{
	uint64_t carry = n;

	for (size_t i = ip_len(a); i-- > 0 && carry;) {
		carry += a->bytes[i];
		a->bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0;
}

int subnet_parse(const char *s, struct subnet *ret)
{
	const char *slash = strchr(s, '/');
	char text[IP_STR_MAX];
	struct subnet n = { 0 };
	uint32_t prefix;

	if (!slash || (size_t)(slash - s) >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, (size_t)(slash - s));
	text[slash - s] = '\0';
	if (ip_parse(text, &n.addr) < 0 || num_u32(slash + 1, &prefix) < 0 ||
	    prefix > ip_len(&n.addr) * 8)
		return -EINVAL;
	n.prefix = prefix;
	*ret = n;
	return 0;
}

void subnet_format(const struct subnet *s, char out[SUBNET_STR_MAX])
{
	char text[IP_STR_MAX];

	ip_format(&s->addr, text);
	snprintf(out, SUBNET_STR_MAX, "%s/%u", text, s->prefix);
}

/* The bits of byte i that belong to the network. */
static uint8_t mask_byte(unsigned prefix, size_t i)
{
	if (prefix >= (i + 1) * 8)
		return 0xff;
	if (prefix <= i * 8)
		return 0;
	return (uint8_t)(0xff00u >> (prefix - i * 8));
}

struct ip_addr subnet_first(const struct subnet *s)
{
	struct ip_addr a = s->addr;

	for (size_t i = 0; i < ip_len(&a); i++)
		a.bytes[i] &= mask_byte(s->prefix, i);
	return a;
}

struct ip_addr subnet_last(const struct subnet *s)
{
	struct ip_addr a = s->addr;

	for (size_t i = 0; i < ip_len(&a); i++)
		a.bytes[i] |= (uint8_t)~mask_byte(s->prefix, i);
	return a;
}

struct subnet subnet_network(const struct subnet *s)
{
	return (struct subnet){ .addr = subnet_first(s), .prefix = s->prefix };
}

bool subnet_contains(const struct subnet *s, const struct ip_addr *a)
{
	if (s->addr.family != a->family)
		return false;
	for (size_t i = 0; i < ip_len(a); i++) {
		if ((s->addr.bytes[i] ^ a->bytes[i]) & mask_byte(s->prefix, i))
			return false;
	}
	return true;
}

bool subnet_overlaps(const struct subnet *a, const struct subnet *b)
{
	return a->prefix <= b->prefix ? subnet_contains(a, &b->addr) : subnet_contains(b, &a->addr);
}

bool subnet_is_reserved(const struct subnet *s, const struct ip_addr *a)
{
	unsigned bits = (unsigned)ip_len(a) * 8;
	struct ip_addr first = subnet_first(s), last = subnet_last(s);

	if (s->prefix + 1 >= bits) /* point-to-point (RFC 3021, RFC 6164) and single hosts */
		return false;
	if (ip_compare(a, &first) == 0)
		return true;
	return a->family == AF_INET && ip_compare(a, &last) == 0;
}
