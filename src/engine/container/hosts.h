/* SPDX-License-Identifier: Apache-2.0 */
/* hosts: /etc/hosts of a container as text (hosts(5)).  Pure. */
#ifndef CORACLE_ENGINE_CONTAINER_HOSTS_H
#define CORACLE_ENGINE_CONTAINER_HOSTS_H

#include "base/buf.h"
#include "base/error.h"

struct hosts_input {
	const char *base;      /* text to begin with, "" for none */
	char *const *add_host; /* "name[;name]:ip"; ip may be host-gateway */
	const char *host_ip;   /* of the host as the container reaches it; NULL: unknown */
	const char *own_ip;    /* NULL: no entry of its own */
	const char *hostname, *name;
};

/* ERROR_INVALID for host-gateway when host_ip is unknown. */
int hosts_generate(const struct hosts_input *in, struct buf *out, struct error *err);

#endif
