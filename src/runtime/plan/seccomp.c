/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/seccomp: .linux.seccomp and crun's annotations about it to the program that init loads and
 * the socket that gets its listener.
 */
#include <linux/filter.h>
#include <stdlib.h>

#include "base/path.h"
#include "base/str.h"
#include "runtime/plan/plan_priv.h"

#define RECEIVER "run.oci.seccomp.receiver"
#define RECEIVER_ENV "RUN_OCI_SECCOMP_RECEIVER"
#define BPF_DATA "run.oci.seccomp_bpf_data"
#define FAIL_UNKNOWN "run.oci.seccomp_fail_unknown_syscall"

/* The annotation's bytes are the program, whatever the document says. */
static int take_bpf(const char *text, struct seccomp_program *ret, struct error *err)
{
	scoped_free void *bytes = NULL;
	size_t len = 0;

	if (str_base64_decode(text, &bytes, &len) < 0)
		return error_set(err, ERROR_INVALID, "annotation " BPF_DATA ": not base64");
	if (len == 0 || len % sizeof(struct sock_filter) != 0 ||
	    len / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return error_set(err, ERROR_INVALID,
				 "annotation " BPF_DATA ": %zu bytes are no filter of 1 to %d "
				 "instructions",
				 len, BPF_MAXINSNS);
	ret->filter = take_ptr(bytes);
	ret->len = (unsigned short)(len / sizeof(struct sock_filter));
	return 0;
}

/* The document's own property counts before the annotation, that before the environment. */
static int take_listener(const struct oci_seccomp *s, const struct strmap *annotations,
			 struct plan_process *ret, struct error *err)
{
	const char *path = strmap_get(annotations, RECEIVER);

	if (s->listener_path != NULL) {
		ret->seccomp_listener_path = xstrdup(s->listener_path);
		ret->seccomp_listener_metadata = xstrdup_opt(s->listener_metadata);
		return 0;
	}
	if (path == NULL)
		path = getenv(RECEIVER_ENV);
	if (path == NULL && ret->seccomp.notify)
		return error_set(err, ERROR_INVALID,
				 "config.json: .linux.seccomp.listenerPath: SCMP_ACT_NOTIFY needs "
				 "it");
	if (path == NULL)
		return 0;
	if (!path_absolute(path))
		return error_set(err, ERROR_INVALID,
				 "annotation " RECEIVER ": '%s' is not absolute", path);
	ret->seccomp_listener_path = xstrdup(path);
	return 0;
}

int plan_seccomp(const struct oci_spec *spec, const char *cache_dir, struct plan_process *ret,
		 struct error *err)
{
	const struct oci_seccomp *s = spec->linux_ ? spec->linux_->seccomp : NULL;
	const char *bpf = strmap_get(&spec->annotations, BPF_DATA);
	int r;

	if (bpf != NULL)
		return take_bpf(bpf, &ret->seccomp, err);
	if (s == NULL)
		return 0;
	r = seccomp_compile_cached(s, strmap_has(&spec->annotations, FAIL_UNKNOWN), cache_dir,
				   &ret->seccomp, err);
	return r < 0 ? r : take_listener(s, &spec->annotations, ret, err);
}
