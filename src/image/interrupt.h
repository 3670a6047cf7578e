/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt: SIGINT and SIGTERM while an image operation runs.
 *
 * A signal marks an eventfd that stays readable; each wait of the operation, in any thread, polls
 * it beside what it waits for, and each copy loop asks interrupt_pending().  So the operation ends
 * with ERROR_CANCELED, its destructors run, and no staging directory or temporary file stays.
 * A second signal does what it did before the operation began (by default it kills).
 *
 * Scopes nest; begin and end belong to the main thread.  SIGPIPE is ignored inside: a registry that
 * hangs up in the middle of a TLS record is an error of the transfer, not of the program.
 */
#ifndef CORACLE_IMAGE_INTERRUPT_H
#define CORACLE_IMAGE_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct interrupt_scope {
	bool active;
};
int interrupt_begin(struct interrupt_scope *ret, struct error *err);
void interrupt_end(struct interrupt_scope *s);
static inline void interrupt_end_scoped(struct interrupt_scope *s)
{
	interrupt_end(s);
}

/* Readable once a signal came; -1 outside of a scope. */
int interrupt_fd(void);
bool interrupt_pending(void);
/* Fills err with ERROR_CANCELED. */
int interrupt_error(struct error *err);
/* Wait, interruptible: 0, or ERROR_CANCELED.  For the pause before another attempt. */
int interrupt_pause(int64_t nsec, struct error *err);

#endif
