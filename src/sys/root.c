/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root: paths confined to a root directory.
 *
 * Two ways to resolve.  The kernel's: openat2(RESOLVE_IN_ROOT).  And ours, the walk, where
 * openat2 is missing or denied, for making what is missing, and for showing a resolved path.
 *
 * The walk keeps two things: `cur`, an O_PATH descriptor of the directory reached, and `seen`, the
 * link-free path of it as seen from the root.  It is confined by construction:
 *   - each step opens one component with O_NOFOLLOW, never "..", so a step leads to a child of
 *     what was reached before, whatever is renamed at the same time;
 *   - a link is read and its text put before the rest of the path, an absolute one starts at
 *     the root again; nothing is left to the kernel to follow;
 *   - ".." cuts the last component off `seen` and steps there again from the root, so it cannot
 *     climb above the root even when the directory was moved out of it meanwhile;
 *   - a name that changed under us (a link where a directory was) starts the whole walk again, at
 *     most ROUNDS_MAX times, then -EAGAIN.
 * Magic links (/proc/PID/fd/N, exe, cwd, root) are refused: of the links on procfs only
 * those at its top that are plain text are followed.
 */
#include "sys/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "sys/fd.h"

#define LINKS_MAX 40 /* as the kernel (MAXSYMLINKS) */
#define ROUNDS_MAX 256
/* A rename anywhere on the machine makes openat2 give up a ".." with EAGAIN. */
#define OPENAT2_TRIES 64
/* What is left to resolve, with the texts of links put before it. */
#define REST_MAX (4 * PATH_MAX)

#ifndef AAFS_MAGIC
#define AAFS_MAGIC 0x5a3c69f0 /* AppArmor's securityfs part has magic links of its own */
#endif

#define WALK_NOFOLLOW 1u  /* the last component is not followed */
#define WALK_NOLINKS 2u	  /* no link at all */
#define WALK_MAKE_DIRS 4u /* missing components become directories */
#define WALK_MAKE_FILE 8u /* the last one, when missing, a regular file */
#define WALK_LEXICAL 16u  /* missing components are only noted (root_resolve) */

struct walk {
	int root;
	unsigned how;
	int flags; /* of the final open */
	mode_t mode, dir_mode;
	bool set_owner;
	uid_t uid;
	gid_t gid;

	int cur;	 /* directory reached; -1: it does not exist (WALK_LEXICAL) */
	struct buf seen; /* "/a/b", "" at the root */
	char *rest;	 /* what is left to resolve */
	unsigned links;
	int result;
};

static bool no_openat2;

void root_disable_openat2(void)
{
	no_openat2 = true;
}

static void walk_done(struct walk *w)
{
	w->cur = fd_close(w->cur);
	w->result = fd_close(w->result);
	free(w->rest);
	w->rest = NULL;
	buf_done(&w->seen);
}
DEFINE_SCOPED_STRUCT(struct walk, walk_done)

