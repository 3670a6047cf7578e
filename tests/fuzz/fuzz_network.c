/* SPDX-License-Identifier: Apache-2.0 */
/* User strings and files of src/network: ports, addresses, subnets, hardware addresses,
 * definitions, the name server's files. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "network/definition.h"
#include "network/dns.h"
#include "network/netlink/rtnl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_port(const char *text)
{
	struct network_port p = { 0 };
	struct error err = ERROR_INIT;
	struct ip_addr ip;

	if (network_port_parse(text, &p, &err) < 0) {
		if (err.kind != ERROR_INVALID || err.msg[0] == '\0' || p.host_ip || p.protocol)
			abort();
		return;
	}
	if (p.container_port == 0 || p.range == 0 || p.container_port + p.range - 1 > 65535 ||
	    (p.host_port && p.host_port + p.range - 1 > 65535) ||
	    (*p.host_ip && ip_parse(p.host_ip, &ip) < 0))
		abort();
	json_table_free(&network_port_table, &p);
}

static void check_subnet(const char *text)
{
	struct subnet s, again;
	struct ip_addr first, last, ip;
	uint8_t mac[MAC_LEN];
	char out[SUBNET_STR_MAX];

	(void)mac_parse(text, mac);
	(void)ip_parse(text, &ip);
	if (subnet_parse(text, &s) < 0)
		return;
	first = subnet_first(&s);
	last = subnet_last(&s);
	if (ip_compare(&first, &last) > 0 || !subnet_contains(&s, &first) ||
	    !subnet_contains(&s, &last) || !subnet_contains(&s, &s.addr) ||
	    !subnet_overlaps(&s, &s))
		abort();
	if (ip_add(&last, 1) && s.prefix > 0 && subnet_contains(&s, &last))
		abort();
	subnet_format(&s, out);
	if (subnet_parse(out, &again) < 0 || memcmp(&s, &again, sizeof(s)) != 0)
		abort();
}

static void check_definition(const char *text, size_t len)
{
	scoped(network_done) struct network n = { 0 };
	struct error err = ERROR_INIT;
	struct definition d;

	if (json_table_parse(&network_table, text, len, &n, "fuzz", 0, &err) < 0 ||
	    definition_read(&n, &d, &err) < 0)
		return;
	for (size_t i = 0; i < d.n_subnets; i++) {
		const struct definition_subnet *s = &d.subnets[i];

		if (!subnet_contains(&s->subnet, &s->start) ||
		    !subnet_contains(&s->subnet, &s->end) || ip_compare(&s->start, &s->end) > 0)
			abort();
	}
}

static void check_names(const char *text)
{
	scoped(buf_done) struct buf once = BUF_INIT, twice = BUF_INIT;
	bool rest = dns_without(text, "abc", &once);

	if (dns_without(buf_str(&once), "abc", &twice) != rest ||
	    !streq(buf_str(&once), buf_str(&twice)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_free char *text = xstrndup((const char *)data, size);

	check_port(text);
	check_subnet(text);
	check_definition(text, strlen(text));
	check_names(text);
	return 0;
}
