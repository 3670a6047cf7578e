/* SPDX-License-Identifier: Apache-2.0 */
/* line: one line of a log file, of either form that the monitor writes (k8s-file, json-file). */
#ifndef CORACLE_ENGINE_LOGS_LINE_H
#define CORACLE_ENGINE_LOGS_LINE_H

#include "base/buf.h"
#include "wire/monitor.h"

/* No line of a monitor is longer: 8192 bytes of text, each escaped as \u00XX, and 4 KiB of labels.
 */
#define LOGS_LINE_MAX ((size_t)64 << 10)

/* line[0..len) without its newline; -EINVAL: it is of neither form.  The text is in the line or in
 * `scratch`, which belongs to the caller and is overwritten by the next call. */
int logs_line_parse(const char *line, size_t len, struct buf *scratch,
		    struct monitor_log_line *ret);

#endif
