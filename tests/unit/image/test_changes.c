/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"

#include <stdlib.h>

#include "base/strv.h"
#include "image/changes.h"

/* Apply all to an empty configuration; JSON of the exec part. */
static char *apply(const char *const *changes, struct error *err)
{
	scoped(image_config_done) struct image_config c = { 0 };
	scoped_json json_t *doc = NULL;
	struct buf b = BUF_INIT;

	for (; *changes != NULL; changes++)
		if (changes_apply(&c.config, *changes, err) < 0)
			return NULL;
	doc = image_config_encode(&c);
	json_text_dump(json_object_get(doc, "config"), 0, &b);
	return buf_take(&b);
}

#define APPLY(...)                                        \
	struct error err = ERROR_INIT;                    \
	const char *const list[] = { __VA_ARGS__, NULL }; \
	scoped_free char *got = apply(list, &err);        \
	CHECK_STR(err.msg, "")

TEST(changes_commands)
{
	APPLY("CMD [\"a\", \"b c\"]", "entrypoint echo hi");
	CHECK_STR(got, "{\"Entrypoint\":[\"/bin/sh\",\"-c\",\"echo hi\"],\"Cmd\":[\"a\",\"b c\"]}");
}

TEST(changes_cmd_with_equals)
{
	APPLY("CMD=/bin/true");
	CHECK_STR(got, "{\"Cmd\":[\"/bin/sh\",\"-c\",\"/bin/true\"]}");
}

TEST(changes_broken_json_is_shell_form)
{
	APPLY("CMD [\"a\", 1]");
	CHECK_STR(got, "{\"Cmd\":[\"/bin/sh\",\"-c\",\"[\\\"a\\\", 1]\"]}");
}

TEST(changes_env)
{
	APPLY("ENV A=1 B=\"x y\"", "ENV A=2", "ENV OLD the rest of it", "ENV=C=3");
	CHECK_STR(got, "{\"Env\":[\"A=2\",\"B=x y\",\"OLD=the rest of it\",\"C=3\"]}");
}

TEST(changes_labels)
{
	APPLY("LABEL a=b \"c d\"=e", "LABEL one two three");
	CHECK_STR(got, "{\"Labels\":{\"a\":\"b\",\"c d\":\"e\",\"one\":\"two three\"}}");
}

TEST(changes_sets)
{
	APPLY("EXPOSE 80 53/udp 8000-8001/tcp", "EXPOSE 80", "VOLUME [\"/b\"]", "VOLUME /a /b");
	CHECK_STR(got, "{\"ExposedPorts\":{\"53/udp\":{},\"80/tcp\":{},\"8000/tcp\":{},"
		       "\"8001/tcp\":{}},\"Volumes\":{\"/a\":{},\"/b\":{}}}");
}

TEST(changes_rest)
{
	APPLY("USER 1000:100", "WORKDIR /srv", "WORKDIR app/../x", "STOPSIGNAL SIGUSR1",
	      "ONBUILD RUN make");
	CHECK_STR(got,
		  "{\"User\":\"1000:100\",\"WorkingDir\":\"/srv/x\",\"StopSignal\":\"SIGUSR1\","
		  "\"OnBuild\":[\"RUN make\"]}");
}

TEST(changes_refuses)
{
	static const struct {
		const char *change, *message;
	} rows[] = {
		{ "FROM x", "FROM" },
		{ "CMD", "no value" },
		{ "ENV ", "no value" },
		{ "ENV novalue", "NAME=VALUE" },
		{ "ENV A=\"open", "quote" },
		{ "EXPOSE 0", "EXPOSE" },
		{ "EXPOSE 80/icmp", "EXPOSE" },
		{ "EXPOSE 99999", "EXPOSE" },
		{ "EXPOSE 9-8", "EXPOSE" },
		{ "STOPSIGNAL SIGNOPE", "no signal" },
		{ "VOLUME relative", "absolute" },
		{ "", "no value" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped(image_config_done) struct image_config c = { 0 };
		struct error err = ERROR_INIT;

		CHECK_FAILS(changes_apply(&c.config, rows[i].change, &err), err, ERROR_INVALID,
			    rows[i].message);
	}
}
