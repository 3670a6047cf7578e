/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user types on an attached terminal, and the keys that leave it: input is the keys' names,
 * a newline, then the bytes typed.  How they come in pieces must not matter, and nothing else is
 * changed or lost but what is held back at the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/container/detach_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pieces of `step` bytes; true: the keys were among them. */
static bool type(const struct detach_keys *keys, const char *in, size_t n, size_t step, char *out,
		 size_t *ret_len)
{
	struct detach_keys k = *keys;
	size_t total = 0, at = 0;
	bool left = false;

	while (at < n && !left) {
		size_t piece = MIN(step, n - at), len = 0;

		left = detach_keys_filter(&k, in + at, piece, out + total, &len);
		if (len > piece + DETACH_KEYS_MAX)
			abort();
		total += len;
		at += piece;
	}
	/* All that went on, what is held back, and the keys that left are what was typed. */
	if (!left && total + k.matched != n)
		abort();
	*ret_len = total;
	return left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *newline = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t n = newline ? size - (size_t)(newline + 1 - (const char *)data) : 0;
	scoped_free char *names = NULL, *whole = NULL, *bytes = NULL;
	size_t whole_len, bytes_len;
	struct detach_keys keys;

	if (!newline)
		return 0;
	names = xstrndup((const char *)data, size - n - 1);
	if (detach_keys_parse(names, &keys, NULL) < 0)
		return 0;
	whole = xmalloc(2 * n + DETACH_KEYS_MAX + 1);
	bytes = xmalloc(2 * n + DETACH_KEYS_MAX + 1);
	if (type(&keys, newline + 1, n, MAX(n, (size_t)1), whole, &whole_len) !=
		    type(&keys, newline + 1, n, 1, bytes, &bytes_len) ||
	    whole_len != bytes_len || memcmp(whole, bytes, whole_len) != 0)
		abort();
	return 0;
}
