/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "engine/engine_priv.h"
#include "harness/test.h"

/* The process of each test sets these two; nothing of the machine's own configuration is read. */
static json_t *load(const char *main_text, const char *override, struct error *err)
{
	json_t *conf = NULL;

	test_write_file(test_path("main.conf"), main_text);
	setenv("CONTAINERS_CONF", test_path("main.conf"), 1);
	unsetenv("CONTAINERS_CONF_OVERRIDE");
	if (override) {
		test_write_file(test_path("over.conf"), override);
		setenv("CONTAINERS_CONF_OVERRIDE", test_path("over.conf"), 1);
	}
	return conf_load(&conf, err) < 0 ? NULL : conf;
}

TEST(values_by_table_and_key)
{
	struct error err = ERROR_INIT;
	struct engine e = {
		.conf = load("[containers]\nlog_driver = \"none\"\npids_limit = 7\ninit = true\n"
			     "env = [\"A=1\", \"B=2\"]\n[engine.runtimes]\nx = [\"/a\"]\n",
			     NULL, &err)
	};
	scoped_strv char **env = NULL;

	CHECK(e.conf != NULL);
	CHECK_STR(engine_conf_str(&e, "containers", "log_driver", "k8s-file"), "none");
	CHECK_INT(engine_conf_int(&e, "containers", "pids_limit", 1), 7);
	CHECK(engine_conf_bool(&e, "containers", "init", false));
	CHECK_STR(engine_conf_str(&e, "containers", "absent", "fallback"), "fallback");
	CHECK_INT(engine_conf_int(&e, "containers", "log_driver", 3), 3); /* of another type */
	env = engine_conf_strv(&e, "containers", "env");
	CHECK_INT(strv_len(env), 2);
	CHECK(engine_conf(&e, "engine", "runtimes") != NULL);
	json_decref(e.conf);
}

TEST(later_files_win_key_by_key)
{
	struct error err = ERROR_INIT;
	struct engine e = { .conf = load("[containers]\ntz = \"a\"\numask = \"0022\"\n",
					 "[containers]\ntz = \"b\"\n", &err) };

	CHECK_STR(engine_conf_str(&e, "containers", "tz", ""), "b");
	CHECK_STR(engine_conf_str(&e, "containers", "umask", ""), "0022");
	json_decref(e.conf);
}

TEST(arrays_replace_unless_they_append)
{
	struct error err = ERROR_INIT;
	struct engine e = {
		.conf = load("[containers]\nenv = [\"A=1\"]\nvolumes = [\"a\"]\n",
			     "[containers]\nenv = [\"B=2\"]\nvolumes = [\"b\", {append=true}]\n",
			     &err)
	};
	scoped_strv char **env = NULL, **volumes = NULL;

	CHECK(e.conf != NULL);
	env = engine_conf_strv(&e, "containers", "env");
	volumes = engine_conf_strv(&e, "containers", "volumes");
	CHECK_INT(strv_len(env), 1);
	CHECK_STR(env[0], "B=2");
	CHECK_INT(strv_len(volumes), 2);
	CHECK_STR(volumes[1], "b");
	json_decref(e.conf);
}

TEST(a_named_file_must_exist_and_parse)
{
	struct error err = ERROR_INIT;
	json_t *conf = NULL;

	setenv("CONTAINERS_CONF", "/nonexistent/containers.conf", 1);
	unsetenv("CONTAINERS_CONF_OVERRIDE");
	CHECK_FAILS(conf_load(&conf, &err), err, ERROR_NOT_FOUND, "/nonexistent/containers.conf");
	CHECK(load("[containers\n", NULL, &err) == NULL);
	CHECK(strstr(err.msg, "main.conf:1") != NULL);
	unsetenv("CONTAINERS_CONF");
}
