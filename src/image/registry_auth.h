/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_auth: the Authorization field for one registry: none until the registry asks, then Basic
 * or a bearer token from the realm that its challenge names (distribution's token specification).
 * Thread-safe: workers whose token ran out meet at the lock, one of them fetches a new one.
 */
#ifndef CORACLE_IMAGE_REGISTRY_AUTH_H
#define CORACLE_IMAGE_REGISTRY_AUTH_H

#include <pthread.h>

#include "base/error.h"
#include "image/http.h"

#define REGISTRY_TOKEN_MAX ((size_t)1 << 20) /* answer of a token server */

struct registry_auth {
	struct http_client *client; /* borrowed */
	char *host;		    /* for messages */
	char *scope;		    /* "repository:<path>:pull" */
	char *user, *password;	    /* NULL: anonymous; user "<token>": an identity token */
	char *value;		    /* present Authorization, under lock */
	pthread_mutex_t lock;
};

void registry_auth_init(struct registry_auth *a, struct http_client *client, const char *host,
			const char *path);
void registry_auth_done(struct registry_auth *a);
/* The present value; new string or NULL. */
char *registry_auth_value(struct registry_auth *a);
/* The registry answered 401 with these challenges to a request with `used`: get a better value.
 * ERROR_DENIED when there is none. */
int registry_auth_renew(struct registry_auth *a, const char *used, char *const *challenges,
			struct error *err);
/* "first; second" of a registry's {"errors":[...]} body, or NULL; new string, printable. */
char *registry_error_text(const char *body, size_t len);

#endif
