/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/container_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/output/progress.h"
#include "engine/health/health.h"
#include "engine/logs/driver.h"
#include "engine/wish_parse.h"

#define T struct container_target
#define AT(member) .offset = offsetof(struct container_target, member)

/* Adaptors from a row to a parser of engine/wish_parse. */
#define WISH_CALL(fn)                                                              \
	static int call_##fn(void *target, const char *value, struct error *err)   \
	{                                                                          \
		return fn(&((struct container_target *)target)->wish, value, err); \
	}
WISH_CALL(wish_add_volume)
WISH_CALL(wish_add_mount)
WISH_CALL(wish_add_tmpfs)
WISH_CALL(wish_add_device)
WISH_CALL(wish_add_ulimit)
WISH_CALL(wish_add_port)
WISH_CALL(wish_add_network)
WISH_CALL(wish_add_security_opt)
WISH_CALL(wish_add_sysctl)
WISH_CALL(wish_add_annotation)
WISH_CALL(wish_add_label)
WISH_CALL(wish_add_log_opt)
WISH_CALL(wish_set_log_driver)
WISH_CALL(wish_set_cpus)
WISH_CALL(wish_set_memory)
WISH_CALL(wish_set_pids_limit)
WISH_CALL(wish_set_umask)
WISH_CALL(wish_set_entrypoint)
WISH_CALL(wish_set_stop_signal)
WISH_CALL(wish_set_stop_timeout)
WISH_CALL(wish_add_dns)
WISH_CALL(wish_add_host)
WISH_CALL(wish_set_restart)
WISH_CALL(wish_set_sdnotify)
WISH_CALL(wish_set_health_cmd)
WISH_CALL(wish_set_health_interval)
WISH_CALL(wish_set_health_retries)
WISH_CALL(wish_set_health_start_period)
WISH_CALL(wish_set_health_timeout)
WISH_CALL(wish_set_health_on_failure)
WISH_CALL(wish_set_health_log_destination)
WISH_CALL(wish_set_health_max_log_count)
WISH_CALL(wish_set_health_max_log_size)
WISH_CALL(wish_set_startup_cmd)
WISH_CALL(wish_set_startup_interval)
WISH_CALL(wish_set_startup_retries)
WISH_CALL(wish_set_startup_success)
WISH_CALL(wish_set_startup_timeout)

