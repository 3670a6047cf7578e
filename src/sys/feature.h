/* SPDX-License-Identifier: Apache-2.0 */
/* feature: what the running kernel has; each question is asked once per process. */
#ifndef CORACLE_SYS_FEATURE_H
#define CORACLE_SYS_FEATURE_H

#include <stdbool.h>

#include "base/error.h"

bool feature_openat2(void);
bool feature_clone3(void);
bool feature_filesystem(const char *type); /* listed in /proc/filesystems */
bool feature_seccomp(void);
bool feature_apparmor(void); /* enabled in the kernel and active */
bool feature_selinux(void);
bool feature_namespace(const char *proc_name); /* /proc/self/ns/NAME exists */
/* ERROR_UNSUPPORTED naming the feature and the remedy when it is missing. */
int feature_require_overlay(struct error *err);

#endif
