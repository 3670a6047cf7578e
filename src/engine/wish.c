/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/wish.h"

#include "base/str.h"

static const struct json_field rlimit_fields[] = {
	JROW(struct oci_rlimit, "type", type, JT_STR, JF_REQUIRED),
	JROW(struct oci_rlimit, "hard", hard, JT_U64, JF_EMIT_EMPTY),
	JROW(struct oci_rlimit, "soft", soft, JT_U64, JF_EMIT_EMPTY),
};
static const struct json_table rlimit_table = JTABLE(struct oci_rlimit, rlimit_fields);

static const struct json_field process_fields[] = {
	/* NULL (keep the image's) and [] (clear it) differ: both are written. */
	JROW(struct wish_process, "entrypoint", entrypoint, JT_STRV, JF_EMIT_EMPTY | JF_NULL_EMPTY),
	JROW(struct wish_process, "command", command, JT_STRV, 0),
	JROW(struct wish_process, "env", env, JT_STRV, 0),
	JROW(struct wish_process, "unsetEnv", unset_env, JT_STRV, 0),
	JROW(struct wish_process, "unsetEnvAll", unset_env_all, JT_BOOL, 0),
	JROW(struct wish_process, "envHost", env_host, JT_BOOL, 0),
	JROW(struct wish_process, "httpProxy", http_proxy, JT_OPT_BOOL, 0),
	JROW(struct wish_process, "workdir", workdir, JT_STR, 0),
	JROW(struct wish_process, "workdirGiven", workdir_given, JT_BOOL, 0),
	JROW(struct wish_process, "user", user, JT_STR, 0),
	JROW(struct wish_process, "groupAdd", group_add, JT_STRV, 0),
	JROW(struct wish_process, "terminal", terminal, JT_BOOL, 0),
	JROW(struct wish_process, "stdinOpen", stdin_open, JT_BOOL, 0),
	JROW(struct wish_process, "umask", umask, JT_OPT_U32, 0),
	JROW(struct wish_process, "stopSignal", stop_signal, JT_STR, 0),
	JROW(struct wish_process, "stopTimeout", stop_timeout, JT_OPT_U32, 0),
	JROW_ARR(struct wish_process, "rlimits", rlimits, n_rlimits, JT_ARR, 0, &rlimit_table),
	JROW(struct wish_process, "rlimitsHost", rlimits_host, JT_BOOL, 0),
	JROW(struct wish_process, "init", init, JT_BOOL, 0),
	JROW(struct wish_process, "initPath", init_path, JT_STR, 0),
	JROW(struct wish_process, "timezone", timezone, JT_STR, 0),
	JROW(struct wish_process, "oomScoreAdj", oom_score_adj, JT_OPT_I32, 0),
	JROW(struct wish_process, "timeout", timeout, JT_OPT_U32, 0),
	JROW(struct wish_process, "systemd", systemd, JT_STR, 0),
};
static const struct json_table process_table = JTABLE(struct wish_process, process_fields);

static const struct json_field security_fields[] = {
	JROW(struct wish_security, "privileged", privileged, JT_BOOL, 0),
	JROW(struct wish_security, "noNewPrivileges", no_new_privileges, JT_BOOL, 0),
	JROW(struct wish_security, "readOnly", read_only, JT_BOOL, 0),
	JROW(struct wish_security, "readOnlyTmpfs", read_only_tmpfs, JT_OPT_BOOL, 0),
	JROW(struct wish_security, "capAdd", cap_add, JT_STRV, 0),
	JROW(struct wish_security, "capDrop", cap_drop, JT_STRV, 0),
	JROW(struct wish_security, "seccomp", seccomp, JT_STR, 0),
	JROW(struct wish_security, "mask", mask, JT_STRV, 0),
	JROW(struct wish_security, "unmask", unmask, JT_STRV, 0),
	JROW(struct wish_security, "apparmor", apparmor, JT_STR, 0),
	JROW(struct wish_security, "labelOpts", label_opts, JT_STRV, 0),
	JROW(struct wish_security, "sysctl", sysctl, JT_MAP, 0),
	JROW(struct wish_security, "capabilities", capabilities, JT_STRV, 0),
};
static const struct json_table security_table = JTABLE(struct wish_security, security_fields);