static const struct option rows[] = {
	PULL_OPTION_ROWS(T, pull),
	{ .name = "add-host",
	  .arg = "HOST:IP",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_host,
	  .help = "Further line of /etc/hosts" },
	{ .name = "annotation",
	  .arg = "KEY=VALUE",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_annotation,
	  .help = "Annotation for the OCI runtime" },
	{ .name = "cap-add",
	  .arg = "CAP",
	  .kind = OPTION_LIST,
	  AT(wish.security.cap_add),
	  .help = "Grant a capability (or ALL)" },
	{ .name = "cap-drop",
	  .arg = "CAP",
	  .kind = OPTION_LIST,
	  AT(wish.security.cap_drop),
	  .help = "Remove a capability (or ALL)" },
	{ .name = "cgroup-parent",
	  .arg = "PATH",
	  .kind = OPTION_STR,
	  AT(wish.namespaces.cgroup_parent),
	  .help = "Parent of the container's cgroup" },
	{ .name = "cidfile",
	  .arg = "FILE",
	  .kind = OPTION_STR,
	  AT(wish.cidfile),
	  .words = WORDS_FILES,
	  .help = "Write the container's ID to FILE" },
	{ .name = "cpu-period",
	  .arg = "USEC",
	  .kind = OPTION_U64,
	  AT(cpu_period),
	  .help = "CFS period in microseconds" },
	{ .name = "cpu-quota",
	  .arg = "USEC",
	  .kind = OPTION_I64,
	  AT(cpu_quota),
	  .help = "CFS quota in microseconds" },
	{ .name = "cpu-shares",
	  .letter = 'c',
	  .arg = "N",
	  .kind = OPTION_U64,
	  AT(cpu_shares),
	  .help = "Relative CPU weight" },
	{ .name = "cpus",
	  .arg = "N",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_cpus,
	  .help = "Limit to this number of CPUs" },
	{ .name = "cpuset-cpus",
	  .arg = "LIST",
	  .kind = OPTION_STR,
	  AT(cpuset_cpus),
	  .help = "CPUs that may be used (0-3,5)" },
	{ .name = "cpuset-mems",
	  .arg = "LIST",
	  .kind = OPTION_STR,
	  AT(cpuset_mems),
	  .help = "Memory nodes that may be used" },
	{ .name = "device",
	  .arg = "HOST[:CONTAINER][:rwm]",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_device,
	  .help = "Expose a device of the host",
	  .words = WORDS_FILES },
	{ .name = "dns",
	  .arg = "IP",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_dns,
	  .help = "Name server, or none" },
	{ .name = "dns-option",
	  .arg = "OPTION",
	  .kind = OPTION_LIST,
	  AT(wish.network.dns_options),
	  .help = "Options of resolv.conf" },
	{ .name = "dns-opt",
	  .arg = "OPTION",
	  .kind = OPTION_LIST,
	  AT(wish.network.dns_options),
	  .help = "",
	  .flags = OPTION_ALIAS },
	{ .name = "dns-search",
	  .arg = "DOMAIN",
	  .kind = OPTION_LIST,
	  AT(wish.network.dns_search),
	  .help = "Search domain of resolv.conf" },
	{ .name = "entrypoint",
	  .arg = "COMMAND",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_entrypoint,
	  .help = "Replace the entrypoint of the image" },
	{ .name = "env",
	  .letter = 'e',
	  .arg = "NAME[=VALUE]",
	  .kind = OPTION_STRV,
	  AT(env),
	  .help = "Environment variable" },
	{ .name = "env-file",
	  .arg = "FILE",
	  .kind = OPTION_STRV,
	  AT(env_files),
	  .words = WORDS_FILES,
	  .help = "Read environment variables from FILE" },
	{ .name = "env-host",
	  .kind = OPTION_BOOL,
	  AT(wish.process.env_host),
	  .help = "Pass the whole environment of the host" },
	{ .name = "expose",
	  .arg = "PORT",
	  .kind = OPTION_LIST,
	  AT(wish.network.expose),
	  .help = "Mark a port as exposed" },
	{ .name = "group-add",
	  .arg = "GROUP",
	  .kind = OPTION_LIST,
	  AT(wish.process.group_add),
	  .help = "Supplementary group" },
	{ .name = "health-cmd",
	  .arg = "COMMAND",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_cmd,
	  .help = "Health check: a line for the shell, a JSON array, or none" },
	{ .name = "health-interval",
	  .arg = "DURATION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_interval,
	  .help = "Time between health checks (30s); disable: only by hand" },
	{ .name = "health-log-destination",
	  .arg = "WHERE",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_log_destination,
	  .words = WORDS_DIRS,
	  .help = "Where results are kept: local or a directory" },
	{ .name = "health-max-log-count",
	  .arg = "N",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_max_log_count,
	  .help = "Results that are kept (5; 0: as many as possible)" },
	{ .name = "health-max-log-size",
	  .arg = "N",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_max_log_size,
	  .help = "Bytes of output that are kept of each (500; 0: as many as possible)" },
	{ .name = "health-on-failure",
	  .arg = "ACTION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_on_failure,
	  .words = WORDS_LIST,
	  .choices = "none kill restart stop",
	  .help = "When it becomes unhealthy: none, kill, restart, stop" },
	{ .name = "health-retries",
	  .arg = "N",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_retries,
	  .help = "Failures in a row that make it unhealthy (3)" },
	{ .name = "health-start-period",
	  .arg = "DURATION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_start_period,
	  .help = "Time after the start in which failures do not count" },
	{ .name = "health-startup-cmd",
	  .arg = "COMMAND",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_startup_cmd,
	  .help = "Check that must pass before the health check begins" },
	{ .name = "health-startup-interval",
	  .arg = "DURATION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_startup_interval,
	  .help = "Time between startup checks (30s)" },
	{ .name = "health-startup-retries",
	  .arg = "N",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_startup_retries,
	  .help = "Failures in a row that restart the container (0: no limit)" },
	{ .name = "health-startup-success",
	  .arg = "N",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_startup_success,
	  .help = "Successes in a row that pass it (1)" },
	{ .name = "health-startup-timeout",
	  .arg = "DURATION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_startup_timeout,
	  .help = "Time limit of one startup check (30s)" },
	{ .name = "health-timeout",
	  .arg = "DURATION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_timeout,
	  .help = "Time limit of one health check (30s); then it is killed" },
	{ .name = "healthcheck-command",
	  .arg = "COMMAND",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_cmd,
	  .help = "",
	  .flags = OPTION_ALIAS },
	{ .name = "healthcheck-interval",
	  .arg = "DURATION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_interval,
	  .help = "",
	  .flags = OPTION_ALIAS },
	{ .name = "healthcheck-retries",
	  .arg = "N",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_retries,
	  .help = "",
	  .flags = OPTION_ALIAS },
	{ .name = "healthcheck-start-period",
	  .arg = "DURATION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_start_period,
	  .help = "",
	  .flags = OPTION_ALIAS },
	{ .name = "healthcheck-timeout",
	  .arg = "DURATION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_health_timeout,
	  .help = "",
	  .flags = OPTION_ALIAS },
	{ .name = "hostname",
	  .letter = 'h',
	  .arg = "NAME",
	  .kind = OPTION_STR,
	  AT(wish.hostname),
	  .help = "Host name" },
	{ .name = "http-proxy",
	  .kind = OPTION_TRISTATE,
	  AT(wish.process.http_proxy),
	  .help = "Pass the proxy variables of the host (default true)" },
	{ .name = "image-volume",
	  .arg = "MODE",
	  .kind = OPTION_STR,
	  AT(wish.image_volumes),
	  .words = WORDS_LIST,
	  .choices = "anonymous bind tmpfs ignore",
	  .help = "Volumes of the image: anonymous, tmpfs or ignore" },
	{ .name = "init",
	  .kind = OPTION_BOOL,
	  AT(wish.process.init),
	  .help = "Run an init that forwards signals and reaps processes" },
	{ .name = "init-path",
	  .arg = "PATH",
	  .kind = OPTION_STR,
	  AT(wish.process.init_path),
	  .words = WORDS_FILES,
	  .help = "Init program of the host" },
	{ .name = "interactive",
	  .letter = 'i',
	  .kind = OPTION_BOOL,
	  AT(wish.process.stdin_open),
	  .help = "Keep standard input open" },
	{ .name = "ipc",
	  .arg = "MODE",
	  .kind = OPTION_STR,
	  AT(wish.namespaces.ipc),
	  .help = "IPC namespace: private, shareable, host, container:ID" },
	{ .name = "label",
	  .letter = 'l',
	  .arg = "KEY=VALUE",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_label,
	  .help = "Label of the container" },
	{ .name = "log-driver",
	  .arg = "DRIVER",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_log_driver,
	  .words = WORDS_LIST,
	  .choices = LOGS_DRIVER_NAMES,
	  .help = "Log driver: " LOGS_DRIVER_NAMES },
	{ .name = "log-opt",
	  .arg = "KEY=VALUE",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_log_opt,
	  .help = "Log option: max-size, max-file, path, tag, label, syslog-address" },
	{ .name = "memory",
	  .letter = 'm',
	  .arg = "SIZE",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_memory,
	  .help = "Memory limit" },
	{ .name = "memory-reservation",
	  .arg = "SIZE",
	  .kind = OPTION_BYTES,
	  AT(memory_reservation),
	  .help = "Soft memory limit" },
	{ .name = "memory-swap",
	  .arg = "SIZE",
	  .kind = OPTION_BYTES,
	  AT(memory_swap),
	  .help = "Limit of memory and swap together; -1 for no limit" },
	{ .name = "mount",
	  .arg = "type=TYPE,...",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_mount,
	  .help = "Add a mount: type=bind, volume or tmpfs, src=, dst=, ..." },
	{ .name = "name",
	  .arg = "NAME",
	  .kind = OPTION_STR,
	  AT(wish.name),
	  .help = "Name of the container" },
	{ .name = "network",
	  .arg = "MODE",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_network,
	  .words = WORDS_NETWORKS,
	  .help = "Network: none, host, bridge, NAME, container:ID, ns:PATH" },
	{ .name = "net",
	  .arg = "MODE",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_network,
	  .help = "",
	  .flags = OPTION_ALIAS },
	{ .name = "no-healthcheck",
	  .kind = OPTION_BOOL,
	  AT(wish.no_healthcheck),
	  .help = "No health check, whatever the image says" },
	{ .name = "no-hostname",
	  .kind = OPTION_BOOL,
	  AT(wish.network.no_hostname),
	  .help = "Leave /etc/hostname alone" },
	{ .name = "no-hosts",
	  .kind = OPTION_BOOL,
	  AT(wish.network.no_hosts),
	  .help = "Leave /etc/hosts alone" },
	{ .name = "oom-score-adj",
	  .arg = "N",
	  .kind = OPTION_I64,
	  AT(oom_score_adj),
	  .help = "OOM preference, -1000 to 1000" },
	{ .name = "pid",
	  .arg = "MODE",
	  .kind = OPTION_STR,
	  AT(wish.namespaces.pid),
	  .help = "PID namespace: private, host, container:ID" },
	{ .name = "pidfile",
	  .arg = "FILE",
	  .kind = OPTION_STR,
	  AT(wish.pidfile),
	  .words = WORDS_FILES,
	  .help = "Write the PID of the container's process to FILE" },
	{ .name = "pids-limit",
	  .arg = "N",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_pids_limit,
	  .help = "Limit of processes; -1 for no limit" },
	{ .name = "privileged",
	  .kind = OPTION_BOOL,
	  AT(wish.security.privileged),
	  .help = "All capabilities and devices, no confinement" },
	{ .name = "publish",
	  .letter = 'p',
	  .arg = "[[IP:]HOST:]CONTAINER[/PROTO]",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_port,
	  .help = "Publish a port on the host" },
	{ .name = "publish-all",
	  .letter = 'P',
	  .kind = OPTION_BOOL,
	  AT(wish.network.publish_all),
	  .help = "Publish all exposed ports on random ports of the host" },
	{ .name = "pull",
	  .arg = "POLICY",
	  .kind = OPTION_STR,
	  AT(pull_policy),
	  .words = WORDS_LIST,
	  .choices = "always missing never newer",
	  .help = "When to pull the image: always, missing, never, newer" },
	{ .name = "read-only",
	  .kind = OPTION_BOOL,
	  AT(wish.security.read_only),
	  .help = "Read-only root file system" },
	{ .name = "read-only-tmpfs",
	  .kind = OPTION_TRISTATE,
	  AT(wish.security.read_only_tmpfs),
	  .help = "With --read-only: tmpfs on /run, /tmp and /var/tmp (default true)" },
	{ .name = "replace",
	  .kind = OPTION_BOOL,
	  AT(wish.replace),
	  .help = "Remove a container of the same name first" },
	{ .name = "restart",
	  .arg = "POLICY[:RETRIES]",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_restart,
	  .words = WORDS_LIST,
	  .choices = "always no never on-failure unless-stopped",
	  .help = "When to start it again: no, on-failure[:RETRIES], always, unless-stopped" },
	{ .name = "rm", .kind = OPTION_BOOL, AT(rm), .help = "Remove the container when it ends" },
	{ .name = "sdnotify",
	  .arg = "WHO",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_sdnotify,
	  .words = WORDS_LIST,
	  .choices = "container conmon healthy ignore",
	  .help = "Who tells NOTIFY_SOCKET of readiness: container, conmon, healthy, ignore" },
	{ .name = "security-opt",
	  .arg = "OPTION",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_security_opt,
	  .help = "no-new-privileges, seccomp=FILE, mask=, unmask=, label=, apparmor=" },
	{ .name = "shm-size",
	  .arg = "SIZE",
	  .kind = OPTION_BYTES,
	  AT(shm_size),
	  .help = "Size of /dev/shm" },
	{ .name = "stop-signal",
	  .arg = "SIGNAL",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_stop_signal,
	  .help = "Signal that stops it" },
	{ .name = "stop-timeout",
	  .arg = "SECONDS",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_stop_timeout,
	  .help = "Seconds between that signal and SIGKILL" },
	{ .name = "sysctl",
	  .arg = "NAME=VALUE",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_sysctl,
	  .help = "Kernel parameter of a namespace" },
	{ .name = "tmpfs",
	  .arg = "PATH[:OPTIONS]",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_tmpfs,
	  .help = "Mount a tmpfs" },
	{ .name = "tty",
	  .letter = 't',
	  .kind = OPTION_BOOL,
	  AT(wish.process.terminal),
	  .help = "Allocate a terminal" },
	{ .name = "tz",
	  .arg = "ZONE",
	  .kind = OPTION_STR,
	  AT(wish.process.timezone),
	  .help = "Time zone, or local" },
	{ .name = "ulimit",
	  .arg = "TYPE=SOFT[:HARD]",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_ulimit,
	  .help = "Resource limit, or host" },
	{ .name = "umask",
	  .arg = "MASK",
	  .kind = OPTION_CALL,
	  .parse = call_wish_set_umask,
	  .help = "File mode mask (default 0022)" },
	{ .name = "unsetenv",
	  .arg = "NAME",
	  .kind = OPTION_STRV,
	  AT(wish.process.unset_env),
	  .help = "Remove a default variable" },
	{ .name = "unsetenv-all",
	  .kind = OPTION_BOOL,
	  AT(wish.process.unset_env_all),
	  .help = "Remove all default variables" },
	{ .name = "user",
	  .letter = 'u',
	  .arg = "USER[:GROUP]",
	  .kind = OPTION_STR,
	  AT(wish.process.user),
	  .help = "User and group" },
	{ .name = "uts",
	  .arg = "MODE",
	  .kind = OPTION_STR,
	  AT(wish.namespaces.uts),
	  .help = "UTS namespace: private, host" },
	{ .name = "volume",
	  .letter = 'v',
	  .arg = "[SRC:]DST[:OPTIONS]",
	  .kind = OPTION_CALL,
	  .parse = call_wish_add_volume,
	  .words = WORDS_VOLUMES,
	  .help = "Mount a volume or a directory of the host" },
	{ .name = "workdir",
	  .letter = 'w',
	  .arg = "DIR",
	  .kind = OPTION_STR,
	  AT(wish.process.workdir),
	  .help = "Working directory" },
};
const struct option_set container_option_set = { rows, ARRAY_SIZE(rows) };

