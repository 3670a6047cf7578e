/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdlib.h>

#include "image/image.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA256 "sha256:" HEX64
#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

TEST(reference_accepts)
{
	static const struct {
		const char *in, *domain, *path, *tag, *digest;
	} rows[] = {
		{ "busybox", "docker.io", "library/busybox", "latest", NULL },
		{ "busybox:1.36", "docker.io", "library/busybox", "1.36", NULL },
		{ "user/app", "docker.io", "user/app", "latest", NULL },
		{ "docker.io/busybox", "docker.io", "library/busybox", "latest", NULL },
		{ "index.docker.io/busybox", "docker.io", "library/busybox", "latest", NULL },
		{ "localhost/x", "localhost", "x", "latest", NULL },
		{ "localhost:5000/x", "localhost:5000", "x", "latest", NULL },
		{ "localhost:5000/x:y", "localhost:5000", "x", "y", NULL },
		{ "127.0.0.1:80/a/b/c:T_1.-", "127.0.0.1:80", "a/b/c", "T_1.-", NULL },
		{ "[::1]:5000/x", "[::1]:5000", "x", "latest", NULL },
		{ "Quay.IO/a_b/c__d/e--f", "Quay.IO", "a_b/c__d/e--f", "latest", NULL },
		{ "quay.io/x@" SHA256, "quay.io", "x", NULL, SHA256 },
		{ "quay.io/x:tag@" SHA256, "quay.io", "x", "tag", SHA256 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped(image_ref_done) struct image_ref r = { 0 };
		struct error err = ERROR_INIT;

		CHECK_OK(image_ref_parse(rows[i].in, &r, &err), err);
		CHECK_STR(r.domain, rows[i].domain);
		CHECK_STR(r.path, rows[i].path);
		CHECK_STR(r.tag, rows[i].tag);
		CHECK_STR(r.digest, rows[i].digest);
	}
}

TEST(reference_refuses)
{
	static const char *const rows[] = {
		"",
		"/",
		":tag",
		"@" SHA256,
		"Busybox",
		"quay.io/Foo",
		"Foo/bar",
		"quay.io/../etc/passwd",
		"../x",
		"a//b",
		"a/",
		"a/./b",
		"a/-b",
		"a/b-",
		"a/b..c",
		"a___b",
		"a b",
		"a\nb",
		"x:",
		"x:-tag",
		"x:.tag",
		"x:a/b",
		"x:tag:tag",
		"host:port/x",
		"host:123456/x",
		"-host.io/x",
		"host..io/x",
		"[::1/x",
		"http://quay.io/x",
		HEX64,
		/* digests that path-join or shorten what is verified (CVE-2024-3727) */
		"x@sha256:../../../../etc/passwd",
		"x@sha256:",
		"x@sha256:abc",
		("x@sha256:" HEX64 "0"),
		"x@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"x@md5:d41d8cd98f00b204e9800998ecf8427e",
		"x@" SHA256 "@" SHA256,
		"x@" SHA256 "/y",
		"x@sha512:" HEX64,
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped(image_ref_done) struct image_ref r = { 0 };
		struct error err = ERROR_INIT;

		if (image_ref_parse(rows[i], &r, &err) >= 0)
			test_fail(__FILE__, __LINE__, "'%s' was accepted", rows[i]);
		else
			CHECK_INT(err.kind, ERROR_INVALID);
		CHECK(r.domain == NULL && r.path == NULL);
	}
}

TEST(reference_lengths)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(image_ref_parse("q.io/" A50 A50 A50 A50 A50, &r, &err), err);
	image_ref_done(&r);
	CHECK_FAILS(image_ref_parse("q.io/" A50 A50 A50 A50 A50 "a", &r, &err), err, ERROR_INVALID,
		    "255");
	CHECK_FAILS(image_ref_parse("x:" A50 A50 A50, &r, &err), err, ERROR_INVALID, "128");
}

TEST(reference_upper_case_is_named_as_the_fault)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	struct error err = ERROR_INIT;

	CHECK_FAILS(image_ref_parse("quay.io/Foo", &r, &err), err, ERROR_INVALID, "lower case");
}

TEST(reference_prints)
{
	scoped(image_ref_done) struct image_ref r = { 0 }, d = { 0 };
	struct error err = ERROR_INIT;
	scoped_free char *s = NULL, *repo = NULL, *by_digest = NULL;

	CHECK_OK(image_ref_parse("user/app:v1", &r, &err), err);
	s = image_ref_str(&r);
	repo = image_ref_repo(&r);
	CHECK_STR(s, "docker.io/user/app:v1");
	CHECK_STR(repo, "docker.io/user/app");
	CHECK_OK(image_ref_parse("user/app:v1@" SHA256, &d, &err), err);
	by_digest = image_ref_str(&d);
	CHECK_STR(by_digest, "docker.io/user/app@" SHA256);
}

TEST(reference_short)
{
	CHECK(image_ref_is_short("busybox"));
	CHECK(image_ref_is_short("user/app:1.0"));
	CHECK(image_ref_is_short("busybox@" SHA256));
	CHECK(!image_ref_is_short("localhost/x"));
	CHECK(!image_ref_is_short("host:5000/x"));
	CHECK(!image_ref_is_short("quay.io/x"));
	CHECK(image_ref_is_short("localhostx/x"));
}
