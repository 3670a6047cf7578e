/* SPDX-License-Identifier: Apache-2.0 */
#include "image/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "image/confdir.h"
#include "sys/fd.h"

#define POLICY_FILE_MAX ((size_t)4 << 20) /* keys may be inline */
#define SYSTEM_FILE "/etc/containers/policy.json"

struct policy {
	char *file; /* NULL: there is none */
	json_t *doc;
};

static void policy_done(struct policy *p)
{
	free(p->file);
	json_decref(p->doc);
}
DEFINE_SCOPED_STRUCT(struct policy, policy_done)

static char *find_file(const char *given)
{
	const char *env = getenv("CONTAINERS_POLICY_JSON");
	char *user;

	if (given != NULL)
		return xstrdup(given);
	if (env != NULL && env[0] != '\0')
		return xstrdup(env);
	user = confdir_user("policy.json");
	if (user != NULL && access(user, F_OK) == 0)
		return user;
	free(user);
	return access(SYSTEM_FILE, F_OK) == 0 ? xstrdup(SYSTEM_FILE) : NULL;
}

static int load(const char *given, struct policy *ret, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	int r;

	ret->file = find_file(given);
	if (ret->file == NULL)
		return 0;
	r = fd_read_file(AT_FDCWD, ret->file, POLICY_FILE_MAX, &text);
	if (r < 0)
		return error_os(err, -r, "read signature policy '%s'", ret->file);
	r = json_text_parse(buf_str(&text), text.len, ret->file, &ret->doc, err);
	if (r < 0)
		return r;
	if (!json_is_array(json_object_get(ret->doc, "default")))
		return error_set(err, ERROR_INVALID,
				 "signature policy '%s': .default must be an array of requirements",
				 ret->file);
	return 0;
}

/* All requirements of a scope; scope "" is the transport's, NULL the file's default. */
static int require(const struct policy *p, const char *transport, const char *scope,
		   const json_t *requirements, const char *image, struct error *err)
{
	scoped_free char *where = scope == NULL	     ? xstrdup("the default")
				  : scope[0] == '\0' ? xasprintf("transport '%s'", transport)
						     : xasprintf("scope '%s'", scope);
	const json_t *one;
	size_t i;

	if (!json_is_array(requirements) || json_array_size(requirements) == 0)
		return error_set(
			err, ERROR_INVALID,
			"signature policy '%s': %s must be an array of at least one requirement",
			p->file, where);
	json_array_foreach (requirements, i, one) {
		const char *type = json_get_str(one, "type");

		if (type == NULL)
			return error_set(err, ERROR_INVALID,
					 "signature policy '%s': a requirement of %s has no type",
					 p->file, where);
		if (streq(type, "insecureAcceptAnything"))
			continue;
		if (streq(type, "reject"))
			return error_set(err, ERROR_DENIED, "image '%s' is rejected by %s of '%s'",
					 image, where, p->file);
		if (streq(type, "signedBy") || streq(type, "sigstoreSigned") ||
		    streq(type, "signedBaseLayer"))
			return error_set(
				err, ERROR_UNSUPPORTED,
				"image '%s' must be signed (%s, %s of '%s'), and verifying "
				"signatures is not supported yet",
				image, type, where, p->file);
		return error_set(err, ERROR_INVALID,
				 "signature policy '%s': unknown requirement '%s' of %s", p->file,
				 type, where);
	}
	return 0;
}

/*
 * Decide by the first of scopes (most specific first) that the transport has, then its "", then the
 * default.
 */
static int decide(const struct policy *p, const char *transport, char *const *scopes,
		  const char *image, struct error *err)
{
	const json_t *transports = json_object_get(p->doc, "transports"), *own, *found;

	if (transports != NULL && !json_is_object(transports))
		return error_set(err, ERROR_INVALID,
				 "signature policy '%s': .transports must be an object", p->file);
	own = json_object_get(transports, transport);
	if (own != NULL && !json_is_object(own))
		return error_set(err, ERROR_INVALID,
				 "signature policy '%s': .transports.%s must be an object", p->file,
				 transport);
	STRV_FOREACH (s, scopes) {
		found = json_object_get(own, *s);
		if (found != NULL)
			return require(p, transport, *s, found, image, err);
	}
	found = json_object_get(own, "");
	if (found != NULL)
		return require(p, transport, "", found, image, err);
	return require(p, transport, NULL, json_object_get(p->doc, "default"), image, err);
}

int policy_check_docker(const char *file, const struct image_ref *ref, struct error *err)
{
	scoped(policy_done) struct policy p = { 0 };
	scoped_free char *full = image_ref_str(ref), *repo = image_ref_repo(ref);
	scoped_strv char **scopes = NULL;
	char *cut;
	int r = load(file, &p, err);

	if (r < 0 || p.file == NULL)
		return r;
	strv_add(&scopes, full);
	/* The repository and each of its parents down to the host. */
	do {
		strv_add(&scopes, repo);
		cut = strrchr(repo, '/');
		if (cut != NULL)
			*cut = '\0';
	} while (cut != NULL);
	/* "*.example.com" from the most to the least specific subdomain. */
	for (const char *dot = strchr(ref->domain, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		strv_addf(&scopes, "*%s", dot);
	return decide(&p, "docker", scopes, full, err);
}

int policy_check_path(const char *file, const char *transport, const char *path, struct error *err)
{
	scoped(policy_done) struct policy p = { 0 };
	scoped_strv char **scopes = NULL;
	scoped_free char *real = realpath(path, NULL);
	int r = load(file, &p, err);

	if (r < 0 || p.file == NULL)
		return r;
	/* A source without a path of its own (standard input) has only the transport's scope. */
	for (char *cut = real; real != NULL && cut != NULL && real[0] != '\0';) {
		strv_add(&scopes, real);
		cut = strrchr(real, '/');
		if (cut != NULL)
			*cut = '\0';
	}
	if (real != NULL)
		strv_add(&scopes, "/");
	return decide(&p, transport, scopes, path, err);
}
