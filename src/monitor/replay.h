/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay: output for a client that fell behind, read back from the k8s-file log, so that it gets
 * every byte at its own pace and nobody waits for it.
 *
 * One rotation may pass while it reads; after a second one, or when the log lost lines, the place
 * is gone (-ESTALE).
 */
#ifndef CORACLE_MONITOR_REPLAY_H
#define CORACLE_MONITOR_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "monitor/log/log.h"
#include "wire/monitor.h"

/* Stream byte and data of one packet. */
#define REPLAY_PACKET_MAX (1 + ATTACH_PACKET_MAX)

struct replay {
	int fd;		/* -1: not in use */
	int next_fd;	/* the file that replaced it; -1: none */
	int64_t offset; /* of the first line that is not wholly delivered */
	bool stale;
	bool skip_stderr; /* the stream that skip is about */
	size_t skip;	  /* bytes of that stream that the client has already */
};

#define REPLAY_INIT ((struct replay){ .fd = -1, .next_fd = -1 })

/* Begin at a mark, `skip` bytes of the stream behind it. */
int replay_open(struct replay *r, const struct log_mark *mark, bool is_stderr, size_t skip);
static inline bool replay_active(const struct replay *r)
{
	return r->fd >= 0;
}
/*
 * The next packet into out (REPLAY_PACKET_MAX bytes).  Returns its length; 0 when all that the log
 * has was delivered; -ESTALE; other errors of reading.  *ret_after is the place behind the packet:
 * assign it to *r when the packet is on its way.  Lines of one stream are put together.
 */
ssize_t replay_packet(struct replay *r, char *out, struct replay *ret_after);
/* The log went on in another file, or lost lines (new_fd < 0). */
void replay_log_changed(struct replay *r, int new_fd, bool lossy);
void replay_done(struct replay *r);

#endif
