/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container_priv: shared by the operations on containers.
 *
 * struct container is a container under its lock, its record compared with the kernel's facts and
 * what a killed command left already finished or undone (recover.c).  An operation opens one, asks
 * the state table, acts, saves, closes.
 *
 * Order of every change: the record says what is about to happen (state.intent, one transaction),
 * then the side effects, then the record says that it is done.  An intent that is found under a
 * free lock belongs to a killed command.
 */
#ifndef CORACLE_ENGINE_CONTAINER_CONTAINER_PRIV_H
#define CORACLE_ENGINE_CONTAINER_CONTAINER_PRIV_H

#include "engine/container/state_table.h"
#include "engine/engine_priv.h"
#include "runtime/driver.h"
#include "sys/pidref.h"
#include "wire/monitor.h"

#define CONTAINER_LOG_NAME "ctr.log"
/* Between the end of init and the monitor's exit file: drain of stdio, sync of the log. */
#define CONTAINER_EXIT_WAIT_MSEC 20000
#define CONTAINER_STOP_TIMEOUT_SEC 10

struct container {
	struct engine *e;
	struct db *db;
	struct object_lock lock;
	struct container_record r;
	bool by_policy;	  /* this start is the restart policy's, not a user's */
	bool leave_files; /* its files are somebody else's to remove (container_erase_leaving) */
};
#define CONTAINER_INIT ((struct container){ .lock = { .fd = -1 } })

/* ---- open.c ---- */
/* Look up, lock, load, recover, sync. */
int container_open(struct engine *e, const char *word, struct container *ret, struct error *err);
/* By full id; wait false: ERROR_BUSY when a command holds it. */
int container_open_id(struct engine *e, const char *id, bool wait, struct container *ret,
		      struct error *err);
void container_done(struct container *c);
DEFINE_SCOPED_STRUCT(struct container, container_done)
int container_save(struct container *c, struct error *err);
/* Save with an intent (NULL: it is done). */
int container_intend(struct container *c, const char *intent, struct error *err);
int container_driver(struct container *c, struct runtime_driver **ret, struct error *err);
/* Finish or undo what killed commands left on any container; what it cannot do now it warns of. */
void engine_reclaim(struct engine *e);

/* ---- sync.c ---- */
/* Compare a record with exit file, process and freezer; true when it changed.  Takes no lock, saves
 * nothing. */
bool container_refine(struct engine *e, struct container_record *r);
/* The same for a row of a listing. */
void container_refine_summary(struct engine *e, struct container_summary *s);
/* The end of a container that had no exit file: why. */
void container_lost(struct container_record *r);
bool container_is_frozen(const struct container_record *r);
/* linux.cgroupsPath: "/coracle/<id>", or below the given parent; for systemd
 * "machine.slice:coracle:<id>".  New string. */
char *container_cgroups_path(const struct container_record *r);
/* Where the cgroup is in the hierarchies.  New string. */
char *container_cgroup_path(const struct container_record *r);

/* ---- recover.c ---- */
int container_recover(struct container *c, struct error *err);

/* ---- exit_record.c ---- */
/* 1: *ret_code and *ret_time from RUNROOT/exits/<id>; 0: not there. */
int exit_record_read(const struct engine *e, const char *id, int *ret_code, int64_t *ret_time);
bool exit_record_oom(const struct engine *e, const char *id);
/* Until the exit file is there (1), or the monitor has ended without one (0), or the time is over
 * (0). monitor may be unset (pid 0). */
int exit_record_wait(const struct engine *e, const char *id, const struct pidref *monitor,
		     int timeout_msec);
/* Make room for a new one: ID becomes ID-old; stale socket, fifo, markers go. */
void exit_record_rotate(const struct engine *e, const char *id);

/* ---- complete.c ---- */
/* img: zeroed for --rootfs. */
int container_complete(struct engine *e, struct wish *w, const struct image_exec_config *img,
		       struct error *err);

/* ---- rootfs.c ---- */
int container_rootfs_mount(struct container *c, struct error *err); /* fills state.mountpoint */
int container_rootfs_umount(struct container *c, struct error *err);

/* ---- netns.c ---- */
int container_network_up(struct container *c, struct error *err);
int container_network_down(struct container *c, struct error *err);
bool container_has_own_netns(const struct container_record *r);

