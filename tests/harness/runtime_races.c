/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime_races RUNTIME ROOT BUNDLE ID CGROUP RACE ROUNDS [SEED]
 *
 * Two commands at the same container at the same moment, ROUNDS times, each delayed by a random
 * part of a millisecond or five.  After each round the container is deleted, and no process, state,
 * cgroup or mount may be left; nothing may take longer than a minute (scene.h).  RACE:
 *
 *	start-start	exactly one start succeeds
 *	start-delete	the forced delete succeeds, whatever start sees
 *	start-plain	start against delete without force: one of them succeeds, and a container
 *			that has started runs on
 *	kill-exit	the payload ends by itself while it is killed; kill may say "not running"
 *	create-create	exactly one create of the same id succeeds
 *	create-delete	the container is there entirely or not at all
 *	delete-delete	both forced deletes succeed
 *	exec-delete	exec gets an end; delete succeeds
 *	start-death	init is killed while start talks to it: start ends
 *
 * The bundle's payload ends soon for kill-exit and sleeps for the others.  Last line: how often
 * which of the two succeeded.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/scene.h"

#define DELAY_MAX_USEC 5000

struct race {
	struct scene s;
	unsigned long random;
	long results[2][2]; /* first succeeded, second succeeded */
};

static long delay(struct race *r)
{
	/* The constants of the C standard's example. */
	r->random = r->random * 1103515245 + 12345;
	/* Half of them small: most windows are short. */
	return (long)(r->random >> 16) %
	       ((r->random >> 8) % 2 ? DELAY_MAX_USEC : DELAY_MAX_USEC / 10);
}

/* Both at once; their exit statuses. */
static void both(struct race *r, const char *const *a, const char *const *b, int *ra, int *rb)
{
	int gate[2], status, ended = 0;
	pid_t pa, pb;

	if (pipe2(gate, O_CLOEXEC) < 0)
		scene_fail(&r->s, "pipe: %s", strerror(errno));
	(void)!ftruncate(r->s.log_fd, 0);
	pa = scene_spawn(&r->s, gate[0], delay(r), false, a);
	pb = scene_spawn(&r->s, gate[0], delay(r), false, b);
	/* A byte each. */
	if (write(gate[1], "ab", 2) != 2)
		scene_fail(&r->s, "write: %s", strerror(errno));
	*ra = *rb = -1;
	while (ended < 2) {
		pid_t got = waitpid(-1, &status, __WALL);

		if (got < 0)
			scene_fail(&r->s, "%s and %s: %s", a[0], b[0],
				   errno == EINTR ? "hangs" : strerror(errno));
		if (got != pa && got != pb)
			continue;
		*(got == pa ? ra : rb) = WIFEXITED(status) ? WEXITSTATUS(status)
							   : 128 + WTERMSIG(status);
		ended++;
	}
	close(gate[0]);
	close(gate[1]);
	r->results[*ra == 0][*rb == 0]++;
}

static bool is(const char *race, const char *name)
{
	return strcmp(race, name) == 0;
}

/* start, and init dies of a signal at the same time. */
static void start_death(struct race *r)
{
	char pid_file[4096];
	int gate[2], status;
	pid_t init, start;
	long first;

	snprintf(pid_file, sizeof(pid_file), "%s/pid", r->s.bundle);
	scene_create(&r->s, pid_file);
	init = scene_pid(&r->s, pid_file);
	if (pipe2(gate, O_CLOEXEC) < 0)
		scene_fail(&r->s, "pipe: %s", strerror(errno));
	first = delay(r);
	start = scene_spawn(&r->s, gate[0], first / 10, false,
			    (const char *const[]){ "start", r->s.id, NULL });
	if (write(gate[1], "a", 1) != 1)
		scene_fail(&r->s, "write: %s", strerror(errno));
	close(gate[1]);
	close(gate[0]);
	/* Somewhere in its life: the start needs a few milliseconds. */
	for (volatile long i = 0; i < first * 400; i++)
		;
	kill(init, SIGKILL);
	status = scene_wait(&r->s, start);
	r->results[status == 0][1]++;
}

