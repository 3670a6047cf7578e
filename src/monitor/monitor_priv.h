/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor_priv: what setup (monitor.c) and life (lifecycle.c) share.
 *
 *	STARTING --runtime ended well--> RUNNING --container ended--> LEAVING --all served--> end
 *	    \--------runtime failed----------------------------------^
 */
#ifndef CORACLE_MONITOR_MONITOR_PRIV_H
#define CORACLE_MONITOR_MONITOR_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/loop.h"
#include "base/trace.h"
#include "cgroup/cgroup.h"
#include "monitor/attach.h"
#include "monitor/caller.h"
#include "monitor/control.h"
#include "monitor/health.h"
#include "monitor/input.h"
#include "monitor/log/log.h"
#include "monitor/monitor.h"
#include "monitor/notify.h"
#include "monitor/options.h"
#include "monitor/pump.h"
#include "monitor/record.h"
#include "monitor/follow/succession.h"
#include "monitor/streams.h"

enum monitor_state { MONITOR_STARTING, MONITOR_RUNNING, MONITOR_LEAVING, MONITOR_STATE_COUNT };

struct monitor {
	struct monitor_options options;
	monitor_runtime_fn own_runtime;
	char *bundle;	   /* absolute */
	char *own_pidfile; /* when the engine named none */
	struct caller caller;
	struct record_places places;
	struct loop *loop;
	struct streams streams;
	struct log *log;
	struct input *input;
	struct attach *attach;	 /* NULL with passthrough */
	struct control *control; /* NULL with passthrough */
	struct notify *notify;	 /* NULL unless asked for */
	struct pump *pump;
	struct health *health; /* NULL unless asked for */
	struct cgroup_oom oom;
	struct loop_source *oom_source, *signals, *timeout, *exit_delay;
	struct trace_span runtime_span;
	enum monitor_state state;
	pid_t runtime_pid, container_pid, exit_command_pid; /* 0: none (any more) */
	bool exit_command_due;
	int64_t started_nsec, restart_delay_nsec; /* CLOCK_MONOTONIC; wait before the restart */
	bool oom_recorded, timed_out;
	bool hurry;	 /* do not wait for clients */
	int exit_status; /* of this process */
	struct succession succession;
};

/* Block and catch the signals; before the first fork. */
int lifecycle_watch(struct monitor *m, struct error *err);
/* The container's program runs: its health checks begin. */
void lifecycle_program_started(struct monitor *m);
/* control_order_fn */
bool lifecycle_order(int type, void *arg);
/* The container has ended. */
void lifecycle_container_ended(struct monitor *m, int wait_status);
/* It has ended, and that is recorded: what is left to do. */
void lifecycle_leave(struct monitor *m, int wait_status);
/* Watch for an OOM kill; the container's pid is known. */
void lifecycle_watch_oom(struct monitor *m);
/* --timeout, so much from now. */
int lifecycle_set_timeout(struct monitor *m, int64_t nsec, struct error *err);
/* Start the runtime; everything else is set up. */
int lifecycle_launch(struct monitor *m, struct error *err);
/* Something failed before there was a container: tell the engine, run the exit command. */
void lifecycle_fail(struct monitor *m, int64_t data, const char *message);
/* Until all is over; the exit status. */
int lifecycle_run(struct monitor *m);

#endif