/* ---- facts.c ---- */
/* What outlives the call of prepare is here, so that facts can borrow it. */
struct container_facts {
	struct spec_facts spec;
	struct image_config image;
	bool has_image;
	int rootfs_fd;
	struct buf seccomp;
	char *netns_path, *hostname, *cgroups_path, *init_source;
	char *joined[5];
};
#define CONTAINER_FACTS_INIT ((struct container_facts){ .rootfs_fd = -1 })
void container_facts_done(struct container_facts *f);
DEFINE_SCOPED_STRUCT(struct container_facts, container_facts_done)
int container_facts_collect(struct container *c, struct container_facts *f, struct error *err);
/* The seccomp profile that these options ask for, from its file: 1; 0 when it is the built-in one
 * or none. */
int container_seccomp_text(struct engine *e, const struct wish_security *s, struct buf *ret,
			   struct error *err);
/* passwd and group of the container, a mount over them honoured; NULL when missing. */
int container_user(struct container_record *r, int rootfs_fd, const char *user,
		   char *const *group_add, struct spec_user *ret, struct error *err);
/* The same by a descriptor of the container's own root, where mounts are honoured by themselves. */
int container_user_at(int root_fd, const char *user, char *const *group_add, struct spec_user *ret,
		      struct error *err);

/* ---- prepare.c ---- */
/* Root file system, network, files, config.json. */
int container_prepare_dirs(struct container *c, struct error *err);
int container_prepare(struct container *c, struct error *err);

/* ---- monitor.c: the monitor program as we start it ---- */
struct monitor_process {
	struct pidref ref;
	int sync_fd;	   /* read end of its sync pipe */
	int start_fd;	   /* write end of its start pipe */
	int attach_fd;	   /* read end of the attach pipe (exec) or -1 */
	struct buf unread; /* of the sync pipe */
};
#define MONITOR_PROCESS_INIT       \
	((struct monitor_process){ \
		.ref = PIDREF_INIT, .sync_fd = -1, .start_fd = -1, .attach_fd = -1 })
void monitor_process_done(struct monitor_process *m); /* closes; the process lives on */
DEFINE_SCOPED_STRUCT(struct monitor_process, monitor_process_done)
/* keep: descriptors that the monitor holds while it lives (reserved ports). */
#define MONITOR_ATTACH_PIPE 1u /* with an attach pipe (exec) */
#define MONITOR_OUR_STDIO 2u   /* it has our standard streams (log driver passthrough) */
int monitor_spawn(struct engine *e, char *const *args, const char *cwd, unsigned flags,
		  const int *keep, size_t n_keep, struct monitor_process *ret, struct error *err);
/* conmon.pid in the run directory, by which a start that was killed is adopted (recover.c). */
int monitor_note_pid(struct container *c, const struct monitor_process *m, struct error *err);
int monitor_go(struct monitor_process *m, struct error *err); /* write the start byte */
/* One answer of the sync pipe: its number; a negative one is an error with the runtime's text. */
int monitor_answer(struct monitor_process *m, int64_t *ret, struct error *err);
/* The second answer of an exec session: its exit status; waits for its end. */
int monitor_exec_status(struct monitor_process *m, int *ret, struct error *err);
/* Ours, and with a control fifo (there is none with passthrough). */
bool monitor_takes_orders(const struct container *c);
/* A line for the control fifo; a monitor that is gone, or is not ours, is no error. */
void monitor_tell(const struct container *c, enum monitor_ctl_type type);
/* The global options of the same engine, by resolved paths: its commands run elsewhere. */
char **monitor_engine_args(const struct container *c);
/* The command line for a container. */
int monitor_container_args(struct container *c, const char *exit_lock, char ***ret,
			   struct error *err);
/* Is the program ours, which knows what conmon 2.1 does not? */
bool monitor_is_ours(const struct engine *e);

/* ---- successor.c ---- */
/* Processes that look like monitors of this container (by command line), for recovery; killed. */
int monitor_kill_stray(const char *id);
bool monitor_alive(const struct container_record *r);
/* The monitor of the record is dead: true when another one has followed it, which is in the record
 * now. */
bool monitor_follow(struct engine *e, struct container_record *r);
/* The container's process has ended: until its exit is recorded (true), by this monitor or one that
 * follows it. */
