/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"

static char last[256];
static unsigned count;

static void sink(void *arg, enum log_level level, const char *msg)
{
	snprintf(last, sizeof(last), "%s%d:%s", (const char *)arg, (int)level, msg);
	count++;
	errno = EIO;
}

TEST(level_decides)
{
	count = 0;
	log_set_sink(sink, "s");
	log_set_level(LOG_LEVEL_WARN);
	log_debug("hidden %d", 1);
	log_info("hidden");
	CHECK_INT(count, 0);
	errno = 0;
	log_warn("shown %d", 2);
	CHECK_INT(count, 1);
	CHECK_INT(errno, 0);
	CHECK_STR(last, "s3:shown 2");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("now");
	CHECK_STR(last, "s1:now");
	log_set_level(LOG_LEVEL_WARN);
	log_set_sink(NULL, NULL);
}

TEST(level_names)
{
	CHECK_INT(log_level_parse("debug"), LOG_LEVEL_DEBUG);
	CHECK_INT(log_level_parse("WARN"), LOG_LEVEL_WARN);
	CHECK_INT(log_level_parse("warning"), LOG_LEVEL_WARN);
	CHECK_INT(log_level_parse("fatal"), LOG_LEVEL_ERROR);
	CHECK_INT(log_level_parse("loud"), -1);
}

TEST(default_sink_writes_one_line)
{
	const char *path = test_path("stderr");
	scoped_free char *text = NULL;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		dup2(fd, STDERR_FILENO);
		log_set_program("prog");
		log_warn("disk is full; nothing was written");
		log_info("hidden");
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	text = test_read_file(path);
	CHECK_STR(text, "prog: warning: disk is full; nothing was written\n");
}
