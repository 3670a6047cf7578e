/* SPDX-License-Identifier: Apache-2.0 */
/* subnet: IPv4 and IPv6 addresses and prefixes as numbers: parse, print, compare, count.  Pure. */
#ifndef CORACLE_NETWORK_SUBNET_H
#define CORACLE_NETWORK_SUBNET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct ip_addr {
	int family;	   /* AF_INET, AF_INET6; 0: none */
	uint8_t bytes[16]; /* network order; 4 or 16 used, the rest zero */
};
struct subnet {
	struct ip_addr addr; /* as written: may have host bits */
	unsigned prefix;
};

#define IP_STR_MAX (INET6_ADDRSTRLEN)
#define SUBNET_STR_MAX (INET6_ADDRSTRLEN + 4)

static inline size_t ip_len(const struct ip_addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}
/* -EINVAL; brackets around IPv6 are not taken. */
int ip_parse(const char *s, struct ip_addr *ret);
void ip_format(const struct ip_addr *a, char out[IP_STR_MAX]);
/* -1, 0, 1; IPv4 before IPv6. */
int ip_compare(const struct ip_addr *a, const struct ip_addr *b);
/* a + n; false when it wraps around. */
bool ip_add(struct ip_addr *a, uint32_t n);

/* "10.90.0.0/16"; a bare address is refused. */
int subnet_parse(const char *s, struct subnet *ret);
void subnet_format(const struct subnet *s, char out[SUBNET_STR_MAX]);
/* Host bits cleared. */
struct subnet subnet_network(const struct subnet *s);
struct ip_addr subnet_first(const struct subnet *s); /* network address */
struct ip_addr subnet_last(const struct subnet *s);  /* all host bits set */
bool subnet_contains(const struct subnet *s, const struct ip_addr *a);
bool subnet_overlaps(const struct subnet *a, const struct subnet *b);
/* Host part zero, or (IPv4 up to /30) the broadcast address: nobody's address. */
bool subnet_is_reserved(const struct subnet *s, const struct ip_addr *a);

#endif
