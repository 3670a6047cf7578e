/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: a container start as data.
 *
 * plan_resolve() is pure: config.json in, struct plan out, every name turned into a number and
 * every property either placed here or refused by name.  It touches no file, so its printed form
 * (plan_print) is what golden tests compare.  plan_open() then turns paths into descriptors (root,
 * bind sources, namespaces, device nodes) with the caller's rights, before anything is cloned.
 * init/ applies the plan and decides nothing.
 *
 * Invariants (cited as P1..P4 in docs/design/container-start.md):
 *  P1  after plan_open no host path is resolved again by name;
 *  P2  every descriptor in the plan is CLOEXEC and owned by it;
 *  P3  a bind source is a detached mount whose attributes are already final;
 *  P4  strings are owned by the plan, the spec may be freed after plan_resolve.
 */
#ifndef CORACLE_RUNTIME_PLAN_H
#define CORACLE_RUNTIME_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "oci/runtime_spec.h"
#include "seccomp/seccomp.h"
#include "sys/caps.h"
#include "sys/landlock.h"
#include "sys/ns.h"
#include "sys/process.h"
#include "sys/userns.h"

enum plan_mount_kind {
	PLAN_MOUNT_NEW,	    /* a new file system instance, made by init inside its namespaces */
	PLAN_MOUNT_BIND,    /* fd is a detached tree */
	PLAN_MOUNT_REMOUNT, /* change what is already mounted at the destination */
	PLAN_MOUNT_CGROUP2, /* also type "cgroup" until plan_open has seen the machine's layout */
	PLAN_MOUNT_CGROUP1, /* tmpfs with one bind per hierarchy */
	PLAN_MOUNT_KIND_COUNT
};

struct plan_cgroup_entry {
	char *name;    /* below the mount's tmpfs */
	char *link_of; /* not NULL: a symbolic link */
	int fd;	       /* detached bind */
};

struct plan_mount {
	enum plan_mount_kind kind;
	size_t index;	   /* in .mounts, for messages */
	char *destination; /* clean, absolute, as seen inside */
	char *type;
	char *source;
	char **data;	   /* file system options in order */
	const char *label; /* SELinux label for the root, borrowed from the plan; NULL none */
	uint64_t attr_set, attr_clear;
	uint64_t rec_set, rec_clear;
	unsigned long sb_flags;	   /* MS_* bits that live in the superblock */
	unsigned long propagation; /* MS_SHARED|MS_REC..., 0 none */
	struct id_map uids, gids;  /* of the mount, when idmapped */
	bool idmap, idmap_recursive;
	bool recursive; /* rbind */
	bool tmpcopyup, copy_symlink, dest_nofollow, src_nofollow;
	bool strict; /* no symbolic link on the way to the destination */
	int fd;	     /* BIND: the tree; idmapped NEW: -1 */
	int userns_fd;
	bool source_is_dir, source_is_procfs;
	char *link_target; /* copy-symlink: make this link instead of mounting */
	bool added;	   /* only of `mounts remove`: `mounts add` has recorded it */
	struct plan_cgroup_entry *entries;
	size_t n_entries;
};

struct plan_device {
	char *path;
	mode_t type; /* S_IFCHR, S_IFBLK, S_IFIFO */
	unsigned major, minor;
	mode_t mode;
	uint32_t uid, gid;
	bool is_default; /* an existing node at a default's place is accepted */
	int fd;		 /* detached bind of the host's node where mknod is not possible; else -1 */
};

struct plan_hook {
	char *path;
	char **args, **env;
	int64_t timeout; /* seconds, 0 none */
};
struct hook_output {
	int out, err; /* -1 none */
};
#define HOOK_OUTPUT_INIT ((struct hook_output){ -1, -1 })
struct plan_hooks {
	struct plan_hook *items;
	size_t n;
};

struct plan_sysctl {
	char *path; /* below /proc/sys */
	char *value;
};

struct plan_net_device {
	char *name;	/* here */
	char *new_name; /* there; one %d in it is replaced by the first free number */
};

struct plan_namespaces {
	uint64_t create;	   /* CLONE_NEW* */
	char *path[NS_TYPE_COUNT]; /* join by path, NULL none */
	int fd[NS_TYPE_COUNT];	   /* of those, -1 none */
	struct id_map uids, gids;  /* of a new user namespace */
	char *time_offsets;	   /* text for timens_offsets or NULL */
	char *hostname, *domainname;
};

struct plan_root {
	char *path; /* absolute */
	bool readonly, no_pivot;
	unsigned long propagation;
	int fd; /* detached recursive bind of the root, or (no mount namespace) the directory */
};

struct plan_rlimit {
	int resource;
	uint64_t soft, hard;
};

struct plan_mempolicy {
	bool set;
	int mode;
	unsigned flags;
	uint64_t nodes[16];
};

struct plan_landlock_path {
	char *path; /* clean, absolute, as seen inside */
	uint64_t rights;
};
struct plan_landlock_port {
	uint16_t port;
	uint64_t right;
};
struct plan_landlock {
	struct landlock_handled handled;
	struct plan_landlock_path *paths;
	size_t n_paths;
	struct plan_landlock_port *ports;
	size_t n_ports;
};
#define PLAN_LANDLOCK_ANNOTATION "org.coracle.landlock"

