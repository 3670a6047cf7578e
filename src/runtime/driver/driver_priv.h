/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORACLE_RUNTIME_DRIVER_PRIV_H
#define CORACLE_RUNTIME_DRIVER_PRIV_H

#include "runtime/driver.h"

struct runtime_driver *driver_own_new(const char *path, const char *root, bool systemd_cgroup);
struct runtime_driver *driver_command_new(const char *path, const char *root, bool systemd_cgroup);

#endif
