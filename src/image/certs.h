/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certs: containers-certs.d(5): a registry's own certificate authorities and client certificate.
 * The first directory that exists counts: --cert-dir, else certs.d/<host[:port]> below the user's
 * containers directory, /etc/containers and /etc/docker.  *.crt are authorities (beside the
 * system's), X.cert with X.key is the client certificate.
 */
#ifndef CORACLE_IMAGE_CERTS_H
#define CORACLE_IMAGE_CERTS_H

#include "base/buf.h"
#include "base/error.h"

struct certs {
	struct buf authorities;		/* PEM, all *.crt; empty: only the system's */
	char *client_cert, *client_key; /* paths or NULL */
};
#define CERTS_AUTHORITIES_MAX ((size_t)4 << 20) /* the system's own bundle has 220 KiB */

int certs_load(const char *cert_dir, const char *host, struct certs *ret, struct error *err);
void certs_done(struct certs *c);
DEFINE_SCOPED_STRUCT(struct certs, certs_done)

#endif
