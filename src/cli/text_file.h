/* SPDX-License-Identifier: Apache-2.0 */
/* text_file: small files that a user names. */
#ifndef CORACLE_CLI_TEXT_FILE_H
#define CORACLE_CLI_TEXT_FILE_H

#include <stddef.h>

/* First line without newline; -errno. */
int text_file_first_line(const char *path, char *out, size_t size);

#endif
