/* SPDX-License-Identifier: Apache-2.0 */
#include "image/registry_auth.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "base/strv.h"
#include "image/challenge.h"

#define TOKEN_USER "<token>"

void registry_auth_init(struct registry_auth *a, struct http_client *client, const char *host,
			const char *path)
{
	*a = (struct registry_auth){ .client = client };
	a->host = xstrdup(host);
	a->scope = xasprintf("repository:%s:pull", path);
	pthread_mutex_init(&a->lock, NULL);
}

void registry_auth_done(struct registry_auth *a)
{
	if (a->host == NULL)
		return;
	free(a->host);
	free(a->scope);
	free(a->user);
	if (a->password != NULL)
		explicit_bzero(a->password, strlen(a->password));
	free(a->password);
	free(a->value);
	pthread_mutex_destroy(&a->lock);
	*a = (struct registry_auth){ 0 };
}

char *registry_auth_value(struct registry_auth *a)
{
	char *v;

	pthread_mutex_lock(&a->lock);
	v = xstrdup_opt(a->value);
	pthread_mutex_unlock(&a->lock);
	return v;
}

char *registry_error_text(const char *body, size_t len)
{
	scoped_json json_t *doc = NULL;
	scoped(buf_done) struct buf b = BUF_INIT;
	const json_t *one;
	size_t i;

	if (json_text_parse(body, len, "answer", &doc, NULL) < 0)
		return NULL;
	json_array_foreach (json_object_get(doc, "errors"), i, one) {
		const char *text = json_get_str(one, "message");

		if (str_empty(text))
			text = json_get_str(one, "code");
		if (str_empty(text) || !str_printable(text) || strlen(text) > 500 || i >= 5)
			continue;
		buf_adds(&b, b.len > 0 ? "; " : "");
		buf_adds(&b, text);
	}
	return b.len > 0 ? buf_take(&b) : NULL;
}

static int denied(const struct registry_auth *a, struct error *err)
{
	if (a->user != NULL)
		return error_set(err, ERROR_DENIED,
				 "registry '%s' refuses the credentials of user '%s'", a->host,
				 a->user);
	return error_set(err, ERROR_DENIED,
			 "registry '%s' demands credentials; give --creds USER:PASSWORD or an "
			 "--authfile that has them",
			 a->host);
}

static char *basic_value(const struct registry_auth *a)
{
	scoped_free char *pair = xasprintf("%s:%s", a->user, a->password);
	scoped_free char *code = str_base64(pair, strlen(pair));

	return xasprintf("Basic %s", code);
}

/* Token out of the answer of a token server. */
static int read_token(struct registry_auth *a, struct http_stream *s, const char *realm,
		      char **ret_value, struct error *err)
{
	scoped(buf_done) struct buf body = BUF_INIT_MAX(REGISTRY_TOKEN_MAX);
	scoped_json json_t *doc = NULL;
	const char *token;
	int r = http_read_all(s, &body, NULL, err);

	if (r < 0)
		return r;
	if (s->status == 401 || s->status == 403)
		return denied(a, err);
	if (s->status != 200) {
		scoped_free char *text = registry_error_text(buf_str(&body), body.len);

		return error_set(err, ERROR_REMOTE,
				 "token server '%s' answered with status %ld%s%s", realm, s->status,
				 text != NULL ? ": " : "", text != NULL ? text : "");
	}
	r = json_text_parse(buf_str(&body), body.len, realm, &doc, err);
	if (r < 0)
		return error_prefix(err, "token server");
	token = json_get_str(doc, "token");
	if (str_empty(token))
		token = json_get_str(doc, "access_token");
	/* It goes into a header field: nothing may end that field early. */
	if (str_empty(token) || !str_printable(token) || strchr(token, ' ') != NULL)
		return error_set(err, ERROR_REMOTE, "token server '%s' gave no usable token",
				 realm);
	*ret_value = xasprintf("Bearer %s", token);
	return 0;
}

static int fetch_token(struct registry_auth *a, const struct http_challenge *c, char **ret_value,
		       struct error *err)
{
	const char *realm = strmap_get(&c->params, "realm");
	const char *service = strmap_get(&c->params, "service");
	const char *asked = strmap_get(&c->params, "scope");
	bool refresh = a->user != NULL && streq(a->user, TOKEN_USER);
	scoped_free char *scope = http_escape(str_empty(asked) ? a->scope : asked);
	scoped_free char *serv = service != NULL ? http_escape(service) : NULL;
	scoped_free char *query = NULL, *url = NULL, *form = NULL, *basic = NULL;
	__attribute__((cleanup(http_close_scoped))) struct http_stream *s = NULL;
	struct http_request q = { 0 };
	int r;

	if (str_empty(realm) || strstr(realm, "://") == NULL || !str_printable(realm))
		return error_set(err, ERROR_REMOTE,
				 "registry '%s' demands a token and names no server for it",
				 a->host);
	query = xasprintf("%s%s%sscope=%s", serv != NULL ? "service=" : "",
			  serv != NULL ? serv : "", serv != NULL ? "&" : "", scope);
	if (refresh) {
		scoped_free char *secret = http_escape(a->password);

		form = xasprintf("grant_type=refresh_token&client_id=coracle&%s&refresh_token=%s",
				 query, secret);
		q.form = form;
		q.url = realm;
	} else {
		url = xasprintf("%s%c%s", realm, strchr(realm, '?') != NULL ? '&' : '?', query);
		q.url = url;
		basic = a->user != NULL ? basic_value(a) : NULL;
		q.authorization = basic;
	}
	r = http_open(a->client, &q, &s, NULL, err);
	if (r < 0)
		return error_prefix(err, "get a token for registry '%s'", a->host);
	return read_token(a, s, realm, ret_value, err);
}

static int answer_challenges(struct registry_auth *a, char *const *texts, char **ret_value,
			     struct error *err)
{
	struct http_challenge *list = NULL;
	const struct http_challenge *bearer, *basic;
	size_t n = 0;
	int r;

	/* What does not parse is as good as not there: another one may do. */
	STRV_FOREACH (t, texts)
		(void)http_challenge_parse(*t, &list, &n);
	bearer = http_challenge_find(list, n, "bearer");
	basic = http_challenge_find(list, n, "basic");
	if (bearer != NULL) {
		r = fetch_token(a, bearer, ret_value, err);
	} else if (basic != NULL && a->user != NULL) {
		*ret_value = basic_value(a);
		r = 0;
	} else if (n > 0 && basic == NULL) {
		r = error_set(err, ERROR_UNSUPPORTED,
			      "registry '%s' wants authentication '%s'; only Basic and Bearer are "
			      "supported",
			      a->host, list[0].scheme);
	} else {
		r = denied(a, err);
	}
	http_challenges_free(list, n);
	return r;
}

static int renew_locked(struct registry_auth *a, const char *used, char *const *challenges,
			struct error *err)
{
	scoped_free char *value = NULL;
	int r;

	if (!streq_opt(a->value, used))
		return 0; /* another worker was faster */
	r = answer_challenges(a, challenges, &value, err);
	if (r < 0)
		return r;
	if (streq_opt(value, used) && str_has_prefix(value, "Basic "))
		return denied(a, err);
	free(a->value);
	a->value = take_ptr(value);
	return 0;
}

int registry_auth_renew(struct registry_auth *a, const char *used, char *const *challenges,
			struct error *err)
{
	int r;

	pthread_mutex_lock(&a->lock);
	r = renew_locked(a, used, challenges, err);
	pthread_mutex_unlock(&a->lock);
	return r;
}
