/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/record.h"
#include "sys/fd.h"

int runtime_state(const struct runtime_context *cx, const char *id, struct buf *out,
		  struct error *err)
{
	scoped(runtime_record_done) struct runtime_record rec = { 0 };
	scoped_fd int dir = record_open_dir(cx, id, err);
	enum runtime_status s;
	int r = dir < 0 ? dir : record_load_at(dir, id, &rec, err);

	if (r < 0)
		return r;
	s = record_status(dir, &rec);
	record_state_text(&rec, runtime_status_name(s), s == RUNTIME_STOPPED ? 0 : rec.init_pid, 2,
			  out);
	return 0;
}
