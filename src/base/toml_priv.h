/* SPDX-License-Identifier: Apache-2.0 */
/* toml_priv: the cursor that toml.c (structure) and toml_scalar.c (single values) share. */
#ifndef CORACLE_BASE_TOML_PRIV_H
#define CORACLE_BASE_TOML_PRIV_H

#include "base/toml.h"

/* Invariant: *end is readable and NUL, so p[0] may always be looked at. */
struct toml_cursor {
	const char *p, *end;
	size_t line;
	const char *what;
	struct error *err;
};

/* Fill err with "WHAT:LINE: message"; returns -EINVAL. */
int toml_fail(struct toml_cursor *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));
/* Basic or literal string, one line or many when `multiline` allows; new string. */
int toml_string(struct toml_cursor *c, bool multiline, char **ret);
/* true, false, number, date or time at the cursor; new reference. */
int toml_scalar(struct toml_cursor *c, json_t **ret);

#endif
