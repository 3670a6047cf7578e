/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "monitor/notify.h"
#include "sys/sd_notify.h"
#include "sys/sock.h"

static char *filter(const char *text)
{
	char *copy = xstrdup(text);
	size_t n = sd_notify_filter(copy, strlen(copy));

	copy[n] = '\0';
	return copy;
}

TEST(notify_filter_rows)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "READY=1", "READY=1" },
		{ "READY=1\nMAINPID=1\nSTATUS=up\n", "READY=1\nSTATUS=up\n" },
		{ "MAINPID=77\n", "" },
		{ "FDSTORE=1\nWATCHDOG=trigger", "WATCHDOG=trigger" },
		{ "READY=2\nREADY=1x\nxREADY=1", "" },
		{ "STATUS=\nERRNO=2\nBUSERROR=x\nMONOTONIC_USEC=5",
		  "STATUS=\nERRNO=2\nBUSERROR=x\nMONOTONIC_USEC=5" },
		{ "", "" },
		{ "\n\n", "" },
		{ "STOPPING=1\nMAINPID=2", "STOPPING=1\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		scoped_free char *got = filter(rows[i].in);

		CHECK_STR(got, rows[i].out);
	}
}

TEST(notify_relays)
{
	struct error err = ERROR_INIT;
	struct notify *n;
	struct loop *loop;
	char got[256] = "";
	int host, peer;

	host = sock_listen_unix(-1, test_path("host.sock"), SOCK_DGRAM, 0600, &err);
	CHECK_OK(host, err);
	CHECK_INT(loop_new(&loop), 0);
	CHECK_OK(notify_open(loop, test_tmpdir(), test_path("host.sock"), &n, &err), err);
	peer = sock_connect_unix(-1, test_path("notify/notify.sock"), SOCK_DGRAM, &err);
	CHECK_OK(peer, err);
	CHECK(send(peer, "MAINPID=5\nREADY=1\n", 18, 0) == 18);
	CHECK_INT(loop_run_once(loop, 60000), 0);
	CHECK_INT(recv(host, got, sizeof(got), MSG_DONTWAIT), 8);
	CHECK_STR(got, "READY=1\n");
	/* Nothing allowed in it: nothing is sent. */
	CHECK(send(peer, "MAINPID=5", 9, 0) == 9);
	notify_drain(n);
	CHECK_INT(recv(host, got, sizeof(got), MSG_DONTWAIT), -1);
	notify_free(n);
	loop_free(loop);
	close(host);
	close(peer);
}
