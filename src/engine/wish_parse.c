/* SPDX-License-Identifier: Apache-2.0 */
/* Option values that stand alone; mounts and devices are in wish_parse_mounts.c. */
#include "engine/wish_parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/ident.h"
#include "base/path.h"
#include "base/str.h"
#include "engine/logs/driver.h"
#include "sys/fd.h"
#include "sys/process.h"

extern char **environ;

/* An environment file is written by a person; a larger one is a mistake. */
#define ENV_FILE_MAX_BYTES ((size_t)4 << 20)
/* CFS period that Docker and Podman use for --cpus. */
#define CPU_PERIOD_USEC 100000

static int split_pair(const char *value, char **ret_key, const char **ret_value, struct error *err)
{
	const char *eq = strchr(value, '=');

	if (!eq || eq == value)
		return error_set(err, ERROR_INVALID, "'%s' must be formatted KEY=VALUE", value);
	*ret_key = xstrndup(value, (size_t)(eq - value));
	*ret_value = eq + 1;
	return 0;
}

static bool is_ip(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET, s, &a) == 1 || inet_pton(AF_INET6, s, &a) == 1;
}

/* Those that a container has of its own, as Podman lists them. */
static bool is_namespaced_sysctl(const char *key)
{
	static const char *const names[] = { "kernel.msgmax", "kernel.msgmnb",
					     "kernel.msgmni", "kernel.sem",
					     "kernel.shmall", "kernel.shmmax",
					     "kernel.shmmni", "kernel.shm_rmid_forced" };

	return str_table_find(names, ARRAY_SIZE(names), key) >= 0 || str_has_prefix(key, "net.") ||
	       str_has_prefix(key, "fs.mqueue.");
}

int wish_add_sysctl(struct wish *w, const char *value, struct error *err)
{
	scoped_free char *key = NULL;
	const char *v;
	int r = split_pair(value, &key, &v, err);

	if (r < 0)
		return r;
	if (!is_namespaced_sysctl(key))
		return error_set(err, ERROR_INVALID, "sysctl '%s' is not allowed", value);
	strmap_set(&w->security.sysctl, key, v);
	return 0;
}

int wish_add_annotation(struct wish *w, const char *value, struct error *err)
{
	scoped_free char *key = NULL;
	const char *v;
	int r = split_pair(value, &key, &v, err);

	if (r < 0)
		return r;
	strmap_set(&w->annotations, key, v);
	return 0;
}

int wish_add_label(struct wish *w, const char *value, struct error *err)
{
	const char *eq = strchr(value, '=');
	scoped_free char *key = eq ? xstrndup(value, (size_t)(eq - value)) : xstrdup(value);

	if (*key == '\0')
		return error_set(err, ERROR_INVALID, "'%s' has no key", value);
	strmap_set(&w->labels, key, eq ? eq + 1 : "");
	return 0;
}

int wish_add_env(struct wish *w, const char *value, struct error *err)
{
	const char *eq = strchr(value, '=');
	size_t len = strlen(value);
	scoped_free char *name = eq ? xstrndup(value, (size_t)(eq - value)) : xstrdup(value);

	if (*name == '\0')
		return error_set(err, ERROR_INVALID, "variable '%s' has no name", value);
	if (eq) {
		strv_env_set(&w->process.env, name, eq + 1);
		return 0;
	}
	if (name[len - 1] == '*') {
		for (char **e = environ; *e; e++) {
			const char *end = strchr(*e, '=');
			scoped_free char *key = end ? xstrndup(*e, (size_t)(end - *e)) : NULL;
			if (key && strncmp(key, name, len - 1) == 0)
				strv_env_set(&w->process.env, key, end + 1);
		}
		return 0;
	}
	if (getenv(name))
		strv_env_set(&w->process.env, name, getenv(name));
	return 0;
}