void container_target_init(void *target)
{
	struct container_target *t = target;

	t->sig_proxy = true;
}

void container_target_done(void *target)
{
	struct container_target *t = target;
	char *strings[] = { t->pull_policy, t->cpuset_cpus, t->cpuset_mems, t->detach_keys };

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
	strv_free(t->env);
	strv_free(t->env_files);
	strv_free(t->label_files);
	strv_free(t->attach);
	pull_options_done(&t->pull);
	wish_done(&t->wish);
}

static int finish_memory(struct container_target *t, struct error *err)
{
	struct oci_resources *r = &t->wish.resources;
	int64_t limit;

	if (!t->memory_swap.set && !t->memory_reservation.set)
		return 0;
	if (!r->memory)
		r->memory = xnew(struct oci_memory);
	limit = r->memory->limit.set ? r->memory->limit.value : 0;
	if (t->memory_reservation.set) {
		if (limit > 0 && t->memory_reservation.value > limit)
			return error_set(err, ERROR_INVALID,
					 "--memory-reservation must be at most --memory");
		r->memory->reservation = t->memory_reservation;
	}
	if (t->memory_swap.set) {
		if (limit == 0)
			return error_set(err, ERROR_INVALID, "--memory-swap needs --memory");
		if (t->memory_swap.value > 0 && t->memory_swap.value < limit)
			return error_set(err, ERROR_INVALID,
					 "--memory-swap must be at least --memory");
		r->memory->swap = t->memory_swap;
	}
	return 0;
}