static void act(struct race *r, const char *race)
{
	const char *id = r->s.id;
	const char *start[] = { "start", id, NULL };
	const char *force[] = { "delete", "--force", id, NULL };
	const char *delete[] = { "delete", id, NULL };
	const char *create[] = { "create", "--bundle", r->s.bundle, id, NULL };
	const char *exec[] = { "exec", id, "true", NULL };
	const char *kill_it[] = { "kill", id, "KILL", NULL };
	int a, b;

	if (is(race, "start-death")) {
		start_death(r);
		return;
	}
	if (is(race, "create-create")) {
		both(r, create, create, &a, &b);
		if ((a == 0) == (b == 0))
			scene_fail(&r->s, "create: %d, create: %d", a, b);
		return;
	}
	if (is(race, "create-delete")) {
		both(r, create, force, &a, &b);
		if (b != 0)
			scene_fail(&r->s, "create: %d, delete --force: %d", a, b);
		return;
	}
	scene_create(&r->s, NULL);
	if (is(race, "start-start")) {
		both(r, start, start, &a, &b);
		if ((a == 0) == (b == 0))
			scene_fail(&r->s, "start: %d, start: %d", a, b);
	} else if (is(race, "start-delete")) {
		both(r, start, force, &a, &b);
		if (b != 0)
			scene_fail(&r->s, "start: %d, delete --force: %d", a, b);
	} else if (is(race, "start-plain")) {
		both(r, start, delete, &a, &b);
		if (a != 0 && b != 0)
			scene_fail(&r->s, "start: %d, delete: %d", a, b);
		if (a == 0 && b != 0 && SCENE_RUN(&r->s, "exec", id, "true") != 0)
			scene_fail(&r->s, "started, not deleted, and does not run");
	} else {
		if (SCENE_RUN(&r->s, "start", id) != 0)
			scene_fail(&r->s, "start failed");
		if (is(race, "kill-exit"))
			both(r, kill_it, kill_it, &a, &b);
		else if (is(race, "delete-delete"))
			both(r, force, force, &a, &b);
		else if (is(race, "exec-delete"))
			both(r, exec, force, &a, &b);
		else
			scene_fail(&r->s, "unknown race '%s'", race);
		if (!is(race, "kill-exit") && b != 0)
			scene_fail(&r->s, "delete --force: %d", b);
	}
}

int main(int argc, char **argv)
{
	struct race r = { 0 };
	long rounds;

	if (argc < 8) {
		fprintf(stderr,
			"usage: runtime_races RUNTIME ROOT BUNDLE ID CGROUP RACE ROUNDS [SEED]\n");
		return 2;
	}
	r.s = (struct scene){ argv[1], argv[2], argv[3], argv[4], argv[5], NULL, -1 };
	r.random = argc > 8 ? strtoul(argv[8], NULL, 10) : (unsigned long)getpid();
	rounds = strtol(argv[7], NULL, 10);
	printf("seed %lu\n", r.random);
	scene_begin(&r.s);
	for (long i = 0; i < rounds; i++) {
		char what[128];

		scene_alarm();
		act(&r, argv[6]);
		if (scene_has_state(&r.s) && SCENE_RUN(&r.s, "delete", "--force", r.s.id) != 0)
			scene_fail(&r.s, "round %ld: delete failed", i);
		snprintf(what, sizeof(what), "%s, round %ld", argv[6], i);
		scene_assert_clean(&r.s, what);
	}
	printf("%s: %ld rounds; both succeeded %ld, the first %ld, the second %ld, none %ld\n",
	       argv[6], rounds, r.results[1][1], r.results[1][0], r.results[0][1], r.results[0][0]);
	return 0;
}
