/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "image/challenge.h"

struct challenges {
	struct http_challenge *list;
	size_t n;
};

static void challenges_done(struct challenges *c)
{
	http_challenges_free(c->list, c->n);
}
DEFINE_SCOPED_STRUCT(struct challenges, challenges_done)

TEST(challenge_bearer)
{
	scoped(challenges_done) struct challenges c = { 0 };

	CHECK_INT(http_challenge_parse(
			  "Bearer realm=\"https://auth.docker.io/token\","
			  "service=\"registry.docker.io\", scope=\"repository:a/b:pull,push\"",
			  &c.list, &c.n),
		  0);
	CHECK_INT(c.n, 1);
	CHECK_STR(c.list[0].scheme, "bearer");
	CHECK_STR(strmap_get(&c.list[0].params, "realm"), "https://auth.docker.io/token");
	CHECK_STR(strmap_get(&c.list[0].params, "service"), "registry.docker.io");
	CHECK_STR(strmap_get(&c.list[0].params, "scope"), "repository:a/b:pull,push");
}

TEST(challenge_several_in_one_field)
{
	scoped(challenges_done) struct challenges c = { 0 };

	CHECK_INT(http_challenge_parse("Negotiate, BASIC realm=\"a \\\"quoted\\\" realm\" , "
				       "bearer Realm=http://x/y",
				       &c.list, &c.n),
		  0);
	CHECK_INT(c.n, 3);
	CHECK_STR(c.list[0].scheme, "negotiate");
	CHECK(http_challenge_find(c.list, c.n, "digest") == NULL);
	CHECK_STR(strmap_get(&http_challenge_find(c.list, c.n, "basic")->params, "realm"),
		  "a \"quoted\" realm");
	CHECK_STR(strmap_get(&http_challenge_find(c.list, c.n, "bearer")->params, "realm"),
		  "http://x/y");
}

TEST(challenge_bare_scheme)
{
	scoped(challenges_done) struct challenges c = { 0 };

	CHECK_INT(http_challenge_parse("Basic", &c.list, &c.n), 0);
	CHECK_INT(http_challenge_parse("  ,, ", &c.list, &c.n), 0);
	CHECK_INT(c.n, 1);
}

TEST(challenge_refuses)
{
	scoped(challenges_done) struct challenges c = { 0 };
	scoped(buf_done) struct buf many = BUF_INIT;

	CHECK_INT(http_challenge_parse("Bearer realm=\"never closed", &c.list, &c.n), -EINVAL);
	CHECK_INT(http_challenge_parse("\"quoted\"", &c.list, &c.n), -EINVAL);
	for (int i = 0; i < 100; i++)
		buf_adds(&many, "Basic, ");
	CHECK_INT(http_challenge_parse(buf_str(&many), &c.list, &c.n), -EINVAL);
	CHECK(c.n <= HTTP_CHALLENGES_MAX);
}
