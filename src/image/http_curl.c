/* SPDX-License-Identifier: Apache-2.0 */
#include "image/http_curl.h"

#include "base/dynlib.h"
#include "base/mem.h"

struct http_curl http_curl;

int http_curl_load(struct error *err)
{
	static const struct dynlib_symbol symbols[] = {
		{ "curl_global_init", (void **)&http_curl.global_init },
		{ "curl_easy_init", (void **)&http_curl.init },
		{ "curl_easy_cleanup", (void **)&http_curl.cleanup },
		{ "curl_easy_reset", (void **)&http_curl.reset },
		{ "curl_easy_setopt", (void **)&http_curl.setopt },
		{ "curl_easy_getinfo", (void **)&http_curl.getinfo },
		{ "curl_easy_pause", (void **)&http_curl.pause },
		{ "curl_easy_strerror", (void **)&http_curl.strerror },
		{ "curl_slist_append", (void **)&http_curl.slist_append },
		{ "curl_slist_free_all", (void **)&http_curl.slist_free },
		{ "curl_multi_init", (void **)&http_curl.multi_init },
		{ "curl_multi_cleanup", (void **)&http_curl.multi_cleanup },
		{ "curl_multi_add_handle", (void **)&http_curl.multi_add },
		{ "curl_multi_remove_handle", (void **)&http_curl.multi_remove },
		{ "curl_multi_perform", (void **)&http_curl.multi_perform },
		{ "curl_multi_poll", (void **)&http_curl.multi_poll },
		{ "curl_multi_info_read", (void **)&http_curl.multi_info_read },
		{ "curl_multi_strerror", (void **)&http_curl.multi_strerror },
	};
	static bool initialised;
	CURLcode code;
	int r;

	/* The main thread comes here first: a client is made before any worker is. */
	if (initialised)
		return 0;
	r = dynlib_load(&http_curl.handle, "libcurl.so.4", "libcurl4", symbols, ARRAY_SIZE(symbols),
			err);
	if (r < 0)
		return r;
	code = http_curl.global_init(CURL_GLOBAL_DEFAULT);
	if (code != CURLE_OK)
		return error_set(err, ERROR_UNSUPPORTED, "initialise libcurl: %s",
				 http_curl.strerror(code));
	initialised = true;
	return 0;
}
