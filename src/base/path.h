/* SPDX-License-Identifier: Apache-2.0 */
/* path: lexical path work only; nothing here touches the file system. */
#ifndef CORACLE_BASE_PATH_H
#define CORACLE_BASE_PATH_H

#include <stdbool.h>

/* a/b; one slash between; b absolute is appended all the same.  New string. */
char *path_join(const char *a, const char *b);
/* Collapse //, ., .. lexically; never climbs above / of an absolute path; "" becomes ".".  New
 * string. */
char *path_clean(const char *p);
/* Last component without slashes (static or inside p). */
const char *path_base(const char *p);
/* Directory part; "." or "/" at the ends.  New string. */
char *path_dir(const char *p);
bool path_absolute(const char *p);
/* Has a component that is exactly "..". */
bool path_has_dotdot(const char *p);
/* p equals dir or lies below it (both clean and absolute). */
bool path_below(const char *p, const char *dir);
/* One component, not "", ".", "..", no slash, no NUL, at most NAME_MAX. */
bool path_name_valid(const char *name);
/* Number of components of a clean path. */
unsigned path_depth(const char *p);

#endif
