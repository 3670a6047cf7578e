/* SPDX-License-Identifier: Apache-2.0 */
/* tty: pseudoterminals and terminal modes. */
#ifndef CORACLE_SYS_TTY_H
#define CORACLE_SYS_TTY_H

#include <stdbool.h>
#include <termios.h>

#include "base/error.h"

/* Open a master through the given ptmx directory fd ("ptmx" below a devpts root), checked to be on
 * devpts; the peer comes from TIOCGPTPEER only (never by path). */
int tty_open_ptmx(int devpts_fd);
int tty_open_peer(int master, int flags);
int tty_set_size(int fd, unsigned short rows, unsigned short cols);
int tty_get_size(int fd, unsigned short *rows, unsigned short *cols);
/* Make fd the controlling terminal of this session (after setsid). */
int tty_set_controlling(int fd);
int tty_raw(int fd, struct termios *ret_saved);	      /* cfmakeraw; saved for tty_restore */
int tty_raw_input(int fd, struct termios *ret_saved); /* the same, output is still processed */
/* Line ends stay as they are written (no carriage returns are added). */
int tty_clear_onlcr(int fd);
int tty_restore(int fd, const struct termios *saved);
bool tty_is(int fd);

#endif
