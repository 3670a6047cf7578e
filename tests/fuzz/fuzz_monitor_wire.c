/* SPDX-License-Identifier: Apache-2.0 */
/* What the monitor and the engine read from each other: parsed or refused, never out of bounds; a
 * sync line that was parsed comes back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/monitor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sync_round(const char *text, size_t len)
{
	static struct monitor_sync first, second;
	struct buf line = BUF_INIT;

	if (monitor_sync_parse(text, len, &first) < 0)
		return;
	monitor_sync_format(MONITOR_SYNC_DATA, first.data, first.message, &line);
	if (monitor_sync_parse(buf_str(&line), line.len, &second) < 0 || second.data != first.data)
		abort();
	buf_done(&line);
}

static void log_line(const char *text, size_t len)
{
	struct monitor_log_line l;

	if (monitor_log_line_parse(text, len, &l) == 0 && l.text + l.len != text + len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_free char *text = xstrndup((const char *)data, size);
	scoped_free char *exact = xmemdup(data, size > 0 ? size : 1);
	struct monitor_ctl ctl;
	int status;

	sync_round(exact, size);
	log_line(exact, size);
	monitor_ctl_parse(text, &ctl);
	monitor_exit_parse(text, &status);
	return 0;
}
