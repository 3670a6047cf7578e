/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's readers of log files, over any bytes: a line's text lies where it may, and a place
 * that was found is the beginning of a line of the file.  The monitor's reader of its own log
 * (replay) ends, and no packet is too long.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/logs/line.h"
#include "engine/logs/tail.h"
#include "monitor/replay.h"
#include "sys/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void each_line(const char *data, size_t size)
{
	scoped(buf_done) struct buf scratch = BUF_INIT;
	const char *end = data + size, *nl;

	for (const char *at = data; (nl = memchr(at, '\n', (size_t)(end - at))); at = nl + 1) {
		/* Exactly the line, so that a sanitizer sees a read behind its end. */
		scoped_free char *line = xmemdup(at, nl > at ? (size_t)(nl - at) : 1);
		size_t len = (size_t)(nl - at);
		struct monitor_log_line l;

		if (logs_line_parse(line, len, &scratch, &l) < 0)
			continue;
		check((l.text >= line && l.text + l.len <= line + len) ||
		      (l.text == scratch.data && l.len <= scratch.len));
		check(l.len <= len);
	}
}

static bool begins_line(const char *data, int64_t offset)
{
	return offset == 0 || data[offset - 1] == '\n';
}

static void places(int fd, const char *data, size_t size)
{
	int64_t offset, lines, before = (int64_t)size;

	for (int64_t want = 0; want < 4; want++) {
		check(logs_tail_find(fd, want, &offset, &lines) == 0);
		check(offset >= 0 && offset <= before && begins_line(data, offset));
		check(lines >= 0 && lines <= want);
		before = offset;
	}
	check(logs_since_find(fd, 1795315552981065957, &offset) == 0);
	check(offset >= 0 && offset <= (int64_t)size && begins_line(data, offset));
}

/* What a client gets is never more than the file has. */
static void replay_all(int fd, size_t size)
{
	struct log_mark mark = { .fd = fd };
	struct replay r, after;
	char packet[REPLAY_PACKET_MAX];
	size_t total = 0;
	ssize_t n;

	check(replay_open(&r, &mark, false, 0) == 0);
	while ((n = replay_packet(&r, packet, &after)) > 0) {
		check(n <= REPLAY_PACKET_MAX &&
		      (packet[0] == ATTACH_PACKET_STDOUT || packet[0] == ATTACH_PACKET_STDERR));
		total += (size_t)n - 1;
		check(total <= size);
		r = after;
	}
	replay_done(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_fd int fd = memfd_create("fuzz-log", MFD_CLOEXEC);

	check(fd >= 0 && fd_write_all(fd, data, size) == 0);
	each_line((const char *)data, size);
	places(fd, (const char *)data, size);
	replay_all(fd, size);
	return 0;
}
