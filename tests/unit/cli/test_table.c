/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output/table.h"
#include "harness/test.h"

static void check(const char *in, const char *want)
{
	scoped(buf_done) struct buf out = BUF_INIT;

	table_align(in, &out);
	CHECK_STR(buf_str(&out), want);
}

TEST(columns_are_as_wide_as_their_widest_cell)
{
	check("A\tB\tC\naaaa\tb\tc\n", "A     B  C\naaaa  b  c\n");
	check("A\tLONG\nx\ty\n", "A  LONG\nx  y\n");
}

TEST(no_blanks_at_the_end_of_a_line)
{
	check("NAME\tPORTS\nx\t\ny\t80\n", "NAME  PORTS\nx     \ny     80\n");
}

TEST(width_counts_characters)
{
	check("h\303\251\tx\nabc\ty\n", "h\303\251   x\nabc  y\n");
}

TEST(odd_input)
{
	check("", "");
	check("\n", "\n");
	check("no end", "no end");
	check("a\tb\nlonger\n", "a       b\nlonger\n");
	check("\t\t\n", "    \n");
}
