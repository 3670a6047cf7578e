/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "cli/template/template.h"
#include "harness/test.h"

static const struct template_header headers[] = {
	{ "ID", "CONTAINER ID" },
	{ "Names", "NAMES" },
	{ "RunningFor", "CREATED" },
};

static char *print(const char *format, const char *json, bool no_heading, int *r, struct error *err)
{
	scoped_json json_t *rows = NULL;
	scoped(buf_done) struct buf out = BUF_INIT;

	*r = json_text_parse(json, strlen(json), "rows", &rows, err);
	if (*r >= 0)
		*r = template_print_rows(format, rows, headers, ARRAY_SIZE(headers), no_heading,
					 &out, err);
	return buf_take(&out);
}

static const char two[] = "[{\"ID\":\"0123456789ab\",\"Names\":\"web\",\"RunningFor\":\"now\","
			  "\"Pid\":1},"
			  "{\"ID\":\"ba9876543210\",\"Names\":\"a-long-name\","
			  "\"RunningFor\":\"never\",\"Pid\":22}]";

static void check(const char *format, const char *json, bool no_heading, const char *want)
{
	struct error err = ERROR_INIT;
	int r;
	scoped_free char *got = print(format, json, no_heading, &r, &err);

	if (r < 0)
		test_fail(__FILE__, __LINE__, "%s: %s", format, err.msg);
	else if (!streq(got, want))
		test_fail(__FILE__, __LINE__, "%s: got\n%swant\n%s", format, got, want);
}

TEST(a_line_for_each_row)
{
	check("{{.ID}} {{.Names}}", two, false, "0123456789ab web\nba9876543210 a-long-name\n");
	check("{{.Names}}\\n", two, false, "web\na-long-name\n");
	check("{{.Names}}\\t{{.Pid}}", two, false, "web\t1\na-long-name\t22\n");
	check("{{.Names}}", "[]", false, "");
	check("{{range .Names}}{{end}}", "[{\"Names\":[]}]", false, "\n");
}

TEST(table_has_titles_and_aligned_columns)
{
	check("table {{.ID}}\\t{{.Names}}\\t{{.RunningFor}}", two, false,
	      "CONTAINER ID  NAMES        CREATED\n"
	      "0123456789ab  web          now\n"
	      "ba9876543210  a-long-name  never\n");
	check("table {{.ID}}\\t{{.Names}}", "[]", false, "CONTAINER ID  NAMES\n");
	check("table {{.ID}}\\t{{.Names}}", two, true,
	      "0123456789ab  web\nba9876543210  a-long-name\n");
	/* a field without a title of its own is titled by its name */
	check("table {{.Names}} {{.Pid}}", two, false, "NAMES PID\nweb 1\na-long-name 22\n");
}

TEST(json_is_the_whole_array)
{
	struct error err = ERROR_INIT;
	int r;
	scoped_free char *got = print("json", two, false, &r, &err);
	scoped_json json_t *again = NULL, *want = NULL;

	CHECK_OK(r, err);
	CHECK_OK(json_text_parse(got, strlen(got), "again", &again, &err), err);
	CHECK_OK(json_text_parse(two, strlen(two), "two", &want, &err), err);
	CHECK(json_equal(again, want));
	check("json", "[]", false, "[]\n");
	check("{{json .Names}}", two, false, "\"web\"\n\"a-long-name\"\n");
}

TEST(a_wrong_field_is_named)
{
	struct error err = ERROR_INIT;
	int r;

	free(print("table {{.Nope}}", two, false, &r, &err));
	CHECK_FAILS(r, err, ERROR_INVALID, "Nope");
	free(print("{{.Nope}}", two, false, &r, &err));
	CHECK_FAILS(r, err, ERROR_INVALID, "Nope");
	free(print("{{.ID", two, false, &r, &err));
	CHECK_FAILS(r, err, ERROR_INVALID, "unclosed action");
}
