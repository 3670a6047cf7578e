/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registry transport: the pulling half of the distribution specification (end-2, end-3).
 *
 * The manifest that the reference names is fetched when the source is opened: that decides which of
 * the endpoints (mirrors, then the registry) serves this pull, and between https and http for an
 * insecure one.  A blob stream that breaks goes on where it was (Range) for as many attempts as
 * the caller allows; attempts count from new when a megabyte has come since.
 */
#include "image/transport.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "image/certs.h"
#include "image/http.h"
#include "image/interrupt.h"
#include "image/registries.h"
#include "image/registry_auth.h"
#include "image/verify.h"

#define ERROR_BODY_MAX ((size_t)64 << 10)
#define DEFAULT_DELAY_NSEC (2 * NSEC_PER_SEC) /* as Podman */
#define ATTEMPT_CREDIT_BYTES ((uint64_t)1 << 20)

struct registry_source {
	struct image_source base;
	struct http_client *client;
	struct certs certs;
	struct registry_auth auth;
	char *host, *path;
	const char *scheme; /* "https" or "http" */
	unsigned retry;
	int64_t retry_delay_nsec;
	struct buf manifest; /* the one that the reference names */
	char *manifest_type;
};

static const char *const manifest_headers[] = {
	"Accept: " MT_OCI_MANIFEST,
	"Accept: " MT_OCI_INDEX,
	"Accept: " MT_DOCKER_MANIFEST,
	"Accept: " MT_DOCKER_LIST,
	NULL,
};

/* ---- requests ---- */

/* The pause before attempt number n (from 1) after a failure. */
static int pause_before(const struct registry_source *s, unsigned attempt, struct error *err)
{
	int64_t delay = s->retry_delay_nsec > 0 ? s->retry_delay_nsec
						: DEFAULT_DELAY_NSEC << MIN(attempt - 1, 5u);

	return interrupt_pause(delay, err);
}

/* Is another attempt allowed after `attempt` of them?  A server that went silent gets only one:
 * each costs the whole time limit. */
static bool may_retry(const struct registry_source *s, bool transient, const struct error *e,
		      unsigned attempt)
{
	return transient && attempt < (e->kind == ERROR_TIMEOUT ? MIN(s->retry, 1u) : s->retry);
}

/* A status other than success becomes an error; `what` names the thing asked for. */
static int status_error(struct registry_source *s, struct http_stream *h, const char *what,
			bool *ret_transient, struct error *err)
{
	scoped(buf_done) struct buf body = BUF_INIT_MAX(ERROR_BODY_MAX);
	scoped_free char *text = NULL;
	enum error_kind kind = ERROR_REMOTE;

	if (http_read_all(h, &body, NULL, NULL) >= 0)
		text = registry_error_text(buf_str(&body), body.len);
	if (h->status == 404)
		kind = ERROR_NOT_FOUND;
	else if (h->status == 401 || h->status == 403)
		kind = ERROR_DENIED;
	if (ret_transient != NULL)
		*ret_transient = h->status >= 500 || h->status == 429 || h->status == 408;
	if (text != NULL)
		return error_set(err, kind, "%s of '%s/%s': %s", what, s->host, s->path, text);
	return error_set(err, kind, "%s of '%s/%s': the registry answered with status %ld", what,
			 s->host, s->path, h->status);
}

/* GET below /v2/<path>/, with authentication; 200 or 206 comes back. */
static int get_once(struct registry_source *s, const char *rest, char *const *headers,
		    uint64_t from, const char *what, struct http_stream **ret, bool *ret_transient,
		    struct error *err)
{
	const char *host = streq(s->host, "docker.io") ? "registry-1.docker.io" : s->host;
	scoped_free char *url = xasprintf("%s://%s/v2/%s/%s", s->scheme, host, s->path, rest);

