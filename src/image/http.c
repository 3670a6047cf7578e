/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transfer is a curl easy handle alone in a multi handle of its own, so that the reader pulls:
 * http_read drives the transfer until bytes are there.  Handles with their connections go back to
 * the client's list when the transfer ended well.
 */
#include "image/http.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "base/timeutil.h"
#include "image/http_curl.h"
#include "image/interrupt.h"
#include "sys/fd.h"

#define DEFAULT_STALL_NSEC (30 * NSEC_PER_SEC)
#define IDLE_MAX 16

struct handle {
	CURL *easy;
	CURLM *multi;
};

struct http_client {
	struct http_options o;
	int abort_fd;
	pthread_mutex_t lock; /* of idle */
	struct handle idle[IDLE_MAX];
	size_t n_idle;
};

struct http_transfer {
	struct http_client *client;
	struct http_stream *stream;
	struct handle h;
	char *url;
	struct curl_slist *headers;
	struct buf in; /* body, received and not read */
	size_t taken;  /* bytes of in that were read */
	size_t header_bytes;
	char *location; /* of a redirect */
	bool paused, header_complete, done, broken;
	CURLcode result;
	char message[CURL_ERROR_SIZE];
	int64_t waited_nsec; /* in the present stall window */
	uint64_t window_bytes;
};

static void handle_free(struct handle *h)
{
	if (h->easy != NULL)
		http_curl.cleanup(h->easy);
	if (h->multi != NULL)
		http_curl.multi_cleanup(h->multi);
	*h = (struct handle){ 0 };
}

int http_client_new(const struct http_options *o, struct http_client **ret, struct error *err)
{
	struct http_client *c;
	int r = http_curl_load(err), fd;

	if (r < 0)
		return r;
	fd = fd_eventfd();
	if (fd < 0)
		return error_os(err, -fd, "create an event descriptor");
	c = xnew(struct http_client);
	c->o = *o;
	if (c->o.stall_nsec <= 0)
		c->o.stall_nsec = DEFAULT_STALL_NSEC;
	c->abort_fd = fd;
	pthread_mutex_init(&c->lock, NULL);
	*ret = c;
	return 0;
}

void http_client_free(struct http_client *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_idle; i++)
		handle_free(&c->idle[i]);
	fd_close(c->abort_fd);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void http_client_abort(struct http_client *c)
{
	uint64_t one = 1;

	/* Only a full counter could fail, and a full counter is readable. */
	(void)fd_write_all(c->abort_fd, &one, sizeof(one));
}

static int handle_take(struct http_client *c, struct handle *ret, struct error *err)
{
	struct handle h = { 0 };

	pthread_mutex_lock(&c->lock);
	if (c->n_idle > 0)
		h = c->idle[--c->n_idle];
	pthread_mutex_unlock(&c->lock);
	if (h.easy == NULL) {
		h.easy = http_curl.init();
		h.multi = http_curl.multi_init();
	}
	if (h.easy == NULL || h.multi == NULL) {
		handle_free(&h);
		return error_set(err, ERROR_UNSUPPORTED, "initialise libcurl: no handle");
	}
	*ret = h;
	return 0;
}

static void handle_return(struct http_client *c, struct handle *h)
{
	http_curl.reset(h->easy); /* it points into the transfer, which goes */
	pthread_mutex_lock(&c->lock);
	if (c->n_idle < IDLE_MAX) {
		c->idle[c->n_idle++] = *h;
		*h = (struct handle){ 0 };
	}
	pthread_mutex_unlock(&c->lock);
	handle_free(h);
}

/* ---- URLs ---- */

/* Length of "scheme://host:port". */
static size_t origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	return host == NULL ? 0 : (size_t)(host + 3 - url) + strcspn(host + 3, "/?#");
}

bool http_same_origin(const char *a, const char *b)
{
	size_t n = origin_length(a);

	return n > 0 && n == origin_length(b) && strncasecmp(a, b, n) == 0;
}

