/* SPDX-License-Identifier: Apache-2.0 */
/* The small parsers of src/base: what one accepts prints and parses to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void times(const char *s)
{
	char out[TIME_STR_MAX], duration[64];
	int64_t a, b = 0;

	if (time_parse_rfc3339(s, &a) == 0) {
		time_format_rfc3339_utc(a, out);
		must(time_parse_rfc3339(out, &b) == 0 && a == b);
		time_format_k8s(a, out);
		time_format_go(a, out);
	}
	if (time_parse_duration(s, &a) == 0) {
		time_format_duration(a, duration, sizeof(duration));
		must(time_parse_duration(duration, &b) == 0 && a == b);
		time_human_duration(a, duration, sizeof(duration));
	}
	time_parse_user(s, 1795315552000000000, &a);
}

static void numbers(const char *s)
{
	scoped_free char *text = NULL;
	struct digest digest;
	char out[32];
	int64_t i, j = 0;
	uint64_t u;
	uint32_t id;
	double d;
	int sig;

	if (num_i64(s, &i) == 0) {
		text = xasprintf("%lld", (long long)i);
		must(num_i64(text, &j) == 0 && i == j);
	}
	if (num_bytes(s, &i) == 0) {
		must(i >= 0);
		num_human_bytes((uint64_t)i, out, sizeof(out));
		num_human_bytes_si((uint64_t)i, out, sizeof(out));
	}
	if (num_id(s, &id) == 0)
		must(id != UINT32_MAX);
	num_u64_base(s, 8, &u);
	num_u64_base(s, 16, &u);
	num_double(s, &d);
	sig = num_signal(s);
	must(sig < 0 || (sig >= 1 && sig <= 64));
	if (digest_parse(s, &digest) == 0)
		must(streq(digest.str, s) && strchr(digest_hex(&digest), '/') == NULL);
}

static void strings(const char *s)
{
	scoped_free char *clean = path_clean(s), *again = path_clean(clean),
			 *quoted = str_shell_quote(s), *encoded = NULL;
	scoped_strv char **words = str_shell_split(quoted), **split = str_shell_split(s);
	scoped_free void *bytes = NULL;
	size_t len = 0;

	must(streq(clean, again));
	must(*s != '/' || !path_has_dotdot(clean));
	must(strv_len(words) == 1 && streq(words[0], s));
	if (str_base64_decode(s, &bytes, &len) >= 0) {
		encoded = str_base64(bytes, len);
		must(streq(encoded, s));
	}
	must(split == NULL || strv_len(split) <= strlen(s));
	must(str_distance(s, s) == 0 || strlen(s) > 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_free char *s = xstrndup((const char *)data, size);
	const char *newline = strchr(s, '\n');

	setenv("TZ", "UTC0", 1);
	times(s);
	numbers(s);
	strings(s);
	/* Two lines: a pattern and a text. */
	if (newline != NULL) {
		scoped_free char *pattern = xstrndup(s, (size_t)(newline - s));

		str_glob(pattern, newline + 1);
		must(str_glob("*", newline + 1));
	}
	return 0;
}
