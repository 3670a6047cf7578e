/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_priv: what the files of src/cgroup share.
 *
 * Vocabulary.  A *hierarchy* is one mounted cgroup tree.  A v1 machine has one per controller (or
 * group of them) plus name=systemd; a hybrid machine has, in addition, a v2 tree beside them; a v2
 * machine has the v2 tree alone.  A *setting* is one value for one file, with the name of the limit
 * that it stands for.  Resources become settings first (v1/resources.c, v2/resources.c: pure but
 * for reading present values on update), then settings are written (settings.c).
 */
#ifndef CORACLE_CGROUP_CGROUP_PRIV_H
#define CORACLE_CGROUP_CGROUP_PRIV_H

#include <limits.h>

#include "cgroup/cgroup.h"

/* 14 v1 controllers exist, each may be mounted alone; plus name=systemd, the v2 tree and spare for
 * further named ones.  More are an error of the machine that we pass over. */
#define CGROUP_HIER_MAX CGROUP_GATE_MAX
/* A cgroup file that we read whole: cgroup.procs with 7 digits per process and 4 million of them is
 * the only large one. */
#define CGROUP_FILE_MAX ((size_t)32 << 20)
/* A single value. */
#define CGROUP_VALUE_MAX 256
/* How long processes that were killed, or are just exiting, may take to leave. */
#define CGROUP_EMPTY_MSEC 10000
#define CGROUP_EXITING_MSEC 500

struct cgroup_hier {
	bool v2;
	char name[64];	 /* last component of the mount point: "cpu,cpuacct", "unified" */
	char mount[256]; /* mount point */
	const char *controllers[16]; /* static, NULL-ended; "cpu", "name=systemd" */
};

struct cgroup_system {
	enum cgroup_layout layout;
	size_t n;
	struct cgroup_hier hier[CGROUP_HIER_MAX];
	const char *controllers[CGROUP_HIER_MAX * 4]; /* NULL-ended, without named ones */
};

/* The container has no cgroup. */
static inline bool cgroup_none(const struct cgroup_record *r)
{
	return r->driver == CGROUP_DRIVER_DISABLED || r->path == NULL;
}

/* layout.c */
const struct cgroup_system *cgroup_system(void);
/* For tests: look at this tree instead of /sys/fs/cgroup (NULL: the machine again).  Directories of
 * an ordinary file system count as v1 hierarchies, or as the v2 tree when they hold
 * cgroup.controllers. */
void cgroup_system_override(const char *root);
int cgroup_mountinfo_parse(char *text, struct cgroup_system *sys); /* the fallback, for tests */
/* The hierarchy that has a controller; NULL when none has.  "cgroup" is the v2 tree itself. */
const struct cgroup_hier *cgroup_hier_of(const char *controller);
/* The hierarchy whose list of processes is the truth on v1 and hybrid; the only one on v2. */
const struct cgroup_hier *cgroup_hier_main(void);
const struct cgroup_hier *cgroup_hier_v2(void); /* NULL on v1 */
/* The v1 hierarchy of one controller at its usual place, without a look at the others: false says
 * nothing about other places or v2. */
bool cgroup_hier_probe(const char *controller, struct cgroup_hier *ret);
bool cgroup_hier_has(const struct cgroup_hier *h, const char *controller);
/* mount + path + "/" + file (file may be NULL); -ENAMETOOLONG. */
int cgroup_file_path(char out[PATH_MAX], const struct cgroup_hier *h, const char *path,
		     const char *file);
/* One value of the cgroup's own file; -ENOENT also when the controller is absent. */
int cgroup_read_value(const struct cgroup_record *r, const char *controller, const char *file,
		      char *out, size_t size);
/* Decimal, "max" is UINT64_MAX. */
int cgroup_read_u64(const struct cgroup_record *r, const char *controller, const char *file,
		    uint64_t *ret);
/* "key 123" lines: the number behind key, -ENOENT. */
int cgroup_text_u64(const char *text, const char *key, uint64_t *ret);

/* tree.c: directories and processes of one hierarchy */
/* mkdir of every component.  1 when the last is new, 0 when it existed.  `made` gets the length of
 * the prefix of path whose directories existed, so that undo removes only what is ours. */