static int go_to_root(struct walk *w)
{
	int fd = fd_open(w->root, ".", O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return fd;
	fd_close(w->cur);
	w->cur = fd;
	buf_truncate(&w->seen, 0);
	return 0;
}

/* One directory down without following; a link there means that it was swapped: -EAGAIN. */
static int step_down(struct walk *w, const char *name)
{
	int fd = fd_open(w->cur, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd < 0)
		return fd == -ENOTDIR || fd == -ELOOP ? -EAGAIN : fd;
	fd_close(w->cur);
	w->cur = fd;
	buf_addc(&w->seen, '/');
	buf_adds(&w->seen, name);
	return buf_ok(&w->seen) ? 0 : -ENAMETOOLONG;
}

/* "..": step to the shortened path again from the root. */
static int step_up(struct walk *w)
{
	scoped_free char *path = xstrdup(buf_str(&w->seen));
	char *slash = strrchr(path, '/');
	char *save = NULL;
	int r = go_to_root(w);

	if (r < 0 || slash == NULL)
		return r;
	*slash = '\0';
	for (char *c = strtok_r(path, "/", &save); c != NULL; c = strtok_r(NULL, "/", &save)) {
		if (w->cur >= 0) {
			r = step_down(w, c);
			if (r == 0)
				continue;
			if (r != -ENOENT || (w->how & WALK_LEXICAL) == 0)
				return r == -ENOENT ? -EAGAIN : r;
			w->cur = fd_close(w->cur);
		}
		buf_addc(&w->seen, '/');
		buf_adds(&w->seen, c);
	}
	return 0;
}

/* Is the link (dir, name) of the kind that leads to an object and not to a path? */
static int is_magic_link(int dir, int link, const char *name)
{
	static const char *const plain[] = { "self", "thread-self", "mounts", "net" };
	struct statfs sfs;
	struct stat st;

	if (fstatfs(link, &sfs) < 0)
		return -errno;
	if (sfs.f_type == AAFS_MAGIC)
		return 1;
	if (sfs.f_type != PROC_SUPER_MAGIC)
		return 0;
	/* The top of a procfs has inode 1. */
	if (fstat(dir, &st) < 0)
		return -errno;
	for (size_t i = 0; st.st_ino == 1 && i < ARRAY_SIZE(plain); i++) {
		if (streq(name, plain[i]))
			return 0;
	}
	return 1;
}

/* Put the text of the link before the rest. */
static int expand_link(struct walk *w, int link, const char *name, const char *rest)
{
	char text[PATH_MAX];
	char *joined;
	ssize_t n;
	int r;

	if (++w->links > LINKS_MAX || (w->how & WALK_NOLINKS) != 0)
		return -ELOOP;
	r = is_magic_link(w->cur, link, name);
	if (r != 0)
		return r < 0 ? r : -ELOOP;
	n = readlinkat(link, "", text, sizeof(text));
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOENT;
	if ((size_t)n >= sizeof(text) || (size_t)n + strlen(rest) >= REST_MAX)
		return -ENAMETOOLONG;
	text[n] = '\0';
	/* rest starts with its slash: "link/" must lead to a directory, "link" need not. */
	joined = xasprintf("%s%s", text, rest);
	free(w->rest);
	w->rest = joined;
	return text[0] == '/' ? go_to_root(w) : 0;
}

/* Exact mode, whatever the umask, and the owner, on a directory just made. */
static int finish_new_dir(const struct walk *w, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (w->set_owner && (st.st_uid != w->uid || st.st_gid != w->gid) &&
	    fchown(fd, w->uid, w->gid) < 0)
		return -errno;
	if ((st.st_mode & 01777) != w->dir_mode &&
	    fchmod(fd, w->dir_mode | (st.st_mode & S_ISGID)) < 0)
		return -errno;
	return 0;
}

static int make_dir(struct walk *w, const char *name)
{
	scoped_fd int fd = -1;
	int r;

	if (mkdirat(w->cur, name, w->dir_mode) < 0)
		return errno == EEXIST ? -EAGAIN : -errno;
	fd = fd_open(w->cur, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP ? -EAGAIN : fd;
	r = finish_new_dir(w, fd);
	return r < 0 ? r : step_down(w, name);
}

static int make_file(struct walk *w, const char *name)
{
	scoped_fd int fd = -1;
	scoped_fd int made = -1;
	struct stat a, b;

	made = fd_open(w->cur, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, w->mode);
	if (made < 0)
		return made == -EEXIST ? -EAGAIN : made;
	if (fchmod(made, w->mode) < 0)
		return -errno;
	fd = fd_open(w->cur, name, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd == -ENOENT ? -EAGAIN : fd;
	if (fstat(made, &a) < 0 || fstat(fd, &b) < 0)
		return -errno;
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return -EAGAIN;
	w->result = take_fd(fd);
	return 0;
}

static int missing(struct walk *w, const char *name, bool last, bool want_dir)
{
	if ((w->how & WALK_LEXICAL) != 0) {
		w->cur = fd_close(w->cur);
		buf_addc(&w->seen, '/');
		buf_adds(&w->seen, name);
		return 0;
	}
	if (last && (w->how & WALK_MAKE_FILE) != 0)
		return want_dir ? -EISDIR : make_file(w, name);
	if ((w->how & WALK_MAKE_DIRS) != 0)
		return make_dir(w, name);
	if (!last || (w->flags & O_CREAT) == 0)
		return -ENOENT;
	if (want_dir)
		return -EISDIR;
	w->result = fd_open(w->cur, name, w->flags | O_NOFOLLOW, w->mode);
	/* Something appeared: look again. */
	if (w->result == -ELOOP)
		return -EAGAIN;
	return w->result < 0 ? w->result : 0;
}

/* The last component, which exists and is no link to follow; node is O_PATH of it. */
static int open_last(struct walk *w, const char *name, int node, const struct stat *st,
		     bool want_dir)
{
	int flags = w->flags | O_NOFOLLOW;

	if (want_dir && !S_ISDIR(st->st_mode))
		return -ENOTDIR;
	if ((flags & O_PATH) != 0 && (flags & O_DIRECTORY) != 0 && !S_ISDIR(st->st_mode))
		return -ENOTDIR;
	if ((flags & O_PATH) != 0) {
		w->result = fd_dup_min(node, 0);
		return w->result < 0 ? w->result : 0;
	}
	w->result = fd_open(w->cur, name, flags, w->mode);
	if (w->result == -ELOOP && !S_ISLNK(st->st_mode))
		return -EAGAIN;
	return w->result < 0 ? w->result : 0;
}

/* One component; `rest` is what follows it, starting with its slash or empty. */
static int walk_component(struct walk *w, const char *name, const char *rest)
{
	bool last = rest[strspn(rest, "/")] == '\0';
	bool want_dir = rest[0] == '/';
	scoped_fd int node = -1;
	struct stat st;
	bool follow;

	if (streq(name, "."))
		return w->cur >= 0 || (w->how & WALK_LEXICAL) != 0 ? 0 : -ENOENT;
	if (streq(name, ".."))
		return step_up(w);
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	node = w->cur < 0 ? -ENOENT : fd_open(w->cur, name, O_PATH | O_NOFOLLOW, 0);
	if (node == -ENOENT)
		return missing(w, name, last, want_dir);
	if (node < 0)
		return node;
	if (fstat(node, &st) < 0)
		return -errno;
	follow = !last || want_dir || (w->how & WALK_NOFOLLOW) == 0;
	if (follow && last && (w->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		follow = false;
	if (S_ISLNK(st.st_mode) && follow)
		return expand_link(w, node, name, rest);
	if (last && (w->how & (WALK_LEXICAL | WALK_MAKE_DIRS)) == 0)
		return open_last(w, name, node, &st, want_dir);
	if (last && (w->how & WALK_MAKE_FILE) != 0)
		return open_last(w, name, node, &st, want_dir);
	if (S_ISDIR(st.st_mode))
		return step_down(w, name);
	if ((w->how & WALK_LEXICAL) == 0 || !last)
		return -ENOTDIR;
	buf_addc(&w->seen, '/');
	buf_adds(&w->seen, name);
	return 0;
}

/* The walk ended at a directory (path "/" or "..", or a mode that makes directories). */
static int finish_at_dir(struct walk *w)
{
	if (w->result >= 0 || (w->how & WALK_LEXICAL) != 0)
		return 0;
	if ((w->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if ((w->flags & O_CREAT) != 0 || (w->how & WALK_MAKE_FILE) != 0)
		return -EISDIR;
	w->result = fd_open(w->cur, ".", w->flags, w->mode);
	return w->result < 0 ? w->result : 0;
}

static int walk_once(struct walk *w, const char *path)
{
	int r = go_to_root(w);

	free(w->rest);
	w->rest = xstrdup(path);
	w->links = 0;
	while (r == 0 && w->result < 0) {
		char name[NAME_MAX + 2];
		const char *start = w->rest + strspn(w->rest, "/");
		size_t len = strcspn(start, "/");
		char *rest;

		if (*start == '\0')
			return finish_at_dir(w);
		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, start, len);
		name[len] = '\0';
		rest = xstrdup(start + len);
		free(w->rest);
		w->rest = rest;
		r = walk_component(w, name, rest);
	}
	return r;
}

static int walk_run(struct walk *w, const char *path)
{
	int r = -EAGAIN;

	if (path[0] == '\0')
		return -ENOENT;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	for (unsigned i = 0; r == -EAGAIN && i < ROUNDS_MAX; i++) {
		w->result = fd_close(w->result);
		r = walk_once(w, path);
	}
	return r;
}

#define WALK(rootfd, bits)                \
	((struct walk){ .root = (rootfd), \
			.how = (bits),    \
			.cur = -1,        \
			.result = -1,     \
			.seen = BUF_INIT_MAX(REST_MAX) })

static int walk_open(int rootfd, const char *path, int flags, mode_t mode, unsigned how)
{
	scoped(walk_done) struct walk w = WALK(rootfd, how);
	int r;

	w.flags = flags & ~O_NOFOLLOW;
	w.mode = mode;
	r = walk_run(&w, path);
	return r < 0 ? r : take_fd(w.result);
}

static int confined_open(int rootfd, const char *path, int flags, mode_t mode, unsigned how)
{
	struct open_how oh = { .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	if ((flags & O_NOFOLLOW) != 0)
		how |= WALK_NOFOLLOW;
	if ((how & WALK_NOFOLLOW) != 0)
		flags |= O_NOFOLLOW;
	if ((how & WALK_NOLINKS) != 0)
		oh.resolve |= RESOLVE_NO_SYMLINKS;
	if ((flags & O_PATH) != 0)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW;
	oh.flags = (uint64_t)flags | O_CLOEXEC;
	oh.mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? mode : 0;
	for (unsigned i = 0; !no_openat2 && i < OPENAT2_TRIES; i++) {
		int fd = (int)syscall(SYS_openat2, rootfd, path, &oh, sizeof(oh));

		if (fd >= 0)
			return fd;
		if (errno == ENOSYS || errno == EPERM)
			break;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return walk_open(rootfd, path, flags, mode, how);
}

int root_open(int rootfd, const char *path, int flags, mode_t mode)
{
	return confined_open(rootfd, path, flags, mode, 0);
}

int root_open_nofollow(int rootfd, const char *path, int flags, mode_t mode)
{
	return confined_open(rootfd, path, flags, mode, WALK_NOFOLLOW);
}

int root_open_nolinks(int rootfd, const char *path, int flags, mode_t mode)
{
	return confined_open(rootfd, path, flags, mode, WALK_NOLINKS);
}

static int make_dirs(int rootfd, const char *path, mode_t mode, bool set_owner, uid_t uid,
		     gid_t gid)
{
	scoped(walk_done) struct walk w = WALK(rootfd, WALK_MAKE_DIRS);
	int fd = root_open(rootfd, path, O_PATH | O_DIRECTORY, 0);
	int r;

	if (fd != -ENOENT || path[0] == '\0')
		return fd;
	w.flags = O_PATH | O_DIRECTORY;
	w.dir_mode = mode;
	w.set_owner = set_owner;
	w.uid = uid;
	w.gid = gid;
	r = walk_run(&w, path);
	return r < 0 ? r : take_fd(w.result);
}

int root_mkdir_p(int rootfd, const char *path, mode_t mode)
{
	return make_dirs(rootfd, path, mode, false, 0, 0);
}

int root_mkdir_p_owned(int rootfd, const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	return make_dirs(rootfd, path, mode, true, uid, gid);
}

int root_open_parent(int rootfd, const char *path, bool create, char *name, size_t size)
{
	scoped_free char *parent = NULL;
	const char *end = path + strlen(path);
	const char *start;
	size_t len;
	int fd;

	while (end > path && end[-1] == '/')
		end--;
	for (start = end; start > path && start[-1] != '/'; start--)
		;
	len = (size_t)(end - start);
	if (len == 0 || (len == 1 && start[0] == '.') || (len == 2 && memcmp(start, "..", 2) == 0))
		return -EINVAL;
	if (len > NAME_MAX || len >= size)
		return -ENAMETOOLONG;
	parent = start == path ? xstrdup("/") : xstrndup(path, (size_t)(start - path));
	fd = create ? root_mkdir_p_owned(rootfd, parent, 0755, 0, 0)
		    : root_open(rootfd, parent, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	memcpy(name, start, len);
	name[len] = '\0';
	return fd;
}

int root_touch(int rootfd, const char *path, mode_t mode)
{
	scoped(walk_done) struct walk w = WALK(rootfd, WALK_MAKE_DIRS | WALK_MAKE_FILE);
	int fd = root_open(rootfd, path, O_PATH, 0);
	int r;

	if (fd != -ENOENT || path[0] == '\0')
		return fd;
	w.flags = O_PATH;
	w.mode = mode;
	w.dir_mode = 0755;
	r = walk_run(&w, path);
	return r < 0 ? r : take_fd(w.result);
}

int root_stat(int rootfd, const char *path, struct stat *ret)
{
	scoped_fd int fd = root_open(rootfd, path, O_PATH, 0);

	return fd < 0 ? fd : fd_stat(fd, "", 0, ret);
}

int root_resolve(int rootfd, const char *path, char **ret)
{
	scoped(walk_done) struct walk w = WALK(rootfd, WALK_LEXICAL);
	int r = walk_run(&w, path);

	if (r < 0)
		return r;
	if (!buf_ok(&w.seen))
		return -ENAMETOOLONG;
	*ret = w.seen.len > 0 ? buf_take(&w.seen) : xstrdup("/");
	return 0;
}

int root_read_file(int rootfd, const char *path, size_t max, struct buf *out)
{
	scoped_fd int node = root_open(rootfd, path, O_PATH, 0);
	scoped_fd int fd = -1;
	struct stat st;

	if (node < 0)
		return node;
	if (fstat(node, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	/* By the descriptor that was looked at, not by its name. */
	fd = fd_reopen(node, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? fd : fd_read_all(fd, max, out);
}
