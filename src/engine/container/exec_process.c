/* SPDX-License-Identifier: Apache-2.0 */
/* The process document of an exec session, from the container's config.json and what the user asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/trace.h"
#include "engine/container/container_priv.h"
#include "sys/caps.h"
#include "sys/fd.h"

#define SPEC_MAX_BYTES ((size_t)8 << 20)

static int load_spec(struct container *c, struct oci_spec *spec, struct error *err)
{
	scoped_free char *path = engine_run_path(c->e, "containers/%s/config.json", c->r.id);
	scoped(buf_done) struct buf text = BUF_INIT;
	int r = fd_read_file(AT_FDCWD, path, SPEC_MAX_BYTES, &text);

	if (r < 0)
		return error_os(err, -r, "read '%s'", path);
	r = json_table_parse(&oci_spec_table, buf_str(&text), text.len, spec, path, 0, err);
	if (r >= 0 && !spec->process)
		return error_set(err, ERROR_CORRUPT, "'%s' has no process", path);
	return r;
}

static void set_strv(char ***to, char *const *from)
{
	strv_free(*to);
	*to = strv_dup(from);
}

static char **all_caps(void)
{
	struct caps caps;
	char **names = NULL;

	if (caps_get(&caps) < 0)
		return NULL;
	for (int cap = 0; cap < 64; cap++)
		if (caps.bounding & (UINT64_C(1) << cap) && caps_name(cap))
			strv_add(&names, caps_name(cap));
	return names;
}

/* As Podman: nothing is inheritable; an ordinary user has no effective set of another's making. */
static void set_caps(struct oci_process *p, const struct container_exec_wish *w, bool same_user)
{
	struct oci_capabilities *caps = p->capabilities;

	if (!caps)
		caps = p->capabilities = xnew(struct oci_capabilities);
	if (w->privileged) {
		strv_free(caps->bounding);
		caps->bounding = all_caps();
	}
	set_strv(&caps->inheritable, NULL);
	if (p->user.uid == 0) {
		set_strv(&caps->effective, caps->bounding);
		set_strv(&caps->permitted, caps->bounding);
		set_strv(&caps->ambient, NULL);
	} else if (same_user) {
		set_strv(&caps->permitted, caps->effective);
	} else {
		set_strv(&caps->effective, NULL);
		set_strv(&caps->permitted, NULL);
		set_strv(&caps->ambient, NULL);
	}
}

static int set_user(struct container *c, const struct container_exec_wish *w, struct oci_process *p,
		    struct error *err)
{
	scoped_free char *root = xasprintf("/proc/%d/root", c->r.state.pid);
	scoped_fd int fd = -1;
	struct spec_user user = { 0 };
	int r;

	if (str_empty(w->user))
		return 0;
	/* The container's own view, so that mounts over /etc are honoured. */
	fd = fd_open(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return error_os(err, -fd, "open the root of container %s", c->r.id);
	r = container_user_at(fd, w->user, c->r.wish.process.group_add, &user, err);
	if (r < 0)
		return r;
	p->user.uid = user.uid;
	p->user.gid = user.gid;
	free(p->user.additional_gids);
	p->user.additional_gids = take_ptr(user.groups);
	p->user.n_additional_gids = user.n_groups;
	user.n_groups = 0;
	if (!str_empty(user.home))
		strv_env_set(&p->env, "HOME", user.home);
	spec_user_done(&user);
	return 0;
}

int container_exec_process(struct container *c, const struct container_exec_wish *w,
			   struct oci_process *ret, struct error *err)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 };
	struct oci_process *p;
	bool same_user;
	int r;

	trace_scope("exec process");
	r = load_spec(c, &spec, err);
	if (r < 0)
		return r;
	p = spec.process;
	same_user = str_empty(w->user) || streq_opt(w->user, c->r.wish.process.user);
	r = set_user(c, w, p, err);
	if (r < 0)
		return r;
	set_strv(&p->args, w->command);
	p->terminal = w->terminal;
	free(take_ptr(p->console_size));
	if (w->terminal && !strv_env_get(p->env, "TERM"))
		strv_env_set(&p->env, "TERM", "xterm");
	STRV_FOREACH (s, w->env) {
		scoped_free char *name = xstrndup(*s, strcspn(*s, "="));

		if (strchr(*s, '='))
			strv_env_set(&p->env, name, strchr(*s, '=') + 1);
	}
	if (!str_empty(w->workdir)) {
		free(p->cwd);
		p->cwd = xstrdup(w->workdir);
	}
	set_caps(p, w, same_user);
	*ret = *p;
	free(take_ptr(spec.process));
	return 0;
}
