/* SPDX-License-Identifier: Apache-2.0 */
/* tag: --log-opt tag=TEXT, in which {{.FIELD}} is a field of the container's inspection. */
#ifndef CORACLE_ENGINE_LOGS_TAG_H
#define CORACLE_ENGINE_LOGS_TAG_H

#include "base/error.h"

struct engine;
struct container_record;

/* New string.  ERROR_INVALID names what is no field, or more than one: the rest of Go's template
 * language is not for tags. */
int logs_tag_expand(struct engine *e, const struct container_record *r, const char *tag, char **ret,
		    struct error *err);

#endif
