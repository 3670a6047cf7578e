/* SPDX-License-Identifier: Apache-2.0 */
/* start: parts of start that exec has too. */
#ifndef CORACLE_RUNTIME_START_H
#define CORACLE_RUNTIME_START_H

#include "runtime/host/notify.h"
#include "runtime/record.h"

/* Read from a process that is about to exec until it has (end of file) or says why not; passes a
 * seccomp listener on. */
int start_wait_exec(const struct runtime_record *rec, const struct pidref *init, int conn,
		    struct error *err);
/* Take descriptor `number` out of init and send it to the record's listenerPath. */
int start_send_listener(const struct runtime_record *rec, const struct pidref *init,
			const char *status, int32_t number, struct error *err);

/* As runtime_start, but messages to NOTIFY_SOCKET are the caller's to relay: ret is open then. */
int start_relayed(const struct runtime_context *cx, const char *id, struct notify_relay *ret,
		  struct error *err);

#endif
