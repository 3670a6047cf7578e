/* SPDX-License-Identifier: Apache-2.0 */
/* Config: what runs inside; Mounts: where its files come from. */
#include <stdio.h>

#include "base/num.h"
#include "base/str.h"
#include "engine/container/container_priv.h"
#include "engine/inspect/inspect_priv.h"

static void set_health(const struct health_config *h, json_t *o)
{
	if (h->check)
		json_object_set_new(o, "Healthcheck",
				    json_table_encode(&health_check_table, h->check));
	if (h->startup)
		json_object_set_new(o, "StartupHealthCheck",
				    json_table_encode(&health_check_table, h->startup));
	inspect_str(o, "HealthcheckOnFailureAction", health_action_names[h->on_failure]);
	if (!h->check)
		return;
	inspect_str(o, "HealthLogDestination", h->log_destination ? h->log_destination : "local");
	inspect_int(o, "HealthcheckMaxLogCount",
		    h->max_log_count.set ? h->max_log_count.value : HEALTH_LOG_COUNT);
	inspect_int(o, "HealthcheckMaxLogSize",
		    h->max_log_size.set ? h->max_log_size.value : HEALTH_LOG_SIZE);
}

json_t *inspect_config(const struct container_record *r)
{
	const struct wish *w = &r->wish;
	const struct wish_process *p = &w->process;
	json_t *o = json_object();
	char text[16], hostname[13];
	int sig = p->stop_signal ? num_signal(p->stop_signal) : num_signal("TERM");

	snprintf(hostname, sizeof(hostname), "%.12s", r->id);
	inspect_str(o, "Hostname", w->hostname ? w->hostname : hostname);
	inspect_str(o, "Domainname", "");
	inspect_str(o, "User", p->user);
	inspect_bool(o, "AttachStdin", false);
	inspect_bool(o, "AttachStdout", false);
	inspect_bool(o, "AttachStderr", false);
	inspect_bool(o, "Tty", p->terminal);
	inspect_bool(o, "OpenStdin", p->stdin_open);
	inspect_bool(o, "StdinOnce", false);
	inspect_strv(o, "Env", p->env);
	inspect_strv(o, "Cmd", p->command);
	inspect_str(o, "Image", w->image_name ? w->image_name : w->image);
	json_object_set_new(o, "Volumes", json_null());
	inspect_str(o, "WorkingDir", p->workdir ? p->workdir : "/");
	inspect_strv(o, "Entrypoint", p->entrypoint);
	json_object_set_new(o, "OnBuild", json_null());
	inspect_map(o, "Labels", &w->labels);
	inspect_map(o, "Annotations", &w->annotations);
	inspect_str(o, "StopSignal", num_signal_name(sig));
	inspect_strv(o, "CreateCommand", w->create_command);
	if (p->timezone)
		inspect_str(o, "Timezone", p->timezone);
	snprintf(text, sizeof(text), "%04o", p->umask.set ? p->umask.value : 0022);
	inspect_str(o, "Umask", text);
	inspect_int(o, "Timeout", p->timeout.set ? p->timeout.value : 0);
	inspect_int(o, "StopTimeout",
		    p->stop_timeout.set ? p->stop_timeout.value : CONTAINER_STOP_TIMEOUT_SEC);
	inspect_bool(o, "Passwd", true);
	set_health(&w->health, o);
	inspect_str(o, "sdNotifyMode", w->sdnotify ? w->sdnotify : "container");
	if (w->notify_socket)
		inspect_str(o, "sdNotifySocket", w->notify_socket);
	if (w->network.expose)
		inspect_set(o, "ExposedPorts", w->network.expose);
	return o;
}

static const char *propagation_of(char *const *options)
{
	static const char *const words[] = { "shared",	"rshared",  "slave",	  "rslave",
					     "private", "rprivate", "unbindable", "runbindable" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strv_has(options, words[i]))
			return words[i];
	return "rprivate";
}

/* Only binds and volumes: a tmpfs is in HostConfig.Tmpfs. */
json_t *inspect_mounts(struct engine *e, const struct container_record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->wish.n_mounts; i++) {
		const struct wish_mount *m = &r->wish.mounts[i];
		bool volume = streq(m->type, "volume");
		json_t *o;
		if (streq(m->type, "tmpfs"))
			continue;
		o = json_object();
		inspect_str(o, "Type", m->type);
		if (volume) {
			scoped_free char *source = xasprintf("%s/%s/_data", e->volume_path,
							     m->source);
			inspect_str(o, "Name", m->source);
			inspect_str(o, "Source", source);
		} else {
			inspect_str(o, "Source", m->source);
		}
		inspect_str(o, "Destination", m->destination);
		inspect_str(o, "Driver", volume ? "local" : "");
		inspect_str(o, "Mode", "");
		inspect_strv(o, "Options", m->options);
		inspect_bool(o, "RW", !strv_has(m->options, "ro"));
		inspect_str(o, "Propagation", propagation_of(m->options));
		json_array_append_new(list, o);
	}
	return list;
}
