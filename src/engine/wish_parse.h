/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wish_parse: the small languages of create's option values (-v, --mount, --tmpfs, --device,
 * --ulimit, --network, --security-opt, ...).  Each adds to the wish or fails with a message about
 * the value alone: the caller puts the option's name in front.
 */
#ifndef CORACLE_ENGINE_WISH_PARSE_H
#define CORACLE_ENGINE_WISH_PARSE_H

#include "engine/wish.h"

/* "[SRC:]DST[:OPTS]"; a SRC with a slash or a leading dot is a path (made absolute), else a volume.
 */
int wish_add_volume(struct wish *w, const char *value, struct error *err);
/* "type=bind,src=,dst=,ro,..."; types bind, volume, tmpfs. */
int wish_add_mount(struct wish *w, const char *value, struct error *err);
/* "PATH[:OPTS]" */
int wish_add_tmpfs(struct wish *w, const char *value, struct error *err);
/* "HOST[:CONTAINER][:rwm]" */
int wish_add_device(struct wish *w, const char *value, struct error *err);
/* "nofile=1024[:2048]" or "host" */
int wish_add_ulimit(struct wish *w, const char *value, struct error *err);
/* "[[ip:][host[-end]]:]container[-end][/proto]" */
int wish_add_port(struct wish *w, const char *value, struct error *err);
/* "none", "host", "bridge[:opts]", "NAME[:opts]", "container:ID", "ns:PATH" */
int wish_add_network(struct wish *w, const char *value, struct error *err);
/* "no-new-privileges", "seccomp=", "mask=", "unmask=", "label=", "apparmor=" (= or :) */
int wish_add_security_opt(struct wish *w, const char *value, struct error *err);
/* "KEY=VALUE" with a key */
int wish_add_sysctl(struct wish *w, const char *value, struct error *err);
int wish_add_annotation(struct wish *w, const char *value, struct error *err);
/* "KEY[=VALUE]" */
int wish_add_label(struct wish *w, const char *value, struct error *err);
/* "max-size=10m", "path=", "tag=", "max-file=" */
int wish_add_log_opt(struct wish *w, const char *value, struct error *err);
int wish_set_log_driver(struct wish *w, const char *value, struct error *err);
/* "NAME=VALUE"; "NAME" copies ours; "PRE*" copies all with the prefix. */
int wish_add_env(struct wish *w, const char *value, struct error *err);
/* Lines of that form, '#' comments. */
int wish_add_env_file(struct wish *w, const char *path, struct error *err);
/* Files first, then the values, whatever their order on the command line (as Podman). */
int wish_add_envs(struct wish *w, char *const *files, char *const *values, struct error *err);
/* Decimal number of CPUs to quota and period. */
int wish_set_cpus(struct wish *w, const char *value, struct error *err);
int wish_set_memory(struct wish *w, const char *value, struct error *err);
int wish_set_pids_limit(struct wish *w, const char *value, struct error *err);
int wish_set_umask(struct wish *w, const char *value, struct error *err);
/* A string or a JSON array; "" clears. */
int wish_set_entrypoint(struct wish *w, const char *value, struct error *err);
int wish_set_stop_signal(struct wish *w, const char *value, struct error *err);
int wish_set_stop_timeout(struct wish *w, const char *value, struct error *err);
/* "POLICY[:RETRIES]", Podman's words */
int wish_set_restart(struct wish *w, const char *value, struct error *err);
/* "name:ip" */
int wish_add_host(struct wish *w, const char *value, struct error *err);
/* Name servers separated by commas, or "none". */
int wish_add_dns(struct wish *w, const char *value, struct error *err);

#endif
