/* SPDX-License-Identifier: Apache-2.0 */
/* sd_notify: messages to a service manager, sd_notify(3), relayed for a container. */
#ifndef CORACLE_SYS_SD_NOTIFY_H
#define CORACLE_SYS_SD_NOTIFY_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Longer messages are dropped whole; sd_notify's own are some lines. */
#define SD_NOTIFY_MESSAGE_MAX 4096

/* Keep the lines that a container may say (no MAINPID=, no FDSTORE=) of a message of len bytes, in
 * place; the new length. */
size_t sd_notify_filter(char *message, size_t len);
/* Address of a NOTIFY_SOCKET; "@name" is abstract.  -ENAMETOOLONG, also for an empty one. */
int sd_notify_address(const char *socket_path, struct sockaddr_un *ret, socklen_t *ret_len);

/* One message to the manager. */
int sd_notify_send(const char *socket_path, const char *message);

#endif