static int finish_cpu(struct container_target *t, struct error *err)
{
	struct oci_resources *r = &t->wish.resources;
	bool by_cpus = r->cpu && r->cpu->quota.set;

	if (by_cpus && (t->cpu_quota.set || t->cpu_period.set))
		return error_set(err, ERROR_INVALID,
				 "--cpus can not be specified with --cpu-period or --cpu-quota");
	if (!t->cpu_shares.set && !t->cpu_quota.set && !t->cpu_period.set && !t->cpuset_cpus &&
	    !t->cpuset_mems)
		return 0;
	if (!r->cpu)
		r->cpu = xnew(struct oci_cpu);
	if (t->cpu_shares.set)
		r->cpu->shares = t->cpu_shares;
	if (t->cpu_quota.set)
		r->cpu->quota = t->cpu_quota;
	if (t->cpu_period.set)
		r->cpu->period = t->cpu_period;
	r->cpu->cpus = take_ptr(t->cpuset_cpus);
	r->cpu->mems = take_ptr(t->cpuset_mems);
	return 0;
}

static int finish_env(struct container_target *t, struct error *err)
{
	return wish_add_envs(&t->wish, t->env_files, t->env, err);
}

static int finish_modes(struct container_target *t, struct error *err)
{
	struct wish *w = &t->wish;

	if (t->oom_score_adj.set) {
		if (t->oom_score_adj.value < -1000 || t->oom_score_adj.value > 1000)
			return error_set(err, ERROR_INVALID,
					 "--oom-score-adj must be from -1000 to 1000");
		w->process.oom_score_adj = (struct opt_i32)OPT_SET((int32_t)t->oom_score_adj.value);
	}
	if (t->shm_size.set) {
		if (t->shm_size.value < 0)
			return error_set(err, ERROR_INVALID, "--shm-size must not be negative");
		w->shm_size = t->shm_size;
	}
	if (w->image_volumes && !streq(w->image_volumes, "anonymous") &&
	    !streq(w->image_volumes, "bind") && !streq(w->image_volumes, "tmpfs") &&
	    !streq(w->image_volumes, "ignore"))
		return error_set(
			err, ERROR_INVALID,
			"invalid --image-volume '%s': choose anonymous, bind, tmpfs or ignore",
			w->image_volumes);
	if (w->cidfile && access(w->cidfile, F_OK) == 0)
		return error_set(
			err, ERROR_EXISTS,
			"container id file exists. Ensure another container is not using it "
			"or delete %s: file exists",
			w->cidfile);
	w->process.workdir_given = w->process.workdir != NULL;
	return 0;
}