int wish_add_env_file(struct wish *w, const char *path, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_strv char **lines = NULL;
	int r = fd_read_file(AT_FDCWD, path, ENV_FILE_MAX_BYTES, &text);

	if (r < 0)
		return error_os(err, -r, "read environment file '%s'", path);
	lines = strv_split(buf_str(&text), "\n", false);
	STRV_FOREACH (l, lines) {
		const char *line = *l + strspn(*l, " \t");
		size_t len = strlen(line);
		scoped_free char *clean = xstrndup(line, len - (len > 0 && line[len - 1] == '\r'));
		if (*clean == '\0' || *clean == '#')
			continue;
		r = wish_add_env(w, clean, err);
		if (r < 0)
			return error_prefix(err, "environment file '%s'", path);
	}
	return 0;
}

int wish_add_envs(struct wish *w, char *const *files, char *const *values, struct error *err)
{
	STRV_FOREACH (f, files) {
		int r = wish_add_env_file(w, *f, err);
		if (r < 0)
			return r;
	}
	STRV_FOREACH (v, values) {
		int r = wish_add_env(w, *v, err);
		if (r < 0)
			return error_prefix(err, "--env");
	}
	return 0;
}

int wish_set_cpus(struct wish *w, const char *value, struct error *err)
{
	double cpus;

	if (num_double(value, &cpus) < 0 || cpus < 0.01 || cpus > 100000)
		return error_set(err, ERROR_INVALID,
				 "expected a number of CPUs such as 1.5, at least 0.01");
	if (!w->resources.cpu)
		w->resources.cpu = xnew(struct oci_cpu);
	w->resources.cpu->period = (struct opt_u64)OPT_SET(CPU_PERIOD_USEC);
	w->resources.cpu->quota = (struct opt_i64)OPT_SET((int64_t)(cpus * CPU_PERIOD_USEC + 0.5));
	return 0;
}

int wish_set_memory(struct wish *w, const char *value, struct error *err)
{
	int64_t bytes;

	if (num_bytes(value, &bytes) < 0 || bytes < 0)
		return error_set(err, ERROR_INVALID, "expected a size such as 512m");
	if (!w->resources.memory)
		w->resources.memory = xnew(struct oci_memory);
	/* As Podman and Docker: 0 is no limit; with a limit alone, memory plus swap is twice of it.
	 */
	w->resources.memory->limit = (struct opt_i64){ .set = bytes > 0, .value = bytes };
	w->resources.memory->swap = (struct opt_i64){ .set = bytes > 0,
						      .value = bytes > INT64_MAX / 2 ? INT64_MAX
										     : bytes * 2 };
	return 0;
}

int wish_set_pids_limit(struct wish *w, const char *value, struct error *err)
{
	int64_t limit;

	if (num_i64(value, &limit) < 0 || limit < -1)
		return error_set(err, ERROR_INVALID,
				 "expected a number of processes, or -1 for no limit");
	if (!w->resources.pids)
		w->resources.pids = xnew(struct oci_pids);
	w->resources.pids->limit = (struct opt_i64)OPT_SET(limit == 0 ? -1 : limit);
	return 0;
}

int wish_set_umask(struct wish *w, const char *value, struct error *err)
{
	uint64_t mask;

	if (num_u64_base(value, 8, &mask) < 0 || mask > 0777 || strlen(value) > 4)
		return error_set(err, ERROR_INVALID, "expected an octal mask such as 0022");
	w->process.umask = (struct opt_u32)OPT_SET((uint32_t)mask);
	return 0;
}

int wish_set_entrypoint(struct wish *w, const char *value, struct error *err)
{
	scoped_json json_t *list = NULL;
	size_t i;
	json_t *item;

	strv_free(w->process.entrypoint);
	w->process.entrypoint = xnew_n(char *, 1);
	if (*value == '[' &&
	    json_text_parse(value, strlen(value), "entrypoint", &list, NULL) == 0) {
		json_array_foreach (list, i, item) {
			if (!json_is_string(item))
				return error_set(err, ERROR_INVALID,
						 "an entrypoint array holds strings only");
			strv_add(&w->process.entrypoint, json_string_value(item));
		}
	} else if (*value) {
		strv_add(&w->process.entrypoint, value);
	}
	return 0;
}

int wish_set_stop_signal(struct wish *w, const char *value, struct error *err)
{
	if (num_signal(value) < 0)
		return error_set(err, ERROR_INVALID, "'%s' is no signal", value);
	free(w->process.stop_signal);
	w->process.stop_signal = xstrdup(value);
	return 0;
}

