/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/path.h"
#include "image/registries.h"

#define SHA256 "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Registries as of this text alone: the machine's own files add their aliases, no more. */
static int load(const char *text, struct registries *ret, struct error *err)
{
	const char *path = test_path("registries.conf");

	test_write_file(path, text);
	setenv("CONTAINERS_REGISTRIES_CONF", path, 1);
	setenv("XDG_CONFIG_HOME", test_tmpdir(), 1);
	return registries_load(ret, err);
}

static const char *const sample =
	"unqualified-search-registries = [\"one.example\", \"two.example:5000\"]\n"
	"[aliases]\n"
	"\"tool\" = \"quay.io/org/tool\"\n"
	"[[registry]]\n"
	"prefix = \"reg.example/team\"\n"
	"location = \"internal.example:5000/mirror/team\"\n"
	"insecure = true\n"
	"[[registry]]\n"
	"location = \"reg.example\"\n"
	"[[registry.mirror]]\n"
	"location = \"mirror.example\"\n"
	"insecure = true\n"
	"[[registry.mirror]]\n"
	"location = \"digests.example/cache\"\n"
	"pull-from-mirror = \"digest-only\"\n"
	"[[registry]]\n"
	"prefix = \"*.wild.example\"\n"
	"blocked = true\n";

static void check_endpoints(const struct registries *conf, const char *ref, const char *want)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	scoped(buf_done) struct buf got = BUF_INIT;
	struct registry_endpoint *list = NULL;
	struct error err = ERROR_INIT;
	size_t n = 0;

	CHECK_OK(image_ref_parse(ref, &r, &err), err);
	CHECK_OK(registries_endpoints(conf, &r, &list, &n, &err), err);
	for (size_t i = 0; i < n; i++)
		buf_addf(&got, "%s%s|%s%s", i > 0 ? " " : "", list[i].host, list[i].path,
			 list[i].insecure ? "!" : "");
	registries_endpoints_free(list, n);
	CHECK_STR(buf_str(&got), want);
}

TEST(registries_endpoints_by_longest_prefix)
{
	scoped(registries_done) struct registries conf = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(load(sample, &conf, &err), err);
	check_endpoints(&conf, "other.example/x", "other.example|x");
	check_endpoints(&conf, "reg.example/team/app:1", "internal.example:5000|mirror/team/app!");
	check_endpoints(&conf, "reg.example/teamwork",
			"mirror.example|teamwork! reg.example|teamwork");
	check_endpoints(&conf, "reg.example/a@" SHA256,
			"mirror.example|a! digests.example|cache/a reg.example|a");
	check_endpoints(&conf, "reg.example.org/a", "reg.example.org|a");
	check_endpoints(&conf, "wild.example/a", "wild.example|a");
}

TEST(registries_blocked)
{
	scoped(registries_done) struct registries conf = { 0 };
	scoped(image_ref_done) struct image_ref r = { 0 };
	struct registry_endpoint *list = NULL;
	struct error err = ERROR_INIT;
	size_t n = 0;

	CHECK_OK(load(sample, &conf, &err), err);
	CHECK_OK(image_ref_parse("deep.sub.wild.example:99/a", &r, &err), err);
	CHECK_FAILS(registries_endpoints(&conf, &r, &list, &n, &err), err, ERROR_DENIED, "blocked");
}

static void check_names(const struct registries *conf, const char *word, const char *want)
{
	scoped_strv char **names = NULL;
	scoped_free char *joined = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(registries_pull_names(conf, word, &names, &err), err);
	joined = strv_join(names, " ");
	CHECK_STR(joined, want);
}

TEST(registries_pull_names)
{
	scoped(registries_done) struct registries conf = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(load(sample, &conf, &err), err);
	check_names(&conf, "tool", "quay.io/org/tool:latest");
	check_names(&conf, "tool:2", "quay.io/org/tool:2");
	check_names(&conf, "tool@" SHA256, "quay.io/org/tool@" SHA256);
	check_names(&conf, "no-alias-of-debian/x",
		    "one.example/no-alias-of-debian/x:latest "
		    "two.example:5000/no-alias-of-debian/x:latest");
	check_names(&conf, "quay.io/full/name", "quay.io/full/name:latest");
}

