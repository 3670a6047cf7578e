/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timeutil.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

static int64_t clock_nsec(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts); /* cannot fail for these two clocks */
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

int64_t time_now_nsec(void)
{
	return clock_nsec(CLOCK_REALTIME);
}

int64_t time_monotonic_nsec(void)
{
	return clock_nsec(CLOCK_MONOTONIC);
}

/* What gmtime_r does, without reading /etc/localtime, which that one does as well.  Days are
 * counted in eras of 400 years from 1 March of year 0, so that the leap day ends a year. */
static void utc_fields(int64_t sec, struct tm *tm)
{
	int64_t days = sec / 86400, rest = sec % 86400;
	int64_t era, of_era, year, of_year, month;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468; /* from 0000-03-01 to 1970-01-01 */
	era = (days >= 0 ? days : days - 146096) / 146097;
	of_era = days - era * 146097;
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153; /* 0 is March */
	*tm = (struct tm){
		.tm_year = (int)(year + era * 400 + (month >= 10) - 1900),
		.tm_mon = (int)(month < 10 ? month + 2 : month - 10),
		.tm_mday = (int)(of_year - (153 * month + 2) / 5 + 1),
		.tm_hour = (int)(rest / 3600),
		.tm_min = (int)(rest / 60 % 60),
		.tm_sec = (int)(rest % 60),
		.tm_zone = "UTC",
	};
}

/* Split into calendar fields and the nanoseconds that remain (0..999999999). */
static long split(int64_t nsec, bool local, struct tm *tm)
{
	time_t sec = nsec / NSEC_PER_SEC;
	long rest = (long)(nsec % NSEC_PER_SEC);

	if (rest < 0) {
		rest += NSEC_PER_SEC;
		sec--;
	}
	if (local)
		localtime_r(&sec, tm);
	else
		utc_fields(sec, tm);
	return rest;
}

static void put_text(char *to, const char *s)
{
	memcpy(to, s, strlen(s) + 1);
}

/* v in `width` decimal digits; returns the place behind them.  (snprintf would take most of the
 * time that a log line costs.) */
static char *put_digits(char *to, long v, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		to[i] = (char)('0' + v % 10);
		v /= 10;
	}
	to[width] = '\0';
	return to + width;
}

/* "2026-11-22T02:45:52" */
static char *put_date_time(char *to, const struct tm *tm, char between)
{
	to = put_digits(to, tm->tm_year + 1900, 4);
	*to++ = '-';
	to = put_digits(to, tm->tm_mon + 1, 2);
	*to++ = '-';
	to = put_digits(to, tm->tm_mday, 2);
	*to++ = between;
	to = put_digits(to, tm->tm_hour, 2);
	*to++ = ':';
	to = put_digits(to, tm->tm_min, 2);
	*to++ = ':';
	return put_digits(to, tm->tm_sec, 2);
}

/* ".123" without trailing zeros; nothing for zero. */
static char *put_fraction(char *to, long nsec)
{
	char *end;

	if (nsec == 0)
		return to;
	*to = '.';
	end = put_digits(to + 1, nsec, 9);
	while (end[-1] == '0')
		*--end = '\0';
	return end;
}

/* "+01:30" or "+0130" */
static char *put_offset(char *to, const struct tm *tm, bool colon)
{
	long minutes = labs(tm->tm_gmtoff) / 60;

	*to++ = tm->tm_gmtoff < 0 ? '-' : '+';
	to = put_digits(to, minutes / 60, 2);
	if (colon)
		*to++ = ':';
	return put_digits(to, minutes % 60, 2);
}

static void format_rfc3339(int64_t nsec, bool local, char out[TIME_STR_MAX])
{
	struct tm tm;
	long rest;

	if (nsec == 0) {
		put_text(out, "0001-01-01T00:00:00Z");
		return;
	}
	rest = split(nsec, local, &tm);
	out = put_fraction(put_date_time(out, &tm, 'T'), rest);
	if (tm.tm_gmtoff != 0)
		put_offset(out, &tm, true);
	else
		put_text(out, "Z");
}

