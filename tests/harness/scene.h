/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene: one container of one runtime, for harness programs that disturb it (runtime_crash,
 * runtime_races), and the look around afterwards.  Knows nothing of our own code, so it drives the
 * peers just as well.
 *
 * Everything is bounded: SCENE_SECONDS without an end is the failure "hangs", after which every
 * process below us is killed.  The program is a subreaper: what a runtime leaves is its child.
 */
#ifndef CORACLE_TESTS_SCENE_H
#define CORACLE_TESTS_SCENE_H

#include <stdbool.h>
#include <sys/types.h>

/* CI is slow and loaded. */
#define SCENE_SECONDS 60
#define SCENE_ARGS_MAX 16

struct scene {
	const char *runtime; /* program */
	const char *root;    /* --root */
	const char *bundle;
	const char *id;
	const char *cgroup;  /* cgroupsPath of the bundle, or "" */
	const char *globals; /* a global flag more, or NULL */
	int log_fd;	     /* what the programs print */
};

/* Subreaper, log, alarm. */
void scene_begin(struct scene *s);
/* Once more SCENE_SECONDS. */
void scene_alarm(void);
/* Print what, and what the programs printed; kill our descendants; exit 1. */
__attribute__((noreturn, format(printf, 2, 3))) void scene_fail(const struct scene *s,
								const char *fmt, ...);
/* Start "RUNTIME --root ROOT a b c ... NULL".  gate >= 0: it goes on when it gets a byte
 * from that pipe, then spins for spin_usec.  traced: PTRACE_TRACEME and a stop before exec. */
pid_t scene_spawn(const struct scene *s, int gate, long spin_usec, bool traced,
		  const char *const *args);
/* The exit status of pid (128 + signal), other children are reaped on the way. */
int scene_wait(const struct scene *s, pid_t pid);
int scene_run(const struct scene *s, const char *const *args);
#define SCENE_RUN(s, ...) scene_run(s, (const char *const[]){ __VA_ARGS__, NULL })
/* Create the scene's container; with its failure everything ends. pid_file may be NULL. */
void scene_create(const struct scene *s, const char *pid_file);
/* What a pid file says. */
pid_t scene_pid(const struct scene *s, const char *pid_file);
bool scene_has_state(const struct scene *s);
/* No child, state, cgroup or mount is left, or fail with it.  Waits for processes to end. */
void scene_assert_clean(const struct scene *s, const char *what);

#endif
