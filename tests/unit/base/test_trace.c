/* SPDX-License-Identifier: Apache-2.0 */
#include "base/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "harness/test.h"

TEST(without_a_file_nothing_happens)
{
	struct trace_span s = trace_begin("x");

	CHECK(s.name == NULL);
	trace_end(&s);
}

TEST(bad_path_is_reported)
{
	CHECK_INT(trace_start("/nonexistent/dir/trace.json"), -ENOENT);
}

/* Two processes write; what stands there is an array that only lacks its end. */
TEST(processes_share_the_file)
{
	const char *path = test_path("trace.json");
	scoped_json json_t *j = NULL;
	scoped_free char *text = NULL, *whole = NULL;
	struct error err = ERROR_INIT;
	int status;
	pid_t pid;

	CHECK_INT(trace_start(path), 0);
	CHECK_STR(getenv(TRACE_ENV), path);
	{
		trace_scope("outer");
		pid = fork();
		if (pid == 0) {
			struct trace_span s = trace_begin("child");

			trace_end(&s);
			trace_end(&s); /* once only */
			_exit(0);
		}
		CHECK_INT(waitpid(pid, &status, 0), pid);
	}
	text = test_read_file(path);
	CHECK(text != NULL && str_has_suffix(text, "},\n"));
	text[strlen(text) - 2] = '\0';
	whole = xasprintf("%s]", text);
	CHECK_OK(json_text_parse(whole, strlen(whole), "trace", &j, &err), err);
	CHECK_INT(json_array_size(j), 2);
	CHECK_STR(json_get_str(json_array_get(j, 0), "name"), "child");
	CHECK_INT(json_get_int(json_array_get(j, 0), "pid", 0), pid);
	CHECK_STR(json_get_str(json_array_get(j, 1), "name"), "outer");
	CHECK_STR(json_get_str(json_array_get(j, 1), "ph"), "X");
}
