/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/tar_format.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is one block");

bool tar_block_is_zero(const void *block)
{
	const char *p = block;

	return p[0] == '\0' && memcmp(p, p + 1, TAR_BLOCK - 1) == 0;
}

static void sums(const struct tar_header *h, int64_t *ret_unsigned, int64_t *ret_signed)
{
	const char *p = (const char *)h;
	const size_t from = offsetof(struct tar_header, chksum);
	int64_t u = 0, s = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		char c = i >= from && i < from + sizeof(h->chksum) ? ' ' : p[i];

		u += (unsigned char)c;
		s += (signed char)c;
	}
	*ret_unsigned = u;
	*ret_signed = s;
}

bool tar_checksum_ok(const struct tar_header *h)
{
	int64_t u, s, want;

	sums(h, &u, &s);
	return tar_number(h->chksum, sizeof(h->chksum), &want) == 0 && (want == u || want == s);
}

bool tar_is_ustar(const struct tar_header *h)
{
	return memcmp(h->magic, "ustar\0", 6) == 0;
}

bool tar_is_gnu(const struct tar_header *h)
{
	return memcmp(h->magic, "ustar ", 6) == 0 && memcmp(h->version, " ", 2) == 0;
}

/* GNU base 256: the first bit marks the form, the second is the sign, two's complement. */
static int number_base256(const unsigned char *f, size_t size, int64_t *ret)
{
	bool negative = (f[0] & 0x40) != 0;
	uint64_t v = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char c = f[i];

		if (i == 0)
			c &= 0x7f;
		if (negative)
			c = i == 0 ? (unsigned char)(~c & 0x7f) : (unsigned char)~c;
		if (v >> 55 != 0)
			return -ERANGE;
		v = v << 8 | c;
	}
	if (v > INT64_MAX)
		return -ERANGE;
	*ret = negative ? -(int64_t)v - 1 : (int64_t)v;
	return 0;
}

int tar_number(const char *field, size_t size, int64_t *ret)
{
	size_t i = 0;
	uint64_t v = 0;

	if (((unsigned char)field[0] & 0x80) != 0)
		return number_base256((const unsigned char *)field, size, ret);
	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
		if (v >> 59 != 0)
			return -ERANGE;
		v = v << 3 | (uint64_t)(field[i] - '0');
	}
	for (; i < size; i++) {
		if (field[i] != ' ' && field[i] != '\0')
			return -EINVAL;
	}
	*ret = (int64_t)v;
	return 0;
}

char *tar_text(const char *field, size_t size)
{
	return xstrndup(field, strnlen(field, size));
}

int tar_pax_time(const char *s, int64_t *ret_sec, uint32_t *ret_nsec)
{
	bool negative = s[0] == '-';
	const char *dot = strchr(s, '.');
	scoped_free char *whole = NULL;
	uint32_t nsec = 0, unit = 100000000;
	uint64_t sec;
	int r;

	s += negative ? 1 : 0;
	whole = dot != NULL && dot >= s ? xstrndup(s, (size_t)(dot - s)) : xstrdup(s);
	r = num_u64(whole, &sec);
	if (r < 0)
		return r;
	if (sec > INT64_MAX - 1)
		return -ERANGE;
	for (const char *p = dot != NULL ? dot + 1 : ""; *p != '\0'; p++, unit /= 10) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		nsec += (uint32_t)(*p - '0') * unit;
	}
	*ret_sec = negative ? -(int64_t)sec : (int64_t)sec;
	*ret_nsec = nsec;
	/* -1.25 is two seconds before, three quarters after */
	if (negative && nsec > 0) {
		*ret_sec -= 1;
		*ret_nsec = 1000000000U - nsec;
	}
	return 0;
}

bool tar_put_number(char *field, size_t size, uint64_t value)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%0*llo", (int)size - 1, (unsigned long long)value);

	if (n < 0 || (size_t)n > size - 1)
		return false;
	memcpy(field, text, (size_t)n + 1);
	return true;
}

void tar_put_checksum(struct tar_header *h)
{
	int64_t u, s;

	sums(h, &u, &s);
	snprintf(h->chksum, sizeof(h->chksum), "%06o", (unsigned)u);
	h->chksum[7] = ' ';
}
