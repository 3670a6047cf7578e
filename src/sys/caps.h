/* SPDX-License-Identifier: Apache-2.0 */
/* caps: capability names and sets as 64-bit masks. */
#ifndef CORACLE_SYS_CAPS_H
#define CORACLE_SYS_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct caps {
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

/* "CAP_CHOWN", "chown", any case; number or -EINVAL. */
int caps_from_name(const char *name);
/* "CAP_CHOWN"; NULL beyond what we know.  Static. */
const char *caps_name(int cap);
uint64_t caps_known(void); /* all that this build has names for */
int caps_last(void);	   /* highest that the kernel has */
/* Current sets of this process. */
int caps_get(struct caps *ret);
/* Only effective, permitted and inheritable, by one system call; the others come out empty. */
int caps_get_sets(struct caps *ret);
/* In this order: bounding drop (needs SETPCAP), effective/permitted/inheritable by capset, ambient
 * cleared and raised.  Bits that the kernel lacks are ignored. */
int caps_drop_bounding(uint64_t keep);
int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int caps_set_ambient(uint64_t ambient);
int caps_keep(bool on);	 /* PR_SET_KEEPCAPS */
bool caps_have(int cap); /* effective */

#endif
