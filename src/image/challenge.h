/* SPDX-License-Identifier: Apache-2.0 */
/* challenge: WWW-Authenticate header fields (RFC 9110 section 11.6.1). */
#ifndef CORACLE_IMAGE_CHALLENGE_H
#define CORACLE_IMAGE_CHALLENGE_H

#include "base/strmap.h"

struct http_challenge {
	char *scheme;	      /* lower case: "bearer", "basic" */
	struct strmap params; /* keys in lower case; values unquoted */
};

/* A server has one or two; a field with more is hostile. */
#define HTTP_CHALLENGES_MAX 16

/* Append the challenges of one field value to list.  0, or -EINVAL when it does not parse or there
 * are too many (those before the fault are in the list). */
int http_challenge_parse(const char *value, struct http_challenge **list, size_t *n);
void http_challenges_free(struct http_challenge *list, size_t n);
/* The first with that scheme, or NULL. */
const struct http_challenge *http_challenge_find(const struct http_challenge *list, size_t n,
						 const char *scheme);

#endif
