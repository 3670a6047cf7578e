/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cgroup/systemd/unit.h"
#include "harness/test.h"

static void check_name(const char *path, const char *slice, const char *unit)
{
	scoped(unit_name_done) struct unit_name u = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(unit_name_parse(path, "system.slice", "abc", &u, &err), err);
	CHECK_STR(u.slice, slice);
	CHECK_STR(u.unit, unit);
}

TEST(the_three_parts_name_slice_and_scope)
{
	check_name("machine.slice:libpod:abc", "machine.slice", "libpod-abc.scope");
	check_name(":libpod:abc", "system.slice", "libpod-abc.scope");
	check_name("a-b.slice::abc", "a-b.slice", "abc.scope");
	check_name(NULL, "system.slice", "coracle-abc.scope");
	check_name("-.slice:x:y", "-.slice", "x-y.scope");
}

TEST(other_forms_are_refused)
{
	static const char *const wrong[] = {
		"/a/b",		  "a:b",
		"a.slice:b",	  "a.slice:b:",
		"a.slice:b:c:d",  "nope:x:y",
		"a--b.slice:x:y", ".slice:x:y",
		"-a.slice:x:y",	  "a-.slice:x:y",
		"a.slice:x:y/z",  "a.slice:x:y z",
		"a.slice:x:é",	  "a.slice:x:y.slice",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		scoped(unit_name_done) struct unit_name u = { 0 };
		struct error err = ERROR_INIT;

		CHECK_FAILS(unit_name_parse(wrong[i], "system.slice", "abc", &u, &err), err,
			    ERROR_INVALID, "");
		CHECK(u.slice == NULL && u.unit == NULL);
	}
}

TEST(a_unit_name_has_a_length)
{
	scoped(unit_name_done) struct unit_name u = { 0 };
	struct error err = ERROR_INIT;
	char path[400];

	memset(path, 'x', sizeof(path));
	memcpy(path, "a.slice:b:", 10);
	path[sizeof(path) - 1] = '\0';
	CHECK_FAILS(unit_name_parse(path, "system.slice", "abc", &u, &err), err, ERROR_INVALID,
		    "systemd unit");
}

TEST(a_slice_lies_in_those_it_is_named_after)
{
	static const struct {
		const char *slice, *path;
	} rows[] = {
		{ "-.slice", "" },
		{ "a.slice", "/a.slice" },
		{ "a-b-cd.slice", "/a.slice/a-b.slice/a-b-cd.slice" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scoped_free char *path = unit_slice_path(rows[i].slice);

		CHECK_STR(path, rows[i].path);
	}
}
