/* SPDX-License-Identifier: Apache-2.0 */
/* timeutil: points in time are int64_t nanoseconds since the epoch (UTC); 0 means "never". */
#ifndef CORACLE_BASE_TIMEUTIL_H
#define CORACLE_BASE_TIMEUTIL_H

#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define NSEC_PER_USEC 1000LL
#define TIME_STR_MAX 64

int64_t time_now_nsec(void);	   /* CLOCK_REALTIME */
int64_t time_monotonic_nsec(void); /* CLOCK_MONOTONIC */
/* RFC 3339 with nanoseconds as Go prints it (trailing zeros cut), local zone or UTC ("Z").
 * 0 prints "0001-01-01T00:00:00Z", Go's zero time. */
void time_format_rfc3339(int64_t nsec, char out[TIME_STR_MAX]);	    /* local zone */
void time_format_rfc3339_utc(int64_t nsec, char out[TIME_STR_MAX]); /* Z */
/* k8s-file stamp: nine digits always, numeric offset: 2026-11-22T02:45:52.981065957+00:00 */
void time_format_k8s(int64_t nsec, char out[TIME_STR_MAX]);
/* Go's time.Time.String(): 2026-11-22 02:45:52.981065957 +0000 UTC */
void time_format_go(int64_t nsec, char out[TIME_STR_MAX]);
/* RFC 3339 with or without fraction and zone; -EINVAL. */
int time_parse_rfc3339(const char *s, int64_t *ret);
/* What --since and --until take: RFC 3339 and shortened forms of it (local zone), Unix seconds with
 * fraction, or a Go duration before `now`. */
int time_parse_user(const char *s, int64_t now, int64_t *ret);
/* Go duration ("1h30m", "500ms", "2.5s", "0"); nanoseconds. */
int time_parse_duration(const char *s, int64_t *ret);
/* Go's Duration.String(). */
void time_format_duration(int64_t nsec, char *out, size_t size);
/* "About a minute", "5 minutes", "2 weeks" as docker/go-units HumanDuration. */
void time_human_duration(int64_t nsec, char *out, size_t size);

#endif
