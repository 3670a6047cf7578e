/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doom: links that are to go.  The kernel waits some 20 ms for RCU grace periods in every removal
 * of a link, so links are only noted here and removed by the janitor.  A note is
 * RUNDIR/doomed/INDEX, a symbolic link to the interface's name: the index is never given to another
 * link in this boot, so a note can be followed at any time later.
 */
#ifndef CORACLE_NETWORK_DOOM_H
#define CORACLE_NETWORK_DOOM_H

#include "base/error.h"

/* The link of that name, if there is one. */
int doom_note(int dir, int rtnl, const char *name, struct error *err);
/* The same for one whose name is wanted again at once: it is down and renamed when this returns. */
int doom_rename(int dir, int rtnl, const char *name, struct error *err);
/* Is anything noted? 1/0 */
int doom_any(int dir);
/* Remove all that is noted, and the notes. */
int doom_execute(int dir, int rtnl, struct error *err);

#endif
