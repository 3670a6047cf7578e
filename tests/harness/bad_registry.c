/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bad_registry: a registry that misbehaves on purpose, for tests of src/image.
 *
 * It listens on two loopback ports and prints "ports MAIN OTHER".  The repository's name chooses
 * the fault: /v2/<fault>/manifests/latest, /v2/<fault>/blobs/<digest>.  "good" has none.  The image
 * has one layer of LAYER_FILE_BYTES, uncompressed.  MAIN and OTHER are two origins: redirects lead
 * from one to the other, and OTHER prints "leak" when it sees an Authorization field.
 *
 * Each connection has a thread and serves one request.  Stalls hold until the client hangs up.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "oci/image_spec.h"

#define LAYER_FILE_BYTES (300 * 1024)
#define REQUEST_MAX 65536

enum fault {
	GOOD,
	WRONG_MANIFEST_DIGEST, /* other bytes than the digest asked for */
	WRONG_CONFIG_DIGEST,
	WRONG_LAYER_DIGEST,
	WRONG_DIFF_ID,
	CONFIG_SIZE_SMALL, /* the manifest announces one byte less than comes */
	CONFIG_SIZE_BIG,
	LAYER_SIZE_SMALL,
	LAYER_SIZE_BIG,
	LAYER_COUNT, /* configuration lists two */
	TRUNCATED_MANIFEST,
	TRUNCATED_LAYER, /* connection closed in the middle, each time */
	SHORT_LAYER,	 /* complete answer of half the length, each time */
	FLAKY_LAYER,	 /* cut once, Range honoured then */
	FLAKY_NO_RANGE,	 /* cut once, then from the beginning */
	FLAKY_BAD_RANGE, /* cut once, then another range than asked for */
	FLAKY_STATUS,	 /* 503 once, for every document */
	STALL_HEADER,	 /* accepts, answers nothing */
	STALL_MANIFEST,	 /* half a manifest */
	STALL_LAYER,
	DRIBBLE_LAYER, /* a byte now and then */
	HUGE_MANIFEST, /* endless */
	HUGE_CONFIG,   /* announces a configuration of 9 MiB */
	HUGE_HEADER,   /* endless header */
	MANY_LAYERS,   /* 501 */
	REDIRECT_LOOP,
	REDIRECT_FILE,	/* to file:///etc/passwd */
	REDIRECT_OTHER, /* to the other port, with credentials given before */
	SCHEMA1,
	MANIFEST_AND_INDEX, /* both layers and manifests */
	NOT_JSON,
	WRONG_TYPES, /* layers is a number */
	NEGATIVE_SIZE,
	DIGEST_CLIMBS, /* layer digest sha256:../../x */
	UNKNOWN_LAYER_TYPE,
	ARTIFACT,
	INDEX_LOOP, /* an index that leads to an index */
	ENDLESS_401,
	TOKEN_INJECTION, /* a token with a line end */
	NO_MANIFEST,
	TOKEN, /* no fault: bearer tokens, each good for two requests */
	FAULT_COUNT
};

static const char *const fault_names[] = {
	"good",
	"wrong-manifest-digest",
	"wrong-config-digest",
	"wrong-layer-digest",
	"wrong-diff-id",
	"config-size-small",
	"config-size-big",
	"layer-size-small",
	"layer-size-big",
	"layer-count",
	"truncated-manifest",
	"truncated-layer",
	"short-layer",
	"flaky-layer",
	"flaky-no-range",
	"flaky-bad-range",
	"flaky-status",
	"stall-header",
	"stall-manifest",
	"stall-layer",
	"dribble-layer",
	"huge-manifest",
	"huge-config",
	"huge-header",
	"many-layers",
	"redirect-loop",
	"redirect-file",
	"redirect-other",
	"schema1",
	"manifest-and-index",
	"not-json",
	"wrong-types",
	"negative-size",
	"digest-climbs",
	"unknown-layer-type",
	"artifact",
	"index-loop",
	"endless-401",
	"token-injection",
	"no-manifest",
	"token",
};
_Static_assert(ARRAY_SIZE(fault_names) == FAULT_COUNT, "one name per fault");

