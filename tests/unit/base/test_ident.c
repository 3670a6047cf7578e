/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ident.h"

#include "base/str.h"
#include "harness/test.h"

TEST(generated_ids)
{
	char a[ID_BUF], b[ID_BUF];

	ident_generate(a);
	ident_generate(b);
	CHECK(str_is_hex(a, ID_HEX_LEN) && str_is_hex(b, ID_HEX_LEN));
	CHECK(!streq(a, b));
	/* One of about 280 random ids is all decimal in its first 12 digits. */
	for (int i = 0; i < 3000; i++) {
		ident_generate(a);
		if (strspn(a, "0123456789") >= ID_SHORT_LEN)
			test_fail(__FILE__, __LINE__, "%s starts like a number", a);
	}
}

TEST(name_grammar)
{
	CHECK(ident_name_valid("a") && ident_name_valid("0A_b.c-d"));
	CHECK(!ident_name_valid("") && !ident_name_valid(NULL) && !ident_name_valid("_a"));
	CHECK(!ident_name_valid(".a") && !ident_name_valid("-a") && !ident_name_valid("a/b"));
	CHECK(!ident_name_valid("a b") && !ident_name_valid("a\n") &&
	      !ident_name_valid("\xc3\xa9"));
}

TEST(random_names_are_valid)
{
	char name[64];

	for (int i = 0; i < 1000; i++) {
		ident_random_name(name, sizeof(name));
		if (!ident_name_valid(name) || strchr(name, '_') == NULL)
			test_fail(__FILE__, __LINE__, "'%s'", name);
	}
}
