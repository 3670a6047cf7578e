/* SPDX-License-Identifier: Apache-2.0 */
/* yaml: a JSON value as block YAML, the form in which `info` is read by people. */
#ifndef CORACLE_CLI_YAML_H
#define CORACLE_CLI_YAML_H

#include "base/buf.h"
#include "base/json.h"

/* Keys of objects come sorted. */
void yaml_print(const json_t *value, struct buf *out);

#endif
