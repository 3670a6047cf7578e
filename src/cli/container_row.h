/* SPDX-License-Identifier: Apache-2.0 */
/* container_row: one container as `ps` shows it: text fields for templates, typed fields for JSON.
 */
#ifndef CORACLE_CLI_CONTAINER_ROW_H
#define CORACLE_CLI_CONTAINER_ROW_H

#include "engine/container.h"

/* Fields of the table and of --format templates. */
int container_row_text(struct engine *e, const struct container_summary *c, bool size,
		       bool no_trunc, json_t **ret, struct error *err);
/* Fields of --format json (reference json-output-fields.tsv, "podman ps --format json"). */
int container_row_json(struct engine *e, const struct container_summary *c, bool size, json_t **ret,
		       struct error *err);
/* "0.0.0.0:8080->80/tcp, ..." into out. */
void container_row_ports(const struct container_summary *c, struct buf *out);

enum container_row_order {
	ORDER_COMMAND,
	ORDER_CREATED,
	ORDER_ID,
	ORDER_IMAGE,
	ORDER_NAMES,
	ORDER_RUNNINGFOR,
	ORDER_SIZE,
	ORDER_STATUS,
	ORDER_COUNT
};
int container_row_order_parse(const char *word, enum container_row_order *ret);
void container_row_sort(const struct container_summary *list, size_t *picked, size_t n,
			enum container_row_order o);

#endif
