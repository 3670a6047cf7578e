/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "harness/test.h"
#include "sys/fd.h"
#include "sys/sock.h"

static void check_connect(int dirfd, const char *path, int type)
{
	struct error err = ERROR_INIT;
	scoped_fd int server = sock_listen_unix(dirfd, path, type, 0660, &err);
	scoped_fd int client = -1;
	scoped_fd int conn = -1;
	struct stat st;
	uid_t uid = 0;
	char byte = 0;

	CHECK_OK(server, err);
	CHECK_INT(fd_stat(dirfd, path, 0, &st), 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_INT(st.st_mode & 0777, 0660);
	client = sock_connect_unix(dirfd, path, type, &err);
	CHECK_OK(client, err);
	if (type == SOCK_DGRAM) {
		CHECK_INT(send(client, "x", 1, 0), 1);
		CHECK_INT(recv(server, &byte, 1, 0), 1);
		return;
	}
	conn = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	CHECK(conn >= 0);
	CHECK_INT(sock_peer_uid(conn, &uid), 0);
	CHECK_INT(uid, geteuid());
	CHECK_INT(send(client, "x", 1, 0), 1);
	CHECK_INT(recv(conn, &byte, 1, 0), 1);
	CHECK_INT(byte, 'x');
}

TEST(listen_and_connect)
{
	scoped_fd int top = fd_open(AT_FDCWD, test_tmpdir(), O_PATH | O_DIRECTORY, 0);

	umask(077);
	check_connect(AT_FDCWD, test_path("stream"), SOCK_STREAM);
	check_connect(top, "seqpacket", SOCK_SEQPACKET);
	check_connect(top, "dgram", SOCK_DGRAM);
}

TEST(paths_longer_than_sun_path)
{
	scoped_fd int top = fd_open(AT_FDCWD, test_tmpdir(), O_PATH | O_DIRECTORY, 0);
	scoped_free char *dir = NULL, *path = NULL, *full = NULL;
	char name[201];

	memset(name, 'd', 200);
	name[200] = '\0';
	dir = xasprintf("%s/%s", name, name);
	path = xasprintf("%s/attach", dir);
	full = xasprintf("%s/%s/ctl", test_tmpdir(), dir);
	CHECK_INT(fd_mkdir_p(top, dir, 0755), 0);
	check_connect(top, path, SOCK_STREAM);
	check_connect(AT_FDCWD, full, SOCK_STREAM);
}

TEST(errors_name_the_path)
{
	struct error err = ERROR_INIT;
	const char *path = test_path("taken");

	CHECK_FAILS(sock_connect_unix(AT_FDCWD, path, SOCK_STREAM, &err), err, ERROR_OS, "taken");
	CHECK_INT(err.num, ENOENT);
	CHECK_INT(test_write_file(path, ""), 0);
	CHECK_FAILS(sock_listen_unix(AT_FDCWD, path, SOCK_STREAM, 0600, &err), err, ERROR_OS,
		    "taken");
	CHECK_INT(err.num, EADDRINUSE);
}

TEST(descriptors_travel)
{
	int p[2], got[4] = { -1, -1, -1, -1 };
	scoped_fd int a = -1;
	scoped_fd int b = -1;
	char text[8] = "";
	size_t n = 0;

	CHECK_INT(sock_pair(SOCK_STREAM, p), 0);
	a = p[0];
	b = p[1];
	CHECK_INT(fd_pipe(p, 0), 0);
	CHECK_INT(sock_send_fds(a, "hi", 2, p, 2), 0);
	CHECK_INT(sock_recv_fds(b, text, sizeof(text), got, 4, &n), 2);
	CHECK_STR(text, "hi");
	CHECK_INT(n, 2);
	CHECK((fcntl(got[0], F_GETFD) & FD_CLOEXEC) != 0);
	CHECK_INT(fd_write_all(got[1], "z", 1), 0);
	CHECK_INT(read(p[0], text, 1), 1);
	CHECK_INT(text[0], 'z');
	CHECK_INT(sock_send_fds(a, "", 0, p, 2), -EINVAL);
	CHECK_INT(sock_send_fds(a, "n", 1, NULL, 0), 0);
	CHECK_INT(sock_recv_fds(b, text, sizeof(text), got, 4, &n), 1);
	CHECK_INT(n, 0);
	for (int i = 0; i < 2; i++) {
		fd_close(got[i]);
		fd_close(p[i]);
	}
}

/* The lowest free number is the same before and after: nothing leaked. */
TEST(superfluous_descriptors_are_closed)
{
	int p[2], many[20], got[1] = { -1 };
	scoped_fd int a = -1;
	scoped_fd int b = -1;
	int before, after;
	size_t n = 0;
	char byte;

	CHECK_INT(sock_pair(SOCK_SEQPACKET, p), 0);
	a = p[0];
	b = p[1];
	for (int i = 0; i < 20; i++)
		many[i] = a;
	before = fd_dup_min(a, 3);
	fd_close(before);
	CHECK_INT(sock_send_fds(a, "x", 1, many, 20), 0);
	CHECK_INT(sock_recv_fds(b, &byte, 1, got, 1, &n), 1);
	CHECK_INT(n, 1);
	fd_close(got[0]);
	after = fd_dup_min(a, 3);
	fd_close(after);
	CHECK_INT(after, before);
	CHECK(got[0] < before + 20);
}

/* Every address that getifaddrs(3) tells of, up and no loopback, is a right answer; the same order
 * is not promised. */
TEST(first_address)
{
	char text[INET_ADDRSTRLEN], other[INET_ADDRSTRLEN];
	struct ifaddrs *list = NULL;
	bool any = false, found = false;
	int r = sock_first_address(text);

	CHECK_INT(getifaddrs(&list), 0);
	for (struct ifaddrs *a = list; a != NULL; a = a->ifa_next) {
		struct sockaddr_in in;

		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET ||
		    (a->ifa_flags & IFF_LOOPBACK) != 0 || (a->ifa_flags & IFF_UP) == 0)
			continue;
		any = true;
		memcpy(&in, a->ifa_addr, sizeof(in));
		found |= inet_ntop(AF_INET, &in.sin_addr, other, sizeof(other)) != NULL && r == 0 &&
			 strcmp(other, text) == 0;
	}
	freeifaddrs(list);
	CHECK_INT(r, any ? 0 : -ENOENT);
	CHECK(found == any);
}
