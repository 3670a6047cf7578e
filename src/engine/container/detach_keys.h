/* SPDX-License-Identifier: Apache-2.0 */
/* detach_keys: "ctrl-p,ctrl-q" as bytes, and finding them in what a user types. */
#ifndef CORACLE_ENGINE_CONTAINER_DETACH_KEYS_H
#define CORACLE_ENGINE_CONTAINER_DETACH_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define DETACH_KEYS_DEFAULT "ctrl-p,ctrl-q"
#define DETACH_KEYS_MAX 16

struct detach_keys {
	unsigned char keys[DETACH_KEYS_MAX];
	size_t n;	/* 0: disabled */
	size_t matched; /* of them, held back */
};

/* Parts between commas: one character, or ctrl-X with X of a-z @ ^ [ ] \ _ (any case). */
int detach_keys_parse(const char *s, struct detach_keys *ret, struct error *err);
/* Pass in[0..n) through: what may go on is written to out (room for n + DETACH_KEYS_MAX), its
 * length to *ret_len; true when the sequence was completed (the rest of in is dropped). */
bool detach_keys_filter(struct detach_keys *k, const char *in, size_t n, char *out,
			size_t *ret_len);

#endif
