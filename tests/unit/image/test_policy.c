/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "image/policy.h"

#define ACCEPT "[{\"type\": \"insecureAcceptAnything\"}]"
#define REJECT "[{\"type\": \"reject\"}]"

static const char *const sample =
	"{\"default\": " REJECT ", \"transports\": {"
	"\"docker\": {"
	"  \"good.example\": " ACCEPT ","
	"  \"good.example/bad\": " REJECT ","
	"  \"good.example/bad/exception:v1\": " ACCEPT ","
	"  \"*.wild.example\": " ACCEPT ","
	"  \"signed.example\": [{\"type\": \"signedBy\", \"keyType\": \"GPGKeys\", \"keyPath\": "
	"\"/k\"}],"
	"  \"sigstore.example\": [{\"type\": \"insecureAcceptAnything\"},"
	"                       {\"type\": \"sigstoreSigned\", \"keyPath\": \"/k\"}],"
	"  \"odd.example\": [{\"type\": \"trustMe\"}],"
	"  \"none.example\": []"
	"},"
	"\"docker-archive\": {\"\": " ACCEPT "},"
	"\"dir\": {\"/\": " REJECT ", \"/usr\": " ACCEPT "}"
	"}}";

static int check(const char *text, const char *ref, struct error *err)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	const char *path = test_path("policy.json");
	int e = image_ref_parse(ref, &r, err);

	test_write_file(path, text);
	return e < 0 ? e : policy_check_docker(path, &r, err);
}

TEST(policy_longest_scope_decides)
{
	struct error err = ERROR_INIT;

	CHECK_OK(check(sample, "good.example/x", &err), err);
	CHECK_OK(check(sample, "a.b.wild.example/x", &err), err);
	CHECK_OK(check(sample, "good.example/bad/exception:v1", &err), err);
	CHECK_FAILS(check(sample, "good.example/bad", &err), err, ERROR_DENIED,
		    "scope 'good.example/bad'");
	CHECK_FAILS(check(sample, "good.example/bad/exception:v2", &err), err, ERROR_DENIED,
		    "rejected");
	CHECK_FAILS(check(sample, "unknown.example/x", &err), err, ERROR_DENIED, "the default");
	CHECK_FAILS(check(sample, "wild.example/x", &err), err, ERROR_DENIED, "the default");
	CHECK_FAILS(check(sample, "good.example.org/x", &err), err, ERROR_DENIED, "the default");
}

/* A demand for a signature is never taken for acceptance. */
TEST(policy_signatures_refused)
{
	struct error err = ERROR_INIT;

	CHECK_FAILS(check(sample, "signed.example/x", &err), err, ERROR_UNSUPPORTED,
		    "signedBy, scope 'signed.example'");
	CHECK_FAILS(check(sample, "signed.example/x", &err), err, ERROR_UNSUPPORTED, "policy.json");
	CHECK_FAILS(check(sample, "sigstore.example/x", &err), err, ERROR_UNSUPPORTED,
		    "sigstoreSigned");
}

TEST(policy_faults_admit_nothing)
{
	struct error err = ERROR_INIT;

	CHECK_FAILS(check(sample, "odd.example/x", &err), err, ERROR_INVALID, "trustMe");
	CHECK_FAILS(check(sample, "none.example/x", &err), err, ERROR_INVALID, "at least one");
	CHECK_FAILS(check("{}", "a.example/x", &err), err, ERROR_INVALID, "default");
	CHECK_FAILS(check("{\"default\": []}", "a.example/x", &err), err, ERROR_INVALID, "default");
	CHECK_FAILS(check("{\"default\": [{}]}", "a.example/x", &err), err, ERROR_INVALID, "type");
	CHECK_FAILS(check("{\"default\": " ACCEPT ", \"transports\": []}", "a.example/x", &err),
		    err, ERROR_INVALID, "transports");
	CHECK_FAILS(check("{\"default\": " ACCEPT, "a.example/x", &err), err, ERROR_INVALID,
		    "policy.json");
}

TEST(policy_paths)
{
	struct error err = ERROR_INIT;
	const char *path = test_path("policy.json");

	test_write_file(path, sample);
	CHECK_OK(policy_check_path(path, "docker-archive", "/etc/passwd", &err), err);
	CHECK_OK(policy_check_path(path, "docker-archive", "standard input", &err), err);
	CHECK_OK(policy_check_path(path, "dir", "/usr/lib", &err), err);
	CHECK_FAILS(policy_check_path(path, "dir", "/etc", &err), err, ERROR_DENIED, "scope '/'");
	CHECK_FAILS(policy_check_path(path, "oci", "/etc", &err), err, ERROR_DENIED, "the default");
}

TEST(policy_given_file_must_exist)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(image_ref_parse("a.example/x", &r, &err), err);
	CHECK_FAILS(policy_check_docker("/nonexistent/policy.json", &r, &err), err, ERROR_OS,
		    "/nonexistent/policy.json");
}
