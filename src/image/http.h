/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: requests to registries over libcurl, which is loaded on first use.
 *
 * A client holds what all requests to one registry share: trust, time limits, and idle handles with
 * their open connections.  http_open and what follows may be used from several threads; each
 * stream belongs to one thread.  Redirects are followed here (GET only, HTTP_REDIRECTS_MAX): the
 * Authorization header and the client certificate go only to the origin (scheme, host, port) of
 * the first URL, and https is never left for http unless the client is insecure.
 *
 * A stream that waits polls interrupt_fd() and the client's abort descriptor, too.  A server that
 * sends less than HTTP_STALL_BYTES in `stall_nsec` of waiting is given up (ERROR_TIMEOUT).
 *
 * `ret_transient` (may be NULL) is set when the same request may well succeed a second time.
 */
#ifndef CORACLE_IMAGE_HTTP_H
#define CORACLE_IMAGE_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "image/certs.h"

#define HTTP_REDIRECTS_MAX 10
#define HTTP_STALL_BYTES 1024		    /* slower than this per stall time is a dead line */
#define HTTP_HEADER_MAX ((size_t)256 << 10) /* all header fields of one answer */
#define HTTP_BUFFER_BYTES ((size_t)1 << 20) /* received and not yet read; curl pauses beyond */

struct http_options {
	bool insecure;		   /* neither certificates are verified nor http refused */
	const struct certs *certs; /* borrowed for the client's life; NULL: the system's only */
	int64_t stall_nsec;	   /* also the limit for connecting */
};

struct http_client;
int http_client_new(const struct http_options *o, struct http_client **ret, struct error *err);
void http_client_free(struct http_client *c); /* all streams must be closed */
/* Wakes and fails every stream, now and later; for another thread's failure. */
void http_client_abort(struct http_client *c);

struct http_request {
	const char *url;
	char *const *headers;	   /* "Accept: ...", may be NULL */
	const char *authorization; /* value of the field, or NULL */
	const char *form;	   /* POST of this urlencoded body; NULL: GET */
	uint64_t from;		   /* above 0: only the bytes from here on (Range) */
};

/* The answer; members are for reading. */
struct http_stream {
	long status;
	char *content_type; /* without parameters, lower case; NULL when absent */
	char **challenges;  /* WWW-Authenticate values */
	bool has_range;	    /* Content-Range was there and says: from range_from on */
	uint64_t range_from;
	struct http_transfer *transfer;
};

/* Returns when the header of the final answer is there, whatever its status. */
int http_open(struct http_client *c, const struct http_request *q, struct http_stream **ret,
	      bool *ret_transient, struct error *err);
/* Bytes of the body; 0 at its end.  A body shorter than announced is ERROR_REMOTE, transient. */
ssize_t http_read(struct http_stream *s, void *buf, size_t size, bool *ret_transient,
		  struct error *err);
/* The rest of the body up to out->max bytes (ERROR_LIMIT beyond). */
int http_read_all(struct http_stream *s, struct buf *out, bool *ret_transient, struct error *err);
void http_close(struct http_stream *s);
static inline void http_close_scoped(struct http_stream **s)
{
	http_close(*s);
}

/* "scheme://host:port" equal? Default ports count as written. */
bool http_same_origin(const char *a, const char *b);
/* s percent-encoded for a query or form; new string. */
char *http_escape(const char *s);

#endif
