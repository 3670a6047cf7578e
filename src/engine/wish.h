/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wish: what a user asks of a new container.  Filled by the command line (or REST), completed by
 * the image and the configuration in container_create, then stored unchanged as the container's
 * configuration.  Every member has a row in wish_table, so it is kept as a JSON document.
 */
#ifndef CORACLE_ENGINE_WISH_H
#define CORACLE_ENGINE_WISH_H

#include "base/json.h"
#include "network/network.h"
#include "oci/runtime_spec.h"
#include "wire/health.h"
#include "wire/restart.h"

struct wish_process {
	char **entrypoint; /* [] clears the image's; NULL keeps it */
	char **command;
	char **env; /* NAME=VALUE, resolved by the caller (-e NAME, files) */
	char **unset_env;
	bool unset_env_all, env_host;
	struct opt_bool http_proxy;
	char *workdir;
	bool workdir_given;
	char *user;
	char **group_add;
	bool terminal, stdin_open;
	struct opt_u32 umask;
	char *stop_signal;
	struct opt_u32 stop_timeout; /* seconds */
	struct oci_rlimit *rlimits;
	size_t n_rlimits;
	bool rlimits_host;
	bool init;
	char *init_path;
	char *timezone;
	struct opt_i32 oom_score_adj;
	struct opt_u32 timeout; /* seconds until it is killed */
	char *systemd;
};

struct wish_security {
	bool privileged, no_new_privileges, read_only;
	struct opt_bool read_only_tmpfs;
	char **cap_add, **cap_drop;
	char *seccomp; /* profile path, "unconfined", or NULL: default */
	char **mask, **unmask;
	char *apparmor;
	char **label_opts;
	struct strmap sysctl;
	/* filled by create: */
	char **capabilities; /* effective list, CAP_ names, sorted */
};

/* One -v, --mount, --tmpfs, or image VOLUME. */
struct wish_mount {
	char *type;	   /* "bind" "volume" "tmpfs" "image" */
	char *source;	   /* host path, volume name (empty: anonymous), image */
	char *destination; /* clean (path_clean) */
	char **options;	   /* as given: ro, z, U, rprivate, nocopy, size=..., subpath=... */
	bool anonymous;	   /* volume made for this container: goes with it */
};

struct wish_device {
	char *host, *container, *permissions;
};

struct wish_network {
	char *mode;				/* bridge none host private container:ID ns:PATH */
	struct network_attachment *attachments; /* for bridge */
	size_t n_attachments;
	struct network_port *ports;
	size_t n_ports;
	bool publish_all;
	char **expose;
	char **dns, **dns_search, **dns_options; /* dns "none": leave resolv.conf alone */
	char **add_host;			 /* "name:ip" */
	bool no_hosts, no_hostname;
	char *hosts_file;
};

struct wish_namespaces {
	char *pid, *ipc, *uts, *user, *cgroup; /* modes as Podman names them */
	char *cgroup_parent;
	char *cgroups; /* enabled disabled no-conmon split */
};

struct wish_log {
	char *driver; /* one of logs/driver.h */
	char *path;
	int64_t max_size; /* bytes; 0: none */
	struct opt_u32 max_files;
	char *tag;	      /* may have {{.FIELD}} */
	char **labels;	      /* "NAME=VALUE" */
	char *syslog_address; /* unix://PATH, udp:// or tcp://ADDRESS:PORT; NULL: the local one */
};

struct wish_restart {
	int policy; /* enum restart_policy */
	uint32_t max_retries;
};

struct wish {
	char *name;		     /* NULL: random */
	char *image;		     /* the word the user gave */
	char *image_id, *image_name; /* filled by create */
	char *rootfs;		     /* --rootfs */
	char *hostname;
	struct strmap labels, annotations;
	struct wish_process process;
	struct wish_security security;
	struct oci_resources resources;
	struct opt_i64 shm_size;
	struct wish_mount *mounts;
	size_t n_mounts;
	char *image_volumes; /* anonymous (bind), tmpfs, ignore */
	char **volumes_from;
	struct wish_device *devices;
	size_t n_devices;
	struct wish_network network;
	struct wish_namespaces namespaces;
	struct wish_log log;
	struct wish_restart restart;
	struct health_config health;
	bool no_healthcheck;
	char *sdnotify;	     /* container conmon healthy ignore */
	char *notify_socket; /* of whoever called, at creation; NULL: none */
	bool rm;
	bool replace;
	char *cidfile, *pidfile, *conmon_pidfile;
	char *runtime;	       /* --runtime, as path */
	char **create_command; /* argv, for inspect */
	char *image_policy;
};
extern const struct json_table wish_table;
void wish_done(struct wish *w);
/* destination: clean. */
bool wish_is_mounted(const struct wish *w, const char *destination);
DEFINE_SCOPED_STRUCT(struct wish, wish_done)
/* A privileged container has a seccomp filter only when a profile is named. */
bool wish_has_seccomp(const struct wish_security *s);

#endif
