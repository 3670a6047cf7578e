/* SPDX-License-Identifier: Apache-2.0 */
/* toml: TOML 1.0 text to a jansson document (tables are objects, dates are strings), as
 * containers.conf, storage.conf and registries.conf need it.  Errors: "FILE:LINE: message". */
#ifndef CORACLE_BASE_TOML_H
#define CORACLE_BASE_TOML_H

#include "base/json.h"

int toml_parse(const char *text, size_t len, const char *what, json_t **ret, struct error *err);

#endif
