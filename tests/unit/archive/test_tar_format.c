/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/tar_format.h"

#include <errno.h>

#include "archive/tarmake.h"
#include "harness/test.h"

static int number(const char *field, size_t size, int64_t *ret)
{
	char padded[16] = { 0 };

	memcpy(padded, field, size);
	return tar_number(padded, 12, ret);
}

TEST(tar_number_octal)
{
	int64_t v;

	CHECK_INT(number("00000000644", 11, &v), 0);
	CHECK_INT(v, 0644);
	CHECK_INT(number("   644 ", 7, &v), 0);
	CHECK_INT(v, 0644);
	CHECK_INT(number("", 0, &v), 0);
	CHECK_INT(v, 0);
	CHECK_INT(number("777777777777", 12, &v), 0);
	CHECK_INT(v, 0777777777777);
	CHECK_INT(number("12x", 3, &v), -EINVAL);
	CHECK_INT(number("8", 1, &v), -EINVAL);
	CHECK_INT(number("-1", 2, &v), -EINVAL);
	CHECK_INT(number("1 2", 3, &v), -EINVAL);
}

TEST(tar_number_base256)
{
	int64_t v;

	CHECK_INT(tar_number("\x80\0\0\0\0\0\0\0\0\0\x02\0", 12, &v), 0);
	CHECK_INT(v, 512);
	CHECK_INT(tar_number("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12, &v), 0);
	CHECK_INT(v, -2);
	CHECK_INT(tar_number("\x80\0\0\x01\0\0\0\0\0\0\0\0", 12, &v), -ERANGE);
	CHECK_INT(tar_number("\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, &v), -ERANGE);
	CHECK_INT(tar_number("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, &v), 0);
	CHECK(v == INT64_MAX);
}

TEST(tar_checksum)
{
	struct tar_header h =
		tarmake_header(&(struct tarmake){ .name = "n\xc3\xa4me", .mode = 0600 }, 3);

	CHECK(tar_checksum_ok(&h));
	h.name[0]++;
	CHECK(!tar_checksum_ok(&h));
	h.name[0]--;
	memset(h.chksum, 'x', sizeof(h.chksum));
	CHECK(!tar_checksum_ok(&h));
}

TEST(tar_pax_time_forms)
{
	int64_t sec;
	uint32_t nsec;

	CHECK_INT(tar_pax_time("1000000000.25", &sec, &nsec), 0);
	CHECK_INT(sec, 1000000000);
	CHECK_INT(nsec, 250000000);
	CHECK_INT(tar_pax_time("7", &sec, &nsec), 0);
	CHECK_INT(nsec, 0);
	CHECK_INT(tar_pax_time("1.1234567899", &sec, &nsec), 0);
	CHECK_INT(nsec, 123456789);
	CHECK_INT(tar_pax_time("-1.25", &sec, &nsec), 0);
	CHECK_INT(sec, -2);
	CHECK_INT(nsec, 750000000);
	CHECK_INT(tar_pax_time("", &sec, &nsec), -EINVAL);
	CHECK_INT(tar_pax_time(".5", &sec, &nsec), -EINVAL);
	CHECK_INT(tar_pax_time("1.x", &sec, &nsec), -EINVAL);
	CHECK_INT(tar_pax_time("--1", &sec, &nsec), -EINVAL);
	CHECK_INT(tar_pax_time("99999999999999999999", &sec, &nsec), -ERANGE);
}
