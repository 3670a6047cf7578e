/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams: the container's stdin, stdout and stderr, as pipes or as a terminal, seen from both
 * sides.
 *
 * Our ends do not block; the container's ends are other open file descriptions and stay as programs
 * expect them.  With a terminal we hold a peer open, too: the master then never reports a hang-up
 * while the container lives, though its programs may close and reopen the terminal.
 */
#ifndef CORACLE_MONITOR_STREAMS_H
#define CORACLE_MONITOR_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct streams {
	bool terminal;
	bool passthrough; /* the container gets our own stdio */
	int child[3];	  /* the runtime's stdio; closed once it runs */
	int in;		  /* to the container's stdin; -1: none */
	int out, err;	  /* from it; -1: ended or none */
	int peer;	  /* terminal only */
	/* Where output is between its pipe and our buffer (pump.c): read end, write end; -1: none.
	 */
	int stage[2][2];
	int console_listen;
	char console_path[64]; /* "" when there is none */
	bool have_size;
	unsigned short rows, cols; /* asked for before the terminal was there */
};

#define STREAMS_INIT                                            \
	((struct streams){ .child = { -1, -1, -1 },             \
			   .in = -1,                            \
			   .out = -1,                           \
			   .err = -1,                           \
			   .peer = -1,                          \
			   .stage = { { -1, -1 }, { -1, -1 } }, \
			   .console_listen = -1 })

/* Pipes (stdin only when open_stdin), or a console socket. */
int streams_open(struct streams *s, bool terminal, bool open_stdin, struct error *err);
/* In the forked child: our ends become its 0, 1 and 2. */
int streams_become_child(const struct streams *s);
/* The runtime runs: its ends are not ours any more. */
void streams_close_child(struct streams *s);
/* The runtime has ended well: take the terminal from the console socket. */
int streams_take_console(struct streams *s, struct error *err);
int streams_resize(struct streams *s, unsigned short rows, unsigned short cols);
/* The master reports that all peers are gone while the container lives: open one again. */
int streams_reopen_peer(struct streams *s);
/* Staging pipes for stdout and stderr, as far as they are there. */
int streams_open_stage(struct streams *s);
void streams_close_stage(struct streams *s, int i);
void streams_done(struct streams *s);

#endif
