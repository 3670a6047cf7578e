/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime_crash RUNTIME ROOT BUNDLE ID CGROUP OPERATION WHO FIRST STRIDE [GLOBAL]
 *
 * Kill an operation (create, start, delete, exec, run, mounts: BUNDLE/mounts.json added) with SIGKILL on entering its N-th system
 * call, for N = FIRST, FIRST + STRIDE, ... until it ends by itself; after each, `delete` must
 * remove everything, and nothing may be left: no process, state, cgroup, mount.
 *
 * WHO is counted and killed: "runtime" (the program), "init" (whatever it has made), "both"
 * (counted and killed together).  When only init is killed the runtime itself must end and clean
 * up.
 *
 * Every process is traced (ptrace) up to the kill, then let go.  Last line: "N kills".
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/scene.h"

#define TRACEES_MAX 64
#define OPTIONS \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

enum who { RUNTIME, INIT, BOTH };

struct tracee {
	pid_t pid;
	bool in_call;
};

struct crash {
	struct scene s;
	const char *operation;
	enum who who;
	long at; /* kill at this call */
	char pid_file[4096];
	pid_t main;
	int main_status; /* -1: it has not ended */
	struct tracee tracees[TRACEES_MAX];
	size_t n;
	long calls;
	bool killed;
};

static struct tracee *find(struct crash *c, pid_t pid)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->tracees[i].pid == pid)
			return &c->tracees[i];
	}
	if (c->n == TRACEES_MAX)
		scene_fail(&c->s, "more than %d processes", TRACEES_MAX);
	c->tracees[c->n] = (struct tracee){ .pid = pid };
	return &c->tracees[c->n++];
}

static void forget(struct crash *c, pid_t pid)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->tracees[i].pid == pid)
			c->tracees[i] = c->tracees[--c->n];
	}
}

static void kill_them(struct crash *c)
{
	for (size_t i = 0; i < c->n; i++) {
		bool runtime = c->tracees[i].pid == c->main;

		if (c->who == BOTH || runtime == (c->who == RUNTIME))
			kill(c->tracees[i].pid, SIGKILL);
	}
	c->killed = true;
}

static void at_call(struct crash *c, struct tracee *t)
{
	t->in_call = !t->in_call;
	if (!t->in_call || c->killed)
		return;
	if (c->who != BOTH && (t->pid == c->main) != (c->who == RUNTIME))
		return;
	if (++c->calls == c->at)
		kill_them(c);
}

/* A stopped tracee goes on: with its next call looked at, or for good. */
static void go_on(struct crash *c, pid_t pid, int sig)
{
	if (ptrace(c->killed ? PTRACE_DETACH : PTRACE_SYSCALL, pid, NULL, (long)sig) < 0 &&
	    errno != ESRCH)
		scene_fail(&c->s, "resume process %d: %s", (int)pid, strerror(errno));
	if (c->killed)
		forget(c, pid);
}

static void stopped(struct crash *c, pid_t pid, int status)
{
	struct tracee *t = find(c, pid);
	int sig = WSTOPSIG(status);

	if (sig == (SIGTRAP | 0x80)) {
		at_call(c, t);
		sig = 0;
	} else if (sig == SIGTRAP || sig == SIGSTOP) {
		/* Events of clone and exec, the first stop of a new tracee. */
		sig = 0;
	}
	go_on(c, pid, sig);
}

/* One event; false: the operation has ended (and, killed or not, its other processes go on). */
static bool step(struct crash *c)
{
	int status;
	pid_t pid = waitpid(-1, &status, __WALL);

	if (pid < 0)
		scene_fail(&c->s, "%s %ld: %s", c->operation, c->at,
			   errno == EINTR ? "hangs" : strerror(errno));
	if (WIFSTOPPED(status)) {
		stopped(c, pid, status);
		return true;
	}
	forget(c, pid);
	if (pid != c->main)
		return true;
	c->main_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return false;
}

/* Let go of those that still run: they stop when told to.  Whoever reports is looked at: the end of
 * a namespace's init waits until we have seen the ends of those in it. */
static void let_go(struct crash *c)
{
	c->killed = true;
	for (size_t i = 0; i < c->n; i++)
		kill(c->tracees[i].pid, SIGSTOP);
	while (c->n > 0) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid < 0)
			scene_fail(&c->s, "%s %ld: process %d does not stop", c->operation, c->at,
				   (int)c->tracees[0].pid);
		if (!WIFSTOPPED(status))
			forget(c, pid);
		else if (WSTOPSIG(status) == SIGSTOP)
			stopped(c, pid, status);
		else /* its SIGSTOP is still to come, and must not stay with it */
			ptrace(PTRACE_CONT, pid, NULL, 0L);
	}
}

