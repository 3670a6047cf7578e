/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec: a container's wish + image + facts about host and root file system -> OCI config.json.
 * Pure: everything it needs from the outside is in struct spec_facts, so golden tests need no
 * privileges (shared/spec/2-spec-generation.md).
 */
#ifndef CORACLE_ENGINE_SPEC_SPEC_H
#define CORACLE_ENGINE_SPEC_SPEC_H

#include "engine/db.h"
#include "oci/image_spec.h"
#include "oci/runtime_spec.h"

struct spec_user {
	uint32_t uid, gid;
	char *home;
	uint32_t *groups;
	size_t n_groups;
	bool in_passwd;
};
void spec_user_done(struct spec_user *u);
/* Rows of passwd and group text (any may be NULL: file missing).  "user", "uid", "user:group",
 * "uid:gid"; a numeric word is an id first (CVE-2016-3697).  Overflow, "-1", control characters are
 * ERROR_INVALID. */
int spec_user_lookup(const char *passwd, const char *group, const char *user,
		     char *const *group_add, struct spec_user *ret, struct error *err);

struct spec_bind { /* an engine or volume bind that is ready on the host */
	char *source, *destination;
	char **options;
	char *type; /* "bind" or "tmpfs" */
};

struct spec_facts {
	const struct container_record *record;
	const struct image_config *image; /* NULL with --rootfs */
	const char *rootfs;		  /* host path of the mounted root */
	struct spec_user user;
	const char *netns_path; /* pinned namespace, NULL: new or host by mode */
	const char *hostname;
	struct spec_bind *binds; /* hosts, resolv.conf, ..., shm, volumes */
	size_t n_binds;
	uint64_t caps_available;			/* bounding set of the caller */
	uint64_t rlimit_hard_nofile, rlimit_hard_nproc; /* clamp, with a warning */
	const char *cgroup_layout;			/* "v1" "hybrid" "v2" */
	const char *cgroups_path;
	const char *seccomp_text; /* profile file's content or NULL: built in */
	const char *init_source;  /* catatonit on the host for --init */
	char *const *host_env;
	struct oci_device *devices; /* resolved --device and privileged nodes */
	size_t n_devices;
	const char *joined_pid_path, *joined_ipc_path, *joined_uts_path, *joined_cgroup_path,
		*joined_net_path;
	bool apparmor, selinux;
};
int spec_generate(const struct spec_facts *f, struct oci_spec *ret, char ***warnings,
		  struct error *err);

/* Podman's default capability set and the arithmetic of --cap-add/--cap-drop/--privileged. */
int spec_capabilities(char *const *add, char *const *drop, bool privileged, uint64_t available,
		      uint64_t *ret, struct error *err);

#endif