bool monitor_await_exit(struct engine *e, struct container_record *r, int timeout_msec);
/* The container runs, and the monitor of the record is dead. */
bool monitor_missing(const struct container_record *r);
/* The attach socket closed, but the container lives: a socket of the monitor that follows, told to
 * the user; -ESRCH when the container has ended or nobody follows. */
int monitor_reconnect(struct engine *e, struct container_record *r, const struct pidref *init);
/* No monitor is left: start one that takes the container over; tells the user; saves. */
int monitor_reattach(struct container *c, struct error *err);
/* Does a monitor that was started with an exit lock remove the files of a container that is left to
 * it? */
bool monitor_removes_files(const struct engine *e, const struct container_record *r);

/* ---- streams.c: one attached session ---- */
struct stream_session {
	struct engine *e;
	const char *bundle; /* directory with attach and ctl */
	int sock;	    /* connected, owned by the caller; -1: there are no streams to copy */
	const struct container_streams *streams;
	const struct pidref *init; /* signals go there; unset: none */
};
int streams_connect(const char *bundle, struct error *err); /* socket */
/* Block the signals that will be proxied; call before the program is started. */
int streams_resize(const char *bundle, int tty_fd);
/* Until the monitor closes the socket or the user detaches. */
int streams_run(const struct stream_session *s, enum container_attach_end *ret, struct error *err);

/* ---- start.c ---- */
/* Under the lock, state checked: prepare, monitor, runtime; *ret_sock connected when wanted. */
int container_launch(struct container *c, bool want_sock, const char *exit_lock, int tty_fd,
		     int *ret_sock, struct pidref *ret_init, struct error *err);
/* Path of the file whose lock says "the attached command cleans up".  New string. */
char *container_exit_lock_path(const struct engine *e, const char *id);

/* ---- restart.c ---- */
struct restart_rule container_restart_rule(const struct container_record *r);
/* It has ended, is not cleaned up yet, and its policy wants it to go on. */
bool container_restart_due(const struct container_record *r);
/* Start it again by its policy. */
int container_restart_again(struct container *c, struct error *err);

/* ---- cleanup.c ---- */
/* Everything that a start made goes; every step is tried; state exited (or configured when it never
 * ran).  Saved unless gone_next (the record is about to be deleted). */
int container_teardown(struct container *c, bool gone_next, struct error *err);

/* ---- remove.c ---- */
/* After teardown: storage, directories, anonymous volumes, record. */
int container_erase(struct container *c, bool volumes, struct error *err);
/* The same, but its files are left to its monitor, which waits for the exit lock: it is told
 * through lock_fd, the lock's open file, removes them, and the lock files last. */
int container_erase_leaving(struct container *c, bool volumes, int lock_fd, struct error *err);
/* What has no record and whose lock we hold: files, directories, the lock's file; while somebody
 * else is removing them only the lock is released. */
int container_erase_files(struct container *c, struct error *err);
int container_remove_run_dir(struct container *c, struct error *err);
/* The monitor's exit records and the exit lock's file.  New vector of paths. */
char **container_exit_files(const struct engine *e, const char *id);

/* ---- stop.c ---- */
/* Signal, wait, SIGKILL, wait for the end, sync; leaves it stopped (or exited by others). */
int container_halt(struct container *c, unsigned timeout_sec, struct error *err);
int container_stop_signal(const struct container_record *r);
unsigned container_stop_timeout(struct engine *e, const struct container_record *r,
				struct opt_u32 timeout);

/* ---- exec.c ---- */
/* Remove the directories of sessions whose monitor is dead (clients that were killed, detached
 * ones). */
void container_exec_sweep(struct container *c);
/* The document for the runtime: config.json's process with what the wish changes. */
int container_exec_process(struct container *c, const struct container_exec_wish *w,
			   struct oci_process *ret, struct error *err);
/* The working directory is there, or made, or below a mount (workdir.c). */
/* Will the engine write this file and bind it (prepare_files.c)?  One of /etc/hosts,
 * /etc/resolv.conf, /etc/hostname, /run/.containerenv. */
bool container_gives_file(const struct container_record *r, const char *destination);
int container_prepare_workdir(struct container *c, int rootfs_fd, const struct spec_user *user,
			      struct error *err);
/* The runtime's failure in Podman's words (start.c). */
int container_runtime_failed(struct container *c, struct error *err);

#endif
