/* SPDX-License-Identifier: Apache-2.0 */
/* logs: print the stored output of containers. */
#include <unistd.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "cli/commands/commands.h"
#include "cli/targets.h"

struct logs_target {
	struct targets targets;
	bool follow, timestamps, names;
	struct opt_i64 tail;
	char *since, *until;
};

#define AT(member) .offset = offsetof(struct logs_target, member)

static const struct option rows[] = {
	{ .name = "follow",
	  .letter = 'f',
	  .kind = OPTION_BOOL,
	  AT(follow),
	  .help = "Go on until the container ends" },
	TARGET_ROW_LATEST(struct logs_target, targets),
	{ .name = "names",
	  .letter = 'n',
	  .kind = OPTION_BOOL,
	  AT(names),
	  .help = "Put the container's name in front of each line" },
	{ .name = "since",
	  .arg = "TIME",
	  .kind = OPTION_STR,
	  AT(since),
	  .help = "Only what is newer: a time or a duration" },
	{ .name = "tail",
	  .arg = "LINES",
	  .kind = OPTION_I64,
	  AT(tail),
	  .help = "Only that many lines of the end (-1: all)" },
	{ .name = "timestamps",
	  .letter = 't',
	  .kind = OPTION_BOOL,
	  AT(timestamps),
	  .help = "Show the time of each line" },
	{ .name = "until",
	  .arg = "TIME",
	  .kind = OPTION_STR,
	  AT(until),
	  .help = "Only what is older: a time or a duration" },
};

static void done(void *target)
{
	struct logs_target *t = target;

	free(t->since);
	free(t->until);
}

static int parse_time(const char *flag, const char *text, int64_t *ret, struct error *err)
{
	if (!text)
		return 0;
	if (time_parse_user(text, time_now_nsec(), ret) < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid time '%s' of --%s: give RFC 3339, Unix seconds or a "
				 "duration such as 10m",
				 text, flag);
	return 0;
}

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	struct logs_target *t = target;
	struct container_logs_options o = { .follow = t->follow,
					    .timestamps = t->timestamps,
					    .names = t->names,
					    .tail = t->tail.set ? t->tail.value : -1,
					    .out = STDOUT_FILENO,
					    .err = STDERR_FILENO };
	scoped_strv char **list = NULL;
	int r = parse_time("since", t->since, &o.since_nsec, err);

	if (r >= 0)
		r = parse_time("until", t->until, &o.until_nsec, err);
	if (r >= 0)
		r = targets_resolve(cli, &t->targets, words, 0, &list, err);
	return r < 0 ? r : container_logs(cli->engine, list, &o, err);
}

const struct command command_logs = {
	.path = "logs",
	.usage = "[options] CONTAINER [CONTAINER...]",
	.summary = "Print the output of containers",
	.target_size = sizeof(struct logs_target),
	.target_done = done,
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.max_args = -1,
	.words = WORDS_CONTAINERS,
	.run = run,
};
