/* SPDX-License-Identifier: Apache-2.0 */
/* coracle-runtime: the OCI runtime as a program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/commands/main.h"
#include "sys/fd.h"
#include "sys/process.h"

int main(int argc, char **argv)
{
	if (fd_complete_stdio() < 0)
		return 1; /* and nowhere to say why */
	if (runtime_needs_protection(argc, argv)) {
		int r = process_protect_begin(argv);

		if (r < 0) {
			fprintf(stderr,
				"coracle-runtime: keep our executable out of reach of "
				"containers: %s\n",
				strerror(-r));
			return 1;
		}
	}
	return runtime_main(argc, argv);
}