	for (unsigned tries = 0;; tries++) {
		__attribute__((cleanup(http_close_scoped))) struct http_stream *h = NULL;
		scoped_free char *authorization = registry_auth_value(&s->auth);
		struct http_request q = {
			.url = url, .headers = headers, .authorization = authorization, .from = from
		};
		int r = http_open(s->client, &q, &h, ret_transient, err);

		if (r < 0)
			return r;
		if (h->status == 200 || (h->status == 206 && from > 0)) {
			*ret = take_ptr(h);
			return 0;
		}
		if (h->status != 401 || tries > 0)
			return status_error(s, h, what, ret_transient, err);
		r = registry_auth_renew(&s->auth, authorization, h->challenges, err);
		if (r < 0)
			return r;
	}
}

/* A small document in full, with attempts. */
static int get_document(struct registry_source *s, const char *rest, char *const *headers,
			const char *what, struct buf *out, char **ret_type, struct error *err)
{
	for (unsigned attempt = 0;; attempt++) {
		__attribute__((cleanup(http_close_scoped))) struct http_stream *h = NULL;
		struct error one = ERROR_INIT;
		bool transient = false;
		int r = get_once(s, rest, headers, 0, what, &h, &transient, &one);

		buf_truncate(out, 0);
		if (r == 0)
			r = http_read_all(h, out, &transient, &one);
		if (r == 0) {
			assert(h != NULL);
			*ret_type = xstrdup(h->content_type != NULL ? h->content_type : "");
			return 0;
		}
		if (!may_retry(s, transient, &one, attempt))
			return error_copy(err, &one);
		log_warn("%s; trying again", one.msg);
		r = pause_before(s, attempt + 1, err);
		if (r < 0)
			return r;
	}
}

static int fetch_manifest(struct registry_source *s, const char *name, struct buf *out,
			  char **ret_type, struct error *err)
{
	scoped_free char *rest = xasprintf("manifests/%s", name);
	scoped_free char *what = xasprintf("manifest '%s'", name);

	out->max = IMAGE_MANIFEST_MAX;
	return get_document(s, rest, (char *const *)manifest_headers, what, out, ret_type, err);
}

/* ---- operations of the source ---- */

static int registry_manifest(struct image_source *base, const char *digest, struct buf *out,
			     char **ret_type, struct error *err)
{
	struct registry_source *s = (struct registry_source *)base;

	if (digest != NULL)
		return fetch_manifest(s, digest, out, ret_type, err);
	buf_add(out, s->manifest.data, s->manifest.len);
	*ret_type = xstrdup(s->manifest_type);
	return 0;
}

struct registry_blob {
	struct registry_source *source;
	char *digest, *what, *rest;
	uint64_t size, offset;
	uint64_t credit_from; /* offset when attempts was last zeroed */
	unsigned attempts;
	struct http_stream *http; /* NULL: to be opened at offset */
};

static int registry_blob_open(struct image_source *base, const struct image_descriptor *d,
			      void **ret_stream, struct error *err)
{
	struct registry_blob *b = xnew(struct registry_blob);

	b->source = (struct registry_source *)base;
	b->digest = xstrdup(d->digest);
	b->what = xasprintf("blob '%s'", d->digest);
	b->rest = xasprintf("blobs/%s", d->digest);
	b->size = (uint64_t)d->size;
	*ret_stream = b;
	return 0;
}

static void registry_blob_close(void *stream)
{
	struct registry_blob *b = stream;

	if (b == NULL)
		return;
	http_close(b->http);
	free(b->digest);
	free(b->what);
	free(b->rest);
	free(b);
}

/* Throw away n bytes of an answer that begins at zero although a range was asked for. */
static int skip_bytes(struct http_stream *h, uint64_t n, bool *ret_transient, struct error *err)
{
	char chunk[16384];

	while (n > 0) {
		ssize_t got = http_read(h, chunk, MIN(n, sizeof(chunk)), ret_transient, err);

		if (got < 0)
			return (int)got;
		if (got == 0)
			return error_set(err, ERROR_CORRUPT, "the blob became shorter");
		n -= (uint64_t)got;
	}
	return 0;
}

