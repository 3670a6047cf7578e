/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"
#include "base/timeutil.h"
#include "cli/filter.h"
#include "harness/test.h"

static struct container_summary web(void)
{
	struct container_summary c = { .id = "0123456789abcdef",
				       .name = (char *)"web-1",
				       .image = (char *)"localhost/busybox:latest",
				       .image_id = (char *)"feedbeef",
				       .status = CONTAINER_EXITED,
				       .exit_code = 3 };

	c.created_nsec = time_now_nsec() - 3600 * NSEC_PER_SEC;
	strmap_set(&c.labels, "tier", "front");
	strmap_set(&c.labels, "empty", "");
	strv_add(&c.networks, "podman");
	strv_add(&c.mounts, "data");
	strv_add(&c.command, "sleep");
	strv_add(&c.command, "1000");
	return c;
}

static void web_done(struct container_summary *c)
{
	strmap_done(&c->labels);
	strv_free(c->networks);
	strv_free(c->mounts);
	strv_free(c->command);
}

/* filters are separated by blanks */
static int match(const char *filters, bool *hit, struct error *err)
{
	struct container_summary c = web();
	scoped_strv char **list = strv_split(filters, " ", false);
	struct filter_list *l = NULL;
	int r = filter_list_parse(list, &c, 1, &l, err);

	if (r >= 0)
		*hit = filter_list_match(l, &c);
	filter_list_free(l);
	web_done(&c);
	return r;
}

static void expect(const char *filters, bool want)
{
	struct error err = ERROR_INIT;
	bool hit = !want;

	if (match(filters, &hit, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s: %s", filters, err.msg);
	else if (hit != want)
		test_fail(__FILE__, __LINE__, "%s: matched %d, want %d", filters, hit, want);
}

TEST(single_keys)
{
	static const struct {
		const char *filter;
		bool want;
	} rows[] = {
		{ "", true },
		{ "id=0123", true },
		{ "id=123", false },
		{ "id=^012.*f$", true },
		{ "id=^12.*f$", false },
		{ "command=^sle", true },
		{ "command=1000", false },
		{ "before=web-1", false },
		{ "since=0123", false },
		{ "health=none", true },
		{ "health=healthy", false },
		{ "pod=x", false },
		{ "name=web", true },
		{ "name=eb-", true },
		{ "name=^web-1$", true },
		{ "name=^eb", false },
		{ "name=^w.b-[0-9]+$", true },
		{ "name=^(db|web)-", true },
		{ "name=1$", true },
		{ "name=db", false },
		{ "label=tier", true },
		{ "label=tier=front", true },
		{ "label=tier=back", false },
		{ "label=empty", true },
		{ "label=nope", false },
		{ "label!=nope", true },
		{ "label!=tier", false },
		{ "status=exited", true },
		{ "status=stopped", true },
		{ "status=running", false },
		{ "ancestor=busybox", true },
		{ "ancestor=localhost/busybox", true },
		{ "ancestor=localhost/busybox:latest", true },
		{ "ancestor=feed", true },
		{ "ancestor=box", false },
		{ "network=podman", true },
		{ "network=other", false },
		{ "volume=data", true },
		{ "volume=dat", false },
		{ "exited=3", true },
		{ "exited=0", false },
		{ "until=30m", true },
		{ "until=2h", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect(rows[i].filter, rows[i].want);
}

TEST(values_of_a_key_are_alternatives_and_keys_all_hold)
{
	expect("name=db name=web", true);
	expect("status=running status=exited", true);
	expect("name=web status=running", false);
	expect("name=web status=exited label=tier", true);
	/* labels must all be there */
	expect("label=tier label=nope", false);
	expect("label=tier label=empty", true);
}

TEST(what_is_refused)
{
	static const struct {
		const char *filter, *message;
		enum error_kind kind;
	} bad[] = {
		{ "name", "must be KEY=VALUE", ERROR_INVALID },
		{ "nope=1", "nope is an invalid filter", ERROR_INVALID },
		{ "exited=x", "exited code out of range \"x\"", ERROR_INVALID },
		{ "until=soon", "'soon' is no point in time", ERROR_INVALID },
		{ "name=(", "filter name: '(' is no regular expression: ", ERROR_INVALID },
		{ "status=nope", "unknown container state: nope: invalid argument", ERROR_INVALID },
		{ "before=db", "no container with name or ID \"db\" found", ERROR_NOT_FOUND },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err = ERROR_INIT;
		bool hit;

		CHECK_FAILS(match(bad[i].filter, &hit, &err), err, bad[i].kind, bad[i].message);
	}
}
