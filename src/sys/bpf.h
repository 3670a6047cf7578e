/* SPDX-License-Identifier: Apache-2.0 */
/* bpf: bpf(2) as far as device access of a v2 cgroup needs it.  Leaves: >= 0 or -errno. */
#ifndef CORACLE_SYS_BPF_H
#define CORACLE_SYS_BPF_H

#include <stddef.h>
#include <stdint.h>

struct bpf_insn;

/* Programs that a cgroup may have attached for one hook (the kernel's BPF_CGROUP_MAX_PROGS). */
#define BPF_CGROUP_PROGS_MAX 64

/* Load a BPF_PROG_TYPE_CGROUP_DEVICE program; its descriptor.  When the verifier refuses it, its
 * words are in log (may be NULL). */
int bpf_load_cgroup_device(const struct bpf_insn *insns, size_t n, char *log, size_t log_size);
/* Attach beside others (BPF_F_ALLOW_MULTI), in place of the program replace_fd unless that is -1.
 */
int bpf_attach_cgroup_device(int cgroup_fd, int prog_fd, int replace_fd);
int bpf_detach_cgroup_device(int cgroup_fd, int prog_fd);
/* Ids of the programs attached to this very cgroup; the count. */
int bpf_query_cgroup_device(int cgroup_fd, uint32_t *ids, uint32_t max);
int bpf_prog_by_id(uint32_t id);

#endif
