/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/health.h"

#include "base/str.h"
#include "base/timeutil.h"
#include "harness/test.h"

#define STARTED (100 * NSEC_PER_SEC)

static struct health_check check = { .retries = 2 }, startup = { .retries = 3, .successes = 2 };
static struct health_config plain = { .check = &check },
			    both = { .check = &check, .startup = &startup };

static enum health_effect one(struct health_record *r, const struct health_config *c, int code,
			      int64_t at_sec)
{
	struct health_result result = { .start_nsec = STARTED + at_sec * NSEC_PER_SEC,
					.end_nsec = STARTED + at_sec * NSEC_PER_SEC + 1,
					.exit_code = code };

	return health_apply(r, c, &result, STARTED);
}

struct step {
	int code;
	int64_t at_sec;
	enum health_effect effect;
	const char *status;
	int64_t streak;
};

static void walk(const struct health_config *c, const struct step *steps, size_t n)
{
	scoped(health_record_done) struct health_record r = { 0 };

	health_begin(&r);
	CHECK_STR(r.status, "starting");
	for (size_t i = 0; i < n; i++) {
		enum health_effect effect = one(&r, c, steps[i].code, steps[i].at_sec);

		if (effect != steps[i].effect || !streq(r.status, steps[i].status) ||
		    r.failing_streak != steps[i].streak)
			test_fail(__FILE__, __LINE__, "step %zu: effect %d, status %s, streak %d",
				  i, (int)effect, r.status, (int)r.failing_streak);
	}
}

TEST(status_by_results)
{
	static const struct step steps[] = {
		{ 1, 0, HEALTH_NOTHING, "starting", 1 },
		{ 0, 1, HEALTH_BECAME_HEALTHY, "healthy", 0 },
		{ 0, 2, HEALTH_NOTHING, "healthy", 0 },
		{ 1, 3, HEALTH_NOTHING, "healthy", 1 },
		{ HEALTH_CODE_TIMEOUT, 4, HEALTH_IS_UNHEALTHY, "unhealthy", 2 },
		{ 1, 5, HEALTH_IS_UNHEALTHY, "unhealthy", 3 },
		{ 0, 6, HEALTH_BECAME_HEALTHY, "healthy", 0 },
	};

	walk(&plain, steps, ARRAY_SIZE(steps));
}

TEST(failures_in_the_start_period_do_not_count)
{
	static const struct step steps[] = {
		{ 1, 0, HEALTH_NOTHING, "starting", 0 },
		{ 1, 9, HEALTH_NOTHING, "starting", 0 },
		{ 1, 10, HEALTH_NOTHING, "starting", 1 },
		{ 1, 11, HEALTH_IS_UNHEALTHY, "unhealthy", 2 },
	};
	static const struct step well[] = {
		{ 0, 0, HEALTH_BECAME_HEALTHY, "healthy", 0 },
		{ 1, 1, HEALTH_NOTHING, "healthy", 0 },
	};
	struct health_check slow = { .retries = 2, .start_period_nsec = 10 * NSEC_PER_SEC };
	struct health_config c = { .check = &slow };

	walk(&c, steps, ARRAY_SIZE(steps));
	walk(&c, well, ARRAY_SIZE(well));
}

TEST(the_startup_check_comes_first)
{
	static const struct step steps[] = {
		{ 1, 0, HEALTH_NOTHING, "starting", 0 },
		{ 1, 1, HEALTH_NOTHING, "starting", 0 },
		{ 0, 2, HEALTH_NOTHING, "starting", 0 },
		{ 1, 3, HEALTH_NOTHING, "starting", 0 },
		{ 0, 4, HEALTH_NOTHING, "starting", 0 },
		{ 0, 5, HEALTH_STARTUP_PASSED, "starting", 0 },
		{ 1, 6, HEALTH_NOTHING, "starting", 1 },
		{ 0, 7, HEALTH_BECAME_HEALTHY, "healthy", 0 },
	};
	static const struct step fails[] = {
		{ 1, 0, HEALTH_NOTHING, "starting", 0 },
		{ 1, 1, HEALTH_NOTHING, "starting", 0 },
		{ 1, 2, HEALTH_STARTUP_FAILED, "starting", 0 },
	};

	walk(&both, steps, ARRAY_SIZE(steps));
	walk(&both, fails, ARRAY_SIZE(fails));
}