static bool needs(const struct crash *c, const char *a, const char *b, const char *d)
{
	return strcmp(c->operation, a) == 0 || strcmp(c->operation, b) == 0 ||
	       strcmp(c->operation, d) == 0;
}

/* The container's init, which is not start's child, is traced from now on. */
static void trace_init(struct crash *c)
{
	pid_t pid = scene_pid(&c->s, c->pid_file);
	int status;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) != pid ||
	    !WIFSTOPPED(status) || ptrace(PTRACE_SETOPTIONS, pid, NULL, (long)OPTIONS) < 0)
		scene_fail(&c->s, "trace init: %s", strerror(errno));
	(void)find(c, pid);
	go_on(c, pid, 0);
}

static void start_traced(struct crash *c)
{
	const char *create[] = { "create", "--bundle", c->s.bundle, c->s.id, NULL };
	const char *run[] = { "run", "--detach", "--bundle", c->s.bundle, c->s.id, NULL };
	const char *delete[] = { "delete", "--force", c->s.id, NULL };
	const char *exec[] = { "exec", c->s.id, "true", NULL };
	const char *start[] = { "start", c->s.id, NULL };
	char document[4096];
	const char *mounts[] = { "mounts", "add", c->s.id, document, NULL };
	const char *const *args = strcmp(c->operation, "create") == 0	? create
				  : strcmp(c->operation, "run") == 0	? run
				  : strcmp(c->operation, "start") == 0	? start
				  : strcmp(c->operation, "exec") == 0	? exec
				  : strcmp(c->operation, "mounts") == 0 ? mounts
									: delete;
	int status;

	snprintf(document, sizeof(document), "%s/mounts.json", c->s.bundle);
	c->n = 0;
	c->calls = 0;
	c->killed = false;
	c->main_status = -1;
	if (needs(c, "start", "start", "start") && c->who != RUNTIME)
		trace_init(c);
	c->main = scene_spawn(&c->s, -1, 0, true, args);
	if (waitpid(c->main, &status, __WALL) != c->main || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, c->main, NULL, (long)OPTIONS) < 0)
		scene_fail(&c->s, "trace: %s", strerror(errno));
	(void)find(c, c->main);
	go_on(c, c->main, 0);
}

/* One kill; false: the operation has fewer calls. */
static bool round_of(struct crash *c)
{
	char what[128];
	int status;

	scene_alarm();
	if (needs(c, "start", "delete", "exec") || needs(c, "mounts", "mounts", "mounts")) {
		scene_create(&c->s, c->pid_file);
		if (!needs(c, "start", "start", "start") && SCENE_RUN(&c->s, "start", c->s.id) != 0)
			scene_fail(&c->s, "start failed");
	}
	(void)!ftruncate(c->s.log_fd, 0);
	start_traced(c);
	while (step(c))
		;
	let_go(c);
	snprintf(what, sizeof(what), "%s killed at call %ld of %s", c->operation, c->at,
		 c->who == RUNTIME ? "the runtime"
		 : c->who == INIT  ? "init"
				   : "all");
	/* A failed create undoes itself; a killed delete is finished by the next one. */
	if (c->who == INIT && c->main_status != 0 && needs(c, "create", "run", "run"))
		scene_assert_clean(&c->s, what);
	if (scene_has_state(&c->s)) {
		/* What has started is running unless init was killed. */
		bool force = !needs(c, "create", "create", "create") || c->at % 2 == 0;

		status = force ? SCENE_RUN(&c->s, "delete", "--force", c->s.id)
			       : SCENE_RUN(&c->s, "delete", c->s.id);
		if (status != 0)
			scene_fail(&c->s, "%s: delete failed: %d", what, status);
	}
	scene_assert_clean(&c->s, what);
	return c->calls >= c->at;
}

int main(int argc, char **argv)
{
	struct crash c = { 0 };
	long kills = 0;

	if (argc < 10 || argc > 11) {
		fprintf(stderr,
			"usage: runtime_crash RUNTIME ROOT BUNDLE ID CGROUP "
			"create|start|delete|exec|run|mounts runtime|init|both FIRST STRIDE "
			"[GLOBAL]\n");
		return 2;
	}
	c.s = (struct scene){ argv[1], argv[2], argv[3], argv[4], argv[5], argv[10], -1 };
	c.operation = argv[6];
	c.who = strcmp(argv[7], "runtime") == 0 ? RUNTIME
		: strcmp(argv[7], "init") == 0	? INIT
						: BOTH;
	c.at = strtol(argv[8], NULL, 10);
	snprintf(c.pid_file, sizeof(c.pid_file), "%s/pid", c.s.bundle);
	scene_begin(&c.s);
	for (; round_of(&c); kills++)
		c.at += strtol(argv[9], NULL, 10);
	printf("%ld kills\n", kills);
	return kills > 0 ? 0 : 1;
}
