/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile: an OCI seccomp section to a BPF program, by libseccomp.
 *
 * What is done around libseccomp:
 * - A rule with the same action as the default is left out (libseccomp refuses it).
 * - A rule that compares one argument twice becomes one rule per comparison, as runc does
 *   (libseccomp has no conjunction on one argument): any of them is enough.
 * - A refusing rule for a single call number of 32-bit x86 `socketcall` is compiled by ourselves,
 * in front of libseccomp's program.  libseccomp would drop it: for every rule on `socket` with
 *   arguments it adds "socketcall(SYS_SOCKET) does the same, whatever the arguments", for
 * socketcall's arguments are in memory where no filter can read them.  So a condition on `socket`
 * does not hold on that way unless socketcall(SYS_SOCKET) itself is refused: see default_profile.c.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "seccomp/seccomp_priv.h"
#include "seccomp/shorten.h"
#include "sys/fd.h"
#include "sys/process.h"

#define ARGS_MAX 6
#define NR_X86_SOCKETCALL 102
/* One row of the prologue; its calls are numbered 1 to 20. */
#define SOCKETCALL_ROWS_MAX 20
#define DEFAULT_ERRNO EPERM
#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH 16u
#endif

struct compiler {
	const struct oci_seccomp *section;
	bool fail_unknown;
	scmp_filter_ctx ctx;
	uint32_t default_action;
	bool x86; /* 32-bit programs may run */
	bool notify;
	struct {
		uint32_t call, action;
	} socketcall[SOCKETCALL_ROWS_MAX];
	unsigned n_socketcall;
};

void seccomp_program_done(struct seccomp_program *p)
{
	free(p->filter);
	*p = (struct seccomp_program){ 0 };
}

static int invalid(struct error *err, const char *where, const char *what, const char *got)
{
	return error_set(err, ERROR_INVALID, "linux.seccomp%s: unknown %s '%s'", where, what,
			 got != NULL ? got : "");
}

static int action_of(const char *name, const struct opt_u32 *errno_ret, const char *where,
		     uint32_t *ret, struct error *err)
{
	uint32_t data = errno_ret->set ? errno_ret->value : DEFAULT_ERRNO;

	if (seccomp_action_number(name, 0, ret) < 0)
		return invalid(err, where, "action", name);
	if (streq(name, "SCMP_ACT_ERRNO") && data > SECCOMP_ERRNO_MAX)
		return error_set(err, ERROR_INVALID, "linux.seccomp%s: errno %u is above %d", where,
				 data, SECCOMP_ERRNO_MAX);
	if (streq(name, "SCMP_ACT_TRACE") && data > UINT16_MAX)
		return error_set(err, ERROR_INVALID, "linux.seccomp%s: trace value %u is above %d",
				 where, data, UINT16_MAX);
	return seccomp_action_number(name, data, ret);
}

static int init(struct compiler *c, struct error *err)
{
	const struct oci_seccomp *s = c->section;
	int r = action_of(s->default_action, &s->default_errno_ret, ".defaultAction",
			  &c->default_action, err);

	if (r < 0)
		return r;
	if (c->default_action == SCMP_ACT_NOTIFY)
		return error_set(err, ERROR_INVALID,
				 "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY would stop the "
				 "container before anybody listens");
	c->ctx = seccomp_init(c->default_action);
	if (c->ctx == NULL)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"linux.seccomp.defaultAction: libseccomp %s on this kernel does not "
			"know '%s'",
			seccomp_library_version(), s->default_action);
	/* A binary tree over the syscall numbers (libseccomp 2.5); older ones do without. */
	(void)seccomp_attr_set(c->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; s->architectures != NULL && s->architectures[i] != NULL; i++) {
		uint32_t arch;

		if (seccomp_arch_number(s->architectures[i], &arch) < 0)
			return error_set(err, ERROR_INVALID,
					 "linux.seccomp.architectures: unknown architecture '%s' "
					 "(to libseccomp %s)",
					 s->architectures[i], seccomp_library_version());
		r = seccomp_arch_add(c->ctx, arch);
		if (r < 0 && r != -EEXIST)
			return error_os(err, -r, "linux.seccomp.architectures: add '%s'",
					s->architectures[i]);
	}
	c->x86 = seccomp_arch_exist(c->ctx, SCMP_ARCH_X86) == 0;
	return 0;
}