static struct buf layer;
static struct digest layer_digest;
static int ports[2];
static atomic_uint tokens, token_uses; /* TOKEN: how many were given; uses of the last */
static atomic_uint cuts[FAULT_COUNT];  /* how often each flaky fault struck */

struct request {
	int fd;
	int origin; /* 0: the main port */
	char path[1024];
	bool authorized, basic;
	unsigned token;		 /* Authorization: Bearer tokenN */
	unsigned long long from; /* Range */
	enum fault fault;
};

/* ---- the image ---- */

static void make_layer(void)
{
	char head[512] = { 0 }, zeros[1024] = { 0 };
	unsigned sum = 0;
	uint32_t x = 12345;

	snprintf(head, 100, "payload");
	snprintf(head + 100, 8, "%07o", 0644);
	snprintf(head + 108, 8, "%07o", 0);
	snprintf(head + 116, 8, "%07o", 0);
	snprintf(head + 124, 12, "%011o", LAYER_FILE_BYTES);
	snprintf(head + 136, 12, "%011o", 1000000000);
	memset(head + 148, ' ', 8);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(head); i++)
		sum += (unsigned char)head[i];
	snprintf(head + 148, 8, "%06o", sum);
	buf_add(&layer, head, sizeof(head));
	for (int i = 0; i < LAYER_FILE_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		buf_addc(&layer, (char)(x >> 24));
	}
	buf_add(&layer, zeros, sizeof(zeros));
	digest_of(layer.data, layer.len, &layer_digest, NULL);
}

static void make_config(enum fault f, struct buf *out)
{
	const char *diff = f == WRONG_DIFF_ID ? "sha256:0000000000000000000000000000000000000000"
						"000000000000000000000000"
					      : layer_digest.str;

	buf_addf(out,
		 "{\"author\":\"%s\",\"architecture\":\"%s\",\"os\":\"linux\",\"config\":{},"
		 "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"",
		 fault_names[f], image_host_arch(), diff);
	if (f == LAYER_COUNT)
		buf_addf(out, ",\"%s\"", diff);
	buf_adds(out, "]}}");
}

static void add_layer(enum fault f, struct buf *out)
{
	const char *digest = f == DIGEST_CLIMBS ? "sha256:../../../x" : layer_digest.str;
	const char *type = f == UNKNOWN_LAYER_TYPE ? "application/x-squashfs" : MT_OCI_LAYER;
	long long size = (long long)layer.len;

	if (f == LAYER_SIZE_SMALL)
		size -= 1;
	if (f == LAYER_SIZE_BIG)
		size += 1;
	if (f == NEGATIVE_SIZE)
		size = -1;
	buf_addf(out, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%lld}", type, digest, size);
}

static void make_manifest(enum fault f, struct buf *out)
{
	scoped(buf_done) struct buf config = BUF_INIT;
	struct digest d;
	long long size;

	make_config(f, &config);
	digest_of(config.data, config.len, &d, NULL);
	size = (long long)config.len;
	if (f == CONFIG_SIZE_SMALL)
		size -= 1;
	if (f == CONFIG_SIZE_BIG)
		size += 1;
	if (f == HUGE_CONFIG)
		size = 9 << 20;
	buf_addf(out,
		 "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{\"mediaType\":\"%s\","
		 "\"digest\":\"%s\",\"size\":%lld},\"layers\":",
		 MT_OCI_MANIFEST, f == ARTIFACT ? "application/vnd.example+json" : MT_OCI_CONFIG,
		 d.str, size);
	if (f == WRONG_TYPES) {
		buf_adds(out, "7}");
		return;
	}
	buf_addc(out, '[');
	for (int i = 0; i < (f == MANY_LAYERS ? 501 : 1); i++) {
		if (i > 0)
			buf_addc(out, ',');
		add_layer(f, out);
	}
	buf_adds(out, "]");
	if (f == MANIFEST_AND_INDEX)
		buf_adds(out, ",\"manifests\":[]");
	buf_adds(out, "}");
}

