/* SPDX-License-Identifier: Apache-2.0 */
/* ident: ids and names of objects. */
#ifndef CORACLE_BASE_IDENT_H
#define CORACLE_BASE_IDENT_H

#include <stdbool.h>
#include <stddef.h>

#define ID_HEX_LEN 64
#define ID_SHORT_LEN 12
#define ID_BUF (ID_HEX_LEN + 1)

/* 32 random bytes as hex, such that the first 12 digits are not all decimal (it is a host name). */
void ident_generate(char out[ID_BUF]);
/* [a-zA-Z0-9][a-zA-Z0-9_.-]*, as Podman demands of names. */
bool ident_name_valid(const char *name);
/* adjective_surname from two word lists of our own. */
void ident_random_name(char *out, size_t size);

#endif
