/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup: what a container's cgroup costs: create with usual limits, enter, remove.
 *
 *	cgroup [ROUNDS [PAUSE_MSEC]]
 *
 * The pause matters: after a quiet moment the kernel's threadgroup lock is dear for whoever takes
 * it for writing (see struct cgroup_gate).  Prints medians; "attach by pid" is the way we do not go.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "base/timeutil.h"
#include "cgroup/cgroup.h"
#include "sys/ns.h"

#define ROUNDS_MAX 1000

enum phase { CREATE, OPEN, ENTER, REMOVE, ATTACH, PHASE_COUNT };
static const char *const names[] = { "create", "gate open", "gate enter", "remove",
				     "(attach by pid)" };
static double msec[PHASE_COUNT][ROUNDS_MAX];

static double since(int64_t start)
{
	return (double)(time_monotonic_nsec() - start) / NSEC_PER_MSEC;
}

static void fail(const struct error *err)
{
	fprintf(stderr, "cgroup: %s\n", err->msg);
	exit(1);
}

/* A child that enters by the gate and says how long that took, then waits to be killed. */
static pid_t enter(const struct cgroup_gate *gate, double *ret_msec)
{
	int from[2];
	pid_t pid;

	if (pipe(from) < 0)
		return -1;
	pid = ns_clone3(&(struct ns_clone){ .cgroup_fd = gate->clone_fd, .exit_signal = SIGCHLD });
	if (pid == 0) {
		int64_t start = time_monotonic_nsec();
		double t = cgroup_gate_enter(gate, true) < 0 ? -1 : since(start);

		if (write(from[1], &t, sizeof(t)) != sizeof(t))
			_exit(1);
		for (;;)
			pause();
	}
	if (pid < 0 || read(from[0], ret_msec, sizeof(*ret_msec)) != sizeof(*ret_msec))
		pid = -1;
	close(from[0]);
	close(from[1]);
	return pid;
}

static void one_round(const struct cgroup_request *rq, size_t i)
{
	struct cgroup_gate gate = CGROUP_GATE_INIT;
	struct cgroup_hold hold = CGROUP_HOLD_INIT;
	struct cgroup_record r = { 0 };
	struct error err = ERROR_INIT;
	int64_t start = time_monotonic_nsec();
	pid_t pid;

	if (cgroup_plan(rq, &r, &err) < 0 || cgroup_create(rq, &r, &hold, &err) < 0)
		fail(&err);
	msec[CREATE][i] = since(start);
	start = time_monotonic_nsec();
	if (cgroup_gate_open(&r, &gate, &err) < 0)
		fail(&err);
	msec[OPEN][i] = since(start);
	pid = enter(&gate, &msec[ENTER][i]);
	cgroup_gate_done(&gate);
	if (pid < 0 || kill(pid, SIGKILL) < 0 || waitpid(pid, NULL, 0) != pid)
		fail(&(struct error){ .msg = "the child did not enter" });
	start = time_monotonic_nsec();
	if (cgroup_remove(&r, false, &err) < 0)
		fail(&err);
	msec[REMOVE][i] = since(start);
	cgroup_record_done(&r);
}

static void attach_round(const struct cgroup_request *rq, size_t i)
{
	struct cgroup_hold hold = CGROUP_HOLD_INIT;
	struct cgroup_record r = { 0 };
	struct error err = ERROR_INIT;
	int64_t start;
	pid_t pid;

	if (cgroup_plan(rq, &r, &err) < 0 || cgroup_create(rq, &r, &hold, &err) < 0)
		fail(&err);
	pid = fork();
	if (pid == 0) {
		for (;;)
			pause();
	}
	start = time_monotonic_nsec();
	if (pid < 0 || cgroup_attach(&r, pid, &err) < 0)
		fail(&err);
	msec[ATTACH][i] = since(start);
	if (kill(pid, SIGKILL) < 0 || waitpid(pid, NULL, 0) != pid ||
	    cgroup_remove(&r, true, &err) < 0)
		fail(&err);
	cgroup_record_done(&r);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	uint32_t rounds = 40, gap = 50;
	struct oci_memory memory = { .limit = OPT_SET(64 << 20) };
	struct oci_pids pids = { .limit = OPT_SET(2048) };
	struct oci_device_rule deny = { .allow = false };
	struct oci_resources res = {
		.memory = &memory, .pids = &pids, .devices = &deny, .n_devices = 1
	};
	struct cgroup_request rq = { .id = "bench",
				     .default_parent = "coracle-bench",
				     .resources = &res,
				     .owner = (uid_t)-1 };
	double sum = 0;

	if ((argc > 1 && num_u32(argv[1], &rounds) < 0) ||
	    (argc > 2 && num_u32(argv[2], &gap) < 0) || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: cgroup [ROUNDS (1 to %d) [PAUSE_MSEC]]\n", ROUNDS_MAX);
		return 2;
	}
	for (uint32_t i = 0; i < rounds; i++) {
		one_round(&rq, i);
		(void)poll(NULL, 0, (int)gap);
		attach_round(&rq, i);
		(void)poll(NULL, 0, (int)gap);
	}
	(void)cgroup_remove(&(struct cgroup_record){ .path = (char *)"/coracle-bench" }, false,
			    NULL);
	printf("cgroup (%s): memory, pids and device rules, %u rounds, pause %u ms\n",
	       cgroup_layout_name(cgroup_layout()), rounds, gap);
	for (int p = 0; p < PHASE_COUNT; p++) {
		qsort(msec[p], rounds, sizeof(double), compare);
		printf("  %-20s %8.3f ms\n", names[p], msec[p][rounds / 2]);
		sum += p < ATTACH ? msec[p][rounds / 2] : 0;
	}
	printf("  %-20s %8.3f ms\n", "create to remove", sum);
	return 0;
}
