/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden specs: a wish (NAME.wish.json) and fixed facts in, config.json out (NAME.config.json), in
 * tests/data/engine.  UPDATE_GOLDEN=1 writes the results anew (look at the diff).
 */
#include <stdlib.h>

#include "base/str.h"
#include "engine/engine_priv.h"
#include "engine/spec/spec.h"
#include "harness/test.h"
#include "sys/caps.h"

#define CAPS_ALL ((1ULL << 41) - 1)

/* What create fills in before the wish is stored. */
static int complete(struct wish *w, struct error *err)
{
	uint64_t set = 0;
	int r = spec_capabilities(w->security.cap_add, w->security.cap_drop, w->security.privileged,
				  CAPS_ALL, &set, err);

	for (int c = 0; r >= 0 && c <= 40; c++)
		if (set & (1ULL << c))
			strv_add(&w->security.capabilities, caps_name(c));
	return r;
}

static struct spec_facts facts_of(struct container_record *r)
{
	static const char *const host_env[] = { "https_proxy=http://proxy.example:3128",
						"SECRET=of the host", NULL };
	struct spec_facts f = { .record = r,
				.rootfs = "/merged",
				.netns_path = "/run/netns/c1",
				.hostname = "c1",
				.caps_available = CAPS_ALL,
				.rlimit_hard_nofile = 524288,
				.rlimit_hard_nproc = 100000,
				.cgroup_layout = "v2",
				.cgroups_path = "/coracle/c1",
				.init_source = "/usr/bin/catatonit",
				.host_env = (char *const *)host_env };
	char *options[] = { (char *)"bind", (char *)"rprivate", NULL };
	char *tmpfs[] = { (char *)"nosuid",    (char *)"nodev",	      (char *)"noexec",
			  (char *)"mode=1777", (char *)"size=65536k", NULL };

	spec_facts_add_bind(&f, "/run/c1/hosts", "/etc/hosts", "bind", options);
	spec_facts_add_bind(&f, "/run/c1/resolv.conf", "/etc/resolv.conf", "bind", options);
	spec_facts_add_bind(&f, "shm", "/dev/shm", "tmpfs", tmpfs);
	return f;
}

/* The filter is the seccomp module's own matter, and long: its default action stands for it. */
static void print_spec(const struct oci_spec *spec, struct buf *out)
{
	scoped_json json_t *j = json_table_encode(&oci_spec_table, spec);
	json_t *linux_ = json_object_get(j, "linux"), *seccomp = json_object_get(linux_, "seccomp");

	if (seccomp)
		json_object_set(linux_, "seccomp", json_object_get(seccomp, "defaultAction"));
	json_text_dump(j, 2, out);
	buf_addc(out, '\n');
}

static void generate(const char *wish, const char *user, struct buf *out, struct error *err, int *r)
{
	struct container_record record = { .id = "c1", .created_nsec = 1700000000000000000 };
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	scoped_strv char **warnings = NULL;
	struct spec_facts f;

	*r = json_table_parse(&wish_table, wish, strlen(wish), &record.wish, "wish", 0, err);
	if (*r >= 0)
		*r = complete(&record.wish, err);
	f = facts_of(&record);
	if (*r >= 0)
		*r = spec_user_lookup("root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/\n",
				      "audio:x:63:user\n", user, NULL, &f.user, err);
	if (*r >= 0)
		*r = spec_generate(&f, &spec, &warnings, err);
	if (*r >= 0)
		*r = oci_spec_validate(&spec, err);
	if (*r >= 0)
		print_spec(&spec, out);
	spec_facts_done(&f);
	wish_done(&record.wish);
}

static void golden(const char *name, const char *user)
{
	scoped_free char *in = xasprintf("%s/%s.wish.json", DATA_DIR, name);
	scoped_free char *file = xasprintf("%s/%s.config.json", DATA_DIR, name);
	scoped_free char *wish = test_read_file(in);
	scoped_free char *want = NULL;
	scoped(buf_done) struct buf got = BUF_INIT;
	struct error err = ERROR_INIT;
	int r;

	CHECK(wish != NULL);
	generate(wish, user, &got, &err, &r);
	CHECK_OK(r, err);
	if (getenv("UPDATE_GOLDEN"))
		CHECK_INT(test_write_file(file, buf_str(&got)), 0);
	want = test_read_file(file);
	CHECK(want != NULL);
	CHECK_STR(buf_str(&got), want);
}

TEST(the_least)
{
	golden("least", "");
}

TEST(everything)
{
	golden("everything", "user");
}

TEST(privileged)
{
	golden("privileged", "0");
}

TEST(modes_of_the_host)
{
	golden("host", "1000");
}

static void refused(const char *wish, enum error_kind kind, const char *why)
{
	scoped(buf_done) struct buf got = BUF_INIT;
	struct error err = ERROR_INIT;
	int r;

	generate(wish, "", &got, &err, &r);
	CHECK_FAILS(r, err, kind, why);
}

TEST(wishes_that_cannot_be)
{
	refused("{}", ERROR_INVALID, "no command or entrypoint provided");
	refused("{\"process\":{\"command\":[\"x\"]},\"network\":{\"mode\":\"host\"},"
		"\"security\":{\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}}}",
		ERROR_INVALID, "net.ipv4.ip_forward");
	refused("{\"process\":{\"command\":[\"x\"]},\"namespaces\":{\"ipc\":\"host\"},"
		"\"security\":{\"sysctl\":{\"kernel.shmmax\":\"1\"}}}",
		ERROR_INVALID, "kernel.shmmax");
	refused("{\"process\":{\"command\":[\"x\"]},\"security\":{\"apparmor\":\"strict\"}}",
		ERROR_UNSUPPORTED, "AppArmor");
}

/* CVE-2026-57231: an entry without '=' never brings a variable of the host in. */
TEST(environment_entries_without_a_value)
{
	scoped(buf_done) struct buf got = BUF_INIT;
	struct error err = ERROR_INIT;
	int r;

	generate("{\"process\":{\"command\":[\"x\"],\"env\":[\"SECRET\",\"SECR*\",\"*\",\"=v\","
		 "\"A=1\"]}}",
		 "", &got, &err, &r);
	CHECK_OK(r, err);
	CHECK(strstr(buf_str(&got), "of the host") == NULL);
	CHECK(strstr(buf_str(&got), "SECR") == NULL);
	CHECK(strstr(buf_str(&got), "\"A=1\"") != NULL);
}
