/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/if_link.h>

#include "base/mem.h"
#include "harness/test.h"
#include "network/definition.h"

static int read_text(const char *text, struct definition *d, struct error *err)
{
	scoped(network_done) struct network n = { 0 };
	int r = json_table_parse(&network_table, text, strlen(text), &n, "test.json", 0, err);

	return r < 0 ? r : definition_read(&n, d, err);
}

#define HEAD "{\"name\":\"n\",\"id\":\"00\",\"driver\":\"bridge\",\"network_interface\":\"b0\""

/* As netavark's own files look. */
TEST(a_definition_of_netavark)
{
	static const char text[] =
		"{\"name\": \"web\", \"id\": "
		"\"17f29b073143d8cd97b5bbe492bdeffec1c5fee55cc1fe2112c8b9335f8b6121\",\n"
		"\"driver\": \"bridge\", \"network_interface\": \"podman2\",\n"
		"\"created\": \"2022-10-06T18:50:54.25770656Z\",\n"
		"\"subnets\": [{\"subnet\": \"10.89.1.0/24\", \"gateway\": \"10.89.1.1\",\n"
		"\"lease_range\": {\"start_ip\": \"10.89.1.10\", \"end_ip\": \"10.89.1.20\"}},\n"
		"{\"subnet\": \"fd10:88:a::/64\", \"gateway\": \"fd10:88:a::1\"}],\n"
		"\"ipv6_enabled\": true, \"internal\": false, \"dns_enabled\": true,\n"
		"\"network_dns_servers\": [\"1.1.1.1\"], \"labels\": {\"a\": \"b\"},\n"
		"\"options\": {\"mtu\": \"1400\", \"isolate\": \"strict\", \"metric\": \"7\"},\n"
		"\"ipam_options\": {\"driver\": \"host-local\"}}";
	scoped(network_done) struct network n = { 0 };
	scoped(network_done) struct network again = { 0 };
	scoped(buf_done) struct buf out = BUF_INIT;
	struct error err = ERROR_INIT;
	struct definition d;
	char ip[IP_STR_MAX];

	CHECK_OK(json_table_parse(&network_table, text, strlen(text), &n, "web.json",
				  JSON_REFUSE_UNKNOWN, &err),
		 err);
	CHECK_OK(definition_read(&n, &d, &err), err);
	CHECK_INT(d.n_subnets, 2);
	CHECK_INT(d.mtu, 1400);
	CHECK_INT(d.metric, 7);
	CHECK_INT(d.isolation, ISOLATION_STRICT);
	ip_format(&d.subnets[0].start, ip);
	CHECK_STR(ip, "10.89.1.10");
	ip_format(&d.subnets[0].end, ip);
	CHECK_STR(ip, "10.89.1.20");
	ip_format(&d.subnets[1].gateway, ip);
	CHECK_STR(ip, "fd10:88:a::1");
	json_table_dump(&network_table, &n, 0, &out);
	CHECK(strstr(buf_str(&out), "\"lease_range\":{\"start_ip\":\"10.89.1.10\",\"end_ip\":"
				    "\"10.89.1.20\"}") != NULL);
	CHECK(strstr(buf_str(&out), "\"created\":\"2022-10-06T18:50:54.25770656Z\"") != NULL);
	CHECK_OK(json_table_parse(&network_table, buf_str(&out), out.len, &again, "again", 0, &err),
		 err);
	CHECK(json_table_equal(&network_table, &n, &again));
}

