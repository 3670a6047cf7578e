/* SPDX-License-Identifier: Apache-2.0 */
/* A packet of the parent-child protocol: either -EPROTO, or a known type with an ended text. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/sync.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int pair[2] = { -1, -1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sync_message m;
	struct error err = ERROR_INIT;
	int r;

	if (pair[0] < 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	/* An empty packet is an end of file to the reader. */
	if (size > 65536 || send(pair[0], data, size, 0) != (ssize_t)size)
		return 0;
	memset(&m, 0xa5, sizeof(m));
	r = sync_recv(pair[1], &m);
	if (r == 0 && size > 0)
		abort();
	if (r <= 0) {
		if (r < 0 && r != -EPROTO)
			abort();
		return 0;
	}
	if (m.type == SYNC_NONE || m.type >= SYNC_TYPE_COUNT ||
	    memchr(m.text, '\0', sizeof(m.text)) == NULL)
		abort();
	if (sync_error(&m, &err) >= 0 || err.kind == ERROR_NONE || err.msg[0] == '\0')
		abort();
	return 0;
}
