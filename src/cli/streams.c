/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/streams.h"

#include <unistd.h>

#include "base/str.h"
#include "base/strv.h"

int streams_choose(char *const *attach, bool interactive, bool terminal, const char *detach_keys,
		   bool sig_proxy, struct container_streams *ret, struct error *err)
{
	bool in = interactive, out = true, errout = true;

	if (attach) {
		STRV_FOREACH (a, attach) {
			if (!str_ieq(*a, "stdin") && !str_ieq(*a, "stdout") &&
			    !str_ieq(*a, "stderr"))
				return error_set(err, ERROR_INVALID,
						 "invalid stream \"%s\" for --attach - must be one "
						 "of stdin, stdout, or stderr",
						 *a);
		}
		in = strv_has(attach, "stdin");
		out = strv_has(attach, "stdout");
		errout = strv_has(attach, "stderr");
	}
	*ret = (struct container_streams){ .in = in ? STDIN_FILENO : -1,
					   .out = out ? STDOUT_FILENO : -1,
					   .err = errout ? STDERR_FILENO : -1,
					   .detach_keys = detach_keys,
					   .sig_proxy = sig_proxy,
					   .tty = terminal && in && isatty(STDIN_FILENO),
					   .no_stdin = !in };
	return 0;
}
