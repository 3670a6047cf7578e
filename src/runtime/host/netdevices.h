/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netdevices: .linux.netDevices: network interfaces of the runtime's namespace that go into the
 * container's (config-linux.md, Network Devices).
 *
 * An interface keeps its link address, MTU and permanent global addresses and is set up under
 * its new name.  All are looked at before the first is moved, and when one cannot be moved those
 * before it come back.  When the container's namespace ends the kernel gives physical ones back and
 * removes virtual ones.
 */
#ifndef CORACLE_RUNTIME_HOST_NETDEVICES_H
#define CORACLE_RUNTIME_HOST_NETDEVICES_H

#include "runtime/plan.h"

/* netns_fd: where they go.  ERROR_NOT_FOUND, ERROR_EXISTS (a name is taken there). */
int netdevices_move(const struct plan_net_device *d, size_t n, int netns_fd, struct error *err);

#endif
