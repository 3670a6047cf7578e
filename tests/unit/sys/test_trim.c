/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/test.h"
#include "sys/process.h"

static long memory_kb(const char *field)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	long kb = -1;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtol(line + strlen(field), NULL, 10);
	}
	if (f != NULL)
		fclose(f);
	return kb;
}

__attribute__((noinline)) static int deep(void)
{
	volatile char frame[96 * 1024];

	for (size_t i = 0; i < sizeof(frame); i += 512)
		frame[i] = 1;
	return frame[512];
}

/* Stack that returned calls have used goes back, what callers hold stays. */
TEST(trim_gives_back_and_breaks_nothing)
{
	char held[4096];
	long before, after;

	memory_kb("Anonymous:"); /* what it needs itself is there from now on */
	memset(held, 'x', sizeof(held));
	CHECK_INT(deep(), 1);
	before = memory_kb("Anonymous:");
	process_trim();
	after = memory_kb("Anonymous:");
	printf("# %ld kB, then %ld kB\n", before, after);
	CHECK(before > 0 && after > 0);
	CHECK(after + 64 <= before);
	for (size_t i = 0; i < sizeof(held); i++)
		CHECK(held[i] == 'x');
	CHECK_INT(deep(), 1);
}

/* Read-only data of the program, so large that one table more or less does not matter. */
#define TABLE_BYTES ((size_t)512 << 10)
static const char table[TABLE_BYTES] = { 1 };

static long read_table(void)
{
	const volatile char *t = table;
	long sum = 0;

	for (size_t i = 0; i < TABLE_BYTES; i += 512)
		sum += t[i];
	return sum;
}

/* What the program's file backs goes, too, and comes back when it is read. */
TEST(trim_drops_the_programs_own_pages)
{
	long before, after;

	CHECK_INT(read_table(), 1);
	before = memory_kb("Rss:");
	process_trim();
	after = memory_kb("Rss:");
	printf("# %ld kB, then %ld kB\n", before, after);
	CHECK(before > 0 && after > 0);
	CHECK(after + (long)(TABLE_BYTES / 2 >> 10) <= before);
	CHECK_INT(read_table(), 1);
}