void time_format_rfc3339(int64_t nsec, char out[TIME_STR_MAX])
{
	format_rfc3339(nsec, true, out);
}

void time_format_rfc3339_utc(int64_t nsec, char out[TIME_STR_MAX])
{
	format_rfc3339(nsec, false, out);
}

void time_format_k8s(int64_t nsec, char out[TIME_STR_MAX])
{
	struct tm tm;
	long rest = split(nsec, true, &tm);

	out = put_date_time(out, &tm, 'T');
	*out++ = '.';
	put_offset(put_digits(out, rest, 9), &tm, true);
}

void time_format_go(int64_t nsec, char out[TIME_STR_MAX])
{
	struct tm tm;
	long rest;

	if (nsec == 0) {
		put_text(out, "0001-01-01 00:00:00 +0000 UTC");
		return;
	}
	rest = split(nsec, true, &tm);
	out = put_fraction(put_date_time(out, &tm, ' '), rest);
	*out++ = ' ';
	out = put_offset(out, &tm, false);
	*out++ = ' ';
	/* Zone abbreviations have at most six letters in practice; a hostile TZ may have more. */
	put_text(out, strlen(tm.tm_zone) < 16 ? tm.tm_zone : "?");
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* Exactly n digits at *sp. */
static bool take_digits(const char **sp, int n, int *ret)
{
	const char *s = *sp;
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*sp = s + n;
	*ret = v;
	return true;
}

static bool take_char(const char **sp, char c)
{
	if (**sp != c)
		return false;
	(*sp)++;
	return true;
}

struct stamp {
	int year, month, day, hour, minute, second;
	long nsec;
	bool zoned;
	int offset_sec;
};

static bool take_date(const char **sp, struct stamp *t)
{
	return take_digits(sp, 4, &t->year) && take_char(sp, '-') &&
	       take_digits(sp, 2, &t->month) && take_char(sp, '-') && take_digits(sp, 2, &t->day) &&
	       t->month >= 1 && t->month <= 12 && t->day >= 1 &&
	       t->day <= days_in_month(t->year, t->month);
}

/* ".5" or ",5"; digits behind the ninth are dropped, as Go does. */
static bool take_fraction(const char **sp, struct stamp *t)
{
	long unit = 100000000;
	const char *s = *sp;

	if (*s != '.' && *s != ',')
		return true;
	s++;
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		t->nsec += (*s - '0') * unit;
		unit /= 10;
	}
	*sp = s;
	return true;
}