TEST(registries_short_name_without_search)
{
	scoped(registries_done) struct registries conf = { 0 };
	scoped_strv char **names = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(load("short-name-mode = \"permissive\"\n", &conf, &err), err);
	CHECK_FAILS(registries_pull_names(&conf, "no-alias-x", &names, &err), err, ERROR_INVALID,
		    "docker.io/library/no-alias-x");
}

TEST(registries_enforcing_refuses_several)
{
	scoped(registries_done) struct registries conf = { 0 };
	scoped_strv char **names = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(load("short-name-mode = \"enforcing\"\n"
		      "unqualified-search-registries = [\"a.io\", \"b.io\"]\n",
		      &conf, &err),
		 err);
	CHECK_FAILS(registries_pull_names(&conf, "no-alias-x", &names, &err), err, ERROR_INVALID,
		    "a.io, b.io");
}

TEST(registries_drop_in_overrides)
{
	scoped(registries_done) struct registries conf = { 0 };
	struct error err = ERROR_INIT;
	char dir[512], file[600];

	snprintf(dir, sizeof(dir), "%s/containers", test_tmpdir());
	mkdir(dir, 0755);
	snprintf(dir, sizeof(dir), "%s/containers/registries.conf.d", test_tmpdir());
	mkdir(dir, 0755);
	snprintf(file, sizeof(file), "%s/10.conf", dir);
	test_write_file(file, "unqualified-search-registries = [\"drop.example\"]\n"
			      "[[registry]]\nlocation = \"reg.example\"\ninsecure = true\n");
	CHECK_OK(load(sample, &conf, &err), err);
	check_endpoints(&conf, "reg.example/x", "reg.example|x!");
	check_names(&conf, "no-alias-x", "drop.example/no-alias-x:latest");
}

TEST(registries_refuses)
{
	static const struct {
		const char *text;
		enum error_kind kind;
		const char *message;
	} rows[] = {
		{ "[[registry]]\ninsecure = true\n", ERROR_INVALID, "neither prefix nor location" },
		{ "[[registry]]\nlocation = \"https://x\"\n", ERROR_INVALID, "scheme" },
		{ "short-name-mode = \"maybe\"\n", ERROR_INVALID, "maybe" },
		{ "[registries.search]\nregistries = []\n", ERROR_UNSUPPORTED, "version 1" },
		{ "unqualified-search-registries = 3\n", ERROR_INVALID, "unqualified" },
		{ "[[registry]]\nlocation = \"x\"\n[[registry.mirror]]\nlocation = \"y\"\n"
		  "pull-from-mirror = \"never\"\n",
		  ERROR_INVALID, "never" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped(registries_done) struct registries conf = { 0 };
		struct error err = ERROR_INIT;

		CHECK_FAILS(load(rows[i].text, &conf, &err), err, rows[i].kind, rows[i].message);
	}
}

TEST(candidates_in_order)
{
	scoped(registries_done) struct registries conf = { 0 };
	scoped_strv char **v = NULL, **full = NULL;
	scoped_free char *joined = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(load(sample, &conf, &err), err);
	CHECK_OK(image_candidates("tool", &v, &err), err);
	joined = strv_join(v, " ");
	CHECK_STR(joined, "localhost/tool:latest quay.io/org/tool:latest one.example/tool:latest "
			  "two.example:5000/tool:latest docker.io/library/tool:latest");
	CHECK_OK(image_candidates("quay.io/x:1", &full, &err), err);
	CHECK_INT(strv_len(full), 1);
	CHECK_FAILS(image_candidates("../x", &full, &err), err, ERROR_INVALID, "../x");
}
