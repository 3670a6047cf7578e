/* SPDX-License-Identifier: Apache-2.0 */
/* bpfsim: what the kernel does with a seccomp filter, for tests. */
#ifndef CORACLE_TESTS_UNIT_SECCOMP_BPFSIM_H
#define CORACLE_TESTS_UNIT_SECCOMP_BPFSIM_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>

#define BPFSIM_BROKEN 0xdeadbeefu

static inline uint32_t bpfsim_run(const struct sock_filter *f, unsigned len,
				  const struct seccomp_data *d)
{
	uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 };

	for (unsigned pc = 0; pc < len; pc++) {
		const struct sock_filter *i = &f[pc];
		uint32_t k = i->k;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)d + k, 4);
			break;
		case BPF_LD | BPF_MEM:
			a = mem[k];
			break;
		case BPF_ST:
			mem[k] = a;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			break;
		case BPF_MISC | BPF_TAX:
			x = a;
			break;
		case BPF_MISC | BPF_TXA:
			a = x;
			break;
		case BPF_JMP | BPF_JA:
			pc += k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return k;
		default:
			return BPFSIM_BROKEN;
		}
	}
	return BPFSIM_BROKEN;
}

static inline uint32_t bpfsim_call(const void *filter, unsigned len, uint32_t arch, int nr,
				   uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data d = { .nr = nr, .arch = arch, .args = { a0, a1, a2 } };

	return bpfsim_run(filter, len, &d);
}

#endif