static const struct json_field mount_fields[] = {
	JROW(struct wish_mount, "type", type, JT_STR, JF_REQUIRED),
	JROW(struct wish_mount, "source", source, JT_STR, 0),
	JROW(struct wish_mount, "destination", destination, JT_STR, JF_REQUIRED),
	JROW(struct wish_mount, "options", options, JT_STRV, 0),
	JROW(struct wish_mount, "anonymous", anonymous, JT_BOOL, 0),
};
static const struct json_table mount_table = JTABLE(struct wish_mount, mount_fields);

static const struct json_field device_fields[] = {
	JROW(struct wish_device, "host", host, JT_STR, JF_REQUIRED),
	JROW(struct wish_device, "container", container, JT_STR, 0),
	JROW(struct wish_device, "permissions", permissions, JT_STR, 0),
};
static const struct json_table device_table = JTABLE(struct wish_device, device_fields);

static const struct json_field attachment_fields[] = {
	JROW(struct network_attachment, "network", network, JT_STR, JF_REQUIRED),
	JROW(struct network_attachment, "aliases", aliases, JT_STRV, 0),
	JROW(struct network_attachment, "staticIPs", static_ips, JT_STRV, 0),
	JROW(struct network_attachment, "staticMAC", static_mac, JT_STR, 0),
	JROW(struct network_attachment, "interfaceName", interface_name, JT_STR, 0),
};
static const struct json_table attachment_table = JTABLE(struct network_attachment,
							 attachment_fields);

static const struct json_field network_fields[] = {
	JROW(struct wish_network, "mode", mode, JT_STR, 0),
	JROW_ARR(struct wish_network, "attachments", attachments, n_attachments, JT_ARR, 0,
		 &attachment_table),
	JROW_ARR(struct wish_network, "ports", ports, n_ports, JT_ARR, 0, &network_port_table),
	JROW(struct wish_network, "publishAll", publish_all, JT_BOOL, 0),
	JROW(struct wish_network, "expose", expose, JT_STRV, 0),
	JROW(struct wish_network, "dns", dns, JT_STRV, 0),
	JROW(struct wish_network, "dnsSearch", dns_search, JT_STRV, 0),
	JROW(struct wish_network, "dnsOptions", dns_options, JT_STRV, 0),
	JROW(struct wish_network, "addHost", add_host, JT_STRV, 0),
	JROW(struct wish_network, "noHosts", no_hosts, JT_BOOL, 0),
	JROW(struct wish_network, "noHostname", no_hostname, JT_BOOL, 0),
	JROW(struct wish_network, "hostsFile", hosts_file, JT_STR, 0),
};
static const struct json_table wish_network_table = JTABLE(struct wish_network, network_fields);

static const struct json_field namespaces_fields[] = {
	JROW(struct wish_namespaces, "pid", pid, JT_STR, 0),
	JROW(struct wish_namespaces, "ipc", ipc, JT_STR, 0),
	JROW(struct wish_namespaces, "uts", uts, JT_STR, 0),
	JROW(struct wish_namespaces, "user", user, JT_STR, 0),
	JROW(struct wish_namespaces, "cgroup", cgroup, JT_STR, 0),
	JROW(struct wish_namespaces, "cgroupParent", cgroup_parent, JT_STR, 0),
	JROW(struct wish_namespaces, "cgroups", cgroups, JT_STR, 0),
};
static const struct json_table namespaces_table = JTABLE(struct wish_namespaces, namespaces_fields);

