/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: what the tests of log drivers share: a time, and how output comes to a driver.
 */
#ifndef CORACLE_TESTS_UNIT_MONITOR_FIXTURE_H
#define CORACLE_TESTS_UNIT_MONITOR_FIXTURE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor/log/log.h"

#define STAMP "2026-11-22T02:45:52.981065957"
#define STAMP_NSEC 1795315552981065957LL /* of UTC */

/* The local time that drivers write. */
static inline void use_utc(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
}

static inline void put(struct log_driver *d, bool is_stderr, const char *text, size_t len)
{
	struct log_chunk c = {
		.data = text, .len = len, .is_stderr = is_stderr, .time_nsec = STAMP_NSEC
	};

	d->ops->write(d, &c);
}

static inline void puts_to(struct log_driver *d, bool is_stderr, const char *text)
{
	put(d, is_stderr, text, strlen(text));
}

#endif
