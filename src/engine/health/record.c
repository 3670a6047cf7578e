/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "base/path.h"
#include "base/str.h"
#include "engine/health/health_priv.h"
#include "sys/fd.h"

char *health_record_path(const struct engine *e, const char *id, const char *destination)
{
	if (!destination)
		return engine_path(e, "containers/%s/healthcheck.log", id);
	return xasprintf("%s/%s-healthcheck.log", destination, id);
}

bool health_record_read(const struct engine *e, const char *id, const char *destination,
			struct health_record *ret)
{
	scoped_free char *path = health_record_path(e, id, destination);
	scoped(buf_done) struct buf text = BUF_INIT;

	/* A damaged one is none: the next result begins anew. */
	return fd_read_file(AT_FDCWD, path, HEALTH_RECORD_MAX, &text) >= 0 &&
	       json_table_parse(&health_record_table, buf_str(&text), text.len, ret, path, 0,
				NULL) >= 0;
}
