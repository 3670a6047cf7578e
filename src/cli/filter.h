/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter: --filter KEY=VALUE as Podman: values of one key are alternatives (any may match), except
 * those of label, which must all match; different keys must all match.  Values are read once, so
 * that a wrong one is an error whether there are containers or not.
 */
#ifndef CORACLE_CLI_FILTER_H
#define CORACLE_CLI_FILTER_H

#include "engine/container.h"
#include "engine/imageop.h"

struct filter_list; /* filters as read */

/* words as given (NULL: none); all n containers are there for before=NAME and since=NAME, and are
 * not kept.  -EINVAL names the word. */
int filter_list_parse(char *const *words, const struct container_summary *all, size_t n,
		      struct filter_list **ret, struct error *err);
bool filter_list_match(const struct filter_list *l, const struct container_summary *c);
/* Is there a filter of this key? */
bool filter_list_has(const struct filter_list *l, const char *key);
void filter_list_free(struct filter_list *l);
DEFINE_SCOPED(struct filter_list *, filter_list_free)

/* "k" or "k=v" against labels. */
bool filter_label(const struct strmap *labels, const char *want);

#endif
