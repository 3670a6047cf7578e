/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "archive/apply.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strv.h"
#include "fs/xattr.h"
#include "sys/fd/dir.h"
#include "sys/fd.h"
#include "sys/root.h"

/* uthash's default has a fall-through that clang warns of. */
#define HASH_FUNCTION(key, len, hash) HASH_FNV(key, len, hash)
#include <uthash.h>

#define WHITEOUT_PREFIX ".wh."
#define WHITEOUT_META ".wh..wh." /* reserved: of them only the opaque mark means something */
#define WHITEOUT_OPAQUE ".wh..wh..opq"

struct apply_seen {
	UT_hash_handle hh;
	char name[];
};

/* ---- names ---- */

int apply_clean_name(const char *raw, char **ret, struct error *err)
{
	scoped_free char *clean = NULL;
	const char *p;

	if (strlen(raw) >= PATH_MAX)
		return error_set(err, ERROR_INVALID, "unpack archive: a name has %zu bytes",
				 strlen(raw));
	if (path_has_dotdot(raw))
		return error_set(err, ERROR_INVALID,
				 "unpack archive: the name '%s' climbs with '..'", raw);
	clean = path_clean(raw);
	p = clean + strspn(clean, "/");
	*ret = xstrdup(streq(p, ".") ? "" : p);
	return 0;
}

/* With the directories that lead to it. */
void apply_note(struct apply *a, const char *name)
{
	scoped_free char *path = NULL;

	if (a->o->whiteouts != ARCHIVE_WHITEOUT_DELETE)
		return;
	path = xstrdup(name);
	while (!apply_noted(a, path)) {
		char *slash = strrchr(path, '/');
		size_t len = strlen(path);
		struct apply_seen *s = xcalloc(1, sizeof(*s) + len + 1);

		memcpy(s->name, path, len);
		HASH_ADD_KEYPTR(hh, a->seen, s->name, len, s);
		if (slash == NULL)
			break;
		*slash = '\0';
	}
}

bool apply_noted(const struct apply *a, const char *name)
{
	struct apply_seen *s;

	HASH_FIND_STR(a->seen, name, s);
	return s != NULL;
}

static void forget_notes(struct apply *a)
{
	struct apply_seen *s = a->seen;

	HASH_CLEAR(hh, a->seen);
	while (s != NULL) {
		struct apply_seen *next = s->hh.next;

		free(s);
		s = next;
	}
}

void apply_done(struct apply *a)
{
	apply_forget_parent(a);
	for (size_t i = 0; i < a->n_dirs; i++)
		free(a->dirs[i].name);
	free(a->dirs);
	a->dirs = NULL;
	a->n_dirs = 0;
	forget_notes(a);
}

/* ---- parents ---- */

void apply_forget_parent(struct apply *a)
{
	a->parent_fd = fd_close(a->parent_fd);
	free(a->parent);
	a->parent = NULL;
}

static int open_parent(struct apply *a, const char *parent, struct error *err)
{
	const char *path = *parent != '\0' ? parent : "/";
	uint32_t uid = 0, gid = 0;
	int fd = root_open(a->o->target_fd, path, O_PATH | O_DIRECTORY, 0);

	if (fd == -ENOENT) {
		/* Root's, also when the mapping says that root is somebody else. */
		if (a->o->uids != NULL)
			id_map_to_host(a->o->uids, 0, &uid);
		if (a->o->gids != NULL)
			id_map_to_host(a->o->gids, 0, &gid);
		fd = root_mkdir_p_owned(a->o->target_fd, path, 0755, uid, gid);
	}
	if (fd == -ENOTDIR)
		return error_set(err, ERROR_INVALID,
				 "unpack archive: an entry lies below '%s', which is no directory",
				 parent);
	if (fd == -ELOOP)
		return error_set(err, ERROR_INVALID,
				 "unpack archive: too many links in the path '%s'", parent);
	return fd < 0 ? error_os(err, -fd, "open directory '%s' of the archive", path) : fd;
}

int apply_parent(struct apply *a, const char *name, const char **ret_base, struct error *err)
{
	const char *slash = strrchr(name, '/');
	size_t len = slash != NULL ? (size_t)(slash - name) : 0;
	int fd;

	*ret_base = slash != NULL ? slash + 1 : name;
	if (a->parent != NULL && strncmp(a->parent, name, len) == 0 && a->parent[len] == '\0')
		return a->parent_fd;
	apply_forget_parent(a);
	a->parent = xstrndup(name, len);
	fd = open_parent(a, a->parent, err);
	if (fd < 0) {
		apply_forget_parent(a);
		return fd;
	}
	a->parent_fd = fd;
	return fd;
}

int apply_clear(struct apply *a, int parent, const char *base, const char *name, struct error *err)
{
	struct stat st;
	int n = fd_stat(parent, base, AT_SYMLINK_NOFOLLOW, &st);

	if (n == -ENOENT)
		return 0;
	if (n == 0)
		n = fd_remove_tree(parent, base);
	if (n < 0)
		return error_os(err, -n, "replace '%s'", name);
	/* The kept parent is not below it (it is its parent), but it may have been reached through
	 * it when it was a link. */
	if (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))
		apply_forget_parent(a);
	return 0;
}