int wish_set_stop_timeout(struct wish *w, const char *value, struct error *err)
{
	uint32_t seconds;

	if (num_u32(value, &seconds) < 0)
		return error_set(err, ERROR_INVALID, "expected a number of seconds");
	w->process.stop_timeout = (struct opt_u32)OPT_SET(seconds);
	return 0;
}

int wish_add_host(struct wish *w, const char *value, struct error *err)
{
	const char *colon = strchr(value, ':');

	if (!colon || colon == value || colon[1] == '\0' || !str_printable(value) ||
	    strpbrk(value, " \t"))
		return error_set(err, ERROR_INVALID, "'%s' must be formatted NAME:IP", value);
	if (!streq(colon + 1, "host-gateway") && !is_ip(colon + 1))
		return error_set(err, ERROR_INVALID, "'%s' of '%s' is no IP address", colon + 1,
				 value);
	strv_add(&w->network.add_host, value);
	return 0;
}

int wish_add_dns(struct wish *w, const char *value, struct error *err)
{
	scoped_strv char **servers = strv_split(value, ",", false);

	STRV_FOREACH (s, servers) {
		if (!streq(*s, "none") && !is_ip(*s))
			return error_set(err, ERROR_INVALID, "%s is not an ip address", *s);
		strv_add(&w->network.dns, *s);
	}
	return 0;
}

