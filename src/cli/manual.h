/* SPDX-License-Identifier: Apache-2.0 */
/* manual: coracle(1) as man(7) text, from the command and option tables. */
#ifndef CORACLE_CLI_MANUAL_H
#define CORACLE_CLI_MANUAL_H

#include "base/buf.h"

void manual_print(struct buf *out);

#endif