static int blob_connect(struct registry_blob *b, bool *ret_transient, struct error *err)
{
	__attribute__((cleanup(http_close_scoped))) struct http_stream *h = NULL;
	int r = get_once(b->source, b->rest, NULL, b->offset, b->what, &h, ret_transient, err);

	if (r < 0)
		return r;
	if (h->status == 206 && (!h->has_range || h->range_from != b->offset))
		return error_set(err, ERROR_REMOTE,
				 "%s: the registry sent another range than asked for", b->what);
	if (h->status == 200 && b->offset > 0) {
		r = skip_bytes(h, b->offset, ret_transient, err);
		if (r < 0)
			return r;
	}
	b->http = take_ptr(h);
	return 0;
}

/* As read, without further attempts. */
static ssize_t blob_read_once(struct registry_blob *b, void *buf, size_t size, bool *ret_transient,
			      struct error *err)
{
	ssize_t n;

	if (b->http == NULL) {
		int r = blob_connect(b, ret_transient, err);

		if (r < 0)
			return r;
	}
	n = http_read(b->http, buf, size, ret_transient, err);
	if (n == 0 && b->offset < b->size) {
		*ret_transient = true;
		return error_set(err, ERROR_CORRUPT,
				 "%s: the registry ended it after %llu of %llu bytes", b->what,
				 (unsigned long long)b->offset, (unsigned long long)b->size);
	}
	return n;
}

static ssize_t registry_blob_read(void *stream, void *buf, size_t size, struct error *err)
{
	struct registry_blob *b = stream;

	for (;;) {
		struct error one = ERROR_INIT;
		bool transient = false;
		ssize_t n = blob_read_once(b, buf, size, &transient, &one);
		int r;

		if (n >= 0) {
			b->offset += (uint64_t)n;
			if (b->attempts > 0 && b->offset - b->credit_from >= ATTEMPT_CREDIT_BYTES)
				b->attempts = 0;
			return n;
		}
		http_close(take_ptr(b->http));
		if (b->size > 0 && b->offset == b->size)
			return 0; /* all is there; that the end was not clean does not matter */
		if (!may_retry(b->source, transient, &one, b->attempts))
			return error_copy(err, &one);
		b->attempts++;
		b->credit_from = b->offset;
		log_warn("%s; going on at byte %llu", one.msg, (unsigned long long)b->offset);
		r = pause_before(b->source, b->attempts, err);
		if (r < 0)
			return r;
	}
}

static void registry_abort(struct image_source *base)
{
	http_client_abort(((struct registry_source *)base)->client);
}

static void registry_close(struct image_source *base)
{
	struct registry_source *s = (struct registry_source *)base;

	registry_auth_done(&s->auth);
	http_client_free(s->client);
	certs_done(&s->certs);
	free(s->host);
	free(s->path);
	free(s->manifest_type);
	buf_done(&s->manifest);
	free(s->base.what);
	free(s);
}

static const struct image_source_ops registry_ops = {
	.manifest = registry_manifest,
	.blob_open = registry_blob_open,
	.blob_read = registry_blob_read,
	.blob_close = registry_blob_close,
	.abort = registry_abort,
	.close = registry_close,
};

/* ---- opening ---- */

/* --creds are for the registry that the user named, not for its mirrors. */
static int set_credentials(struct registry_source *s, const struct image_copy_options *o,
			   bool primary, struct error *err)
{
	struct image_ref where = { .domain = s->host, .path = s->path };
	const char *colon;

	if (str_empty(o->creds) || !primary)
		return image_auth_find(&where, o->authfile, &s->auth.user, &s->auth.password, err);
	colon = strchr(o->creds, ':');
	s->auth.user = colon != NULL ? xstrndup(o->creds, (size_t)(colon - o->creds))
				     : xstrdup(o->creds);
	s->auth.password = xstrdup(colon != NULL ? colon + 1 : "");
	return 0;
}