static void make_index(struct buf *out)
{
	struct digest d;

	/* Any digest does: what comes for it is this very index with its own digest, or is refused.
	 */
	digest_of("", 0, &d, NULL);
	buf_addf(out,
		 "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[{\"mediaType\":\"%s\","
		 "\"digest\":\"%s\",\"size\":0,\"platform\":{\"os\":\"linux\",\"architecture\":\"%"
		 "s\"}}]}",
		 MT_OCI_INDEX, MT_OCI_INDEX, d.str, image_host_arch());
}

/* ---- answers ---- */

static bool send_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void send_head(int fd, const char *status, const char *extra, unsigned long long length)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_addf(&b, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %llu\r\n%s\r\n", status,
		 length, extra);
	send_all(fd, b.data, b.len);
}

static void send_document(struct request *q, const char *type, const void *data, size_t len)
{
	scoped_free char *extra = xasprintf("Content-Type: %s\r\n", type);

	send_head(q->fd, "200 OK", extra, len);
	send_all(q->fd, data, len);
}

static void send_status(struct request *q, const char *status, const char *extra)
{
	static const char body[] =
		"{\"errors\":[{\"code\":\"TEST\",\"message\":\"test says no\"}]}";

	send_head(q->fd, status, extra, strlen(body));
	send_all(q->fd, body, strlen(body));
}

/* Until the client hangs up. */
static void hold(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	while (poll(&p, 1, -1) > 0 && recv(fd, &c, 1, 0) > 0)
		;
}

static void send_endless(struct request *q, const char *head)
{
	char chunk[8192];

	memset(chunk, ' ', sizeof(chunk));
	send_all(q->fd, head, strlen(head));
	while (send_all(q->fd, chunk, sizeof(chunk)))
		;
}

static void send_endless_header(struct request *q)
{
	static const char start[] = "HTTP/1.1 200 OK\r\n";

	send_all(q->fd, start, strlen(start));
	while (send_all(q->fd, "X-Fill: 0123456789012345678901234567890123456789\r\n", 50))
		;
}

static void dribble(struct request *q)
{
	struct pollfd p = { .fd = q->fd, .events = POLLIN };

	send_head(q->fd, "200 OK", "", layer.len);
	/* A slow server by design: the pause is the fault under test, not a wait for an event. */
	for (size_t i = 0; i < layer.len && send_all(q->fd, layer.data + i, 1); i++)
		if (poll(&p, 1, 50) > 0)
			return;
}

/* What a token server should be asked: "service=" and "scope=" of the challenge. */
static void send_good_token(struct request *q)
{
	scoped_free char *body = NULL;

	if (strstr(q->path, "service=the%20service&scope=repository%3Atoken%3Apull") == NULL) {
		send_status(q, "400 Bad Request", "");
		return;
	}
	atomic_store(&token_uses, 0);
	body = xasprintf("{\"access_token\":\"token%u\",\"expires_in\":60}",
			 atomic_fetch_add(&tokens, 1) + 1);
	send_document(q, "application/json", body, strlen(body));
}

static void send_token(struct request *q)
{
	static const char body[] = "{\"token\": \"abc\\r\\nX-Injected: yes\"}";

	send_document(q, "application/json", body, strlen(body));
}

static void send_manifest(struct request *q, const char *name)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	const char *type = MT_OCI_MANIFEST;

	if (q->fault == SCHEMA1)
		buf_adds(&b,
			 "{\"schemaVersion\":1,\"name\":\"x\",\"tag\":\"latest\",\"fsLayers\":[]}");
	else if (q->fault == NOT_JSON)
		buf_adds(&b, "<html>It works!</html>");
	else if (q->fault == INDEX_LOOP)
		make_index(&b);
	else
		make_manifest(q->fault, &b);
	if (q->fault == SCHEMA1)
		type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
	if (q->fault == INDEX_LOOP)
		type = MT_OCI_INDEX;
	if (q->fault == WRONG_MANIFEST_DIGEST)
		buf_adds(&b, " ");
	if (q->fault == STALL_MANIFEST || q->fault == TRUNCATED_MANIFEST) {
		send_head(q->fd, "200 OK", "", b.len);
		send_all(q->fd, b.data, b.len / 2);
		if (q->fault == STALL_MANIFEST)
			hold(q->fd);
		return;
	}
	send_document(q, type, b.data, b.len);
}