TEST(what_is_wrong_is_named)
{
	static const struct {
		const char *text;
		enum error_kind kind;
		const char *message;
	} rows[] = {
		{ HEAD ",\"subnets\":[{\"subnet\":\"10.0.0.0\"}]}", ERROR_INVALID,
		  "subnet '10.0.0.0' is invalid" },
		{ HEAD ",\"subnets\":[{\"subnet\":\"10.0.0.0/24\",\"gateway\":\"10.0.1.1\"}]}",
		  ERROR_INVALID, "gateway '10.0.1.1' is not in subnet 10.0.0.0/24" },
		{ HEAD ",\"subnets\":[{\"subnet\":\"10.0.0.0/24\",\"gateway\":\"x\"}]}",
		  ERROR_INVALID, "gateway 'x' is not an address" },
		{ HEAD ",\"subnets\":[{\"subnet\":\"10.0.0.0/24\",\"lease_range\":{\"start_ip\":"
		       "\"10.0.0.9\",\"end_ip\":\"10.0.0.2\"}}]}",
		  ERROR_INVALID, "ends before it starts" },
		{ HEAD ",\"subnets\":[{\"subnet\":\"10.0.0.0/24\",\"lease_range\":{\"start_ip\":"
		       "\"10.0.1.0/25\",\"end_ip\":\"10.0.1.0/25\"}}]}",
		  ERROR_INVALID, "range '10.0.1.0/25' is not in subnet" },
		{ HEAD ",\"options\":{\"mtu\":\"12\"}}", ERROR_INVALID, "mtu=12" },
		{ HEAD ",\"options\":{\"mtu\":\"big\"}}", ERROR_INVALID, "mtu=big" },
		{ HEAD ",\"options\":{\"isolate\":\"perhaps\"}}", ERROR_INVALID,
		  "isolate=perhaps" },
		{ HEAD ",\"options\":{\"vlan\":\"5\"}}", ERROR_UNSUPPORTED, "'vlan'" },
		{ HEAD ",\"options\":{\"vrf\":\"x\"}}", ERROR_UNSUPPORTED, "'vrf'" },
		{ HEAD ",\"options\":{\"color\":\"red\"}}", ERROR_INVALID, "'color' is unknown" },
		{ HEAD ",\"options\":{\"mode\":\"l2\"}}", ERROR_INVALID, "mode=l2" },
		{ HEAD ",\"ipam_options\":{\"driver\":\"dhcp\"}}", ERROR_UNSUPPORTED, "'dhcp'" },
		{ HEAD ",\"ipam_options\":{\"driver\":\"magic\"}}", ERROR_INVALID, "'magic'" },
		{ "{\"name\":\"n\",\"id\":\"0\",\"driver\":\"overlay\"}", ERROR_UNSUPPORTED,
		  "driver 'overlay'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct definition d;

		CHECK_FAILS(read_text(rows[i].text, &d, &err), err, rows[i].kind, rows[i].message);
	}
}

TEST(a_range_may_be_a_prefix)
{
	struct error err = ERROR_INIT;
	struct definition d;
	char ip[IP_STR_MAX];

	CHECK_OK(read_text(HEAD ",\"subnets\":[{\"subnet\":\"10.0.0.0/16\",\"lease_range\":"
				"{\"start_ip\":\"10.0.4.0/24\",\"end_ip\":\"10.0.4.0/24\"}}]}",
			   &d, &err),
		 err);
	ip_format(&d.subnets[0].start, ip);
	CHECK_STR(ip, "10.0.4.0");
	ip_format(&d.subnets[0].end, ip);
	CHECK_STR(ip, "10.0.4.255");
}

TEST(modes_belong_to_drivers)
{
	struct error err = ERROR_INIT;
	struct definition d;

	CHECK_OK(
		read_text(
			"{\"name\":\"n\",\"id\":\"0\",\"driver\":\"macvlan\",\"options\":{\"mode\":"
			"\"private\",\"parent\":\"eth0\"}}",
			&d, &err),
		err);
	CHECK_INT(d.mode, MACVLAN_MODE_PRIVATE);
	CHECK_OK(read_text("{\"name\":\"n\",\"id\":\"0\",\"driver\":\"macvlan\"}", &d, &err), err);
	CHECK_INT(d.mode, MACVLAN_MODE_BRIDGE);
	CHECK_OK(read_text(
			 "{\"name\":\"n\",\"id\":\"0\",\"driver\":\"ipvlan\",\"options\":{\"mode\":"
			 "\"l3s\"}}",
			 &d, &err),
		 err);
	CHECK_INT(d.mode, IPVLAN_MODE_L3S);
}

TEST(names_are_file_names)
{
	static const char *const bad[] = { "", ".", "..", "a/b", ".hidden", "a b", "-x", "a\n" };
	static const char *const bad_interfaces[] = {
		"", ".", "..", "a/b", "a b", "a:b", "sixteen-letters-"
	};
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_FAILS(definition_check_name(bad[i], &err), err, ERROR_INVALID, "is invalid");
	CHECK_OK(definition_check_name("my_net-1.x", &err), err);
	for (size_t i = 0; i < ARRAY_SIZE(bad_interfaces); i++)
		CHECK_FAILS(definition_check_interface(bad_interfaces[i], &err), err, ERROR_INVALID,
			    "is invalid");
	CHECK_OK(definition_check_interface("fifteen-letters", &err), err);
}