static const struct json_field log_fields[] = {
	JROW(struct wish_log, "driver", driver, JT_STR, 0),
	JROW(struct wish_log, "path", path, JT_STR, 0),
	JROW(struct wish_log, "maxSize", max_size, JT_I64, 0),
	JROW(struct wish_log, "maxFiles", max_files, JT_OPT_U32, 0),
	JROW(struct wish_log, "tag", tag, JT_STR, 0),
	JROW(struct wish_log, "labels", labels, JT_STRV, 0),
	JROW(struct wish_log, "syslogAddress", syslog_address, JT_STR, 0),
};
static const struct json_table log_table = JTABLE(struct wish_log, log_fields);

static const struct json_field restart_fields[] = {
	JROW_ENUM(struct wish_restart, "policy", policy, 0, restart_policy_names),
	JROW(struct wish_restart, "maxRetries", max_retries, JT_U32, 0),
};
static const struct json_table restart_table = JTABLE(struct wish_restart, restart_fields);

static const struct json_field wish_fields[] = {
	JROW(struct wish, "name", name, JT_STR, 0),
	JROW(struct wish, "image", image, JT_STR, 0),
	JROW(struct wish, "imageID", image_id, JT_STR, 0),
	JROW(struct wish, "imageName", image_name, JT_STR, 0),
	JROW(struct wish, "rootfs", rootfs, JT_STR, 0),
	JROW(struct wish, "hostname", hostname, JT_STR, 0),
	JROW(struct wish, "labels", labels, JT_MAP, 0),
	JROW(struct wish, "annotations", annotations, JT_MAP, 0),
	JROW_OBJ(struct wish, "process", process, JT_OBJ, 0, &process_table),
	JROW_OBJ(struct wish, "security", security, JT_OBJ, 0, &security_table),
	JROW_OBJ(struct wish, "resources", resources, JT_OBJ, 0, &oci_resources_table),
	JROW(struct wish, "shmSize", shm_size, JT_OPT_I64, 0),
	JROW_ARR(struct wish, "mounts", mounts, n_mounts, JT_ARR, 0, &mount_table),
	JROW(struct wish, "imageVolumes", image_volumes, JT_STR, 0),
	JROW(struct wish, "volumesFrom", volumes_from, JT_STRV, 0),
	JROW_ARR(struct wish, "devices", devices, n_devices, JT_ARR, 0, &device_table),
	JROW_OBJ(struct wish, "network", network, JT_OBJ, 0, &wish_network_table),
	JROW_OBJ(struct wish, "namespaces", namespaces, JT_OBJ, 0, &namespaces_table),
	JROW_OBJ(struct wish, "log", log, JT_OBJ, 0, &log_table),
	JROW_OBJ(struct wish, "restart", restart, JT_OBJ, 0, &restart_table),
	JROW_OBJ(struct wish, "health", health, JT_OBJ, 0, &health_config_table),
	JROW(struct wish, "noHealthcheck", no_healthcheck, JT_BOOL, 0),
	JROW(struct wish, "sdnotify", sdnotify, JT_STR, 0),
	JROW(struct wish, "notifySocket", notify_socket, JT_STR, 0),
	JROW(struct wish, "rm", rm, JT_BOOL, 0),
	JROW(struct wish, "replace", replace, JT_BOOL, 0),
	JROW(struct wish, "cidfile", cidfile, JT_STR, 0),
	JROW(struct wish, "pidfile", pidfile, JT_STR, 0),
	JROW(struct wish, "conmonPidfile", conmon_pidfile, JT_STR, 0),
	JROW(struct wish, "runtime", runtime, JT_STR, 0),
	JROW(struct wish, "createCommand", create_command, JT_STRV, 0),
	JROW(struct wish, "imagePolicy", image_policy, JT_STR, 0),
};
const struct json_table wish_table = JTABLE(struct wish, wish_fields);

void wish_done(struct wish *w)
{
	if (w)
		json_table_free(&wish_table, w);
}

bool wish_is_mounted(const struct wish *w, const char *destination)
{
	for (size_t i = 0; i < w->n_mounts; i++)
		if (streq(w->mounts[i].destination, destination))
			return true;
	return false;
}

bool wish_has_seccomp(const struct wish_security *s)
{
	return s->seccomp ? !streq(s->seccomp, "unconfined") : !s->privileged;
}
