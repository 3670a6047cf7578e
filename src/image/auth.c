/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials, by containers-auth.json(5).  Keys of "auths" and "credHelpers" are a host, or a host
 * with the beginning of a path; the most specific key of a file wins, the first file that has any
 * wins.  Old Docker files carry URLs as keys ("https://index.docker.io/v1/"): only their host
 * counts. An identity token comes as user "<token>", as Docker's helpers name it.
 */
#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "image/confdir.h"
#include "image/registries.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#define AUTH_FILE_MAX ((size_t)1 << 20)
#define HELPER_OUTPUT_MAX ((size_t)64 << 10)
#define HELPER_TIMEOUT_MSEC 30000 /* a helper may ask a network service */
#define TOKEN_USER "<token>"

struct credentials {
	char *user, *password;
};

static void credentials_done(struct credentials *c)
{
	free(c->user);
	if (c->password != NULL)
		explicit_bzero(c->password, strlen(c->password));
	free(c->password);
	*c = (struct credentials){ 0 };
}
DEFINE_SCOPED_STRUCT(struct credentials, credentials_done)

/* "user:password" in base64; a NUL padding behind is old Docker's and dropped. */
static int decode_auth(const char *text, const char *what, struct credentials *ret,
		       struct error *err)
{
	scoped_free void *raw = NULL;
	size_t len = 0;
	char *colon;

	if (str_base64_decode(text, &raw, &len) < 0 || (colon = memchr(raw, ':', len)) == NULL)
		return error_set(err, ERROR_INVALID, "%s: 'auth' is not base64 of user:password",
				 what);
	*colon = '\0';
	ret->user = xstrdup(raw);
	ret->password = xstrdup(colon + 1);
	explicit_bzero(raw, len);
	return 0;
}

/* The host that a key names, for keys that are URLs or Docker Hub's other names; new string. */
static char *normal_host(const char *key)
{
	const char *p = key;
	scoped_free char *host = NULL;

	if (str_has_prefix(p, "https://"))
		p += strlen("https://");
	else if (str_has_prefix(p, "http://"))
		p += strlen("http://");
	host = xstrndup(p, strcspn(p, "/"));
	if (streq(host, "index.docker.io") || streq(host, "registry-1.docker.io"))
		return xstrdup("docker.io");
	return take_ptr(host);
}

/* Entry of an object for name ("host/path"), most specific first; then by host alone. */
static const json_t *find_key(json_t *object, const char *name)
{
	scoped_free char *key = xstrdup(name);
	const char *k;
	json_t *value;

	for (;;) {
		char *slash = strrchr(key, '/');

		value = json_object_get(object, key);
		if (value != NULL)
			return value;
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	json_object_foreach (object, k, value) {
		scoped_free char *host = NULL;

		if (strchr(k, '/') != NULL && strstr(k, "://") == NULL &&
		    !str_has_prefix(k, "index.docker.io/"))
			continue; /* a path of its own, not ours */
		host = normal_host(k);
		if (streq(host, key))
			return value;
	}
	return NULL;
}

/* docker-credential-SUFFIX get: 1 found, 0 not known to it. */
static int ask_helper(const char *suffix, const char *server, struct credentials *ret,
		      struct error *err)
{
	scoped_free char *program = xasprintf("docker-credential-%s", suffix);
	char *args[] = { program, (char *)"get", NULL };
	struct spawn s = SPAWN_INIT;
	scoped(buf_done) struct buf out = BUF_INIT, errout = BUF_INIT;
	scoped_json json_t *doc = NULL;
	const char *user, *secret;
	int status, r;

	if (!path_name_valid(program))
		return error_set(err, ERROR_INVALID, "credential helper '%s' is no program name",
				 suffix);
	s.args = args;
	s.flags = SPAWN_SEARCH_PATH;
	r = spawn_run(&s, server, strlen(server), HELPER_OUTPUT_MAX, &out, &errout,
		      HELPER_TIMEOUT_MSEC, &status, err);
	if (r < 0)
		return error_prefix(err, "credential helper '%s'", program);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		if (strstr(buf_str(&out), "credentials not found") != NULL)
			return 0;
		return error_set(err, ERROR_REMOTE, "credential helper '%s' failed for '%s': %s",
				 program, server,
				 str_trim(out.len > 0 ? out.data : (char *)buf_str(&errout)));
	}
	r = json_text_parse(buf_str(&out), out.len, program, &doc, err);
	if (r < 0)
		return r;
	user = json_get_str(doc, "Username");
	secret = json_get_str(doc, "Secret");
	if (user == NULL || secret == NULL)
		return error_set(err, ERROR_INVALID,
				 "credential helper '%s' gave neither user nor secret for '%s'",
				 program, server);
	if (user[0] == '\0' && secret[0] == '\0')
		return 0;
	ret->user = xstrdup(user);
	ret->password = xstrdup(secret);
	return 1;
}

