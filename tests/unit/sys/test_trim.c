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
