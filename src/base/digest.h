/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest: "sha256:<64 hex>" and "sha512:<128 hex>" (OCI image spec, descriptor).
 *
 * Hashing uses OpenSSL's libcrypto, loaded on first use so that programs that never hash do not
 * pay for it.
 */
#ifndef CORACLE_BASE_DIGEST_H
#define CORACLE_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define DIGEST_STR_MAX (7 + 128 + 1)

struct digest {
	char str[DIGEST_STR_MAX]; /* canonical form; "" is unset */
};

/* Strict grammar: known algorithm, right length, lower-case hex.  -EINVAL otherwise. */
int digest_parse(const char *s, struct digest *ret);
bool digest_equal(const struct digest *a, const struct digest *b);
const char *digest_hex(const struct digest *d); /* behind the colon */
/* "sha256" or "sha512" length-checked directory part: returns algorithm name, static. */
const char *digest_algorithm(const struct digest *d);

struct digest_ctx; /* opaque running hash */
/* algorithm "sha256" or "sha512". */
int digest_begin(const char *algorithm, struct digest_ctx **ret, struct error *err);
int digest_update(struct digest_ctx *c, const void *data, size_t len);
/* Finishes; c stays allocated until digest_free. */
int digest_final(struct digest_ctx *c, struct digest *ret);
void digest_free(struct digest_ctx *c);
static inline void digest_free_ptr(struct digest_ctx **c)
{
	digest_free(*c);
}
#define scoped_digest __attribute__((cleanup(digest_free_ptr)))

/* sha256 of a block in one call. */
int digest_of(const void *data, size_t len, struct digest *ret, struct error *err);

/* 64-bit FNV-1a: for names of cache files whose full key is stored and compared beside. */
unsigned long long digest_fnv64(const void *data, size_t len);

#endif
