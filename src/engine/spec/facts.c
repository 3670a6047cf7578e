/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine_priv.h"

void spec_facts_add_bind(struct spec_facts *f, const char *source, const char *destination,
			 const char *type, char *const *options)
{
	struct spec_bind *b = ARRAY_ADD(f->binds, f->n_binds);

	*b = (struct spec_bind){ .source = xstrdup(source),
				 .destination = xstrdup(destination),
				 .type = xstrdup(type),
				 .options = strv_dup(options) };
}

void spec_facts_done(struct spec_facts *f)
{
	for (size_t i = 0; i < f->n_binds; i++) {
		free(f->binds[i].source);
		free(f->binds[i].destination);
		free(f->binds[i].type);
		strv_free(f->binds[i].options);
	}
	free(f->binds);
	for (size_t i = 0; i < f->n_devices; i++) {
		free(f->devices[i].path);
		free(f->devices[i].type);
	}
	free(f->devices);
	spec_user_done(&f->user);
	f->binds = NULL;
	f->devices = NULL;
	f->n_binds = f->n_devices = 0;
}
