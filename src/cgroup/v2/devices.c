/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v2 devices: a BPF program that the kernel asks on every open and mknod of a device.
 *
 * The last matching rule decides, so the program tests them from last to first and ends with the
 * default.  An allowing rule matches when it grants all of the access asked for, a denying one when
 * it forbids any of it.
 *
 *	r2 = access asked for	r3 = type	r4 = major	r5 = minor
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/bpf.h"
#include "sys/fd.h"

#define RULE_INSNS_MAX 8
#define PROLOGUE_INSNS 6

#define LOAD32(dst, src, offset) \
	((struct bpf_insn){ BPF_LDX | BPF_MEM | BPF_W, (dst), (src), (offset), 0 })
#define MOV64_REG(dst, src) ((struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_X, (dst), (src), 0, 0 })
#define MOV64_IMM(dst, imm) ((struct bpf_insn){ BPF_ALU64 | BPF_MOV | BPF_K, (dst), 0, 0, (imm) })
#define ALU32_IMM(op, dst, imm) ((struct bpf_insn){ BPF_ALU | (op) | BPF_K, (dst), 0, 0, (imm) })
#define JUMP_IMM(op, dst, imm) ((struct bpf_insn){ BPF_JMP | (op) | BPF_K, (dst), 0, 0, (imm) })
#define EXIT() ((struct bpf_insn){ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 })

static int bpf_access(unsigned access)
{
	return (access & DEVICE_READ ? BPF_DEVCG_ACC_READ : 0) |
	       (access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE : 0) |
	       (access & DEVICE_MKNOD ? BPF_DEVCG_ACC_MKNOD : 0);
}

/* Appends one rule; its jumps lead behind it. */
static size_t emit_rule(const struct cgroup_device *d, struct bpf_insn *out)
{
	size_t n = 0;
	int access = bpf_access(d->access);

	out[n++] = JUMP_IMM(BPF_JNE, BPF_REG_3,
			    d->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (d->access != DEVICE_ALL) {
		out[n++] = MOV64_REG(BPF_REG_6, BPF_REG_2);
		out[n++] = ALU32_IMM(BPF_AND, BPF_REG_6, d->allow ? ~access : access);
		out[n++] = JUMP_IMM(d->allow ? BPF_JNE : BPF_JEQ, BPF_REG_6, 0);
	}
	if (d->major != DEVICE_ANY)
		out[n++] = JUMP_IMM(BPF_JNE, BPF_REG_4, (int)d->major);
	if (d->minor != DEVICE_ANY)
		out[n++] = JUMP_IMM(BPF_JNE, BPF_REG_5, (int)d->minor);
	out[n++] = MOV64_IMM(BPF_REG_0, d->allow ? 1 : 0);
	out[n++] = EXIT();
	for (size_t i = 0; i < n; i++) {
		if (BPF_OP(out[i].code) == BPF_JNE || BPF_OP(out[i].code) == BPF_JEQ) {
			if (BPF_CLASS(out[i].code) == BPF_JMP)
				out[i].off = (short)(n - i - 1);
		}
	}
	return n;
}

struct bpf_insn *cgroup_v2_devices_program(const struct cgroup_devices *d, size_t *ret_n)
{
	struct bpf_insn *out = xnew_n(struct bpf_insn, PROLOGUE_INSNS + d->n * RULE_INSNS_MAX + 2);
	size_t n = 0;

	out[n++] = LOAD32(BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	out[n++] = MOV64_REG(BPF_REG_3, BPF_REG_2);
	out[n++] = ALU32_IMM(BPF_AND, BPF_REG_3, 0xffff);
	out[n++] = ALU32_IMM(BPF_RSH, BPF_REG_2, 16);
	out[n++] = LOAD32(BPF_REG_4, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, major));
	out[n++] = LOAD32(BPF_REG_5, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (size_t i = d->n; i-- > 0;)
		n += emit_rule(&d->items[i], out + n);
	out[n++] = MOV64_IMM(BPF_REG_0, d->default_allow ? 1 : 0);
	out[n++] = EXIT();
	*ret_n = n;
	return out;
}

/* Put the new program in the place of what is attached, without a moment in between that has none.
 */
static int swap_program(int cgroup_fd, int prog_fd)
{
	uint32_t ids[BPF_CGROUP_PROGS_MAX];
	int old[BPF_CGROUP_PROGS_MAX], n, r;

	n = bpf_query_cgroup_device(cgroup_fd, ids, BPF_CGROUP_PROGS_MAX);
	if (n < 0)
		n = 0; /* kernels before 4.15 cannot say, and have no program of ours */
	for (int i = 0; i < n; i++)
		old[i] = bpf_prog_by_id(ids[i]);
	r = prog_fd >= 0 ? bpf_attach_cgroup_device(cgroup_fd, prog_fd, n == 1 ? old[0] : -1) : 0;
	for (int i = 0; i < n; i++) {
		if (r >= 0 && old[i] >= 0 && !(prog_fd >= 0 && n == 1))
			(void)bpf_detach_cgroup_device(cgroup_fd, old[i]);
		fd_close(old[i]);
	}
	return r;
}

int cgroup_v2_devices_apply(const struct cgroup_record *r, const struct cgroup_devices *d,
			    struct error *err)
{
	const struct cgroup_hier *h = cgroup_hier_v2();
	scoped_free struct bpf_insn *prog = NULL;
	scoped_fd int dir = -1, prog_fd = -1;
	char full[PATH_MAX], log[512] = "";
	size_t n;
	int e;

	if (cgroup_file_path(full, h, r->path, NULL) < 0)
		return error_os(err, ENAMETOOLONG, "device rules of cgroup '%s'", r->path);
	dir = fd_open(AT_FDCWD, full, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return error_os(err, -dir, "open cgroup '%s'", full);
	if (!d->default_allow || d->n > 0) {
		prog = cgroup_v2_devices_program(d, &n);
		prog_fd = bpf_load_cgroup_device(prog, n, log, sizeof(log));
		if (prog_fd < 0)
			return error_os(err, -prog_fd, "load the device program of cgroup '%s'%s%s",
					full, log[0] != '\0' ? ": " : "", str_trim(log));
	}
	e = swap_program(dir, prog_fd);
	return e < 0 ? error_os(err, -e, "attach the device program to cgroup '%s'", full) : 0;
}
