/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/test.h"
#include "runtime/sync.h"
#include "sys/fd.h"
#include "sys/sock.h"

TEST(messages)
{
	int pair[2];
	struct sync_message m;

	CHECK_INT(sock_pair(SOCK_SEQPACKET, pair), 0);
	CHECK_INT(sync_send(pair[0], SYNC_PID, 42), 0);
	CHECK_INT(sync_recv(pair[1], &m), 1);
	CHECK_INT(m.type, SYNC_PID);
	CHECK_INT(m.value, 42);
	CHECK_INT(sync_send_plain(pair[1], SYNC_READY, 0), 0);
	CHECK_INT(sync_recv(pair[0], &m), 1);
	CHECK_INT(m.type, SYNC_READY);
	fd_close(pair[0]);
	CHECK_INT(sync_recv(pair[1], &m), 0);
	CHECK_INT(sync_send(pair[1], SYNC_GO, 0), -EPIPE);
	fd_close(pair[1]);
}

TEST(errors_keep_number_and_text)
{
	int pair[2];
	struct sync_message m;
	struct error sent = ERROR_INIT, got = ERROR_INIT;
	char longer[3000];

	CHECK_INT(sock_pair(SOCK_SEQPACKET, pair), 0);
	error_os(&sent, ENOENT, "exec '%s'", "x");
	CHECK_INT(sync_send_error(pair[0], &sent), 0);
	CHECK_INT(sync_recv(pair[1], &m), 1);
	CHECK_INT(sync_error(&m, &got), -ENOENT);
	CHECK_STR(got.msg, sent.msg);
	CHECK_INT(got.num, ENOENT);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	error_set(&sent, ERROR_INVALID, "%s", longer);
	CHECK_INT(sync_send_error(pair[0], &sent), 0);
	CHECK_INT(sync_recv(pair[1], &m), 1);
	CHECK(strlen(m.text) == SYNC_TEXT_MAX - 1);
	fd_close(pair[0]);
	fd_close(pair[1]);
}

/* What a process of the container could send if it got hold of the socket. */
TEST(foreign_packets_are_refused)
{
	int pair[2];
	struct sync_message m;

	CHECK_INT(sock_pair(SOCK_SEQPACKET, pair), 0);
	CHECK_INT(write(pair[0], "x", 1), 1);
	CHECK_INT(sync_recv(pair[1], &m), -EPROTO);
	memset(&m, 0xff, sizeof(m));
	CHECK_INT(write(pair[0], &m, sizeof(m)), sizeof(m));
	CHECK_INT(sync_recv(pair[1], &m), -EPROTO);
	memset(&m, 'a', sizeof(m));
	m.type = SYNC_ERROR;
	CHECK_INT(write(pair[0], &m, sizeof(m)), sizeof(m));
	CHECK_INT(sync_recv(pair[1], &m), 1);
	CHECK_INT(strlen(m.text), SYNC_TEXT_MAX - 1);
	fd_close(pair[0]);
	fd_close(pair[1]);
}
