/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup: one facade over v1, v2 and hybrid hierarchies and the cgroupfs and systemd drivers.
 *
 * A container's cgroup has one path; on v1 and hybrid it exists in every mounted controller
 * hierarchy (and name=systemd), on v2 once.  A limit that cannot be applied (controller missing,
 * file missing, value refused) is an error that names limit, file and reason: never dropped.
 *
 * The record (struct cgroup_record) is what must be remembered to find everything again; it is
 * enough for every later operation in another process.
 */
#ifndef CORACLE_CGROUP_CGROUP_H
#define CORACLE_CGROUP_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "oci/runtime_spec.h"

enum cgroup_layout {
	CGROUP_LAYOUT_NONE,
	CGROUP_LAYOUT_V1,
	CGROUP_LAYOUT_HYBRID,
	CGROUP_LAYOUT_V2,
	CGROUP_LAYOUT_COUNT
};
enum cgroup_driver {
	CGROUP_DRIVER_CGROUPFS,
	CGROUP_DRIVER_SYSTEMD,
	CGROUP_DRIVER_DISABLED,
	CGROUP_DRIVER_COUNT
};

struct cgroup_record {
	int driver;	/* enum cgroup_driver */
	char *path;	/* absolute inside the hierarchies: "/coracle/ID" */
	char *scope;	/* systemd unit or NULL */
	char *subgroup; /* systemd on v2: child that holds the processes, or NULL */
};
extern const struct json_table cgroup_record_table;
void cgroup_record_done(struct cgroup_record *r);
DEFINE_SCOPED_STRUCT(struct cgroup_record, cgroup_record_done)

/* Of this machine; asked once per process (statfs only: no file parsed on v2; /proc/self/mountinfo
 * or the well-known mount points on v1). */
enum cgroup_layout cgroup_layout(void);
const char *cgroup_layout_name(enum cgroup_layout l);
/* Controllers available, static NULL-ended list. */
const char *const *cgroup_controllers(void);

struct cgroup_request {
	const char *id;		    /* container id */
	const char *cgroups_path;   /* linux.cgroupsPath or NULL: "/<default_parent>/<id>" */
	const char *default_parent; /* "coracle" */
	enum cgroup_driver driver;
	const struct oci_resources *resources; /* may be NULL */
	const struct strmap *annotations;      /* org.systemd.property.*, run.oci.* */
	bool rootless; /* unavailable hierarchies are passed over unless limits ask for them */
	uid_t owner;   /* delegation: chown to this uid (v2), or (uid_t)-1 */
};

/*
 * What keeps a new cgroup there while it has no process: a scope of systemd needs one from the
 * start, and ends with its last.  A child of ours waits in it until the container's first process
 * has entered, then cgroup_hold_done ends it (also with us, should we be killed).
 */
struct cgroup_hold {
	pid_t pid; /* -1: nothing is needed */
};
#define CGROUP_HOLD_INIT ((struct cgroup_hold){ .pid = -1 })
void cgroup_hold_done(struct cgroup_hold *h);

/* Where it will be: resolves names only, touches nothing. */
int cgroup_plan(const struct cgroup_request *rq, struct cgroup_record *ret, struct error *err);
/* Make the directories and apply the resources (all but those that need a member process).  The
 * record must be durable before.  A directory that exists already and has processes is
 * ERROR_EXISTS.  *hold is to be released when the first process is inside, or on failure. */
int cgroup_create(const struct cgroup_request *rq, const struct cgroup_record *r,
		  struct cgroup_hold *hold, struct error *err);
/*
 * Entering at birth, the way in for a container's first process and for exec.
 *
 * Writing the pid of another process to cgroup.procs takes the kernel's global threadgroup lock for
 * writing, which waits for an RCU grace period whenever the lock was quiet: 5 to 15 ms, seen on
 * every start.  Two ways in do not take it: being cloned into a v2 cgroup (CLONE_INTO_CGROUP), and
 * a single-threaded process that moves itself by writing "0" to `tasks` of a v1 cgroup.  So:
 *
 *	parent   cgroup_gate_open(r, &gate, err);
 *		 ns_clone3({ .cgroup_fd = gate.clone_fd, ... })  without CLONE_NEWCGROUP
 *	child	 cgroup_gate_enter(&gate, true);   one write per v1 hierarchy: about 0.3 ms in all
 *		 then ns_unshare(CLONE_NEWCGROUP), ids, mounts
 *	both	 cgroup_gate_done(&gate);
 *
 * The child must enter before it changes its user id and must have no other thread.  When clone3 is
 * denied (-EOPNOTSUPP), clone with cgroup_fd -1 and pass born_inside = false: correct, only slower.
 * gate.clone_fd is -1 where v2 plays no part; born_inside is then ignored.
 */
#define CGROUP_GATE_MAX 24
struct cgroup_gate {
	int clone_fd; /* directory of the v2 cgroup, for clone3, or -1 */
	int v2_fd;    /* its cgroup.procs, for a child that was not born inside, or -1 */
	int n;
	int fds[CGROUP_GATE_MAX]; /* `tasks` of every v1 hierarchy */
};
#define CGROUP_GATE_INIT ((struct cgroup_gate){ .clone_fd = -1, .v2_fd = -1 })
int cgroup_gate_open(const struct cgroup_record *r, struct cgroup_gate *ret, struct error *err);
int cgroup_gate_enter(const struct cgroup_gate *g, bool born_inside); /* leaf: 0 or -errno */
void cgroup_gate_done(struct cgroup_gate *g);
DEFINE_SCOPED_STRUCT(struct cgroup_gate, cgroup_gate_done)

