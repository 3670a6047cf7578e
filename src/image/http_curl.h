/* SPDX-License-Identifier: Apache-2.0 */
/* http_curl: the functions of libcurl that http.c uses, as pointers (base/dynlib). */
#ifndef CORACLE_IMAGE_HTTP_CURL_H
#define CORACLE_IMAGE_HTTP_CURL_H

/* The type-checking macros of the header call the functions by name, which are not linked. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdbool.h>

#include "base/error.h"

struct http_curl {
	void *handle;
	CURLcode (*global_init)(long flags);
	CURL *(*init)(void);
	void (*cleanup)(CURL *e);
	void (*reset)(CURL *e);
	CURLcode (*setopt)(CURL *e, CURLoption o, ...);
	CURLcode (*getinfo)(CURL *e, CURLINFO i, ...);
	CURLcode (*pause)(CURL *e, int mask);
	const char *(*strerror)(CURLcode c);
	struct curl_slist *(*slist_append)(struct curl_slist *l, const char *s);
	void (*slist_free)(struct curl_slist *l);
	CURLM *(*multi_init)(void);
	CURLMcode (*multi_cleanup)(CURLM *m);
	CURLMcode (*multi_add)(CURLM *m, CURL *e);
	CURLMcode (*multi_remove)(CURLM *m, CURL *e);
	CURLMcode (*multi_perform)(CURLM *m, int *running);
	CURLMcode (*multi_poll)(CURLM *m, struct curl_waitfd *extra, unsigned n, int msec,
				int *ret_n);
	CURLMsg *(*multi_info_read)(CURLM *m, int *left);
	const char *(*multi_strerror)(CURLMcode c);
};
extern struct http_curl http_curl;

/* Load it once; also libcurl's global initialisation. */
int http_curl_load(struct error *err);

#endif
