/* SPDX-License-Identifier: Apache-2.0 */
/* image_spec_priv: what the image_spec files share. */
#ifndef CORACLE_OCI_IMAGE_SPEC_PRIV_H
#define CORACLE_OCI_IMAGE_SPEC_PRIV_H

#include "oci/image_spec.h"

extern const struct json_table image_config_table;

#endif
