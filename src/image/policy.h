/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: containers-policy.json(5): may an image of this transport and name be used at all?
 *
 * The longest scope that matches decides; all its requirements must hold.  insecureAcceptAnything
 * and reject are carried out.  Signatures (signedBy, sigstoreSigned) cannot be verified yet: where
 * a scope demands one, the image is refused as unsupported, naming file and scope, never accepted.
 * Any other requirement, and any fault in the file, is an error: a policy that is not understood
 * admits nothing.
 *
 * Files: the one given; CONTAINERS_POLICY_JSON; the user's policy.json;
 * /etc/containers/policy.json. When none exists, everything is accepted (Podman refuses everything
 * then; Coracle must run on a machine without configuration).
 */
#ifndef CORACLE_IMAGE_POLICY_H
#define CORACLE_IMAGE_POLICY_H

#include "base/error.h"
#include "image/image.h"

/* 0: may be used.  Else ERROR_DENIED or ERROR_UNSUPPORTED naming file and scope. */
int policy_check_docker(const char *file, const struct image_ref *ref, struct error *err);
/* transport "docker-archive", "oci-archive", "oci", "dir"; scopes are path and its parents. */
int policy_check_path(const char *file, const char *transport, const char *path, struct error *err);

#endif