static void send_config(struct request *q, const char *digest)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct digest d;

	make_config(q->fault, &b);
	digest_of(b.data, b.len, &d, NULL);
	if (!streq(d.str, digest)) {
		send_status(q, "404 Not Found", "");
		return;
	}
	if (q->fault == WRONG_CONFIG_DIGEST)
		b.data[strlen("{\"author\":\"")] ^= 1;
	send_document(q, "application/octet-stream", b.data, b.len);
}

/* The layer from q->from on. */
static void send_layer_range(struct request *q, unsigned long long from)
{
	scoped_free char *extra = xasprintf("Content-Range: bytes %llu-%zu/%zu\r\n", from,
					    layer.len - 1, layer.len);

	if (from == 0 || from >= layer.len) {
		send_document(q, "application/octet-stream", layer.data, layer.len);
		return;
	}
	send_head(q->fd, "206 Partial Content", extra, layer.len - from);
	send_all(q->fd, layer.data + from, layer.len - from);
}

static void send_layer(struct request *q)
{
	scoped_free char *other = NULL;

	switch ((int)q->fault) {
	case WRONG_LAYER_DIGEST:
		other = xmemdup(layer.data, layer.len);
		other[layer.len / 2] ^= 1;
		send_document(q, "application/octet-stream", other, layer.len);
		return;
	case SHORT_LAYER:
		send_document(q, "application/octet-stream", layer.data, layer.len / 2);
		return;
	case STALL_LAYER:
	case TRUNCATED_LAYER:
		send_head(q->fd, "200 OK", "", layer.len);
		send_all(q->fd, layer.data, layer.len / 2);
		if (q->fault == STALL_LAYER)
			hold(q->fd);
		return;
	case DRIBBLE_LAYER:
		dribble(q);
		return;
	case FLAKY_LAYER:
	case FLAKY_NO_RANGE:
	case FLAKY_BAD_RANGE:
		if (atomic_fetch_add(&cuts[q->fault], 1) % 2 == 0) {
			send_head(q->fd, "200 OK", "", layer.len);
			send_all(q->fd, layer.data, layer.len / 2);
			return;
		}
		send_layer_range(q, q->fault == FLAKY_LAYER	 ? q->from
				    : q->fault == FLAKY_NO_RANGE ? 0
								 : q->from + 7);
		return;
	case REDIRECT_OTHER:
		if (q->origin == 0) {
			other = xasprintf("Location: http://127.0.0.1:%d%s\r\n", ports[1], q->path);
			send_status(q, "307 Temporary Redirect", other);
			return;
		}
		send_layer_range(q, q->from);
		return;
	default:
		send_layer_range(q, q->from);
	}
}

static void send_blob(struct request *q, const char *digest)
{
	if (streq(digest, layer_digest.str))
		send_layer(q);
	else
		send_config(q, digest);
}

