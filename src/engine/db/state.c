/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of a container as field tables: its state, and what a listing shows of it. */
#include <stdlib.h>

#include "base/str.h"
#include "engine/db/db_priv.h"

static const char *const status_names[CONTAINER_STATUS_COUNT + 1] = {
	[CONTAINER_UNKNOWN] = "unknown",   [CONTAINER_CONFIGURED] = "configured",
	[CONTAINER_CREATED] = "created",   [CONTAINER_RUNNING] = "running",
	[CONTAINER_PAUSED] = "paused",	   [CONTAINER_STOPPING] = "stopping",
	[CONTAINER_STOPPED] = "stopped",   [CONTAINER_EXITED] = "exited",
	[CONTAINER_REMOVING] = "removing",
};

const char *container_status_name(enum container_status s)
{
	return s < CONTAINER_STATUS_COUNT ? status_names[s] : "unknown";
}

const char *container_status_word(enum container_status s)
{
	if (s == CONTAINER_CONFIGURED)
		return "created";
	return s == CONTAINER_CREATED ? "initialized" : container_status_name(s);
}

static const struct json_field state_fields[] = {
	JROW_ENUM(struct container_state, "status", status, JF_EMIT_EMPTY, status_names),
	JROW(struct container_state, "pid", pid, JT_I32, 0),
	JROW(struct container_state, "pidStart", pid_start, JT_U64, 0),
	JROW(struct container_state, "monitorPid", monitor_pid, JT_I32, 0),
	JROW(struct container_state, "monitorStart", monitor_start, JT_U64, 0),
	JROW(struct container_state, "started", started_nsec, JT_I64, 0),
	JROW(struct container_state, "finished", finished_nsec, JT_I64, 0),
	JROW(struct container_state, "exitCode", exit_code, JT_I32, 0),
	JROW(struct container_state, "exited", exited, JT_BOOL, 0),
	JROW(struct container_state, "oomKilled", oom_killed, JT_BOOL, 0),
	JROW(struct container_state, "stoppedByUser", stopped_by_user, JT_BOOL, 0),
	JROW(struct container_state, "error", error, JT_STR, 0),
	JROW(struct container_state, "mounted", mounted, JT_BOOL, 0),
	JROW(struct container_state, "mountpoint", mountpoint, JT_STR, 0),
	JROW(struct container_state, "netns", netns, JT_BOOL, 0),
	JROW_ARR(struct container_state, "networks", networks, n_networks, JT_ARR, 0,
		 &network_address_table),
	JROW(struct container_state, "intent", intent, JT_STR, 0),
	JROW(struct container_state, "restartCount", restart_count, JT_I32, 0),
	JROW(struct container_state, "restartStreak", restart_streak, JT_U32, 0),
	JROW(struct container_state, "bootID", boot_id, JT_STR, 0),
	JROW(struct container_state, "cgroupManager", cgroup_manager, JT_STR, 0),
};
const struct json_table container_state_table = JTABLE(struct container_state, state_fields);

void container_state_done(struct container_state *s)
{
	if (s)
		json_table_free(&container_state_table, s);
}

static const struct json_field summary_fields[] = {
	JROW(struct container_summary, "image", image, JT_STR, 0),
	JROW(struct container_summary, "imageID", image_id, JT_STR, 0),
	JROW(struct container_summary, "command", command, JT_STRV, 0),
	JROW(struct container_summary, "infra", infra, JT_BOOL, 0),
	JROW(struct container_summary, "labels", labels, JT_MAP, 0),
	JROW_ARR(struct container_summary, "ports", ports, n_ports, JT_ARR, 0, &network_port_table),
	JROW(struct container_summary, "networks", networks, JT_STRV, 0),
	JROW(struct container_summary, "mounts", mounts, JT_STRV, 0),
	JROW(struct container_summary, "volumes", volumes, JT_STRV, 0),
	JROW(struct container_summary, "exposed", exposed, JT_STRV, 0),
	JROW(struct container_summary, "cidfile", cidfile, JT_STR, 0),
	JROW_ENUM(struct container_summary, "restart", restart_policy, 0, restart_policy_names),
	JROW(struct container_summary, "health", has_health, JT_BOOL, 0),
	JROW(struct container_summary, "healthDestination", health_destination, JT_STR, 0),
};
const struct json_table container_summary_table = JTABLE(struct container_summary, summary_fields);

void container_summary_fill(struct container_summary *s, const struct wish *w)
{
	s->image = xstrdup_opt(w->image_name ? w->image_name : w->image);
	s->image_id = xstrdup_opt(w->image_id);
	strv_add_all(&s->command, w->process.entrypoint);
	strv_add_all(&s->command, w->process.command);
	strmap_copy(&s->labels, &w->labels);
	for (size_t i = 0; i < w->network.n_ports; i++)
		json_table_copy(&network_port_table, ARRAY_ADD(s->ports, s->n_ports),
				&w->network.ports[i]);
	for (size_t i = 0; i < w->network.n_attachments; i++)
		strv_add(&s->networks, w->network.attachments[i].network);
	for (size_t i = 0; i < w->n_mounts; i++) {
		strv_add(&s->mounts, w->mounts[i].destination);
		if (streq(w->mounts[i].type, "volume"))
			strv_add(&s->volumes, w->mounts[i].source);
	}
	s->exposed = strv_dup(w->network.expose);
	s->cidfile = xstrdup_opt(w->cidfile);
	s->restart_policy = w->restart.policy;
	s->has_health = health_enabled(&w->health);
	s->health_destination = xstrdup_opt(w->health.log_destination);
}

void container_summary_done(struct container_summary *s)
{
	char *name = s->name, *intent = s->intent, *health = s->health;

	json_table_free(&container_summary_table, s); /* zeroes the struct */
	free(name);
	free(intent);
	free(health);
}

void container_list_free(struct container_summary *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		container_summary_done(&l[i]);
	free(l);
}
