/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/timeutil.h"
#include "harness/test.h"
#include "monitor/log/limit.h"

static struct log_limit make(int64_t rate, int64_t burst, const char *policy)
{
	struct monitor_log_options o = { .rate = rate, .rate_burst = burst, .rate_policy = policy };
	struct error err = ERROR_INIT;
	struct log_limit l;

	if (log_limit_init(&l, &o, &err) < 0)
		test_fail(__FILE__, __LINE__, "%s", err.msg);
	return l;
}

TEST(limit_block_waits_as_long_as_it_takes)
{
	struct log_limit l = make(1000, 500, NULL);
	int64_t now = 7 * NSEC_PER_SEC;

	CHECK_INT(log_limit_delay(&l), 0);
	log_limit_take(&l, now, 500);
	CHECK_INT(log_limit_delay(&l), 0);
	log_limit_take(&l, now, 250);
	CHECK_INT(log_limit_delay(&l), NSEC_PER_SEC / 4 + 1);
	log_limit_take(&l, now + NSEC_PER_SEC / 4, 0);
	CHECK_INT(log_limit_delay(&l), 0);
	/* Never more than the burst, however long it was quiet. */
	log_limit_take(&l, now + 1000000 * NSEC_PER_SEC, 1500);
	CHECK_INT(log_limit_delay(&l), NSEC_PER_SEC + 1);
}

TEST(limit_large_numbers)
{
	struct log_limit l = make(INT64_MAX / NSEC_PER_SEC, 0, NULL);

	log_limit_take(&l, 1, 1);
	log_limit_take(&l, INT64_MAX / 2, 1);
	CHECK_INT(log_limit_delay(&l), 0);
	CHECK(l.tokens > 0 && l.tokens <= l.burst);
}

static struct buf kept;

static void put(struct log_limit *l, int64_t now, const char *text)
{
	struct log_chunk c = { .data = text, .len = strlen(text) }, first, second;

	log_limit_filter(l, now, &c, &first, &second);
	buf_add(&kept, first.data, first.len);
	buf_add(&kept, second.data, second.len);
}

TEST(limit_drop_keeps_whole_lines)
{
	struct log_limit l = make(10, 10, "drop");
	int64_t s = NSEC_PER_SEC;

	CHECK_INT(log_limit_delay(&l), 0);
	put(&l, s, "0123456789ab"); /* beyond the burst, but begun */
	put(&l, s, "cd\nlost 1\nlost");
	put(&l, s, " 2\nlost 3");
	CHECK_INT(l.dropped, 3);
	put(&l, 3 * s, "'s rest\nkept\n");
	CHECK_INT(l.dropped, 3);
	put(&l, 3 * s, "last ");
	put(&l, 3 * s, "one without");
	put(&l, 3 * s, " end");
	CHECK_STR(buf_str(&kept), "0123456789abcd\nkept\nlast \n");
	CHECK_INT(l.dropped, 4);
	buf_done(&kept);
}

TEST(limit_refused)
{
	static const struct {
		struct monitor_log_options o;
		const char *text;
	} rows[] = {
		{ { .rate = -1 }, "--log-rate" },
		{ { .rate = INT64_MAX }, "--log-rate" },
		{ { .rate = 1, .rate_burst = -1 }, "--log-rate-burst" },
		{ { .rate = 1, .rate_burst = INT64_MAX }, "--log-rate-burst" },
		{ { .rate = 1, .rate_policy = "maybe" }, "'maybe'" },
		{ { .rate_policy = "drop" }, "needs --log-rate" },
		{ { .rate_burst = 5 }, "needs --log-rate" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = ERROR_INIT;
		struct log_limit l;

		CHECK_FAILS(log_limit_init(&l, &rows[i].o, &err), err, ERROR_INVALID, rows[i].text);
	}
}