/* Look in one document: 1 found, 0 not. */
static int find_in_document(const json_t *doc, const char *path, const char *name, const char *host,
			    struct credentials *ret, struct error *err)
{
	const json_t *helper = find_key(json_object_get(doc, "credHelpers"), name), *entry;
	const char *auth, *token;
	int r;

	if (json_is_string(helper)) {
		r = ask_helper(json_string_value(helper),
			       streq(host, "docker.io") ? "https://index.docker.io/v1/" : host, ret,
			       err);
		if (r != 0)
			return r;
	}
	entry = find_key(json_object_get(doc, "auths"), name);
	auth = json_get_str(entry, "auth");
	token = json_get_str(entry, "identitytoken");
	if (!str_empty(token)) {
		ret->user = xstrdup(TOKEN_USER);
		ret->password = xstrdup(token);
		return 1;
	}
	if (str_empty(auth))
		return 0;
	r = decode_auth(auth, path, ret, err);
	return r < 0 ? r : 1;
}

/* 1 found, 0 not; a missing file is an error only when required.  The old ~/.dockercfg is the
 * "auths" object itself. */
static int find_in_file(const char *path, bool required, const char *name, const char *host,
			struct credentials *ret, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_json json_t *doc = NULL;
	int r = fd_read_file(AT_FDCWD, path, AUTH_FILE_MAX, &text);

	if (r < 0 && !required && (r == -ENOENT || r == -ENOTDIR || r == -EACCES))
		return 0;
	if (r < 0)
		return error_os(err, -r, "read authentication file '%s'", path);
	if (text.len == 0)
		return 0;
	r = json_text_parse(buf_str(&text), text.len, path, &doc, err);
	if (r < 0)
		return r;
	if (str_has_suffix(path, "/.dockercfg")) {
		json_t *wrapped = json_object();

		json_object_set_new(wrapped, "auths", doc);
		doc = wrapped;
	}
	return find_in_document(doc, path, name, host, ret, err);
}

/* The files in reading order. */
static char **auth_files(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *docker = getenv("DOCKER_CONFIG");
	char **v = NULL, *user = confdir_user("auth.json"), *old = confdir_home(".dockercfg");

	if (!str_empty(runtime))
		strv_addf(&v, "%s/containers/auth.json", runtime);
	else
		strv_addf(&v, "/run/containers/%u/auth.json", (unsigned)geteuid());
	if (user != NULL)
		strv_add_take(&v, user);
	if (!str_empty(docker)) {
		strv_addf(&v, "%s/config.json", docker);
	} else {
		char *config = confdir_home(".docker/config.json");

		if (config != NULL)
			strv_add_take(&v, config);
	}
	if (old != NULL)
		strv_add_take(&v, old);
	return v;
}

/* registries.conf's credential-helpers: programs that are asked instead of, or beside, the files.
 */
static int ask_global_helpers(const char *host, struct credentials *ret, bool *ret_files,
			      struct error *err)
{
	scoped(registries_done) struct registries conf = { 0 };
	int r = registries_load(&conf, err);

	if (r < 0)
		return r;
	*ret_files = conf.credential_helpers == NULL ||
		     strv_has(conf.credential_helpers, "containers-auth.json");
	STRV_FOREACH (h, conf.credential_helpers) {
		if (streq(*h, "containers-auth.json"))
			continue;
		r = ask_helper(*h, host, ret, err);
		if (r != 0)
			return r;
	}
	return 0;
}

static int find(const struct image_ref *ref, const char *authfile, struct credentials *ret,
		struct error *err)
{
	scoped_free char *name = image_ref_repo(ref);
	const char *env = getenv("REGISTRY_AUTH_FILE");
	scoped_strv char **files = NULL;
	bool use_files = true;
	int r;

	if (str_empty(authfile))
		authfile = env;
	if (!str_empty(authfile))
		return find_in_file(authfile, true, name, ref->domain, ret, err);
	r = ask_global_helpers(ref->domain, ret, &use_files, err);
	if (r != 0)
		return r;
	files = use_files ? auth_files() : NULL;
	STRV_FOREACH (f, files) {
		r = find_in_file(*f, false, name, ref->domain, ret, err);
		if (r != 0)
			return r;
	}
	return 0;
}

int image_auth_find(const struct image_ref *r, const char *authfile, char **ret_user,
		    char **ret_password, struct error *err)
{
	scoped(credentials_done) struct credentials c = { 0 };
	int e = find(r, authfile, &c, err);

	if (e < 0)
		return e;
	*ret_user = take_ptr(c.user);
	*ret_password = take_ptr(c.password);
	return 0;
}
