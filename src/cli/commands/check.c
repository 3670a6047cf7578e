/* SPDX-License-Identifier: Apache-2.0 */
/* system check: verify the store and what containers hold; repair what killed commands left. */
#include <stdio.h>

#include "base/strv.h"
#include "cli/commands/commands.h"

struct check_target {
	bool repair, quick;
};

#define AT(member) .offset = offsetof(struct check_target, member)

static const struct option rows[] = {
	{ .name = "quick",
	  .letter = 'q',
	  .kind = OPTION_BOOL,
	  AT(quick),
	  .help = "Accepted: every check is quick" },
	{ .name = "repair",
	  .letter = 'r',
	  .kind = OPTION_BOOL,
	  AT(repair),
	  .help = "Repair what was found" },
};

static int run(struct cli *cli, void *target, char **words, struct error *err)
{
	const struct check_target *t = target;
	struct engine_check_report report = { 0 };
	int r = engine_check(cli->engine, t->repair, &report, err), status;

	STRV_FOREACH (f, report.findings) {
		printf("%s\n", *f);
	}
	STRV_FOREACH (f, report.repaired) {
		printf("repaired: %s\n", *f);
	}
	status = strv_len(report.findings) > 0 ? 125 : 0;
	engine_check_report_done(&report);
	return r < 0 ? r : status;
}

const struct command command_check = {
	.path = "system check",
	.usage = "[options]",
	.summary = "Check the store and the containers, and repair them",
	.target_size = sizeof(struct check_target),
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.run = run,
};
