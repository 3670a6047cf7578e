/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References, by the grammar of the distribution project (reference.go's regular expressions):
 *
 *	reference  := name [ ":" tag ] [ "@" digest ]
 *	name       := [ domain "/" ] component [ "/" component ]*
 *	domain     := host [ ":" port ]          host a name of labels or "[" IPv6 "]"
 *	component  := [a-z0-9]+ ( ( "." | "_" | "__" | "-"+ ) [a-z0-9]+ )*
 *	tag        := [A-Za-z0-9_] [A-Za-z0-9_.-]{0,127}
 *
 * Everything that passes is safe as part of a URL, of a path and of a message.
 */
#include "image/image.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"

#define NAME_LENGTH_MAX 255 /* distribution's NameTotalLengthMax */
#define TAG_LENGTH_MAX 128

void image_ref_done(struct image_ref *r)
{
	free(r->domain);
	free(r->path);
	free(r->tag);
	free(r->digest);
	*r = (struct image_ref){ 0 };
}

static bool lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool alphanumeric(char c)
{
	return lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* One label of a host name: letters, digits and inner hyphens. */
static bool label_valid(const char *s, size_t len)
{
	if (len == 0 || !alphanumeric(s[0]) || !alphanumeric(s[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!alphanumeric(s[i]) && s[i] != '-')
			return false;
	return true;
}

static bool port_valid(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n <= 5 && s[n] == '\0';
}

static bool domain_valid(const char *domain)
{
	const char *p = domain;

	if (*p == '[') {
		size_t n = strspn(p + 1, "0123456789abcdefABCDEF:.");

		if (n < 2 || n > 45 || p[1 + n] != ']')
			return false;
		p += n + 2;
	} else {
		for (;;) {
			size_t n = strcspn(p, ".:");

			if (!label_valid(p, n))
				return false;
			p += n;
			if (*p != '.')
				break;
			p++;
		}
	}
	return *p == '\0' || (*p == ':' && port_valid(p + 1));
}

/* Length of a separator at s: one dot, one or two underscores, any number of hyphens; 0: none. */
static size_t separator(const char *s)
{
	if (*s == '.')
		return 1;
	if (*s == '_')
		return s[1] == '_' ? 2 : 1;
	return strspn(s, "-");
}

static bool path_valid(const char *path)
{
	const char *p = path;

	for (;;) {
		size_t n;

		if (!lower_or_digit(*p))
			return false;
		while (lower_or_digit(*p))
			p++;
		if (*p == '\0')
			return true;
		n = *p == '/' ? 1 : separator(p);
		if (n == 0)
			return false;
		p += n;
	}
}

static bool tag_valid(const char *tag)
{
	size_t len = strlen(tag);

	if (len == 0 || len > TAG_LENGTH_MAX || (!alphanumeric(tag[0]) && tag[0] != '_'))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!alphanumeric(tag[i]) && strchr("_.-", tag[i]) == NULL)
			return false;
	return true;
}

/* Length of the domain in front of the first slash, 0 when the name has none. */
static size_t domain_length(const char *s)
{
	const char *slash = strchr(s, '/');
	size_t n = slash != NULL ? (size_t)(slash - s) : 0;

	if (n == 0)
		return 0;
	if (memchr(s, '.', n) != NULL || memchr(s, ':', n) != NULL)
		return n;
	return n == strlen("localhost") && strncmp(s, "localhost", n) == 0 ? n : 0;
}

bool image_ref_is_short(const char *s)
{
	return domain_length(s) == 0;
}

/* Cut "@digest" and ":tag" off the end of s, in place; borrowed pointers into it or NULL. */
static void cut_suffixes(char *s, char **ret_tag, char **ret_digest)
{
	char *at = strchr(s, '@'), *slash, *colon;

	*ret_digest = *ret_tag = NULL;
	if (at != NULL) {
		*at = '\0';
		*ret_digest = at + 1;
	}
	slash = strrchr(s, '/');
	colon = strrchr(slash != NULL ? slash : s, ':');
	if (colon != NULL) {
		*colon = '\0';
		*ret_tag = colon + 1;
	}
}

static int refuse(struct error *err, const char *s, const char *why)
{
	return error_set(err, ERROR_INVALID, "image reference '%s' is invalid: %s", s, why);
}

int image_ref_parse(const char *s, struct image_ref *ret, struct error *err)
{
	scoped(image_ref_done) struct image_ref r = { 0 };
	scoped_free char *copy = NULL;
	struct digest digest;
	char *tag, *hash;
	size_t n;

	if (strlen(s) > NAME_LENGTH_MAX + 1 + TAG_LENGTH_MAX + 1 + DIGEST_STR_MAX)
		return error_set(err, ERROR_INVALID, "image reference '%.40s...' is too long", s);
	if (!str_printable(s))
		return error_set(err, ERROR_INVALID,
				 "image reference is invalid: it has a control character");
	copy = xstrdup(s);
	cut_suffixes(copy, &tag, &hash);
	if (copy[0] == '\0')
		return refuse(err, s, "it has no name");
	if (hash != NULL && digest_parse(hash, &digest) < 0)
		return refuse(
			err, s,
			"behind '@' must stand sha256: and 64, or sha512: and 128 hex digits");
	if (tag != NULL && !tag_valid(tag))
		return refuse(err, s,
			      "the tag may have letters, digits, '_', '.' and '-', at most 128");
	n = domain_length(copy);
	r.domain = n > 0 ? xstrndup(copy, n) : xstrdup("docker.io");
	r.path = xstrdup(copy + n + (n > 0));
	if (!domain_valid(r.domain))
		return refuse(err, s, "the registry must be a host name with an optional port");
	if (!path_valid(r.path)) {
		scoped_free char *lower = str_lower(r.path);

		return refuse(err, s,
			      path_valid(lower)
				      ? "the name must be lower case"
				      : "the name may have lower-case letters, digits, and "
					"single '.', '_', '-' or '/' between them");
	}
	if (n == 0 && str_is_hex(r.path, 64))
		return refuse(err, s, "64 hex digits are an image id, not a name");
	if (streq(r.domain, "index.docker.io")) {
		free(r.domain);
		r.domain = xstrdup("docker.io");
	}
	if (streq(r.domain, "docker.io") && strchr(r.path, '/') == NULL) {
		char *full = xasprintf("library/%s", r.path);

		free(r.path);
		r.path = full;
	}
	if (strlen(r.domain) + 1 + strlen(r.path) > NAME_LENGTH_MAX)
		return refuse(err, s, "the name is longer than 255 characters");
	r.tag = xstrdup_opt(tag != NULL || hash != NULL ? tag : "latest");
	r.digest = xstrdup_opt(hash);
	*ret = r;
	memset(&r, 0, sizeof(r)); /* given away */
	return 0;
}

char *image_ref_repo(const struct image_ref *r)
{
	return xasprintf("%s/%s", r->domain, r->path);
}

char *image_ref_str(const struct image_ref *r)
{
	if (r->digest != NULL)
		return xasprintf("%s/%s@%s", r->domain, r->path, r->digest);
	return xasprintf("%s/%s:%s", r->domain, r->path, r->tag);
}
