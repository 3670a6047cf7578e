/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int num_u64_base(const char *s, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;

	if (*s == '\0')
		return -EINVAL;
	for (const char *p = s; *p != '\0'; p++) {
		int d = digit_value(*p);

		if (d < 0 || (unsigned)d >= base)
			return -EINVAL;
	}
	for (; *s != '\0'; s++)
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, (unsigned)digit_value(*s), &v))
			return -ERANGE;
	*ret = v;
	return 0;
}

int num_u64(const char *s, uint64_t *ret)
{
	return num_u64_base(s, 10, ret);
}

int num_i64(const char *s, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t v;
	int r;

	r = num_u64_base(*s == '-' || *s == '+' ? s + 1 : s, 10, &v);
	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

int num_u32(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = num_u64(s, &v);

	if (r < 0)
		return r;
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

int num_take_u32(const char **s, uint32_t *ret)
{
	const char *p = *s;
	uint32_t v = 0;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint32_t)(*p - '0'), &v))
			return -ERANGE;
	*s = p;
	*ret = v;
	return 0;
}

int num_id(const char *s, uint32_t *ret)
{
	uint32_t v;
	int r = num_u32(s, &v);

	if (r < 0)
		return r;
	if (v == UINT32_MAX)
		return -ERANGE;
	*ret = v;
	return 0;
}

int num_bool(const char *s, bool *ret)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	if (str_table_find(yes, ARRAY_SIZE(yes), s) >= 0)
		*ret = true;
	else if (str_table_find(no, ARRAY_SIZE(no), s) >= 0)
		*ret = false;
	else
		return -EINVAL;
	return 0;
}

/* Decimal at the front of s: digits with an optional fraction.  *ret_end is behind it. */
static int decimal(const char *s, uint64_t *ret_whole, uint32_t *ret_nano, const char **ret_end)
{
	uint64_t whole = 0;
	uint32_t nano = 0, unit = 100000000;
	const char *p = s;
	bool any = false;

	for (; *p >= '0' && *p <= '9'; p++, any = true)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (unsigned)(*p - '0'), &whole))
			return -ERANGE;
	if (*p == '.') {
		p++;
		for (; *p >= '0' && *p <= '9'; p++, any = true) {
			if (unit == 0)
				return -EINVAL;
			nano += (uint32_t)(*p - '0') * unit;
			unit /= 10;
		}
	}
	if (!any)
		return -EINVAL;
	*ret_whole = whole;
	*ret_nano = nano;
	*ret_end = p;
	return 0;
}

int num_double(const char *s, double *ret)
{
	bool negative = *s == '-';
	const char *end;
	uint64_t whole;
	uint32_t nano;
	double v;
	int r;

	r = decimal(negative ? s + 1 : s, &whole, &nano, &end);
	if (r < 0)
		return r;
	if (*end != '\0')
		return -EINVAL;
	v = (double)whole + (double)nano / 1e9;
	*ret = negative ? -v : v;
	return 0;
}

/* Power of 1024 of a unit text: "", "b", "k", "kb", "ki", "kib", ...; -EINVAL. */
static int unit_power(const char *unit)
{
	static const char letters[] = "bkmgtp";
	char c = *unit >= 'A' && *unit <= 'Z' ? (char)(*unit | 0x20) : *unit;
	const char *hit;

	if (c == '\0')
		return 0;
	hit = strchr(letters, c);
	if (hit == NULL)
		return -EINVAL;
	unit++;
	if (c != 'b' && (str_ieq(unit, "b") || str_ieq(unit, "i") || str_ieq(unit, "ib")))
		return (int)(hit - letters);
	return *unit == '\0' ? (int)(hit - letters) : -EINVAL;
}

/* step: of the units. */
static int scaled_bytes(const char *s, uint64_t step, int64_t *ret)
{
	const char *end;
	uint64_t whole, part, factor = 1;
	uint32_t nano;
	int r, power;

	r = decimal(s, &whole, &nano, &end);
	if (r < 0)
		return r;
	/* One blank between number and unit is customary ("10 MB"). */
	if (*end == ' ' && end[1] != '\0')
		end++;
	power = unit_power(end);
	if (power < 0)
		return power;
	while (power-- > 0)
		factor *= step;
	part = (uint64_t)((unsigned __int128)factor * nano / 1000000000u);
	if (__builtin_mul_overflow(whole, factor, &whole) ||
	    __builtin_add_overflow(whole, part, &whole) || whole > INT64_MAX)
		return -ERANGE;
	*ret = (int64_t)whole;
	return 0;
}

int num_bytes(const char *s, int64_t *ret)
{
	return scaled_bytes(s, 1024, ret);
}

