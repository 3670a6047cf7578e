/* SPDX-License-Identifier: Apache-2.0 */
/* table: rows of text in aligned columns, separated by two blanks or more as Podman's listings. */
#ifndef CORACLE_CLI_TABLE_H
#define CORACLE_CLI_TABLE_H

#include "base/buf.h"

/* text: lines whose cells are separated by tabs; appended to out with columns aligned (width in
 * UTF-8 characters, at least two blanks between). */
void table_align(const char *text, struct buf *out);

#endif