/* ---- whiteouts ---- */

bool apply_is_whiteout(const struct apply *a, int parent, const char *base)
{
	struct stat st;

	return a->o->whiteouts == ARCHIVE_WHITEOUT_OVERLAY &&
	       fd_stat(parent, base, AT_SYMLINK_NOFOLLOW, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == 0;
}

int apply_set_opaque(int parent, const char *base, const char *name, struct error *err)
{
	scoped_fd int fd = fd_open(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int n = fd;

	if (n >= 0)
		n = xattr_set(fd, "trusted.overlay.opaque", "y", 1);
	return n < 0 ? error_os(err, -n, "mark '%s' opaque", name) : 0;
}

/* Everything in the directory that this archive did not put there. */
static int delete_older(struct apply *a, int parent, const char *dir, struct error *err)
{
	scoped_strv char **names = NULL;
	int r = dir_names(parent, &names);

	if (r < 0)
		return error_os(err, -r, "read directory '%s'", dir);
	STRV_FOREACH (s, names) {
		scoped_free char *name = *dir != '\0' ? path_join(dir, *s) : xstrdup(*s);
		int n;

		if (apply_noted(a, name))
			continue;
		n = fd_remove_tree(parent, *s);
		if (n < 0)
			return error_os(err, -n, "delete '%s'", name);
	}
	return 0;
}

static int opaque(struct apply *a, int parent, const char *name, const char *base,
		  struct error *err)
{
	scoped_free char *dir = xstrndup(name, base > name ? (size_t)(base - name - 1) : 0);

	if (a->o->whiteouts == ARCHIVE_WHITEOUT_DELETE)
		return delete_older(a, parent, dir, err);
	return apply_set_opaque(parent, ".", dir, err);
}

/* In overlay form: a 0/0 character device, as fs/overlayfs reads it. */
static int make_whiteout(struct apply *a, const struct tar_entry *e, int parent, const char *base,
			 const char *name, struct error *err)
{
	struct stat st;
	uid_t uid = 0;
	gid_t gid = 0;

	if (fd_stat(parent, base, AT_SYMLINK_NOFOLLOW, &st) == 0) {
		/* The same archive has a new one of that name: what lies below must not show. */
		if (S_ISDIR(st.st_mode))
			return apply_set_opaque(parent, base, name, err);
		return 0;
	}
	if (mknodat(parent, base, S_IFCHR, makedev(0, 0)) < 0)
		return error_os(err, errno, "make whiteout '%s'", name);
	if (apply_owner(a, e, &uid, &gid) < 0 || (uid == 0 && gid == 0))
		return 0;
	if (fchownat(parent, base, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && !a->o->ignore_chown_errors)
		return error_os(err, errno, "set owner of whiteout '%s'", name);
	return 0;
}

/* ".wh.base" of ARCHIVE_WHITEOUT_DELETE; what this archive itself has made stays.  1 or an error.
 */
static int delete_named(struct apply *a, int parent, const char *name, const char *base,
			struct error *err)
{
	const char *slash = strrchr(name, '/');
	scoped_free char *hidden = xasprintf("%.*s%s", slash != NULL ? (int)(slash - name + 1) : 0,
					     name, base);
	int n = apply_noted(a, hidden) ? 0 : apply_clear(a, parent, base, hidden, err);

	return n < 0 ? n : 1;
}

/* The parent of a whiteout: 0 when there is nothing that could be hidden. */
static int whiteout_parent(struct apply *a, const char *name, const char **ret_base, int *ret,
			   struct error *err)
{
	struct error mine = ERROR_INIT;
	int fd = apply_parent(a, name, ret_base, &mine);

	/* Below something that this archive hides or replaces as a whole. */
	if (fd == -error_kind_errno(ERROR_INVALID) && mine.kind == ERROR_INVALID)
		return 0;
	if (fd < 0)
		return error_copy(err, &mine);
	*ret = fd;
	return 1;
}

int apply_whiteout(struct apply *a, const struct tar_entry *e, const char *name, struct error *err)
{
	const char *base = strrchr(name, '/');
	int parent = -1, n;

	base = base != NULL ? base + 1 : name;
	if (a->o->whiteouts == ARCHIVE_WHITEOUT_LITERAL || !str_has_prefix(base, WHITEOUT_PREFIX))
		return 0;
	if (str_has_prefix(base, WHITEOUT_META) && !streq(base, WHITEOUT_OPAQUE))
		return 1;
	n = whiteout_parent(a, name, &base, &parent, err);
	if (n <= 0)
		return n < 0 ? n : 1;
	if (streq(base, WHITEOUT_OPAQUE)) {
		n = opaque(a, parent, name, base, err);
		return n < 0 ? n : 1;
	}
	base += strlen(WHITEOUT_PREFIX);
	if (!path_name_valid(base))
		return error_set(err, ERROR_INVALID, "unpack archive: bad whiteout '%s'", name);
	if (a->o->whiteouts == ARCHIVE_WHITEOUT_OVERLAY) {
		n = make_whiteout(a, e, parent, base, name, err);
		return n < 0 ? n : 1;
	}
	return delete_named(a, parent, name, base, err);
}
