/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image/image.h"

/* base64: u:p  user:pass:word  hub:secret  deep:er */
static const char *const sample =
	"{\"auths\": {"
	"\"reg.example\": {\"auth\": \"dTpw\"},"
	"\"reg.example/team\": {\"auth\": \"dXNlcjpwYXNzOndvcmQ=\"},"
	"\"https://index.docker.io/v1/\": {\"auth\": \"aHViOnNlY3JldA==\"},"
	"\"https://old.example/v2/\": {\"auth\": \"ZGVlcDplcg==\"},"
	"\"token.example\": {\"auth\": \"dTpw\", \"identitytoken\": \"tok\"},"
	"\"empty.example\": {},"
	"\"broken.example\": {\"auth\": \"!!!\"},"
	"\"nocolon.example\": {\"auth\": \"dXNlcg==\"}"
	"}}";

static void check(const char *text, const char *ref, const char *user, const char *password)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	scoped_free char *u = NULL, *p = NULL;
	struct error err = ERROR_INIT;
	const char *path = test_path("auth.json");

	test_write_file(path, text);
	CHECK_OK(image_ref_parse(ref, &r, &err), err);
	CHECK_OK(image_auth_find(&r, path, &u, &p, &err), err);
	CHECK_STR(u, user);
	CHECK_STR(p, password);
}

TEST(auth_keys)
{
	check(sample, "reg.example/x", "u", "p");
	check(sample, "reg.example/team/app/part", "user", "pass:word");
	check(sample, "reg.example/teamwork", "u", "p");
	check(sample, "reg.example:5000/x", NULL, NULL);
	check(sample, "busybox", "hub", "secret");
	check(sample, "old.example/x/y", "deep", "er");
	check(sample, "token.example/x", "<token>", "tok");
	check(sample, "empty.example/x", NULL, NULL);
	check(sample, "other.example/x", NULL, NULL);
	check("{}", "other.example/x", NULL, NULL);
	check("", "other.example/x", NULL, NULL);
}

static void check_fails(const char *text, const char *ref, const char *message)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	scoped_free char *u = NULL, *p = NULL;
	struct error err = ERROR_INIT;
	const char *path = test_path("auth.json");

	test_write_file(path, text);
	CHECK_OK(image_ref_parse(ref, &r, &err), err);
	CHECK_FAILS(image_auth_find(&r, path, &u, &p, &err), err, ERROR_INVALID, message);
}

TEST(auth_faults)
{
	check_fails(sample, "broken.example/x", "base64");
	check_fails(sample, "nocolon.example/x", "base64");
	check_fails("{\"auths\": ", "x.example/y", "auth.json");
	check_fails("{\"credHelpers\": {\"h.example\": \"../../bin/sh\"}}", "h.example/x",
		    "no program name");
}

TEST(auth_file_given_must_exist)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	scoped_free char *u = NULL, *p = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(image_ref_parse("reg.example/x", &r, &err), err);
	CHECK_FAILS(image_auth_find(&r, "/nonexistent/auth.json", &u, &p, &err), err, ERROR_OS,
		    "/nonexistent/auth.json");
}

/* The usual files, below a home of our own. */
TEST(auth_reading_order)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	scoped_free char *u = NULL, *p = NULL, *u2 = NULL, *p2 = NULL;
	struct error err = ERROR_INIT;
	char path[600];

	setenv("XDG_RUNTIME_DIR", test_tmpdir(), 1);
	setenv("HOME", test_tmpdir(), 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("DOCKER_CONFIG");
	unsetenv("REGISTRY_AUTH_FILE");
	snprintf(path, sizeof(path), "%s/.docker", test_tmpdir());
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/.docker/config.json", test_tmpdir());
	test_write_file(path, "{\"auths\": {\"reg.example\": {\"auth\": \"ZGVlcDplcg==\"}}}");
	CHECK_OK(image_ref_parse("reg.example/x", &r, &err), err);
	CHECK_OK(image_auth_find(&r, NULL, &u, &p, &err), err);
	CHECK_STR(u, "deep");
	snprintf(path, sizeof(path), "%s/containers", test_tmpdir());
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/containers/auth.json", test_tmpdir());
	test_write_file(path, sample);
	CHECK_OK(image_auth_find(&r, NULL, &u2, &p2, &err), err);
	CHECK_STR(u2, "u");
}

/* docker-credential-coracletest on PATH: answers for one host, and says so otherwise. */
TEST(auth_helper)
{
	static const char *const conf = "{\"credHelpers\": {\"help.example\": \"coracletest\","
					"\"none.example\": \"coracletest\","
					"\"missing.example\": \"coracle-no-such\"}}";
	scoped(image_ref_done) struct image_ref r = { 0 };
	scoped_free char *old = strdup(getenv("PATH")), *u = NULL, *p = NULL;
	struct error err = ERROR_INIT;
	const char *program = test_path("docker-credential-coracletest");

	test_write_file(program,
			"#!/bin/sh\n"
			"[ \"$1\" = get ] || exit 9\n"
			"read -r host || :\n"
			"[ \"$host\" = help.example ] && {\n"
			"	echo "
			"'{\"ServerURL\":\"x\",\"Username\":\"hu\",\"Secret\":\"hs\"}'; exit 0; }\n"
			"echo 'credentials not found in native keychain'; exit 1\n");
	chmod(program, 0755);
	setenv("PATH", test_tmpdir(), 1);
	check(conf, "help.example/x", "hu", "hs");
	check(conf, "none.example/x", NULL, NULL);
	setenv("PATH", old, 1);
	CHECK_OK(image_ref_parse("missing.example/x", &r, &err), err);
	CHECK(image_auth_find(&r, test_path("auth.json"), &u, &p, &err) < 0);
	CHECK(strstr(err.msg, "docker-credential-coracle-no-such") != NULL);
}