/* "nofile" or "RLIMIT_NOFILE" */
static int rlimit_type(const char *name, char **ret)
{
	scoped_free char *upper = xasprintf("%s%s",
					    str_has_prefix(name, "RLIMIT_") ? "" : "RLIMIT_", name);

	for (char *c = upper; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	if (process_rlimit_from_name(upper) < 0)
		return -EINVAL;
	*ret = take_ptr(upper);
	return 0;
}

static int rlimit_value(const char *s, uint64_t *ret)
{
	if (streq(s, "-1") || streq(s, "unlimited")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return num_u64(s, ret);
}

int wish_add_ulimit(struct wish *w, const char *value, struct error *err)
{
	scoped_free char *name = NULL, *type = NULL, *soft_text = NULL;
	const char *limits, *colon;
	struct oci_rlimit *l;
	uint64_t soft, hard;

	if (streq(value, "host")) {
		w->process.rlimits_host = true;
		return 0;
	}
	if (split_pair(value, &name, &limits, NULL) < 0)
		return error_set(err, ERROR_INVALID,
				 "'%s' must be formatted TYPE=SOFT[:HARD] or host", value);
	if (rlimit_type(name, &type) < 0)
		return error_set(err, ERROR_INVALID, "'%s' is no resource limit", name);
	colon = strchr(limits, ':');
	soft_text = colon ? xstrndup(limits, (size_t)(colon - limits)) : xstrdup(limits);
	if (rlimit_value(soft_text, &soft) < 0 ||
	    rlimit_value(colon ? colon + 1 : limits, &hard) < 0)
		return error_set(err, ERROR_INVALID, "'%s' has no valid limit", value);
	if (soft > hard)
		return error_set(err, ERROR_INVALID,
				 "soft limit must be less than or equal to hard limit in '%s'",
				 value);
	l = ARRAY_ADD(w->process.rlimits, w->process.n_rlimits);
	*l = (struct oci_rlimit){ .type = take_ptr(type), .soft = soft, .hard = hard };
	return 0;
}

int wish_add_port(struct wish *w, const char *value, struct error *err)
{
	struct network_port port = { 0 };
	int r = network_port_parse(value, &port, err);

	if (r < 0)
		return r;
	*ARRAY_ADD(w->network.ports, w->network.n_ports) = port;
	return 0;
}

/* "02:00:00:00:00:01" */
static bool is_mac(const char *s)
{
	scoped_strv char **bytes = strv_split(s, ":", true);

	STRV_FOREACH (b, bytes) {
		if (strlen(*b) != 2 || !str_only(*b, "0123456789abcdefABCDEF"))
			return false;
	}
	return strv_len(bytes) == 6;
}

static int attachment_option(struct network_attachment *a, const char *option, struct error *err)
{
	const char *v;

	if ((v = str_skip_prefix(option, "alias=")))
		strv_add(&a->aliases, v);
	else if ((v = str_skip_prefix(option, "ip=")) || (v = str_skip_prefix(option, "ip6="))) {
		if (!is_ip(v))
			return error_set(err, ERROR_INVALID, "'%s' is no IP address", v);
		strv_add(&a->static_ips, v);
	} else if ((v = str_skip_prefix(option, "mac="))) {
		if (!is_mac(v))
			return error_set(err, ERROR_INVALID, "'%s' is no MAC address", v);
		free(a->static_mac);
		a->static_mac = xstrdup(v);
	} else if ((v = str_skip_prefix(option, "interface_name="))) {
		free(a->interface_name);
		a->interface_name = xstrdup(v);
	} else
		return error_set(err, ERROR_INVALID, "unknown network option '%s'", option);
	return 0;
}

static int add_attachment(struct wish *w, const char *name, const char *options, struct error *err)
{
	scoped_strv char **list = options ? strv_split(options, ",", false) : NULL;
	struct network_attachment *a;

	if (!ident_name_valid(name))
		return error_set(err, ERROR_INVALID, "'%s' is no network name", name);
	free(w->network.mode);
	w->network.mode = xstrdup("bridge");
	if (streq(name, "bridge") && !options)
		return 0;
	a = ARRAY_ADD(w->network.attachments, w->network.n_attachments);
	a->network = streq(name, "bridge") ? NULL : xstrdup(name);
	STRV_FOREACH (o, list) {
		int r = attachment_option(a, *o, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int wish_add_network(struct wish *w, const char *value, struct error *err)
{
	static const char *const whole[] = { "none", "host", "private", NULL };
	const char *colon = strchr(value, ':');
	scoped_free char *name = colon ? xstrndup(value, (size_t)(colon - value)) : xstrdup(value);

	if (*name == '\0')
		return error_set(err, ERROR_INVALID, "empty network name");
	if (streq(name, "pasta") || streq(name, "slirp4netns"))
		return error_set(err, ERROR_UNSUPPORTED, "network mode '%s' is not supported yet",
				 name);
	for (size_t i = 0; whole[i]; i++) {
		if (!streq(value, whole[i]))
			continue;
		free(w->network.mode);
		w->network.mode = xstrdup(streq(value, "private") ? "bridge" : value);
		return 0;
	}
	if ((streq(name, "container") || streq(name, "ns")) && colon) {
		if (colon[1] == '\0')
			return error_set(err, ERROR_INVALID,
					 "network mode '%s' needs a name behind the colon", value);
		free(w->network.mode);
		w->network.mode = xstrdup(value);
		return 0;
	}
	return add_attachment(w, name, colon ? colon + 1 : NULL, err);
}

static void set_string(char **slot, const char *value)
{
	free(*slot);
	*slot = xstrdup(value);
}

int wish_add_security_opt(struct wish *w, const char *value, struct error *err)
{
	size_t len = strcspn(value, "=:");
	scoped_free char *key = xstrndup(value, len);
	const char *v = value[len] ? value + len + 1 : NULL;
	bool on = true;

	if (streq(key, "no-new-privileges")) {
		if (v && num_bool(v, &on) < 0)
			return error_set(err, ERROR_INVALID,
					 "no-new-privileges wants true or false, not '%s'", v);
		w->security.no_new_privileges = on;
		return 0;
	}
	if (!v || *v == '\0')
		return error_set(err, ERROR_INVALID, "invalid security option '%s'", value);
	if (streq(key, "seccomp"))
		set_string(&w->security.seccomp, v);
	else if (streq(key, "apparmor"))
		set_string(&w->security.apparmor, v);
	else if (streq(key, "label"))
		strv_add(&w->security.label_opts, v);
	else if (streq(key, "mask") || streq(key, "unmask")) {
		scoped_strv char **paths = strv_split(v, ":", false);
		STRV_FOREACH (p, paths) {
			if (!path_absolute(*p) && !(streq(key, "unmask") && str_ieq(*p, "ALL")))
				return error_set(
					err, ERROR_INVALID,
					"path '%s' of security option '%s' must be absolute", *p,
					key);
		}
		strv_add_all(streq(key, "mask") ? &w->security.mask : &w->security.unmask, paths);
	} else if (streq(key, "proc-opts") || streq(key, "systempaths"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "security option '%s' is not supported yet", key);
	else
		return error_set(err, ERROR_INVALID, "invalid security option '%s'", value);
	return 0;
}

int wish_set_log_driver(struct wish *w, const char *value, struct error *err)
{
	if (!logs_driver_find(value))
		return error_set(err, ERROR_INVALID,
				 "invalid log driver '%s': there are " LOGS_DRIVER_NAMES, value);
	set_string(&w->log.driver, value);
	return 0;
}

static int set_max_file(struct wish_log *log, const char *value, struct error *err)
{
	uint32_t files;

	if (num_u32(value, &files) < 0 || files == 0 || files > 1000)
		return error_set(err, ERROR_INVALID,
				 "max-file wants a number from 1 to 1000, not '%s'", value);
	log->max_files = (struct opt_u32)OPT_SET(files);
	return 0;
}

static int add_log_label(struct wish_log *log, const char *value, struct error *err)
{
	const char *equals = strchr(value, '=');

	if (!equals || equals == value)
		return error_set(err, ERROR_INVALID, "log option label wants NAME=VALUE, not '%s'",
				 value);
	strv_add(&log->labels, value);
	return 0;
}

static int set_syslog_address(struct wish_log *log, const char *value, struct error *err)
{
	if (!str_has_prefix(value, "unix:///") && !str_has_prefix(value, "udp://") &&
	    !str_has_prefix(value, "tcp://"))
		return error_set(err, ERROR_INVALID,
				 "syslog-address wants unix://PATH, udp:// or tcp://ADDRESS:PORT, "
				 "not '%s'",
				 value);
	set_string(&log->syslog_address, value);
	return 0;
}

int wish_add_log_opt(struct wish *w, const char *value, struct error *err)
{
	scoped_free char *key = NULL;
	const char *v;
	int r = split_pair(value, &key, &v, err);

	if (r < 0)
		return r;
	if (streq(key, "max-size")) {
		if (num_bytes_si(v, &w->log.max_size) < 0 || w->log.max_size < 0)
			return error_set(err, ERROR_INVALID,
					 "max-size wants a size such as 10m, not '%s'", v);
	} else if (streq(key, "max-file")) {
		return set_max_file(&w->log, v, err);
	} else if (streq(key, "path")) {
		set_string(&w->log.path, v);
	} else if (streq(key, "tag")) {
		set_string(&w->log.tag, v);
	} else if (streq(key, "label")) {
		return add_log_label(&w->log, v, err);
	} else if (streq(key, "syslog-address")) {
		return set_syslog_address(&w->log, v, err);
	} else {
		return error_set(err, ERROR_INVALID, "unknown log option '%s'", key);
	}
	return 0;
}

int wish_set_restart(struct wish *w, const char *value, struct error *err)
{
	const char *colon = strchr(value, ':');
	scoped_free char *name = xstrndup(value, strcspn(value, ":"));
	struct wish_restart restart = { 0 };
	int policy = str_table_find(restart_policy_names, RESTART_POLICY_COUNT, name);

	if (colon && policy != RESTART_ON_FAILURE)
		return error_set(err, ERROR_INVALID,
				 "restart policy retries can only be specified with on-failure "
				 "restart policy");
	if (policy < 0 && !streq(name, "never"))
		return error_set(err, ERROR_INVALID,
				 "\"%s\" is not a valid restart policy: invalid argument", value);
	if (colon && num_u32(colon + 1, &restart.max_retries) < 0)
		return error_set(err, ERROR_INVALID,
				 "parsing restart policy retry count: \"%s\" is not a number",
				 colon + 1);
	restart.policy = policy < 0 ? RESTART_NO : policy;
	w->restart = restart;
	return 0;
}
