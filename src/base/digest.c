/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/dynlib.h"
#include "base/mem.h"
#include "base/str.h"

static const struct {
	const char *name;
	size_t hex_len;
} algorithms[] = {
	{ "sha256", 64 },
	{ "sha512", 128 },
};

/* Row of the algorithm in front of the colon, or -1. */
static int find_algorithm(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
		const char *behind = str_skip_prefix(s, algorithms[i].name);

		if (behind != NULL && *behind == ':')
			return (int)i;
	}
	return -1;
}

int digest_parse(const char *s, struct digest *ret)
{
	int i = find_algorithm(s);

	if (i < 0 || !str_is_hex(s + strlen(algorithms[i].name) + 1, algorithms[i].hex_len))
		return -EINVAL;
	memcpy(ret->str, s, strlen(s) + 1);
	return 0;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return streq(a->str, b->str);
}

const char *digest_hex(const struct digest *d)
{
	const char *colon = strchr(d->str, ':');

	return colon != NULL ? colon + 1 : "";
}

const char *digest_algorithm(const struct digest *d)
{
	int i = find_algorithm(d->str);

	return i >= 0 ? algorithms[i].name : "";
}

static struct {
	void *handle;
	EVP_MD_CTX *(*ctx_new)(void);
	void (*ctx_free)(EVP_MD_CTX *);
	const EVP_MD *(*sha256)(void);
	const EVP_MD *(*sha512)(void);
	int (*init)(EVP_MD_CTX *, const EVP_MD *, ENGINE *);
	int (*update)(EVP_MD_CTX *, const void *, size_t);
	int (*final)(EVP_MD_CTX *, unsigned char *, unsigned int *);
} crypto;

static int load_crypto(struct error *err)
{
	static const struct dynlib_symbol symbols[] = {
		{ "EVP_MD_CTX_new", (void **)&crypto.ctx_new },
		{ "EVP_MD_CTX_free", (void **)&crypto.ctx_free },
		{ "EVP_sha256", (void **)&crypto.sha256 },
		{ "EVP_sha512", (void **)&crypto.sha512 },
		{ "EVP_DigestInit_ex", (void **)&crypto.init },
		{ "EVP_DigestUpdate", (void **)&crypto.update },
		{ "EVP_DigestFinal_ex", (void **)&crypto.final },
	};

	return dynlib_load(&crypto.handle, "libcrypto.so.3", "libssl3", symbols,
			   ARRAY_SIZE(symbols), err);
}

struct digest_ctx {
	EVP_MD_CTX *md;
	const char *algorithm;
};

int digest_begin(const char *algorithm, struct digest_ctx **ret, struct error *err)
{
	struct digest_ctx *c;
	bool wide = streq(algorithm, "sha512");
	int r;

	if (!wide && !streq(algorithm, "sha256"))
		return error_set(err, ERROR_UNSUPPORTED, "digest algorithm '%s' is not supported",
				 algorithm);
	r = load_crypto(err);
	if (r < 0)
		return r;
	c = xnew(struct digest_ctx);
	c->algorithm = wide ? "sha512" : "sha256";
	c->md = crypto.ctx_new();
	if (c->md == NULL ||
	    crypto.init(c->md, wide ? crypto.sha512() : crypto.sha256(), NULL) != 1) {
		digest_free(c);
		return error_set(err, ERROR_UNSUPPORTED, "libcrypto cannot compute %s", algorithm);
	}
	*ret = c;
	return 0;
}

int digest_update(struct digest_ctx *c, const void *data, size_t len)
{
	return crypto.update(c->md, data, len) == 1 ? 0 : -EIO;
}

int digest_final(struct digest_ctx *c, struct digest *ret)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct digest d;
	unsigned len = 0;
	int n;

	if (crypto.final(c->md, sum, &len) != 1 || len > 64)
		return -EIO;
	n = snprintf(d.str, sizeof(d.str), "%s:", c->algorithm);
	str_hex(sum, len, d.str + n);
	*ret = d;
	return 0;
}

void digest_free(struct digest_ctx *c)
{
	if (c == NULL)
		return;
	if (c->md != NULL)
		crypto.ctx_free(c->md);
	free(c);
}

int digest_of(const void *data, size_t len, struct digest *ret, struct error *err)
{
	scoped_digest struct digest_ctx *c = NULL;
	int r = digest_begin("sha256", &c, err);

	if (r < 0)
		return r;
	r = digest_update(c, data, len);
	if (r == 0)
		r = digest_final(c, ret);
	if (r < 0)
		return error_os(err, -r, "compute sha256");
	return 0;
}