int container_target_finish(struct container_target *t, struct cli *cli, char **words,
			    struct error *err)
{
	struct wish *w = &t->wish;
	int (*const steps[])(struct container_target *, struct error *) = { finish_memory,
									    finish_cpu, finish_env,
									    finish_modes };

	w->image = xstrdup(words[0]);
	w->process.command = strv_dup(words + 1);
	for (int i = 0; i < cli->argc; i++)
		strv_add(&w->create_command, cli->argv[i]);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		int r = steps[i](t, err);
		if (r < 0)
			return r;
	}
	if (!streq_opt(w->sdnotify, "ignore"))
		w->notify_socket = xstrdup_opt(cli->notify_socket);
	w->rm = t->rm;
	if (w->rm && w->restart.policy != RESTART_NO)
		return error_set(err, ERROR_INVALID,
				 "the --rm option conflicts with --restart, when the restartPolicy "
				 "is not \"\" and \"no\"");
	return 0;
}

int container_target_image(struct cli *cli, struct container_target *t, struct error *err)
{
	const char *policy = t->pull_policy ? t->pull_policy : "missing";
	scoped_free char *platform = NULL;
	scoped_free char *name = NULL;
	struct image_copy_options o;
	struct error lookup = ERROR_INIT;
	char id[65];
	int r;

	if (!streq(policy, "always") && !streq(policy, "missing") && !streq(policy, "never") &&
	    !streq(policy, "newer") && !streq(policy, "ifnewer") && !streq(policy, "ifmissing"))
		return error_set(
			err, ERROR_INVALID,
			"unsupported pull policy \"%s\": choose always, missing, never or newer",
			policy);
	if (!streq(policy, "always") && !str_has_suffix(policy, "newer")) {
		r = imageop_lookup(cli->engine, t->wish.image, id, NULL, &lookup);
		if (r >= 0 || lookup.kind != ERROR_NOT_FOUND || streq(policy, "never"))
			return r < 0 ? error_copy(err, &lookup) : 0;
	}
	r = pull_options_resolve(&t->pull, &o, &platform, err);
	if (r < 0)
		return r;
	scoped(progress_done) struct progress progress;
	progress_init(&progress, t->pull.quiet);
	o.progress = progress_image;
	o.progress_arg = &progress;
	r = imageop_pull(cli->engine, t->wish.image, &o, id, &name, err);
	if (r < 0 && str_has_suffix(policy, "newer") &&
	    imageop_lookup(cli->engine, t->wish.image, id, NULL, NULL) >= 0) {
		log_warn("could not look for a newer image of '%s' (%s): using the local one",
			 t->wish.image, err->msg);
		r = 0;
	}
	return r;
}