static bool take_zone(const char **sp, struct stamp *t)
{
	int hours, minutes, sign;

	if (**sp == 'Z' || **sp == 'z') {
		(*sp)++;
		t->zoned = true;
		return true;
	}
	if (**sp != '+' && **sp != '-')
		return true;
	sign = **sp == '-' ? -1 : 1;
	(*sp)++;
	if (!take_digits(sp, 2, &hours) || !take_char(sp, ':') || !take_digits(sp, 2, &minutes) ||
	    hours > 24 || minutes > 59)
		return false;
	t->zoned = true;
	t->offset_sec = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* Hour, and unless `shortened` allows less, minute and second. */
static bool take_clock(const char **sp, struct stamp *t, bool shortened)
{
	if (!take_digits(sp, 2, &t->hour) || t->hour > 23)
		return false;
	if (**sp != ':')
		return shortened;
	(*sp)++;
	if (!take_digits(sp, 2, &t->minute) || t->minute > 59)
		return false;
	if (**sp != ':')
		return shortened;
	(*sp)++;
	return take_digits(sp, 2, &t->second) && t->second <= 59 && take_fraction(sp, t);
}

static int stamp_to_nsec(const struct stamp *t, bool local, int64_t *ret)
{
	int64_t sec, nsec;

	/* Go's zero time stands for "never". */
	if (t->year == 1 && t->month == 1 && t->day == 1) {
		*ret = 0;
		return 0;
	}
	if (t->zoned || !local) {
		sec = days_from_civil(t->year, t->month, t->day) * 86400 + t->hour * 3600 +
		      t->minute * 60 + t->second - t->offset_sec;
	} else {
		struct tm tm = { .tm_year = t->year - 1900,
				 .tm_mon = t->month - 1,
				 .tm_mday = t->day,
				 .tm_hour = t->hour,
				 .tm_min = t->minute,
				 .tm_sec = t->second,
				 .tm_isdst = -1 };

		sec = mktime(&tm);
	}
	if (__builtin_mul_overflow(sec, NSEC_PER_SEC, &nsec) ||
	    __builtin_add_overflow(nsec, t->nsec, &nsec))
		return -EINVAL;
	*ret = nsec;
	return 0;
}

int time_parse_rfc3339(const char *s, int64_t *ret)
{
	struct stamp t = { 0 };

	if (!take_date(&s, &t))
		return -EINVAL;
	if (*s != 'T' && *s != 't' && *s != ' ')
		return -EINVAL;
	s++;
	if (!take_clock(&s, &t, false) || !take_zone(&s, &t) || *s != '\0')
		return -EINVAL;
	return stamp_to_nsec(&t, false, ret);
}

/* Date, date and hour, ... each with or without zone. */
static int parse_shortened(const char *s, int64_t *ret)
{
	struct stamp t = { 0 };

	if (!take_date(&s, &t))
		return -EINVAL;
	if (*s == 'T' || *s == 't') {
		s++;
		if (!take_clock(&s, &t, true))
			return -EINVAL;
	}
	if (!take_zone(&s, &t) || *s != '\0')
		return -EINVAL;
	return stamp_to_nsec(&t, true, ret);
}

static int parse_unix(const char *s, int64_t *ret)
{
	size_t whole_len = strcspn(s, ".");
	scoped_free char *whole = xstrndup(s, whole_len);
	struct stamp t = { 0 };
	int64_t sec, nsec;

	if (num_i64(whole, &sec) < 0)
		return -EINVAL;
	s += whole_len;
	if (!take_fraction(&s, &t) || *s != '\0')
		return -EINVAL;
	if (__builtin_mul_overflow(sec, NSEC_PER_SEC, &nsec) ||
	    __builtin_add_overflow(nsec, whole[0] == '-' ? -t.nsec : t.nsec, &nsec))
		return -EINVAL;
	*ret = nsec;
	return 0;
}

int time_parse_user(const char *s, int64_t now, int64_t *ret)
{
	int64_t duration, when;

	if (!streq(s, "0") && time_parse_duration(s, &duration) == 0) {
		if (__builtin_sub_overflow(now, duration, &when))
			return -EINVAL;
		*ret = when;
		return 0;
	}
	if (parse_shortened(s, ret) == 0)
		return 0;
	return parse_unix(s, ret);
}

/* Unit at the front of s; 0 when there is none. */
static int64_t duration_unit(const char **sp)
{
	static const struct {
		const char *name;
		int64_t nsec;
	} units[] = {
		{ "ns", 1 },
		{ "us", NSEC_PER_USEC },
		{ "\xc2\xb5s", NSEC_PER_USEC }, /* U+00B5 */
		{ "\xce\xbcs", NSEC_PER_USEC }, /* U+03BC */
		{ "ms", NSEC_PER_MSEC },
		{ "s", NSEC_PER_SEC },
		{ "m", 60 * NSEC_PER_SEC },
		{ "h", 3600 * NSEC_PER_SEC },
	};
	size_t len = strcspn(*sp, "0123456789.");

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) == len && strncmp(*sp, units[i].name, len) == 0) {
			*sp += len;
			return units[i].nsec;
		}
	}
	return 0;
}

