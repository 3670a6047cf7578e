/* SPDX-License-Identifier: Apache-2.0 */
/* shorten: see shorten.c.  For compile.c alone. */
#ifndef CORACLE_SECCOMP_SHORTEN_H
#define CORACLE_SECCOMP_SHORTEN_H

#include <stdbool.h>

#include "seccomp/seccomp.h"

/* Replaces p's program by a shorter one with the same answer to every call; false when there is
 * none, or the program does something that is not understood: p is as it was then. */
bool seccomp_shorten(struct seccomp_program *p);

#endif