/* What to do about a failed TLS handshake. */
static int add_remedy(const struct registry_source *s, struct error *err)
{
	struct error copy = *err;

	if (err->kind != ERROR_REMOTE)
		return -err->num;
	if (strstr(copy.msg, "certificate") != NULL)
		return error_set(err, copy.kind,
				 "%s (put the certificate of its authority into "
				 "/etc/containers/certs.d/%s/ca.crt, or give --cert-dir)",
				 copy.msg, s->host);
	if (strstr(copy.msg, "SSL") != NULL)
		return error_set(
			err, copy.kind,
			"%s (a registry without TLS needs --tls-verify=false, or insecure = "
			"true in registries.conf)",
			copy.msg);
	return -err->num;
}

/* Fetch the named manifest: https first; an insecure registry may speak http. */
static int fetch_first(struct registry_source *s, const char *name, bool insecure,
		       struct error *err)
{
	struct error local = ERROR_INIT, first = ERROR_INIT;
	int r;

	s->scheme = "https";
	r = fetch_manifest(s, name, &s->manifest, &s->manifest_type, &first);
	if (r == 0)
		return 0;
	if (!insecure || first.kind != ERROR_REMOTE) {
		add_remedy(s, &first);
		return error_copy(err, &first);
	}
	s->scheme = "http";
	r = fetch_manifest(s, name, &s->manifest, &s->manifest_type, &local);
	return r == 0 ? 0 : error_copy(err, &local);
}

static int open_endpoint(const struct registry_endpoint *e, const struct image_ref *ref,
			 bool primary, const struct image_copy_options *o,
			 struct image_source **ret, struct error *err)
{
	struct registry_source *s = xnew(struct registry_source);
	struct http_options http = {
		.insecure = o->tls_verify.set ? !o->tls_verify.value : e->insecure,
		.certs = &s->certs,
		.stall_nsec = o->stall_nsec,
	};
	const char *name = ref->digest != NULL ? ref->digest : ref->tag;
	int r;

	s->base.ops = &registry_ops;
	s->base.what = image_ref_str(ref);
	s->host = xstrdup(e->host);
	s->path = xstrdup(e->path);
	s->retry = o->retry;
	s->retry_delay_nsec = o->retry_delay_nsec;
	r = certs_load(o->cert_dir, s->host, &s->certs, err);
	if (r == 0)
		r = http_client_new(&http, &s->client, err);
	if (r == 0) {
		registry_auth_init(&s->auth, s->client, s->host, s->path);
		r = set_credentials(s, o, primary, err);
	}
	if (r == 0)
		r = fetch_first(s, name, http.insecure, err);
	if (r == 0 && ref->digest != NULL)
		r = verify_block(buf_str(&s->manifest), s->manifest.len, ref->digest, "manifest",
				 err);
	if (r < 0) {
		registry_close(&s->base);
		return r;
	}
	*ret = &s->base;
	return 0;
}

int image_source_registry(const struct image_ref *r, const struct image_copy_options *o,
			  struct image_source **ret, struct error *err)
{
	scoped(registries_done) struct registries conf = { 0 };
	struct registry_endpoint *list = NULL;
	struct error last = ERROR_INIT;
	size_t n = 0;
	int e = registries_load(&conf, err);

	if (e < 0)
		return e;
	e = registries_endpoints(&conf, r, &list, &n, err);
	if (e < 0)
		return e;
	/* The error that counts is the registry's own; those of mirrors are for the log. */
	for (size_t i = 0; i < n; i++) {
		e = open_endpoint(&list[i], r, i + 1 == n, o, ret, &last);
		if (e == 0 || last.kind == ERROR_CANCELED)
			break;
		if (i + 1 < n)
			log_debug("mirror '%s': %s; trying the next", list[i].host, last.msg);
	}
	registries_endpoints_free(list, n);
	return e < 0 ? error_copy(err, &last) : 0;
}
