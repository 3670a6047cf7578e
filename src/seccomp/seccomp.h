/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp: OCI seccomp section to a BPF program (libseccomp), a cache of compiled programs, and
 * the ecosystem's profile files (seccomp.json) resolved to the OCI form.
 */
#ifndef CORACLE_SECCOMP_SECCOMP_H
#define CORACLE_SECCOMP_SECCOMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "oci/runtime_spec.h"

struct seccomp_program {
	void *filter; /* struct sock_filter[len], owned */
	unsigned short len;
	unsigned flags; /* SECCOMP_FILTER_FLAG_* for seccomp(2) */
	bool notify;	/* a rule uses SCMP_ACT_NOTIFY: install gives a listener descriptor */
};
void seccomp_program_done(struct seccomp_program *p);
DEFINE_SCOPED_STRUCT(struct seccomp_program, seccomp_program_done)

/* Unknown syscall names are skipped (debug log), unknown actions, operators, architectures and
 * flags are errors with the JSON path. */
int seccomp_compile(const struct oci_seccomp *s, bool fail_unknown, struct seccomp_program *ret,
		    struct error *err);
/*
 * The same through a cache directory (0700, owned by us, volatile): the file name is a hash of the
 * canonical section, kernel release and libseccomp version; the file carries the whole key, which
 * is compared, so a collision or a foreign file cannot select a wrong filter.  A damaged file is
 * replaced.  cache_dir NULL: no cache.
 */
int seccomp_compile_cached(const struct oci_seccomp *s, bool fail_unknown, const char *cache_dir,
			   struct seccomp_program *ret, struct error *err);

/* A profile text (superset with includes/excludes, archMap, names) for a container that has the
 * capabilities `caps` (sys/caps mask), on this architecture.  */
int seccomp_profile_resolve(const char *text, size_t len, const char *what, uint64_t caps,
			    struct oci_seccomp *ret, struct error *err);
/* The built-in default profile (same result as Podman's containers-common profile, plus the 32-bit
 * socketcall rule for AF_ALG/AF_VSOCK that the kernel cannot read: see default_profile.c). */
int seccomp_default_profile(uint64_t caps, struct oci_seccomp *ret, struct error *err);

/* Words for `features` and validation; NULL-ended, static. */
const char *const *seccomp_action_names(void);
const char *const *seccomp_operator_names(void);
const char *const *seccomp_arch_names(void);
const char *const *seccomp_flag_names(void);
/* Does the running kernel take the flag? */
bool seccomp_flag_supported(const char *name);
const char *seccomp_library_version(void);

#endif
