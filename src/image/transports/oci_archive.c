/* SPDX-License-Identifier: Apache-2.0 */
#include "image/transports/oci_layout.h"

int image_source_oci_archive(const char *file, const char *name, struct image_source **ret,
			     struct error *err)
{
	struct bundle *b = NULL;
	int n = bundle_open_archive(file, &b, err);

	return n < 0 ? n : oci_layout_source(b, file, name, ret, err);
}