/* One "2.5s" of a duration, added to *total. */
static int duration_part(const char **sp, uint64_t *total)
{
	uint64_t whole = 0, fraction = 0, scale = 1;
	const char *s = *sp;
	bool any = false;
	int64_t unit;

	for (; *s >= '0' && *s <= '9'; s++, any = true)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (unsigned)(*s - '0'), &whole))
			return -ERANGE;
	if (*s == '.') {
		for (s++; *s >= '0' && *s <= '9'; s++, any = true) {
			if (scale >= 1000000000000000ull)
				continue; /* below a nanosecond for every unit */
			fraction = fraction * 10 + (unsigned)(*s - '0');
			scale *= 10;
		}
	}
	if (!any)
		return -EINVAL;
	unit = duration_unit(&s);
	if (unit == 0)
		return -EINVAL;
	fraction = (uint64_t)((unsigned __int128)fraction * (uint64_t)unit / scale);
	if (__builtin_mul_overflow(whole, (uint64_t)unit, &whole) ||
	    __builtin_add_overflow(whole, fraction, &whole) ||
	    __builtin_add_overflow(*total, whole, total))
		return -ERANGE;
	*sp = s;
	return 0;
}

int time_parse_duration(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t total = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (streq(s, "0")) {
		*ret = 0;
		return 0;
	}
	if (*s == '\0')
		return -EINVAL;
	while (*s != '\0') {
		int r = duration_part(&s, &total);

		if (r < 0)
			return r;
	}
	if (total > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - total) : (int64_t)total;
	return 0;
}

void time_format_duration(int64_t nsec, char *out, size_t size)
{
	uint64_t u = nsec < 0 ? 0 - (uint64_t)nsec : (uint64_t)nsec;
	const char *sign = nsec < 0 ? "-" : "";
	char fraction[12] = "", head[48] = "";
	uint64_t sec = u / NSEC_PER_SEC;

	if (u == 0) {
		snprintf(out, size, "0s");
		return;
	}
	if (u < NSEC_PER_USEC) {
		snprintf(out, size, "%s%dns", sign, (int)u);
		return;
	}
	if (u < NSEC_PER_SEC) {
		bool micro = u < NSEC_PER_MSEC;
		uint64_t unit = micro ? NSEC_PER_USEC : NSEC_PER_MSEC;

		put_fraction(fraction, (long)(u % unit * (NSEC_PER_SEC / unit)));
		snprintf(out, size, "%s%d%s%s", sign, (int)(u / unit), fraction,
			 micro ? "\xc2\xb5s" : "ms");
		return;
	}
	if (sec >= 3600)
		snprintf(head, sizeof(head), "%lluh%llum", (unsigned long long)(sec / 3600),
			 (unsigned long long)(sec / 60 % 60));
	else if (sec >= 60)
		snprintf(head, sizeof(head), "%llum", (unsigned long long)(sec / 60));
	put_fraction(fraction, (long)(u % NSEC_PER_SEC));
	snprintf(out, size, "%s%s%d%ss", sign, head, (int)(sec % 60), fraction);
}

void time_human_duration(int64_t nsec, char *out, size_t size)
{
	int64_t sec = nsec / NSEC_PER_SEC, minutes = sec / 60, whole_hours = sec / 3600;
	int64_t hours = (sec + 1800) / 3600;
	const char *unit;
	int64_t n;

	if (sec < 1) {
		snprintf(out, size, "Less than a second");
		return;
	}
	if (sec == 1 || minutes == 1 || (minutes >= 60 && hours == 1)) {
		snprintf(out, size, "%s",
			 sec == 1	? "1 second"
			 : minutes == 1 ? "About a minute"
					: "About an hour");
		return;
	}
	if (sec < 60) {
		n = sec;
		unit = "seconds";
	} else if (minutes < 60) {
		n = minutes;
		unit = "minutes";
	} else if (hours < 48) {
		n = hours;
		unit = "hours";
	} else if (hours < 24 * 7 * 2) {
		n = hours / 24;
		unit = "days";
	} else if (hours < 24 * 30 * 2) {
		n = hours / 24 / 7;
		unit = "weeks";
	} else if (hours < 24 * 365 * 2) {
		n = hours / 24 / 30;
		unit = "months";
	} else {
		n = whole_hours / 24 / 365;
		unit = "years";
	}
	snprintf(out, size, "%lld %s", (long long)n, unit);
}