/* What becomes of the process itself; shared by create and exec. */
struct plan_process {
	char **argv, **env;
	char *cwd;
	uint32_t uid, gid;
	uint32_t *groups;
	size_t n_groups;
	bool keep_groups;
	bool terminal;
	unsigned short rows, cols;
	mode_t umask;
	bool no_new_privs;
	struct caps caps;
	struct plan_rlimit *rlimits;
	size_t n_rlimits;
	bool oom_set;
	int oom_score_adj;
	bool sched_set;
	struct process_sched sched;
	int ioprio_class, ioprio_priority; /* class 0: leave */
	char *affinity_initial, *affinity_final;
	struct plan_mempolicy mempolicy;
	bool personality_set;
	unsigned long personality;
	char *apparmor, *selinux;
	char *keyring;			/* NULL: keep the caller's session keyring */
	struct plan_landlock *landlock; /* NULL: none */
	struct seccomp_program seccomp;
	char *seccomp_listener_path, *seccomp_listener_metadata;
};

struct plan {
	char *id, *bundle, *oci_version;
	struct plan_namespaces ns;
	struct plan_root root;
	struct plan_mount *mounts;
	size_t n_mounts;
	bool setup_dev; /* make device nodes and links (not when /dev is a bind) */
	struct plan_device *devices;
	size_t n_devices;
	char **masked, **readonly_paths;
	char *mount_label;
	const char *mount_context_type; /* mount option that carries mount_label */
	char *force_cgroup1;  /* destination that gets the v1 hierarchy name=systemd, or NULL */
	char *pidfd_receiver; /* socket, or NULL */
	struct plan_net_device *net_devices;
	size_t n_net_devices;
	struct plan_sysctl *sysctls;
	size_t n_sysctls;
	struct plan_process process;
	struct plan_hooks hooks[6]; /* by enum plan_hook_kind */
	struct hook_output hook_output;
	struct strmap annotations;
	bool initial_userns; /* the container is in it (set by plan_open_files) */
	int null_fd; /* detached bind of the host's /dev/null, checked to be character 1:3 */
	unsigned preserve_fds;
};

enum plan_hook_kind {
	PLAN_HOOK_PRESTART,
	PLAN_HOOK_CREATE_RUNTIME,
	PLAN_HOOK_CREATE_CONTAINER,
	PLAN_HOOK_START_CONTAINER,
	PLAN_HOOK_POSTSTART,
	PLAN_HOOK_POSTSTOP,
	PLAN_HOOK_COUNT
};
const char *plan_hook_name(enum plan_hook_kind kind);

struct plan_request {
	const char *id, *bundle;
	const struct oci_spec *spec; /* validated */
	bool no_pivot, new_keyring;
	unsigned preserve_fds;
	bool rootless;
	/* Taken where the document lists a new user namespace without maps; NULL: an error. */
	const struct id_map *default_uids, *default_gids;
	int landlock_abi; /* of the kernel; looked at only with the annotation */
};

/* Pure; see above.  ret is zeroed first. */
int plan_resolve(const struct plan_request *rq, struct plan *ret, struct error *err);
/* .linux.seccomp compiled (cache_dir as seccomp_compile_cached) and where its listener goes. */
int plan_seccomp(const struct oci_spec *spec, const char *cache_dir, struct plan_process *ret,
		 struct error *err);
/* Only the process part (create and exec). */
int plan_resolve_process(const struct oci_process *p, struct plan_process *ret, struct error *err);
/* The annotation's text; NULL gives NULL.  abi: landlock_abi(). */
int plan_resolve_landlock(const char *text, int abi, struct plan_landlock **ret, struct error *err);
/* Are the security modules active that the labels are for? */
int plan_check_lsm(const struct plan_process *p, struct error *err);
/* Descriptors.  Needs the rights of the caller; no side effect outside this process. */
int plan_open(struct plan *p, struct error *err);
/* Its two halves.  An ordinary user has the right to the second only in the user namespace, before
 * the user id changes there: init calls it then. */
int plan_open_namespaces(struct plan *p, struct error *err);
int plan_open_files(struct plan *p, struct error *err);
/* The binds of a v1 cgroup mount; the container's cgroup exists by now. */
struct cgroup_record;
int plan_open_cgroup_mounts(struct plan *p, const struct cgroup_record *cg, struct error *err);
void plan_done(struct plan *p);
void plan_process_done(struct plan_process *p);
DEFINE_SCOPED_STRUCT(struct plan, plan_done)

/* Words of .linux.memoryPolicy, for `features`; NULL-ended. */
const char *const *plan_memory_modes(void);
const char *const *plan_memory_flags(void);

/* The plan as text, one operation a line, in the order in which init applies it. */
void plan_print(const struct plan *p, struct buf *out);

static inline bool plan_creates(const struct plan *p, enum ns_type t)
{
	return (p->ns.create & ns_clone_flag(t)) != 0;
}
/* Has a mount namespace of its own, made now. */
bool plan_has_rootfs(const struct plan *p);
/* In a user namespace that is not ours. */
bool plan_in_userns(const struct plan *p);
/* Is anything of it done by files of /proc (I3)?  Where user namespaces play a part our child says
 * by them who it is (launch.c).  Ask after plan_open. */
bool plan_needs_proc(const struct plan *p);

#endif
