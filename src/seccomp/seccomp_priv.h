/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp_priv: what the files of src/seccomp share: the specification's words as numbers. */
#ifndef CORACLE_SECCOMP_SECCOMP_PRIV_H
#define CORACLE_SECCOMP_SECCOMP_PRIV_H

#include "seccomp/seccomp.h"

/* The kernel's limit of a program (BPF_MAXINSNS). */
#define SECCOMP_INSNS_MAX 4096
/* Largest errno that a filter can return (SECCOMP_RET_DATA has 16 bits, the kernel cuts at this).
 */
#define SECCOMP_ERRNO_MAX 4095

/* All are 0 and *ret, or -EINVAL for an unknown word. */
int seccomp_action_number(const char *name, uint32_t data, uint32_t *ret); /* SCMP_ACT_* */
int seccomp_operator_number(const char *name, int *ret);		   /* enum scmp_compare */
int seccomp_arch_number(const char *name, uint32_t *ret);		   /* SCMP_ARCH_* */
int seccomp_flag_number(const char *name, unsigned *ret); /* SECCOMP_FILTER_FLAG_* */
/* Of this build: "SCMP_ARCH_X86_64" and Go's "amd64". */
const char *seccomp_native_arch(void);
const char *seccomp_native_goarch(void);

#endif
