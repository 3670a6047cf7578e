/* SPDX-License-Identifier: Apache-2.0 */
/* listing: results to standard output, with write errors noticed (a full disk, a closed pipe). */
#ifndef CORACLE_CLI_LISTING_H
#define CORACLE_CLI_LISTING_H

#include "cli/template/template.h"

/* template_print_rows to stdout. */
int listing_print(const char *format, const json_t *rows, const struct template_header *headers,
		  size_t n_headers, bool no_heading, struct error *err);
/* Inspect form: the array as indented JSON, or format on each. */
int listing_inspect(const char *format, const json_t *rows, struct error *err);
/* Text as it is. */
int listing_write(struct buf *text, struct error *err);

#endif
