/* SPDX-License-Identifier: Apache-2.0 */
/* streams: which of our standard streams a container gets. */
#ifndef CORACLE_CLI_STREAMS_H
#define CORACLE_CLI_STREAMS_H

#include "engine/container.h"

/* attach: names of streams (NULL: stdout and stderr, and stdin when interactive).  */
int streams_choose(char *const *attach, bool interactive, bool terminal, const char *detach_keys,
		   bool sig_proxy, struct container_streams *ret, struct error *err);

#endif