/* Descriptor for clone3's CLONE_INTO_CGROUP on v2 and hybrid (the caller closes it); -1 where it
 * does not apply.  On hybrid the v1 hierarchies still have to be entered: see cgroup_gate. */
int cgroup_clone_fd(const struct cgroup_record *r);
/* Put a running process in, in every hierarchy.  Slow for a start: see cgroup_gate. */
int cgroup_attach(const struct cgroup_record *r, pid_t pid, struct error *err);
/* exec --cgroup: an existing child below the container's cgroup ("[controller:]path"). */
int cgroup_attach_sub(const struct cgroup_record *r, const char *sub, pid_t pid, struct error *err);
/* Change limits; on failure earlier values are put back. */
int cgroup_update(const struct cgroup_record *r, const struct oci_resources *res,
		  struct error *err);
/* Processes (recursively), at most max; the count, new array. */
int cgroup_pids(const struct cgroup_record *r, pid_t **ret, size_t *ret_n, struct error *err);
bool cgroup_exists(const struct cgroup_record *r);
/* In any hierarchy: false where rootless passed all of them over. */
bool cgroup_exists_anywhere(const struct cgroup_record *r);
/* Kill every process (cgroup.kill, or freeze+signal loop) and wait until empty, bounded. */
int cgroup_kill_all(const struct cgroup_record *r, int sig, struct error *err);
/* Remove the directories (and child cgroups); processes left are killed when `kill`; waits for
 * "populated 0" by event, bounded.  Missing is fine. */
int cgroup_remove(const struct cgroup_record *r, bool kill, struct error *err);
int cgroup_freeze(const struct cgroup_record *r, bool on,
		  struct error *err); /* waits until it is so */
/* 1 frozen, 0 not, -errno.  Cheap: one small read. */
int cgroup_is_frozen(const struct cgroup_record *r);

struct cgroup_stats {
	uint64_t cpu_usage_usec, cpu_user_usec, cpu_system_usec;
	uint64_t cpu_periods, cpu_throttled_periods, cpu_throttled_usec;
	uint64_t memory_usage, memory_limit, memory_max_usage, memory_failcnt;
	uint64_t swap_usage, swap_limit; /* swap alone, without memory, on v1 too */
	uint64_t memory_cache, memory_rss;
	uint64_t pids_current, pids_limit; /* UINT64_MAX: no limit */
	uint64_t io_read_bytes, io_write_bytes, io_read_ops, io_write_ops;
	uint64_t oom_kills;
};
int cgroup_stats(const struct cgroup_record *r, struct cgroup_stats *ret, struct error *err);
/* Everything, as the members of runc's statistics object (cpu, cpuset, memory, pids, blkio,
 * hugetlb), appended to out. */
int cgroup_stats_document(const struct cgroup_record *r, struct buf *out, struct error *err);

/*
 * OOM notification.  cgroup_oom_open gives a pollable descriptor (eventfd on v1, inotify on
 * memory.events on v2); cgroup_oom_check consumes the event and returns 1 when an OOM kill happened
 * since the last look.  Works by the cgroup of a pid too (conmon knows only the pid).
 */
struct cgroup_oom {
	int fd; /* poll this; -1: not available */
	int aux_fd;
	enum cgroup_layout layout;
	uint64_t seen;
};
int cgroup_oom_open_pid(pid_t pid, struct cgroup_oom *ret);
int cgroup_oom_check(struct cgroup_oom *o);
void cgroup_oom_done(struct cgroup_oom *o);

/*
 * Notices of memory pressure, before anything is killed: v1's levels (the share of pages that
 * reclaim looks at in vain); on v2 the time that processes of the group wait for memory in a window
 * of 2 s: low 0.1 s, medium 0.4 s, critical 0.4 s in which none of them went on. Poll fd for
 * events, then hand what poll returned to cgroup_pressure_check: 1 pressure, 0 nothing, -ENODEV the
 * group is gone (and fd stays ready: poll it no longer).
 */
enum cgroup_pressure_level {
	CGROUP_PRESSURE_LOW,
	CGROUP_PRESSURE_MEDIUM,
	CGROUP_PRESSURE_CRITICAL,
	CGROUP_PRESSURE_COUNT
};
struct cgroup_pressure {
	int fd;
	int aux_fd;
	short events;
};
#define CGROUP_PRESSURE_INIT ((struct cgroup_pressure){ .fd = -1, .aux_fd = -1 })
const char *cgroup_pressure_name(
	enum cgroup_pressure_level level); /* "low", "medium", "critical" */
int cgroup_pressure_parse(const char *name, enum cgroup_pressure_level *ret); /* -EINVAL */
int cgroup_pressure_open(const struct cgroup_record *r, enum cgroup_pressure_level level,
			 struct cgroup_pressure *ret, struct error *err);
int cgroup_pressure_check(const struct cgroup_pressure *p, short revents);
void cgroup_pressure_done(struct cgroup_pressure *p);
DEFINE_SCOPED_STRUCT(struct cgroup_pressure, cgroup_pressure_done)

/* Mounts that a container needs for "cgroup" type (v1: one bind per controller under a tmpfs). */
struct cgroup_mount {
	char *controller; /* directory name below the tmpfs, e.g. "memory" or "cpu,cpuacct" */
	char *host_path;  /* the container's own directory, or its root when cgroupns hides the rest
			   */
	char *link_of;	  /* not NULL: this row is a symlink name -> link_of */
};
int cgroup_v1_mounts(const struct cgroup_record *r, struct cgroup_mount **ret, size_t *ret_n,
		     struct error *err);
void cgroup_v1_mounts_free(struct cgroup_mount *m, size_t n);

#endif
