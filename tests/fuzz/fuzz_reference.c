/* SPDX-License-Identifier: Apache-2.0 */
/* References: what parses has no way out of a path or a URL, and its print parses to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/challenge.h"
#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reference(const char *text)
{
	scoped(image_ref_done) struct image_ref r = { 0 }, again = { 0 };
	struct error err = ERROR_INIT;
	scoped_free char *print = NULL, *second = NULL;

	(void)image_ref_is_short(text);
	if (image_ref_parse(text, &r, &err) < 0) {
		if (err.kind != ERROR_INVALID || err.msg[0] == '\0')
			abort();
		return;
	}
	if (strstr(r.path, "..") != NULL || strchr(r.path, ':') != NULL || r.path[0] == '/' ||
	    strpbrk(r.path, " ?#%\\@") != NULL || strpbrk(r.domain, " /?#%\\@") != NULL ||
	    (r.tag == NULL && r.digest == NULL) || (r.tag != NULL && strchr(r.tag, '/') != NULL) ||
	    (r.digest != NULL && strchr(r.digest, '/') != NULL))
		abort();
	print = image_ref_str(&r);
	if (image_ref_parse(print, &again, &err) < 0)
		abort();
	second = image_ref_str(&again);
	if (!streq(print, second))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_free char *text = xstrndup((const char *)data, size);
	struct http_challenge *list = NULL;
	size_t n = 0;

	check_reference(text);
	/* A header field of a registry: the other grammar of this folder. */
	(void)http_challenge_parse(text, &list, &n);
	if (n > HTTP_CHALLENGES_MAX)
		abort();
	http_challenges_free(list, n);
	return 0;
}
