/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "image/certs.h"

#define PEM "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n"

TEST(certs_of_a_directory)
{
	scoped(certs_done) struct certs c = { 0 };
	struct error err = ERROR_INIT;

	test_write_file(test_path("a.crt"), PEM);
	test_write_file(test_path("b.crt"), PEM);
	test_write_file(test_path("client.cert"), PEM);
	test_write_file(test_path("client.key"), "x");
	test_write_file(test_path("README"), "x");
	CHECK_OK(certs_load(test_tmpdir(), "host:5000", &c, &err), err);
	CHECK_INT(c.authorities.len, 2 * (sizeof(PEM) - 1) + 2);
	CHECK_STR(c.client_cert, test_path("client.cert"));
	CHECK_STR(c.client_key, test_path("client.key"));
}

TEST(certs_halves_are_errors)
{
	scoped(certs_done) struct certs c = { 0 };
	struct error err = ERROR_INIT;

	test_write_file(test_path("client.cert"), PEM);
	CHECK_FAILS(certs_load(test_tmpdir(), "h", &c, &err), err, ERROR_OS, "client.key");
}

TEST(certs_key_alone_is_an_error)
{
	scoped(certs_done) struct certs c = { 0 };
	struct error err = ERROR_INIT;

	test_write_file(test_path("client.key"), "x");
	CHECK_FAILS(certs_load(test_tmpdir(), "h", &c, &err), err, ERROR_OS, "client.cert");
}

TEST(certs_not_pem)
{
	scoped(certs_done) struct certs c = { 0 };
	struct error err = ERROR_INIT;

	test_write_file(test_path("a.crt"), "0\x82");
	CHECK_FAILS(certs_load(test_tmpdir(), "h", &c, &err), err, ERROR_INVALID, "PEM");
}

TEST(certs_given_directory_must_exist)
{
	scoped(certs_done) struct certs c = { 0 };
	struct error err = ERROR_INIT;

	CHECK_FAILS(certs_load("/nonexistent/dir", "h", &c, &err), err, ERROR_OS,
		    "/nonexistent/dir");
}

TEST(certs_of_the_user)
{
	scoped(certs_done) struct certs c = { 0 }, other = { 0 };
	struct error err = ERROR_INIT;

	setenv("XDG_CONFIG_HOME", test_tmpdir(), 1);
	mkdir(test_path("containers"), 0755);
	mkdir(test_path("containers/certs.d"), 0755);
	mkdir(test_path("containers/certs.d/host:5000"), 0755);
	test_write_file(test_path("containers/certs.d/host:5000/ca.crt"), PEM);
	CHECK_OK(certs_load(NULL, "host:5000", &c, &err), err);
	CHECK(c.authorities.len > 0);
	CHECK_OK(certs_load(NULL, "host:5001", &other, &err), err);
	CHECK_INT(other.authorities.len, 0);
}