int num_bytes_si(const char *s, int64_t *ret)
{
	return scaled_bytes(s, 1000, ret);
}

static void human(uint64_t n, double base, const char *const *units, size_t n_units, int digits,
		  char *out, size_t size)
{
	double v = (double)n;
	size_t i = 0;

	while (v >= base && i + 1 < n_units) {
		v /= base;
		i++;
	}
	/* %g would write 999.9999 as "1000"; that is what go-units does, too. */
	snprintf(out, size, "%.*g %s", digits, v, units[i]);
}

void num_human_bytes_si(uint64_t n, char *out, size_t size)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };

	human(n, 1000.0, units, ARRAY_SIZE(units), 3, out, size);
}

void num_human_bytes(uint64_t n, char *out, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

	human(n, 1024.0, units, ARRAY_SIZE(units), 4, out, size);
}

static const char *const signal_names[] = {
	[SIGHUP] = "SIGHUP",	   [SIGINT] = "SIGINT",	      [SIGQUIT] = "SIGQUIT",
	[SIGILL] = "SIGILL",	   [SIGTRAP] = "SIGTRAP",     [SIGABRT] = "SIGABRT",
	[SIGBUS] = "SIGBUS",	   [SIGFPE] = "SIGFPE",	      [SIGKILL] = "SIGKILL",
	[SIGUSR1] = "SIGUSR1",	   [SIGSEGV] = "SIGSEGV",     [SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE",	   [SIGALRM] = "SIGALRM",     [SIGTERM] = "SIGTERM",
	[SIGSTKFLT] = "SIGSTKFLT", [SIGCHLD] = "SIGCHLD",     [SIGCONT] = "SIGCONT",
	[SIGSTOP] = "SIGSTOP",	   [SIGTSTP] = "SIGTSTP",     [SIGTTIN] = "SIGTTIN",
	[SIGTTOU] = "SIGTTOU",	   [SIGURG] = "SIGURG",	      [SIGXCPU] = "SIGXCPU",
	[SIGXFSZ] = "SIGXFSZ",	   [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF",
	[SIGWINCH] = "SIGWINCH",   [SIGIO] = "SIGIO",	      [SIGPWR] = "SIGPWR",
	[SIGSYS] = "SIGSYS",
};

/* The kernel's range; the C library hides 32 and 33 and reports SIGRTMIN as 34. */
#define SIGNAL_RT_FIRST 34
#define SIGNAL_RT_LAST 64

static int signal_real_time(const char *s)
{
	uint32_t n = 0;
	const char *p = s + 5; /* behind RTMIN or RTMAX */
	bool from_max = s[3] == 'A' || s[3] == 'a';

	if (*p != '\0' && (*p != (from_max ? '-' : '+') || num_u32(p + 1, &n) < 0))
		return -EINVAL;
	if (n > SIGNAL_RT_LAST - SIGNAL_RT_FIRST)
		return -EINVAL;
	return from_max ? SIGNAL_RT_LAST - (int)n : SIGNAL_RT_FIRST + (int)n;
}

int num_signal(const char *s)
{
	char head[6];
	uint32_t n;

	if (*s >= '0' && *s <= '9') {
		if (num_u32(s, &n) < 0 || n < 1 || n > SIGNAL_RT_LAST)
			return -EINVAL;
		return (int)n;
	}
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (size_t i = 1; i < ARRAY_SIZE(signal_names); i++)
		if (signal_names[i] != NULL && str_ieq(s, signal_names[i] + 3))
			return (int)i;
	if (str_ieq(s, "IOT"))
		return SIGABRT;
	if (str_ieq(s, "CLD"))
		return SIGCHLD;
	if (str_ieq(s, "POLL"))
		return SIGIO;
	snprintf(head, sizeof(head), "%.5s", s);
	if (str_ieq(head, "RTMIN") || str_ieq(head, "RTMAX"))
		return signal_real_time(s);
	return -EINVAL;
}

const char *num_signal_name(int sig)
{
	static char names[SIGNAL_RT_LAST - SIGNAL_RT_FIRST + 1][16];
	char *name;

	if (sig >= 1 && sig < (int)ARRAY_SIZE(signal_names))
		return signal_names[sig];
	if (sig < SIGNAL_RT_FIRST || sig > SIGNAL_RT_LAST)
		return NULL;
	name = names[sig - SIGNAL_RT_FIRST];
	if (sig == SIGNAL_RT_FIRST)
		return "SIGRTMIN";
	if (sig == SIGNAL_RT_LAST)
		return "SIGRTMAX";
	snprintf(name, sizeof(names[0]), "SIGRTMIN+%d", sig - SIGNAL_RT_FIRST);
	return name;
}