TEST(a_new_start_counts_anew_and_keeps_the_log)
{
	scoped(health_record_done) struct health_record r = { 0 };

	one(&r, &both, 0, 1);
	one(&r, &both, 0, 2);
	one(&r, &both, 1, 3);
	CHECK(!health_in_startup(&both, &r));
	health_begin(&r);
	CHECK(health_in_startup(&both, &r));
	CHECK_STR(r.status, "starting");
	CHECK_INT(r.failing_streak, 0);
	CHECK_INT(r.startup_successes, 0);
	CHECK_INT(r.n_log, 3);
}

TEST(enabled)
{
	char *none[] = { (char *)(uintptr_t) "NONE", NULL },
	     *shell[] = { (char *)(uintptr_t) "CMD-SHELL", (char *)(uintptr_t) "x", NULL };
	struct health_check c = { .test = none };
	struct health_config config = { .check = &c };

	CHECK(!health_enabled(&(struct health_config){ 0 }));
	CHECK(!health_enabled(&config));
	c.test = NULL;
	CHECK(!health_enabled(&config));
	c.test = shell;
	CHECK(health_enabled(&config));
}

/* ---- the file ---- */

static void change(struct buf *text, struct health_config *c, const char *output, size_t len)
{
	scoped(buf_done) struct buf next = BUF_INIT;
	struct health_result result = {
		.start_nsec = STARTED, .end_nsec = STARTED + 1, .output = output, .output_len = len
	};
	struct health_change ch = { .config = c, .result = output ? &result : NULL };

	CHECK_INT(health_change_apply(buf_str(text), text->len, &next, &ch), 0);
	buf_truncate(text, 0);
	buf_add(text, next.data, next.len);
}

static void parse(const struct buf *text, struct health_record *r)
{
	struct error err = ERROR_INIT;

	CHECK_OK(json_table_parse(&health_record_table, text->data, text->len, r, "record",
				  JSON_REFUSE_UNKNOWN, &err),
		 err);
}

TEST(file_begins_anew_when_missing_or_damaged)
{
	static const char *const old[] = { "", "{", "[]", "{\"Status\": 5}" };

	for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
		scoped(health_record_done) struct health_record r = { 0 };
		scoped(buf_done) struct buf text = BUF_INIT;

		buf_adds(&text, old[i]);
		change(&text, &plain, NULL, 0);
		parse(&text, &r);
		CHECK_STR(r.status, "starting");
		CHECK_INT(r.n_log, 0);
	}
}

TEST(file_keeps_so_many_results_of_such_a_size)
{
	struct health_config c = { .check = &check,
				   .max_log_count = OPT_SET(3),
				   .max_log_size = OPT_SET(4) };
	static const struct {
		const char *output;
		size_t len;
		const char *kept;
	} rows[] = {
		{ "dropped\n", 8, NULL },
		{ "ab\n\n", 4, "ab" },
		{ "\xc3\xa4\xc3\xa4\xc3\xa4", 6, "\xc3\xa4\xc3\xa4" },
		{ "a\0\xff\x62\n", 5, "a??b" },
	};
	scoped(health_record_done) struct health_record r = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		change(&text, &c, rows[i].output, rows[i].len);
	parse(&text, &r);
	CHECK_INT(r.n_log, 3);
	for (size_t i = 0; i < 3; i++)
		CHECK_STR(r.log[i].output, rows[i + 1].kept);
	CHECK_INT(r.log[0].start_nsec, STARTED);
	CHECK_STR(r.status, "healthy");
}

TEST(a_cut_never_leaves_half_a_character)
{
	struct health_config c = { .check = &check, .max_log_size = OPT_SET(3) };
	scoped(health_record_done) struct health_record r = { 0 };
	scoped(buf_done) struct buf text = BUF_INIT;

	change(&text, &c, "\xc3\xa4\xc3\xa4", 4);
	parse(&text, &r);
	CHECK_STR(r.log[0].output, "\xc3\xa4");
}

TEST(unlimited_has_bounds)
{
	struct health_config c = { .check = &check,
				   .max_log_count = OPT_SET(0),
				   .max_log_size = OPT_SET(0) };
	scoped_free char *big = xcalloc(100000, 1);
	scoped(buf_done) struct buf text = BUF_INIT;

	CHECK_INT(health_log_count(&plain), HEALTH_LOG_COUNT);
	CHECK_INT(health_log_size(&plain), HEALTH_LOG_SIZE);
	CHECK_INT(health_log_count(&c), HEALTH_LOG_COUNT_MAX);
	memset(big, '"', 100000);
	for (int i = 0; i < 70; i++) {
		change(&text, &c, big, 100000);
		CHECK(text.len <= HEALTH_RECORD_MAX);
	}
	CHECK(text.len > HEALTH_RECORD_MAX / 4);
}
