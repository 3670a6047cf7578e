/* SPDX-License-Identifier: Apache-2.0 */
/* spec_priv: the parts of spec_generate. */
#ifndef CORACLE_ENGINE_SPEC_SPEC_PRIV_H
#define CORACLE_ENGINE_SPEC_SPEC_PRIV_H

#include "engine/spec/spec.h"

int spec_process(const struct spec_facts *f, struct oci_spec *spec, char ***warnings,
		 struct error *err);
int spec_mounts(const struct spec_facts *f, struct oci_spec *spec, struct error *err);
int spec_linux(const struct spec_facts *f, struct oci_spec *spec, char ***warnings,
	       struct error *err);
/* Does the wish leave this namespace to the host? mode NULL or "private": no. */
bool spec_mode_is_host(const char *mode);

#endif