static int convert_args(const struct oci_seccomp_syscall *call, size_t at, struct scmp_arg_cmp *out,
			bool *ret_separate, struct error *err)
{
	unsigned seen = 0;

	*ret_separate = false;
	if (call->n_args > ARGS_MAX * 2)
		return error_set(err, ERROR_INVALID,
				 "linux.seccomp.syscalls[%zu].args: more than %d comparisons", at,
				 ARGS_MAX * 2);
	for (size_t i = 0; i < call->n_args; i++) {
		const struct oci_seccomp_arg *a = &call->args[i];
		int op;

		if (a->index >= ARGS_MAX)
			return error_set(
				err, ERROR_INVALID,
				"linux.seccomp.syscalls[%zu].args[%zu].index: %u is not 0 to "
				"5",
				at, i, a->index);
		if (seccomp_operator_number(a->op, &op) < 0)
			return error_set(
				err, ERROR_INVALID,
				"linux.seccomp.syscalls[%zu].args[%zu].op: unknown operator "
				"'%s'",
				at, i, a->op != NULL ? a->op : "");
		*ret_separate = *ret_separate || (seen & 1u << a->index) != 0;
		seen |= 1u << a->index;
		out[i] = (struct scmp_arg_cmp){ .arg = a->index,
						.op = (enum scmp_compare)op,
						.datum_a = a->value,
						.datum_b = a->value_two };
	}
	return 0;
}

/* True when the rule is one of those that the prologue takes (see above). */
static bool take_socketcall(struct compiler *c, const char *name, uint32_t action,
			    const struct scmp_arg_cmp *args, size_t n_args)
{
	uint32_t kind = action & 0xffff0000u;

	if (!streq(name, "socketcall") || n_args != 1 || args[0].arg != 0 ||
	    args[0].op != SCMP_CMP_EQ || args[0].datum_a > UINT32_MAX ||
	    c->n_socketcall == SOCKETCALL_ROWS_MAX)
		return false;
	if (kind != SCMP_ACT_ERRNO(0) && action != SCMP_ACT_KILL &&
	    action != SCMP_ACT_KILL_PROCESS && kind != (SCMP_ACT_TRAP & 0xffff0000u))
		return false;
	c->socketcall[c->n_socketcall].call = (uint32_t)args[0].datum_a;
	c->socketcall[c->n_socketcall++].action = action;
	return true;
}

static int add_rule(struct compiler *c, const char *name, int nr, uint32_t action,
		    const struct scmp_arg_cmp *args, size_t n_args, size_t at, struct error *err)
{
	int r = seccomp_rule_add_array(c->ctx, action, nr, (unsigned)n_args, args);

	/* An earlier rule for the very same condition stands: the first one wins. */
	if (r == -EEXIST) {
		log_debug("linux.seccomp.syscalls[%zu]: '%s' contradicts an earlier rule, which "
			  "stands",
			  at, name);
		return 0;
	}
	/* No such syscall on one of the architectures. */
	if (r == -EDOM || r == -EFAULT)
		return 0;
	return r < 0 ? error_os(err, -r, "linux.seccomp.syscalls[%zu]: add the rule for '%s'", at,
				name)
		     : 0;
}

static int add_syscall(struct compiler *c, const char *name, uint32_t action,
		       const struct scmp_arg_cmp *args, size_t n_args, bool separate, size_t at,
		       struct error *err)
{
	int nr = seccomp_syscall_resolve_name(name), r = 0;

	if (nr == __NR_SCMP_ERROR) {
		if (c->fail_unknown)
			return error_set(err, ERROR_INVALID,
					 "linux.seccomp.syscalls[%zu]: unknown system call '%s'",
					 at, name);
		log_debug("linux.seccomp.syscalls[%zu]: unknown system call '%s' is passed over",
			  at, name);
		return 0;
	}
	/* The listener is handed over by write: it would wait for itself. */
	if (action == SCMP_ACT_NOTIFY && streq(name, "write"))
		return error_set(err, ERROR_INVALID,
				 "linux.seccomp.syscalls[%zu]: SCMP_ACT_NOTIFY cannot be used for "
				 "'write'",
				 at);
	/* Before the next line: what libseccomp adds for `socket` is no default. */
	if (take_socketcall(c, name, action, args, n_args) || action == c->default_action)
		return 0;
	if (!separate)
		return add_rule(c, name, nr, action, args, n_args, at, err);
	for (size_t i = 0; r == 0 && i < n_args; i++)
		r = add_rule(c, name, nr, action, &args[i], 1, at, err);
	return r;
}

