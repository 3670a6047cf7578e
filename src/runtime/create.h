/* SPDX-License-Identifier: Apache-2.0 */
/* create: parts of create that exec has too. */
#ifndef CORACLE_RUNTIME_CREATE_H
#define CORACLE_RUNTIME_CREATE_H

#include <sys/types.h>

#include "base/error.h"

/* All of 3..2+n are open. */
int create_check_preserved(unsigned n, struct error *err);
int create_write_pid_file(const char *path, pid_t pid, struct error *err);

#endif
