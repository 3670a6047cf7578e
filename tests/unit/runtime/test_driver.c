/* SPDX-License-Identifier: Apache-2.0 */
/* The command line driver against a runtime of our own making (a shell script). */
#include <sys/stat.h>

#include "harness/test.h"
#include "runtime/driver.h"

static int status_of(const char *msg)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_OS, "%s", msg);
	return runtime_error_exit_status(&err);
}

TEST(exit_status_by_words)
{
	CHECK_INT(status_of("exec: \"x\": executable file not found in $PATH"), 127);
	CHECK_INT(status_of("exec: \"/x\": stat /x: No such file or directory"), 127);
	CHECK_INT(status_of("exec: \"/x\": Permission denied"), 126);
	CHECK_INT(status_of("set limit: Operation not permitted"), 126);
	CHECK_INT(status_of("cgroup: limit reached"), 125);
}

TEST(the_name_decides)
{
	struct runtime_driver *d = NULL;
	struct error err = ERROR_INIT;

	CHECK_OK(runtime_driver_open("/x/coracle-runtime", test_tmpdir(), false, &d, &err), err);
	CHECK(d->in_process);
	CHECK_FAILS(d->ops->start(d, "nosuch", &err), err, ERROR_NOT_FOUND, "nosuch");
	runtime_driver_free(d);
	CHECK_OK(runtime_driver_open("runc", NULL, false, &d, &err), err);
	CHECK(!d->in_process);
	runtime_driver_free(d);
	CHECK_FAILS(runtime_driver_open("", NULL, false, &d, &err), err, ERROR_INVALID, "runtime");
}

static const char script[] =
	"#!/bin/sh\n"
	"log=\n"
	"while :; do case $1 in --root) shift 2;; --log=*) log=${1#--log=}; shift;;\n"
	"--log-format=*) shift;; *) break;; esac; done\n"
	"case $1 in\n"
	"state) [ $2 = c1 ] && echo '{\"status\":\"paused\",\"pid\":7}' && exit 0\n"
	"  echo '{\"level\":\"warning\",\"msg\":\"w\"}' >>$log\n"
	"  echo '{\"level\":\"error\",\"msg\":\"container does not exist\"}' >>$log; exit 1;;\n"
	"start) echo 'only stderr' >&2; exit 1;;\n"
	"update) cat >\"$0.in\"; echo \"$@\" >>\"$0.in\";;\n"
	"esac\n";

TEST(command_line)
{
	const char *path = test_path("faker");
	struct runtime_driver *d = NULL;
	struct error err = ERROR_INIT;
	enum runtime_status s;
	struct oci_pids pids = { .limit = OPT_SET(5) };
	struct oci_resources res = { .pids = &pids };
	scoped_free char *in = NULL;
	pid_t pid = 0;

	CHECK_INT(test_write_file(path, script), 0);
	CHECK_INT(chmod(path, 0755), 0);
	CHECK_OK(runtime_driver_open(path, "/some/root", false, &d, &err), err);
	CHECK_OK(d->ops->status(d, "c1", &s, &pid, &err), err);
	CHECK_INT(s, RUNTIME_PAUSED);
	CHECK_INT(pid, 7);
	CHECK_FAILS(d->ops->status(d, "c2", &s, &pid, &err), err, ERROR_NOT_FOUND,
		    "does not exist");
	CHECK_FAILS(d->ops->start(d, "c2", &err), err, ERROR_OS, "only stderr");
	CHECK_OK(d->ops->update(d, "c1", &res, &err), err);
	in = test_read_file(test_path("faker.in"));
	CHECK_STR(in, "{\"pids\":{\"limit\":5}}update --resources - c1\n");
	runtime_driver_free(d);
}
