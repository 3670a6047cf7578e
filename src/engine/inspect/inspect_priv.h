/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect_priv: building Podman's inspect documents (reference json-output-fields.tsv).  Every
 * setter takes the object and a key and always writes the key: Podman's documents show empty
 * values.
 */
#ifndef CORACLE_ENGINE_INSPECT_INSPECT_PRIV_H
#define CORACLE_ENGINE_INSPECT_INSPECT_PRIV_H

#include "engine/engine_priv.h"

void inspect_str(json_t *o, const char *key, const char *value); /* NULL is "" */
void inspect_int(json_t *o, const char *key, int64_t value);
void inspect_bool(json_t *o, const char *key, bool value);
void inspect_strv(json_t *o, const char *key, char *const *v); /* NULL is [] */
void inspect_map(json_t *o, const char *key, const struct strmap *m);
void inspect_time(json_t *o, const char *key, int64_t nsec);
/* {"a": {}, ...} */
void inspect_set(json_t *o, const char *key, char *const *v);

/* host_config.c, network_settings.c */
json_t *inspect_host_config(struct engine *e, const struct container_record *r);
json_t *inspect_network_settings(struct engine *e, const struct container_record *r);
json_t *inspect_config(const struct container_record *r);
json_t *inspect_mounts(struct engine *e, const struct container_record *r);
/* {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]} */
json_t *inspect_ports(const struct wish_network *n);

#endif
