/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <errno.h>

#include "base/mem.h"
#include "base/str.h"
#include "harness/test.h"

#define ABC "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC512                                                                    \
	"sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

TEST(grammar_is_strict)
{
	struct digest d = { "unset" };

	CHECK_INT(digest_parse("", &d), -EINVAL);
	CHECK_INT(digest_parse("sha256", &d), -EINVAL);
	CHECK_INT(digest_parse("sha256:", &d), -EINVAL);
	CHECK_INT(digest_parse("sha256:abc", &d), -EINVAL);
	CHECK_INT(digest_parse("md5:ba7816bf8f01cfea414140de5dae2223", &d), -EINVAL);
	CHECK_INT(digest_parse(ABC "0", &d), -EINVAL);
	CHECK_INT(digest_parse(
			  "sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			  &d),
		  -EINVAL);
	CHECK_INT(digest_parse(
			  "sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			  &d),
		  -EINVAL);
	CHECK_INT(
		digest_parse(
			"sha256:../../../../../../../../../../../../../../../../../../../../etc/x",
			&d),
		-EINVAL);
	CHECK_STR(d.str, "unset");
	CHECK_INT(digest_parse(ABC, &d), 0);
	CHECK_STR(digest_hex(&d), &ABC[7]);
	CHECK_STR(digest_algorithm(&d), "sha256");
	CHECK_INT(digest_parse(ABC512, &d), 0);
	CHECK_STR(digest_algorithm(&d), "sha512");
}

TEST(known_sums)
{
	scoped_digest struct digest_ctx *c = NULL;
	struct digest d = { "" }, e = { "" };
	struct error err = ERROR_INIT;

	CHECK_OK(digest_of("abc", 3, &d, &err), err);
	CHECK_STR(d.str, ABC);
	CHECK_OK(digest_of("", 0, &e, &err), err);
	CHECK_STR(e.str, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK(!digest_equal(&d, &e));
	CHECK_OK(digest_begin("sha512", &c, &err), err);
	CHECK_INT(digest_update(c, "a", 1), 0);
	CHECK_INT(digest_update(c, "bc", 2), 0);
	CHECK_INT(digest_final(c, &d), 0);
	CHECK_STR(d.str, ABC512);
}

TEST(unknown_algorithm)
{
	struct error err = ERROR_INIT;
	struct digest_ctx *c = NULL;

	CHECK_FAILS(digest_begin("md5", &c, &err), err, ERROR_UNSUPPORTED, "'md5'");
	CHECK(c == NULL);
	digest_free(NULL);
}

TEST(fnv_vectors)
{
	CHECK(digest_fnv64("", 0) == 0xcbf29ce484222325ull);
	CHECK(digest_fnv64("a", 1) == 0xaf63dc4c8601ec8cull);
	CHECK(digest_fnv64("foobar", 6) == 0x85944171f73967e8ull);
}