char *http_escape(const char *s)
{
	struct buf b = BUF_INIT;

	for (; *s != '\0'; s++) {
		if (isalnum((unsigned char)*s) || strchr("-._~", *s) != NULL)
			buf_addc(&b, *s);
		else
			buf_addf(&b, "%%%02X", (unsigned char)*s);
	}
	return buf_take(&b);
}

/* What a Location field means on the page `base` (RFC 3986 section 5.2, without dot segments: the
 * server removes them); new string. */
static char *resolve_url(const char *base, const char *location)
{
	size_t scheme = strcspn(base, ":"), path = strcspn(base, "?#");

	if (strspn(location, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
		    strcspn(location, ":/?#") &&
	    location[strcspn(location, ":/?#")] == ':')
		return xstrdup(location);
	if (str_has_prefix(location, "//"))
		return xasprintf("%.*s:%s", (int)scheme, base, location);
	if (location[0] == '/')
		return xasprintf("%.*s%s", (int)origin_length(base), base, location);
	while (path > origin_length(base) && base[path - 1] != '/')
		path--;
	return xasprintf("%.*s%s%s", (int)path, base, path == origin_length(base) ? "/" : "",
			 location);
}

/* Without query: signed URLs carry secrets there. */
static char *display_url(const char *url)
{
	return xstrndup(url, strcspn(url, "?#"));
}

/* ---- header fields ---- */

static void read_content_type(struct http_stream *s, const char *value)
{
	scoped_free char *plain = xstrndup(value, strcspn(value, "; \t"));

	free(s->content_type);
	s->content_type = str_lower(plain);
}

/* "bytes 100-199/200" */
static void read_content_range(struct http_stream *s, const char *value)
{
	const char *p = str_skip_prefix(value, "bytes ");
	scoped_free char *first = p != NULL ? xstrndup(p, strspn(p, "0123456789")) : NULL;

	s->has_range = first != NULL && num_u64(first, &s->range_from) == 0;
}

static void header_reset(struct http_stream *s)
{
	free(s->content_type);
	s->content_type = NULL;
	s->challenges = strv_free(s->challenges);
	s->has_range = false;
}

/* One line of the header; curl gives it with its line end. */
static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	size_t len = size * n;
	scoped_free char *line = NULL;
	char *text, *value;

	t->window_bytes += len;
	t->header_bytes += len;
	if (t->header_bytes > HTTP_HEADER_MAX)
		return 0;
	line = xstrndup(data, len);
	text = str_trim(line);
	if (str_has_prefix(text, "HTTP/")) {
		header_reset(t->stream);
		return len;
	}
	if (text[0] == '\0') {
		long status = 0;

		http_curl.getinfo(t->h.easy, CURLINFO_RESPONSE_CODE, &status);
		t->stream->status = status;
		t->header_complete = status >= 200;
		return len;
	}
	value = strchr(text, ':');
	if (value == NULL)
		return len;
	*value++ = '\0';
	value = str_trim(value);
	if (str_ieq(text, "Content-Type"))
		read_content_type(t->stream, value);
	else if (str_ieq(text, "Content-Range"))
		read_content_range(t->stream, value);
	else if (str_ieq(text, "WWW-Authenticate"))
		strv_add(&t->stream->challenges, value);
	else if (str_ieq(text, "Location")) {
		free(t->location);
		t->location = xstrdup(value);
	}
	return len;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	size_t len = size * n;

	if (t->in.len - t->taken >= HTTP_BUFFER_BYTES) {
		t->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (t->taken == t->in.len) {
		buf_truncate(&t->in, 0);
		t->taken = 0;
	}
	t->window_bytes += len;
	buf_add(&t->in, data, len);
	return buf_ok(&t->in) ? len : 0;
}

/* ---- one transfer ---- */

static void transfer_free(struct http_transfer *t)
{
	if (t == NULL)
		return;
	if (t->h.easy != NULL) {
		http_curl.multi_remove(t->h.multi, t->h.easy);
		/* The connection of a broken transfer is not to be used again. */
		if (t->done && !t->broken)
			handle_return(t->client, &t->h);
		else
			handle_free(&t->h);
	}
	if (t->headers != NULL)
		http_curl.slist_free(t->headers);
	free(t->url);
	free(t->location);
	buf_done(&t->in);
	free(t);
}

static void add_header(struct http_transfer *t, const char *line)
{
	struct curl_slist *l = http_curl.slist_append(t->headers, line);

	if (l == NULL)
		abort(); /* out of memory, as in base/mem */
	t->headers = l;
}

/* Trust: the system's authorities from curl's built-in place (or where SSL_CERT_FILE and
 * SSL_CERT_DIR point, as for Go programs), and the registry's own. */
static void set_trust(struct http_transfer *t, bool own_origin)
{
	const struct http_options *o = &t->client->o;
	const char *file = getenv("SSL_CERT_FILE"), *dir = getenv("SSL_CERT_DIR");
	CURL *e = t->h.easy;

	if (o->insecure) {
		http_curl.setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
		http_curl.setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (!str_empty(file))
		http_curl.setopt(e, CURLOPT_CAINFO, file);
	if (!str_empty(dir))
		http_curl.setopt(e, CURLOPT_CAPATH, dir);
	if (o->certs == NULL)
		return;
	if (o->certs->authorities.len > 0) {
		/* This takes CAINFO's place; the system's own stay reachable by CAPATH. */
		struct curl_blob blob = { .data = o->certs->authorities.data,
					  .len = o->certs->authorities.len,
					  .flags = CURL_BLOB_NOCOPY };

		http_curl.setopt(e, CURLOPT_CAINFO_BLOB, &blob);
	}
	if (o->certs->client_cert != NULL && own_origin) {
		http_curl.setopt(e, CURLOPT_SSLCERT, o->certs->client_cert);
		http_curl.setopt(e, CURLOPT_SSLKEY, o->certs->client_key);
	}
}

static void set_options(struct http_transfer *t, const struct http_request *q, bool own_origin)
{
	CURL *e = t->h.easy;
	long connect_msec = (long)(t->client->o.stall_nsec / NSEC_PER_MSEC);

	http_curl.reset(e);
	http_curl.setopt(e, CURLOPT_URL, t->url);
	http_curl.setopt(e, CURLOPT_PROTOCOLS_STR, t->client->o.insecure ? "http,https" : "https");
	http_curl.setopt(e, CURLOPT_USERAGENT, "coracle/" CORACLE_VERSION);
	http_curl.setopt(e, CURLOPT_NOSIGNAL, 1L);
	http_curl.setopt(e, CURLOPT_CONNECTTIMEOUT_MS, connect_msec > 0 ? connect_msec : 1L);
	http_curl.setopt(e, CURLOPT_ERRORBUFFER, t->message);
	http_curl.setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	http_curl.setopt(e, CURLOPT_HEADERDATA, t);
	http_curl.setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	http_curl.setopt(e, CURLOPT_WRITEDATA, t);
	http_curl.setopt(e, CURLOPT_BUFFERSIZE, 262144L);
	STRV_FOREACH (h, q->headers)
		add_header(t, *h);
	if (q->authorization != NULL && own_origin) {
		scoped_free char *line = xasprintf("Authorization: %s", q->authorization);

		add_header(t, line);
	}
	if (q->from > 0) {
		scoped_free char *line = xasprintf("Range: bytes=%llu-",
						   (unsigned long long)q->from);

		add_header(t, line);
	}
	if (q->form != NULL)
		http_curl.setopt(e, CURLOPT_COPYPOSTFIELDS, q->form);
	if (t->headers != NULL)
		http_curl.setopt(e, CURLOPT_HTTPHEADER, t->headers);
	set_trust(t, own_origin);
}

static bool code_transient(CURLcode c)
{
	static const CURLcode codes[] = {
		CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING,	       CURLE_SEND_ERROR,
		CURLE_RECV_ERROR,	  CURLE_PARTIAL_FILE,	       CURLE_HTTP2,
		CURLE_HTTP2_STREAM,	  CURLE_COULDNT_RESOLVE_PROXY,
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i] == c)
			return true;
	return false;
}

static int transfer_error(struct http_transfer *t, bool *ret_transient, struct error *err)
{
	scoped_free char *url = display_url(t->url);
	const char *text = t->message[0] != '\0' ? t->message : http_curl.strerror(t->result);
	enum error_kind kind = ERROR_REMOTE;

	if (t->header_bytes > HTTP_HEADER_MAX)
		return error_set(err, ERROR_LIMIT, "%s: header of the answer has more than 256 KiB",
				 url);
	if (ret_transient != NULL)
		*ret_transient = code_transient(t->result);
	if (t->result == CURLE_OPERATION_TIMEDOUT)
		kind = ERROR_TIMEOUT;
	if (t->result == CURLE_PARTIAL_FILE)
		return error_set(err, kind, "%s: the server ended the transfer early", url);
	return error_set(err, kind, "%s: %s", url, text);
}

static int stall_check(struct http_transfer *t, int64_t waited, bool *ret_transient,
		       struct error *err)
{
	int64_t limit = t->client->o.stall_nsec;
	char span[TIME_STR_MAX];

	t->waited_nsec += waited;
	if (t->waited_nsec < limit)
		return 0;
	if (t->window_bytes < HTTP_STALL_BYTES) {
		scoped_free char *url = display_url(t->url);

		t->broken = true;
		if (ret_transient != NULL)
			*ret_transient = true;
		time_format_duration(limit, span, sizeof(span));
		return error_set(err, ERROR_TIMEOUT,
				 "%s: the server sent nothing, or next to nothing, for %s", url,
				 span);
	}
	t->waited_nsec = 0;
	t->window_bytes = 0;
	return 0;
}

/* Let the transfer do what it can, and wait once when that is nothing. */
static int transfer_step(struct http_transfer *t, bool *ret_transient, struct error *err)
{
	struct curl_waitfd extra[] = { { .fd = t->client->abort_fd, .events = CURL_WAIT_POLLIN },
				       { .fd = interrupt_fd(), .events = CURL_WAIT_POLLIN } };
	unsigned n_extra = interrupt_fd() >= 0 ? 2 : 1;
	uint64_t before = t->window_bytes;
	int64_t begin, left;
	CURLMcode code;
	int running, queued;
	CURLMsg *m;

	code = http_curl.multi_perform(t->h.multi, &running);
	while (code == CURLM_OK && (m = http_curl.multi_info_read(t->h.multi, &queued)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		t->done = true;
		t->result = m->data.result;
		t->broken = t->result != CURLE_OK;
	}
	if (code != CURLM_OK)
		return error_set(err, ERROR_REMOTE, "libcurl: %s", http_curl.multi_strerror(code));
	if (t->done || t->window_bytes != before || t->paused)
		return 0;
	begin = time_monotonic_nsec();
	left = (t->client->o.stall_nsec - t->waited_nsec) / NSEC_PER_MSEC + 1;
	code = http_curl.multi_poll(t->h.multi, extra, n_extra, (int)MIN(left, 3600000), NULL);
	if (code != CURLM_OK)
		return error_set(err, ERROR_REMOTE, "libcurl: %s", http_curl.multi_strerror(code));
	if (interrupt_pending())
		return interrupt_error(err);
	if (fd_wait(t->client->abort_fd, POLLIN, 0) > 0)
		return error_set(err, ERROR_CANCELED, "given up because another transfer failed");
	return stall_check(t, time_monotonic_nsec() - begin, ret_transient, err);
}

static void stream_free(struct http_stream *s)
{
	if (s == NULL)
		return;
	transfer_free(s->transfer);
	header_reset(s);
	free(s);
}
DEFINE_SCOPED(struct http_stream *, stream_free)

void http_close(struct http_stream *s)
{
	stream_free(s);
}

/* One request without redirects, up to the end of the answer's header. */
static int open_once(struct http_client *c, const struct http_request *q, const char *url,
		     bool own_origin, struct http_stream **ret, bool *ret_transient,
		     struct error *err)
{
	scoped(stream_free) struct http_stream *s = xnew(struct http_stream);
	struct http_transfer *t = xnew(struct http_transfer);
	CURLMcode code;
	int r;

	s->transfer = t;
	t->client = c;
	t->stream = s;
	t->url = xstrdup(url);
	r = handle_take(c, &t->h, err);
	if (r < 0)
		return r;
	set_options(t, q, own_origin);
	code = http_curl.multi_add(t->h.multi, t->h.easy);
	if (code != CURLM_OK)
		return error_set(err, ERROR_REMOTE, "libcurl: %s", http_curl.multi_strerror(code));
	while (!t->header_complete) {
		r = transfer_step(t, ret_transient, err);
		if (r < 0)
			return r;
		/* What came of the body before a failure is read first. */
		if (t->header_complete || !t->done)
			continue;
		if (t->result != CURLE_OK)
			return transfer_error(t, ret_transient, err);
		return error_set(err, ERROR_REMOTE, "%s: the server sent no header", url);
	}
	*ret = take_ptr(s);
	return 0;
}

/* Where a redirect leads, checked; new string. */
static int redirect_target(struct http_client *c, struct http_stream *s, char **ret,
			   struct error *err)
{
	scoped_free char *url = display_url(s->transfer->url), *shown = NULL, *next = NULL;

	if (s->transfer->location == NULL || !str_printable(s->transfer->location))
		return error_set(err, ERROR_REMOTE, "%s: redirect without a usable target", url);
	next = resolve_url(s->transfer->url, s->transfer->location);
	shown = display_url(next);
	if (!str_has_prefix(next, "https://") &&
	    !(c->o.insecure && str_has_prefix(next, "http://")))
		return error_set(err, ERROR_REMOTE, "%s: redirect to '%s' refused: it is not https",
				 url, shown);
	*ret = take_ptr(next);
	return 0;
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int http_open(struct http_client *c, const struct http_request *q, struct http_stream **ret,
	      bool *ret_transient, struct error *err)
{
	scoped_free char *url = xstrdup(q->url);
	scoped_free char *first = display_url(q->url);

	for (unsigned hops = 0; hops <= HTTP_REDIRECTS_MAX; hops++) {
		scoped(stream_free) struct http_stream *s = NULL;
		char *next = NULL;
		int r = open_once(c, q, url, http_same_origin(url, q->url), &s, ret_transient, err);

		if (r < 0)
			return r;
		assert(s != NULL);
		if (!is_redirect(s->status) || q->form != NULL) {
			*ret = take_ptr(s);
			return 0;
		}
		r = redirect_target(c, s, &next, err);
		if (r < 0)
			return r;
		assert(next != NULL);
		free(url);
		url = next;
	}
	return error_set(err, ERROR_REMOTE, "%s: more than %d redirects", first,
			 HTTP_REDIRECTS_MAX);
}

ssize_t http_read(struct http_stream *s, void *buf, size_t size, bool *ret_transient,
		  struct error *err)
{
	struct http_transfer *t = s->transfer;
	size_t n;
	int r;

	while (t->in.len == t->taken) {
		if (t->done)
			return t->result == CURLE_OK ? 0 : transfer_error(t, ret_transient, err);
		if (t->paused) {
			t->paused = false;
			http_curl.pause(t->h.easy, CURLPAUSE_CONT);
			continue;
		}
		r = transfer_step(t, ret_transient, err);
		if (r < 0)
			return r;
	}
	n = MIN(size, t->in.len - t->taken);
	memcpy(buf, t->in.data + t->taken, n);
	t->taken += n;
	return (ssize_t)n;
}

int http_read_all(struct http_stream *s, struct buf *out, bool *ret_transient, struct error *err)
{
	char chunk[16384];

	for (;;) {
		ssize_t n = http_read(s, chunk, sizeof(chunk), ret_transient, err);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return 0;
		buf_add(out, chunk, (size_t)n);
		if (!buf_ok(out)) {
			scoped_free char *url = display_url(s->transfer->url);

			return error_set(err, ERROR_LIMIT, "%s: the answer has more than %zu bytes",
					 url, out->max);
		}
	}
}
