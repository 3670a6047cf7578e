/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_priv: what text.c and the table files share.
 *
 * An unsigned integer above INT64_MAX does not fit jansson's integer.  It is carried as a string
 * node of NUL and the decimal digits.  No text can produce such a node: the parser refuses a NUL
 * (written \u0000) in every string, so a node that starts with NUL is always a number of ours.
 */
#ifndef CORACLE_BASE_JSON_PRIV_H
#define CORACLE_BASE_JSON_PRIV_H

#include "base/json.h"

/* Values of a document, and bytes of struct arrays decoded from one: without these an 8 MiB text
 * of "{}," would become gigabytes of nodes.  Real documents spend more than 8 bytes on a value. */
#define JSON_MAX_VALUES ((size_t)1 << 20)
#define JSON_MAX_CONTAINERS ((size_t)1 << 18)
#define JSON_MAX_STRUCT_BYTES ((size_t)128 << 20)

/* A carried big integer? */
bool json_is_big(const json_t *j);
/* Integer node of any size; new reference. */
json_t *json_u64_new(uint64_t v);
/* 0, -EINVAL: not an integer, -ERANGE: negative. */
int json_u64_value(const json_t *j, uint64_t *ret);
/* String node; bytes that are no UTF-8 become U+FFFD, as Go's encoder has it.  New reference. */
json_t *json_str_new(const char *s);
/* The text of a string node, or NULL when j is something else. */
const char *json_str_value(const json_t *j);
/* Give jansson's hash its secret without opening /dev/urandom (which a container's root lacks). */
void json_seed(void);

#endif