int cgroup_tree_make(const struct cgroup_hier *h, const char *path, size_t *ret_existed);
/* rmdir of the directory and all below it; missing is 0, -EBUSY with processes. */
int cgroup_tree_remove(const struct cgroup_hier *h, const char *path);
/* Add all pids at and below path to the array, at most max; missing is 0. */
int cgroup_tree_pids(const struct cgroup_hier *h, const char *path, size_t max, pid_t **pids,
		     size_t *n);
/* 1 when no process is at or below path (or it is missing), 0, -errno. */
int cgroup_tree_empty(const struct cgroup_hier *h, const char *path);

/* settings.c */
#define SETTING_OPTIONAL 1u /* a missing file is fine: the limit is also held by another file */
#define SETTING_KEYED 2u    /* the file has one line per key, the value's first word */
#define SETTING_RETRY 4u    /* on EINVAL write the next one first, then this again */
#define SETTING_OOMCTL 8u   /* memory.oom_control reads differently from what is written */
#define SETTING_READ_BACK \
	16u /* the file may take the value and stay without a limit: then it is refused */
struct cgroup_setting {
	const char *controller; /* borrowed, static */
	const char *limit;	/* name for errors, as in the specification: "memory.limit" */
	char *file, *value;
	char *alt_file, *alt_value; /* the file's other name (bfq), tried when `file` is missing */
	char *reset;		    /* KEYED: writing this takes the key's line away again */
	unsigned flags;
};
struct cgroup_settings {
	struct cgroup_setting *items;
	size_t n;
};
void cgroup_settings_done(struct cgroup_settings *s);
DEFINE_SCOPED_STRUCT(struct cgroup_settings, cgroup_settings_done)
/* The new row stays valid until the next call. */
struct cgroup_setting *cgroup_setting_add(struct cgroup_settings *s, const char *controller,
					  const char *limit, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* What was there before, to be put back in reverse order. */
struct cgroup_undo {
	struct cgroup_undo_entry {
		char *path, *value;
	} * items;
	size_t n;
};
void cgroup_undo_run(const struct cgroup_undo *u);
void cgroup_undo_done(struct cgroup_undo *u);
DEFINE_SCOPED_STRUCT(struct cgroup_undo, cgroup_undo_done)
/* Write all in order.  With undo, what was there before is added to it, and put back when one
 * fails; the caller may run it later, too. */
int cgroup_settings_apply(const struct cgroup_settings *s, const struct cgroup_record *r,
			  struct cgroup_undo *undo, struct error *err);
/* Every setting's controller must be there (ERROR_UNSUPPORTED naming the limit). */
int cgroup_settings_check(const struct cgroup_settings *s, struct error *err);

/* resources.c: both versions' builders by where each controller lives.  r is NULL for a cgroup that
 * is about to be made, else present values are read to choose the order of writes. */
int cgroup_resources_settings(const struct oci_resources *res, const struct cgroup_record *r,
			      struct cgroup_settings *out, struct error *err);
/* Name of the first limit that is asked for (devices aside), or NULL. */
const char *cgroup_resources_first(const struct oci_resources *res);
/* cpu.shares 2..262144 to cpu.weight 1..10000, as runc 1.3.2 and crun 1.23 do: 1024 gives 100. */
uint64_t cgroup_shares_to_weight(uint64_t shares);
/* blkio weight 10..1000 to io.weight 1..10000. */
uint64_t cgroup_blkio_to_io_weight(uint64_t weight);

int cgroup_v1_resources(const struct oci_resources *res, const char *controller,
			const struct cgroup_record *r, struct cgroup_settings *out,
			struct error *err);
int cgroup_v2_resources(const struct oci_resources *res, const char *controller,
			const struct cgroup_record *r, struct cgroup_settings *out,
			struct error *err);

/* devices.c */
#define DEVICE_READ 1u
#define DEVICE_WRITE 2u
#define DEVICE_MKNOD 4u
#define DEVICE_ALL 7u
#define DEVICE_ANY (-1)
struct cgroup_device {
	bool allow;
	char type;	      /* 'b' or 'c' */
	int64_t major, minor; /* DEVICE_ANY */
	unsigned access;
};
struct cgroup_devices {
	bool default_allow;
	struct cgroup_device *items; /* in order; the last that matches decides */
	size_t n;
};
void cgroup_devices_done(struct cgroup_devices *d);
DEFINE_SCOPED_STRUCT(struct cgroup_devices, cgroup_devices_done)
/* Rules of the specification in order, normal form; `standard`: the devices that every container
 * has (null, zero, full, random, urandom, tty, ptmx, pts, and mknod of all) are allowed last. */
int cgroup_devices_from_spec(const struct oci_device_rule *rules, size_t n, bool standard,
			     struct cgroup_devices *ret, struct error *err);
void cgroup_device_format(const struct cgroup_device *d, char *out, size_t size); /* "c 1:3 rwm" */

int cgroup_v1_devices_check(const struct cgroup_devices *d, struct error *err);
/* fresh: the directory is new and inherits its parent's rules. */
int cgroup_v1_devices_apply(const struct cgroup_record *r, const struct cgroup_devices *d,
			    bool fresh, struct error *err);
int cgroup_v2_devices_apply(const struct cgroup_record *r, const struct cgroup_devices *d,
			    struct error *err);
struct bpf_insn;
/* The program for a rule list, new array. */
struct bpf_insn *cgroup_v2_devices_program(const struct cgroup_devices *d, size_t *ret_n);

/* v1 and v2: what the driver's operations need per version */
int cgroup_v1_cpuset_inherit(const struct cgroup_hier *h, const char *path, size_t existed,
			     struct error *err);
int cgroup_v2_enable_controllers(const struct cgroup_hier *h, const char *path, struct error *err);
int cgroup_v2_delegate(const struct cgroup_hier *h, const char *path, uid_t owner,
		       struct error *err);
int cgroup_v1_freeze(const struct cgroup_record *r, bool on, struct error *err);
int cgroup_v1_is_frozen(const struct cgroup_hier *h, const struct cgroup_record *r);
int cgroup_v2_freeze(const struct cgroup_record *r, bool on, struct error *err);
int cgroup_v2_is_frozen(const struct cgroup_record *r);
/* Wait on cgroup.events of the v2 cgroup until `key` has `value`: 1, 0 timeout, -errno. */
int cgroup_v2_wait_event(const struct cgroup_record *r, const char *key, uint64_t value,
			 int timeout_msec);
int cgroup_v1_stats(const struct cgroup_record *r, struct cgroup_stats *ret, struct error *err);
int cgroup_v2_stats(const struct cgroup_record *r, struct cgroup_stats *ret, struct error *err);

/* empty.c: wait until no process is left in any hierarchy, and remove the directories as soon as
 * the kernel lets us: 1, 0 timeout, -errno */
int cgroup_remove_when_empty(const struct cgroup_record *r, int timeout_msec);

/* cgroupfs.c, for both drivers: the checks that need no cgroup yet (devices in normal form). */
int cgroup_fs_check(const struct cgroup_request *rq, struct cgroup_devices *devices,
		    struct error *err);
/* Directories, settings, device rules; what it made is taken back on failure.  `held`: the
 * directories may exist and hold our own waiting process. */
int cgroup_fs_fill(const struct cgroup_request *rq, const struct cgroup_record *r,
		   const struct cgroup_devices *devices, bool held, struct error *err);
/* Everything of an update that can be refused before anything is written. */
int cgroup_fs_check_update(const struct cgroup_record *r, const struct oci_resources *res,
			   struct cgroup_settings *settings, struct cgroup_devices *devices,
			   struct error *err);
/* New device rules for a cgroup in use. */
int cgroup_fs_devices(const struct cgroup_record *r, const struct cgroup_devices *devices,
		      struct error *err);

/*
 * The drivers.  cgroupfs makes directories itself; systemd asks PID 1.  Everything that works on
 * files of an existing cgroup is the same for both.
 */
struct cgroup_driver_ops {
	const char *name;
	int (*plan)(const struct cgroup_request *rq, struct cgroup_record *ret, struct error *err);
	int (*create)(const struct cgroup_request *rq, const struct cgroup_record *r,
		      struct cgroup_hold *hold, struct error *err);
	int (*update)(const struct cgroup_record *r, const struct oci_resources *res,
		      struct error *err);
	int (*remove)(const struct cgroup_record *r, bool kill, struct error *err);
};
extern const struct cgroup_driver_ops cgroup_driver_cgroupfs;
extern const struct cgroup_driver_ops cgroup_driver_systemd;
extern const struct cgroup_driver_ops cgroup_driver_disabled;

#endif
