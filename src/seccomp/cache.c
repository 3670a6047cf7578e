/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache: compiled filters in a directory of ours.
 *
 *	file	= header, key, program
 *	name	= FNV-1a of the key, 16 hex digits, ".bpf"
 *	key	= everything that the program depends on: format, our version, libseccomp's, the
 *		  kernel release, the unknown-syscall policy, and the section member by member
 *
 * A file is used only when it is a regular file of our own user that nobody else may write, has
 * exactly the size that its header tells, carries the very key and its checksum is right.  Anything
 * else is as if it were not there; it is replaced.  A cache that cannot be written costs time and
 * nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/log.h"
#include "seccomp/seccomp_priv.h"
#include "sys/atomic_file.h"
#include "sys/fd.h"

#define CACHE_MAGIC "CORACLE2"
/* A section of 64 KiB has every syscall of every architecture several times. */
#define CACHE_KEY_MAX ((size_t)1 << 20)
#define CACHE_FILE_MAX (CACHE_KEY_MAX + SECCOMP_INSNS_MAX * sizeof(struct sock_filter) + 4096)

struct cache_header {
	char magic[8];
	uint32_t key_len, program_len; /* bytes, instructions */
	uint32_t flags, notify;
	uint64_t checksum; /* of the program */
};

static void key_string(struct buf *k, const char *s)
{
	/* The end's NUL separates; absent differs from empty. */
	buf_addc(k, s != NULL ? '=' : '-');
	buf_add(k, s != NULL ? s : "", s != NULL ? strlen(s) + 1 : 1);
}

static void key_number(struct buf *k, uint64_t n)
{
	buf_add(k, &n, sizeof(n));
}

static void key_strings(struct buf *k, char *const *v)
{
	key_number(k, v != NULL ? strv_len(v) : UINT64_MAX);
	STRV_FOREACH (s, v)
		key_string(k, *s);
}

static void key_optional(struct buf *k, const struct opt_u32 *n)
{
	key_number(k, n->set ? n->value : UINT64_MAX);
}

static void key_of(const struct oci_seccomp *s, bool fail_unknown, struct buf *k)
{
	struct utsname u;

	key_string(k, CORACLE_VERSION);
	key_string(k, seccomp_library_version());
	key_string(k, uname(&u) == 0 ? u.release : NULL);
	key_number(k, fail_unknown);
	key_string(k, s->default_action);
	key_optional(k, &s->default_errno_ret);
	key_strings(k, s->architectures);
	key_strings(k, s->flags);
	key_number(k, s->n_syscalls);
	for (size_t i = 0; i < s->n_syscalls; i++) {
		const struct oci_seccomp_syscall *c = &s->syscalls[i];

		key_strings(k, c->names);
		key_string(k, c->action);
		key_optional(k, &c->errno_ret);
		key_number(k, c->n_args);
		for (size_t j = 0; j < c->n_args; j++) {
			key_number(k, c->args[j].index);
			key_number(k, c->args[j].value);
			key_number(k, c->args[j].value_two);
			key_string(k, c->args[j].op);
		}
	}
}

/* The directory, made when missing; refused when it is not ours alone. */
static int open_dir(const char *path)
{
	scoped_fd int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	struct stat st;

	if (fd == -ENOENT) {
		int r = fd_mkdir_p(AT_FDCWD, path, 0700);

		if (r < 0)
			return r;
		fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return -EPERM;
	return take_fd(fd);
}

static int read_whole(int dir, const char *name, struct buf *out)
{
	scoped_fd int fd = fd_open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0 ||
	    st.st_size < (off_t)sizeof(struct cache_header) || st.st_size > (off_t)CACHE_FILE_MAX)
		return -EBADMSG;
	if (buf_reserve(out, (size_t)st.st_size) == NULL)
		return -EFBIG;
	for (size_t got = 0; got < (size_t)st.st_size;) {
		ssize_t n = read(fd, out->data + out->len, (size_t)st.st_size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		buf_grow(out, (size_t)n);
		got += (size_t)n;
	}
	return 0;
}

static int load(int dir, const char *name, const struct buf *key, struct seccomp_program *ret)
{
	scoped(buf_done) struct buf file = BUF_INIT_MAX(CACHE_FILE_MAX);
	struct cache_header h;
	const char *program;
	size_t bytes;
	int r = read_whole(dir, name, &file);

	if (r < 0)
		return r;
	memcpy(&h, file.data, sizeof(h));
	if (memcmp(h.magic, CACHE_MAGIC, sizeof(h.magic)) != 0 || h.key_len != key->len ||
	    h.program_len == 0 || h.program_len > SECCOMP_INSNS_MAX)
		return -EBADMSG;
	bytes = h.program_len * sizeof(struct sock_filter);
	if (file.len != sizeof(h) + h.key_len + bytes ||
	    memcmp(file.data + sizeof(h), key->data, key->len) != 0)
		return -EBADMSG;
	program = file.data + sizeof(h) + h.key_len;
	if (digest_fnv64(program, bytes) != h.checksum)
		return -EBADMSG;
	*ret = (struct seccomp_program){ .filter = xmemdup(program, bytes),
					 .len = (unsigned short)h.program_len,
					 .flags = h.flags,
					 .notify = h.notify != 0 };
	return 0;
}

static int store(int dir, const char *name, const struct buf *key, const struct seccomp_program *p)
{
	scoped(buf_done) struct buf file = BUF_INIT_MAX(CACHE_FILE_MAX);
	size_t bytes = p->len * sizeof(struct sock_filter);
	struct cache_header h = { .magic = CACHE_MAGIC,
				  .key_len = (uint32_t)key->len,
				  .program_len = p->len,
				  .flags = p->flags,
				  .notify = p->notify,
				  .checksum = digest_fnv64(p->filter, bytes) };

	buf_add(&file, &h, sizeof(h));
	buf_add(&file, key->data, key->len);
	buf_add(&file, p->filter, bytes);
	return buf_ok(&file) ? atomic_file_write(dir, name, file.data, file.len, 0600, false)
			     : -EFBIG;
}

int seccomp_compile_cached(const struct oci_seccomp *s, bool fail_unknown, const char *cache_dir,
			   struct seccomp_program *ret, struct error *err)
{
	scoped(buf_done) struct buf key = BUF_INIT_MAX(CACHE_KEY_MAX);
	scoped_fd int dir = -1;
	char name[32];
	int r;

	if (cache_dir == NULL)
		return seccomp_compile(s, fail_unknown, ret, err);
	key_of(s, fail_unknown, &key);
	dir = open_dir(cache_dir);
	if (dir < 0 || !buf_ok(&key)) {
		log_debug("seccomp cache '%s' is not used: %s", cache_dir,
			  strerror(dir < 0 ? -dir : EFBIG));
		return seccomp_compile(s, fail_unknown, ret, err);
	}
	snprintf(name, sizeof(name), "%016llx.bpf", digest_fnv64(key.data, key.len));
	r = load(dir, name, &key, ret);
	if (r == 0)
		return 0;
	if (r != -ENOENT)
		log_debug("seccomp cache '%s/%s' is replaced: %s", cache_dir, name, strerror(-r));
	r = seccomp_compile(s, fail_unknown, ret, err);
	if (r < 0)
		return r;
	r = store(dir, name, &key, ret);
	if (r < 0)
		log_debug("write seccomp cache '%s/%s': %s", cache_dir, name, strerror(-r));
	return 0;
}
