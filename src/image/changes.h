/* SPDX-License-Identifier: Apache-2.0 */
/*
 * changes: Dockerfile-like instructions upon an image's execution defaults (import --change).
 *
 *	CMD, ENTRYPOINT, VOLUME	JSON array or shell form
 *	ENV, LABEL		K=V pairs with shell quoting, or "K the rest"
 *	EXPOSE			PORT[-PORT][/PROTOCOL] ...
 *	ONBUILD STOPSIGNAL USER WORKDIR
 *
 * Between instruction and value stands a blank or, as Podman allows, '='.
 */
#ifndef CORACLE_IMAGE_CHANGES_H
#define CORACLE_IMAGE_CHANGES_H

#include "oci/image_spec.h"

int changes_apply(struct image_exec_config *c, const char *change, struct error *err);

#endif