/* Faults that strike before it matters what is asked for; true when answered. */
static bool answer_early(struct request *q)
{
	scoped_free char *extra = NULL;

	switch ((int)q->fault) {
	case STALL_HEADER:
		hold(q->fd);
		return true;
	case HUGE_MANIFEST:
		send_endless(q, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
		return true;
	case HUGE_HEADER:
		send_endless_header(q);
		return true;
	case REDIRECT_LOOP:
		extra = xasprintf("Location: %s\r\n", q->path);
		send_status(q, "302 Found", extra);
		return true;
	case REDIRECT_FILE:
		send_status(q, "302 Found", "Location: file:///etc/passwd\r\n");
		return true;
	case ENDLESS_401:
		send_status(q, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n");
		return true;
	case TOKEN_INJECTION:
		extra = xasprintf(
			"WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/token\"\r\n",
			ports[0]);
		send_status(q, "401 Unauthorized", extra);
		return true;
	case TOKEN:
		if (q->token > 0 && q->token == atomic_load(&tokens) &&
		    atomic_fetch_add(&token_uses, 1) < 2)
			return false;
		extra = xasprintf(
			"WWW-Authenticate: Bearer realm=\"http://127.0.0.1:%d/tokens?a=b\","
			"service=\"the service\",scope=\"repository:token:pull\"\r\n",
			ports[0]);
		send_status(q, "401 Unauthorized", extra);
		return true;
	case NO_MANIFEST:
		send_status(q, "404 Not Found", "");
		return true;
	case FLAKY_STATUS:
		if (atomic_fetch_add(&cuts[q->fault], 1) % 2 != 0)
			return false;
		send_status(q, "503 Service Unavailable", "");
		return true;
	case REDIRECT_OTHER:
		if (q->origin != 0 || q->authorized)
			return false;
		send_status(q, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n");
		return true;
	default:
		return false;
	}
}

static void answer(struct request *q)
{
	char name[256], rest[512], kind[32];
	int f;

	if (str_has_prefix(q->path, "/tokens?a=b&")) {
		send_good_token(q);
		return;
	}
	if (str_has_prefix(q->path, "/token")) {
		send_token(q);
		return;
	}
	if (sscanf(q->path, "/v2/%255[^/]/%31[^/]/%511s", name, kind, rest) != 3 ||
	    (f = str_table_find(fault_names, FAULT_COUNT, name)) < 0) {
		send_status(q, "404 Not Found", "");
		return;
	}
	q->fault = (enum fault)f;
	if (answer_early(q))
		return;
	if (streq(kind, "manifests"))
		send_manifest(q, rest);
	else
		send_blob(q, rest);
}

/* ---- connections ---- */

static bool read_request(struct request *q)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(REQUEST_MAX);
	const char *range;
	char chunk[4096];

	while (strstr(buf_str(&b), "\r\n\r\n") == NULL) {
		ssize_t n = recv(q->fd, chunk, sizeof(chunk), 0);

		if (n <= 0 || !buf_ok(&b))
			return false;
		buf_add(&b, chunk, (size_t)n);
		/* A TLS client's hello: hang up, as a server of plain HTTP does. */
		if (b.data[0] != 'G' && b.data[0] != 'P')
			return false;
	}
	if (sscanf(buf_str(&b), "%*s %1023s", q->path) != 1)
		return false;
	q->authorized = strcasestr(buf_str(&b), "\r\nAuthorization:") != NULL;
	q->basic = strcasestr(buf_str(&b), "\r\nAuthorization: Basic dXNlcjpzZWNyZXQ=\r\n") != NULL;
	range = strcasestr(buf_str(&b), "\r\nAuthorization: Bearer token");
	if (range != NULL)
		q->token = (unsigned)strtoul(range + strlen("\r\nAuthorization: Bearer token"),
					     NULL, 10);
	range = strcasestr(buf_str(&b), "\r\nRange: bytes=");
	if (range != NULL)
		q->from = strtoull(range + strlen("\r\nRange: bytes="), NULL, 10);
	return true;
}

static void *serve(void *arg)
{
	struct request *q = arg;

	if (read_request(q)) {
		printf("%s %s%s%s\n", q->origin == 0 ? "main" : "other", q->path,
		       q->origin != 0 && q->authorized ? " leak" : "",
		       q->basic ? " user:secret" : "");
		answer(q);
	}
	shutdown(q->fd, SHUT_WR);
	close(q->fd);
	free(q);
	return NULL;
}

static int listen_any(int *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		perror("listen");
		exit(1);
	}
	*ret_port = ntohs(a.sin_port);
	return fd;
}

int main(void)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_layer();
	for (int i = 0; i < 2; i++)
		p[i].fd = listen_any(&ports[i]);
	printf("ports %d %d\n", ports[0], ports[1]);
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		for (int i = 0; i < 2; i++) {
			struct request *q;
			pthread_t t;

			if ((p[i].revents & POLLIN) == 0)
				continue;
			q = xnew(struct request);
			q->origin = i;
			q->fd = accept4(p[i].fd, NULL, NULL, SOCK_CLOEXEC);
			if (q->fd < 0 || pthread_create(&t, NULL, serve, q) != 0) {
				free(q);
				continue;
			}
			pthread_detach(t);
		}
	}
}