static int add_syscalls(struct compiler *c, struct error *err)
{
	for (size_t i = 0; i < c->section->n_syscalls; i++) {
		const struct oci_seccomp_syscall *call = &c->section->syscalls[i];
		struct scmp_arg_cmp args[ARGS_MAX * 2];
		char where[48];
		uint32_t action;
		bool separate;
		int r;

		snprintf(where, sizeof(where), ".syscalls[%zu].action", i);
		r = action_of(call->action, &call->errno_ret, where, &action, err);
		if (r >= 0)
			r = convert_args(call, i, args, &separate, err);
		if (r < 0)
			return r;
		c->notify = c->notify || action == SCMP_ACT_NOTIFY;
		STRV_FOREACH (name, call->names) {
			r = add_syscall(c, *name, action, args, call->n_args, separate, i, err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int flags_of(const struct compiler *c, unsigned *ret, struct error *err)
{
	unsigned flags = c->notify ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;

	STRV_FOREACH (name, c->section->flags) {
		unsigned one;

		if (seccomp_flag_number(*name, &one) < 0)
			return invalid(err, ".flags", "flag", *name);
		if (!process_seccomp_has_flag(one))
			return error_set(err, ERROR_UNSUPPORTED,
					 "linux.seccomp.flags: this kernel does not know '%s'",
					 *name);
		/* It is about the listener's processes: nothing without one. */
		if (streq(*name, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") && !c->notify)
			continue;
		flags |= one;
	}
	/* The kernel takes both together only if a failed thread is an errno. */
	if (flags & SECCOMP_FILTER_FLAG_TSYNC && c->notify)
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	*ret = flags;
	return 0;
}

#define STMT(code, k) ((struct sock_filter)BPF_STMT((code), (k)))
#define JUMP(k, jt, jf) ((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (jt), (jf)))

/* if (arch == i386 && nr == socketcall) switch (call) { case CALL: return ACTION; ... } */
static size_t prologue(const struct compiler *c, struct sock_filter *out)
{
	size_t n = 0, rows = c->x86 ? c->n_socketcall : 0;

	if (rows == 0)
		return 0;
	out[n++] = STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	out[n++] = JUMP(AUDIT_ARCH_I386, 0, (unsigned char)(3 + 2 * rows));
	out[n++] = STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	out[n++] = JUMP(NR_X86_SOCKETCALL, 0, (unsigned char)(1 + 2 * rows));
	out[n++] = STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
	for (size_t i = 0; i < rows; i++) {
		out[n++] = JUMP(c->socketcall[i].call, 0, 1);
		out[n++] = STMT(BPF_RET | BPF_K, c->socketcall[i].action);
	}
	return n;
}

#define PROLOGUE_MAX (5 + 2 * SOCKETCALL_ROWS_MAX)

static int export(const struct compiler *c, struct seccomp_program *out, struct error *err)
{
	size_t max = (SECCOMP_INSNS_MAX + 1) * sizeof(struct sock_filter);
	scoped(buf_done) struct buf code = BUF_INIT_MAX(max);
	scoped_fd int fd = fd_memfd("seccomp", false);
	struct sock_filter head[PROLOGUE_MAX];
	size_t n;
	int r = fd;

	if (fd >= 0)
		r = seccomp_export_bpf(c->ctx, fd);
	if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_os(err, -r, "linux.seccomp: translate the rules to a filter");
	n = prologue(c, head);
	buf_add(&code, head, n * sizeof(head[0]));
	r = fd_read_all(fd, max - code.len, &code);
	if (r == -EFBIG || code.len / sizeof(head[0]) > SECCOMP_INSNS_MAX)
		return error_set(err, ERROR_LIMIT,
				 "linux.seccomp: the filter is longer than the kernel's %d "
				 "instructions: use fewer rules",
				 SECCOMP_INSNS_MAX);
	if (r < 0)
		return error_os(err, -r, "linux.seccomp: read the filter");
	out->len = (unsigned short)(code.len / sizeof(head[0]));
	out->filter = buf_take(&code);
	(void)seccomp_shorten(out);
	return 0;
}

int seccomp_compile(const struct oci_seccomp *s, bool fail_unknown, struct seccomp_program *ret,
		    struct error *err)
{
	scoped(seccomp_program_done) struct seccomp_program p = { 0 };
	struct compiler c = { .section = s, .fail_unknown = fail_unknown };
	int r = init(&c, err);

	if (r >= 0)
		r = add_syscalls(&c, err);
	if (r >= 0)
		r = flags_of(&c, &p.flags, err);
	if (r >= 0)
		r = export(&c, &p, err);
	if (c.ctx != NULL)
		seccomp_release(c.ctx);
	if (r < 0)
		return r;
	p.notify = c.notify;
	*ret = p;
	p = (struct seccomp_program){ 0 };
	return 0;
}
