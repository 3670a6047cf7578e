/* SPDX-License-Identifier: Apache-2.0 */
/* oci_layout: the OCI image layout, in a directory (oci_layout.c) or in an archive (oci_archive.c).
 */
#ifndef CORACLE_IMAGE_TRANSPORTS_OCI_LAYOUT_H
#define CORACLE_IMAGE_TRANSPORTS_OCI_LAYOUT_H

#include "image/transports/bundle.h"

/* Takes the bundle, also on failure. */
int oci_layout_source(struct bundle *b, const char *what, const char *name,
		      struct image_source **ret, struct error *err);

#endif
