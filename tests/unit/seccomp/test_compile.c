/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpfsim.h"
#include "harness/test.h"
#include "seccomp/seccomp_priv.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/process.h"

#define X86_SOCKET 359
#define X86_SOCKETCALL 102
#define ERRNO_RET(n) (SECCOMP_RET_ERRNO | (uint32_t)(n))
/* CHOWN DAC_OVERRIDE FSETID FOWNER SETGID SETUID SETPCAP NET_BIND SYS_CHROOT KILL SETFCAP */
#define PODMAN_CAPS 0x800405fbull

static int compile_text(const char *json, bool fail_unknown, struct seccomp_program *p,
			struct error *err)
{
	struct oci_seccomp s = { 0 };
	int r = json_table_parse(&oci_seccomp_table, json, strlen(json), &s, "seccomp", 0, err);

	if (r < 0)
		return r;
	r = seccomp_compile(&s, fail_unknown, p, err);
	json_table_free(&oci_seccomp_table, &s);
	return r;
}

static uint32_t native(const struct seccomp_program *p, int nr, uint64_t a0, uint64_t a1,
		       uint64_t a2)
{
	return bpfsim_call(p->filter, p->len, AUDIT_ARCH_X86_64, nr, a0, a1, a2);
}

static uint32_t i386(const struct seccomp_program *p, int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	return bpfsim_call(p->filter, p->len, AUDIT_ARCH_I386, nr, a0, a1, a2);
}

TEST(actions_and_arguments)
{
	scoped(seccomp_program_done) struct seccomp_program p = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(compile_text(
			 "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
			 "{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ERRNO\"},"
			 "{\"names\":[\"getppid\",\"nosuchcall\"],\"action\":\"SCMP_ACT_ERRNO\","
			 "\"errnoRet\":77},"
			 "{\"names\":[\"kill\"],\"action\":\"SCMP_ACT_KILL_PROCESS\",\"args\":["
			 "{\"index\":1,\"value\":9,\"op\":\"SCMP_CMP_EQ\"}]},"
			 "{\"names\":[\"dup\"],\"action\":\"SCMP_ACT_LOG\",\"args\":["
			 "{\"index\":0,\"value\":240,\"valueTwo\":16,"
			 "\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
			 "{\"names\":[\"close\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":["
			 "{\"index\":0,\"value\":5,\"op\":\"SCMP_CMP_EQ\"},"
			 "{\"index\":0,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]}]}",
			 false, &p, &err),
		 err);
	CHECK_INT(native(&p, SYS_getpid, 0, 0, 0), ERRNO_RET(EPERM));
	CHECK_INT(native(&p, SYS_getppid, 0, 0, 0), ERRNO_RET(77));
	CHECK_INT(native(&p, SYS_kill, 0, 9, 0), SECCOMP_RET_KILL_PROCESS);
	CHECK_INT(native(&p, SYS_kill, 0, 8, 0), SECCOMP_RET_ALLOW);
	CHECK_INT(native(&p, SYS_dup, 0x1f, 0, 0), SECCOMP_RET_LOG);
	CHECK_INT(native(&p, SYS_dup, 0x2f, 0, 0), SECCOMP_RET_ALLOW);
	/* The same argument twice: either. */
	CHECK_INT(native(&p, SYS_close, 5, 0, 0), SECCOMP_RET_TRAP);
	CHECK_INT(native(&p, SYS_close, 7, 0, 0), SECCOMP_RET_TRAP);
	CHECK_INT(native(&p, SYS_close, 6, 0, 0), SECCOMP_RET_ALLOW);
	CHECK_INT(native(&p, SYS_read, 0, 0, 0), SECCOMP_RET_ALLOW);
	CHECK(!p.notify);
	CHECK_INT(p.flags, 0);
}

TEST(refusals_name_the_place)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{ "{\"defaultAction\":\"SCMP_ACT_NOPE\"}", ".defaultAction: unknown action" },
		{ "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", ".defaultAction" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_PDP11\"]}",
		  "SCMP_ARCH_PDP11" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"F\"]}", ".flags" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"scmp_act_errno\"}]}",
		  ".syscalls[0].action" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5000}]}",
		  "5000" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":6,\"value\":0,\"op\":"
		  "\"SCMP_CMP_EQ\"}]}]}",
		  ".syscalls[0].args[0].index" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":0,\"value\":0,\"op\":"
		  "\"EQ\"}]}]}",
		  ".args[0].op" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"write\"],"
		  "\"action\":\"SCMP_ACT_NOTIFY\"}]}",
		  "'write'" },
	};
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seccomp_program p = { 0 };

		CHECK_FAILS(compile_text(cases[i].json, false, &p, &err), err, ERROR_INVALID,
			    cases[i].want);
		CHECK(p.filter == NULL);
	}
}

TEST(unknown_calls_fail_on_request)
{
	static const char json[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":["
		"\"nosuchcall\"],\"action\":\"SCMP_ACT_ERRNO\"}]}";
	scoped(seccomp_program_done) struct seccomp_program p = { 0 };
	struct error err = ERROR_INIT;

	CHECK_FAILS(compile_text(json, true, &p, &err), err, ERROR_INVALID, "nosuchcall");
	CHECK_OK(compile_text(json, false, &p, &err), err);
}

TEST(notify_and_flags)
{
	scoped(seccomp_program_done) struct seccomp_program p = { 0 }, q = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(compile_text("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":["
			      "\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_TSYNC\","
			      "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"],\"syscalls\":["
			      "{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}",
			      false, &p, &err),
		 err);
	CHECK(p.notify);
	CHECK_INT(p.flags, 1 | 2 | 8 | 16 | 32);
	CHECK_INT(native(&p, SYS_mkdir, 0, 0, 0), SECCOMP_RET_USER_NOTIF);
	CHECK_OK(compile_text("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":["
			      "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}",
			      false, &q, &err),
		 err);
	CHECK_INT(q.flags, 0);
}

TEST(socketcall_rules_hold_beside_socket_rules)
{
	scoped(seccomp_program_done) struct seccomp_program p = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(
		compile_text(
			"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":["
			"\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"syscalls\":["
			"{\"names\":[\"socketcall\",\"bind\"],\"action\":\"SCMP_ACT_ALLOW\"},"
			"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
			"{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]},"
			"{\"names\":[\"socketcall\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38,"
			"\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]},"
			"{\"names\":[\"socketcall\"],\"action\":\"SCMP_ACT_KILL_PROCESS\","
			"\"args\":[{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]}]}",
			false, &p, &err),
		err);
	CHECK_INT(i386(&p, X86_SOCKETCALL, 1, 0, 0), ERRNO_RET(ENOSYS));
	CHECK_INT(i386(&p, X86_SOCKETCALL, 8, 0, 0), SECCOMP_RET_KILL_PROCESS);
	CHECK_INT(i386(&p, X86_SOCKETCALL, 2, 0, 0), SECCOMP_RET_ALLOW);
	CHECK_INT(i386(&p, X86_SOCKET, 1, 0, 0), SECCOMP_RET_ALLOW);
	CHECK_INT(i386(&p, X86_SOCKET, 2, 0, 0), ERRNO_RET(EPERM));
	/* Number 102 of the 64-bit table is getuid. */
	CHECK_INT(native(&p, X86_SOCKETCALL, 1, 0, 0), ERRNO_RET(EPERM));
	CHECK_INT(native(&p, SYS_socket, 1, 0, 0), SECCOMP_RET_ALLOW);
}

/* The same rules without libseccomp's binary tree. */
static struct sock_filter *plain(const struct oci_seccomp *s, unsigned *ret_len)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(s->default_errno_ret.value));
	scoped_fd int fd = fd_memfd("plain", false);
	scoped(buf_done) struct buf b = BUF_INIT;

	for (size_t i = 0; s->architectures[i] != NULL; i++) {
		uint32_t arch = 0;

		(void)seccomp_arch_number(s->architectures[i], &arch);
		(void)seccomp_arch_add(ctx, arch);
	}
	for (size_t i = 0; i < s->n_syscalls; i++) {
		const struct oci_seccomp_syscall *c = &s->syscalls[i];
		struct scmp_arg_cmp args[6];
		uint32_t action = 0;

		(void)seccomp_action_number(c->action, c->errno_ret.set ? c->errno_ret.value : 1,
					    &action);
		for (size_t j = 0; j < c->n_args; j++) {
			int op = 0;

			(void)seccomp_operator_number(c->args[j].op, &op);
			args[j] = (struct scmp_arg_cmp){ c->args[j].index, (enum scmp_compare)op,
							 c->args[j].value, c->args[j].value_two };
		}
		STRV_FOREACH (n, c->names)
			(void)seccomp_rule_add_array(ctx, action, seccomp_syscall_resolve_name(*n),
						     (unsigned)c->n_args, args);
	}
	(void)seccomp_export_bpf(ctx, fd);
	seccomp_release(ctx);
	(void)lseek(fd, 0, SEEK_SET);
	(void)fd_read_all(fd, 1 << 20, &b);
	*ret_len = (unsigned)(b.len / sizeof(struct sock_filter));
	return (struct sock_filter *)buf_take(&b);
}

TEST(binary_tree_means_the_same)
{
	static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_ARM };
	static const uint64_t values[] = {
		0, 1, 8, 9, 16, 38, 40, 0x20000, 0xffffffff, 1ull << 32
	};
	scoped(seccomp_program_done) struct seccomp_program p = { 0 };
	struct oci_seccomp s = { 0 };
	struct error err = ERROR_INIT;
	unsigned len = 0;

	CHECK_OK(seccomp_default_profile(PODMAN_CAPS, &s, &err), err);
	CHECK_OK(seccomp_compile(&s, false, &p, &err), err);
	scoped_free struct sock_filter *q = plain(&s, &len);

	json_table_free(&oci_seccomp_table, &s);
	CHECK(len > 100 && p.len > 100);
	for (size_t a = 0; a < ARRAY_SIZE(arches); a++) {
		for (int nr = -2; nr < 600; nr++) {
			for (size_t v = 0; v < ARRAY_SIZE(values) * ARRAY_SIZE(values); v++) {
				uint64_t a0 = values[v / ARRAY_SIZE(values)];
				uint64_t a2 = values[v % ARRAY_SIZE(values)];
				int call = nr >= 512 ? nr - 512 + 0x40000000 : nr; /* x32 */

				/* The one difference: what libseccomp cannot do. */
				if (arches[a] == AUDIT_ARCH_I386 && nr == X86_SOCKETCALL && a0 == 1)
					continue;
				CHECK_INT(bpfsim_call(p.filter, p.len, arches[a], call, a0, 0, a2),
					  bpfsim_call(q, len, arches[a], call, a0, 0, a2));
			}
		}
	}
}

TEST(default_profile_on_sockets)
{
	static const uint64_t caps[] = { PODMAN_CAPS, ~0ull };
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		scoped(seccomp_program_done) struct seccomp_program p = { 0 };
		bool audit = i == 1;
		struct oci_seccomp s = { 0 };

		CHECK_OK(seccomp_default_profile(caps[i], &s, &err), err);
		CHECK_OK(seccomp_compile(&s, true, &p, &err), err);
		json_table_free(&oci_seccomp_table, &s);
		for (uint64_t family = 0; family < 48; family++) {
			bool refused = family == AF_ALG || family == AF_VSOCK;
			uint32_t want = refused ? ERRNO_RET(EAFNOSUPPORT) : SECCOMP_RET_ALLOW;

			for (uint64_t proto = 0; proto < 32; proto++) {
				uint32_t w = !audit && family == AF_NETLINK && proto == 9
						     ? ERRNO_RET(EINVAL)
						     : want;

				CHECK_INT(native(&p, SYS_socket, family, 1, proto), w);
				CHECK_INT(i386(&p, X86_SOCKET, family, 1, proto), w);
			}
			/* Bits that the kernel does not look at open nothing. */
			CHECK_INT(native(&p, SYS_socket, family | 1ull << 32, 1, 0),
				  ERRNO_RET(ENOSYS));
		}
		if (!audit)
			CHECK_INT(native(&p, SYS_socket, 16, 1, 9 | 1ull << 32), ERRNO_RET(ENOSYS));
		CHECK_INT(i386(&p, X86_SOCKETCALL, 1, 0, 0), ERRNO_RET(ENOSYS));
		for (uint64_t call = 2; call <= 20; call++)
			CHECK_INT(i386(&p, X86_SOCKETCALL, call, 0, 0), SECCOMP_RET_ALLOW);
	}
}

#ifdef __x86_64__
/* The kernel's 32-bit entry, from a 64-bit program. */
static long int80(long nr, long a, long b, long c)
{
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)r;
}

static int probe(const struct seccomp_program *p)
{
	unsigned *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	static const int refused[] = { AF_ALG, AF_VSOCK };

	if (low == MAP_FAILED || process_no_new_privs() < 0 ||
	    process_seccomp_install(p->filter, p->len, p->flags) < 0)
		return 100;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		low[0] = (unsigned)refused[i];
		low[1] = SOCK_SEQPACKET;
		low[2] = 0;
		if (syscall(SYS_socket, refused[i], SOCK_SEQPACKET, 0) != -1 ||
		    errno != EAFNOSUPPORT)
			return 1;
		if (int80(X86_SOCKET, refused[i], SOCK_SEQPACKET, 0) != -EAFNOSUPPORT)
			return 2;
		if (int80(X86_SOCKETCALL, 1, (long)low, 0) != -ENOSYS)
			return 3;
		if (syscall(SYS_socket, (1ul << 32) | (unsigned)refused[i], SOCK_SEQPACKET, 0) !=
			    -1 ||
		    errno != ENOSYS)
			return 4;
	}
	if (syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) < 0)
		return 5;
	if (int80(X86_SOCKET, AF_UNIX, SOCK_STREAM, 0) < 0)
		return 6;
	/* listen(-1): allowed, so it is the kernel that refuses the descriptor. */
	low[0] = (unsigned)-1;
	low[1] = 1;
	return int80(X86_SOCKETCALL, 4, (long)low, 0) == -EBADF ? 0 : 7;
}

TEST(the_kernel_refuses_both_ways)
{
	scoped(seccomp_program_done) struct seccomp_program p = { 0 };
	struct oci_seccomp s = { 0 };
	struct error err = ERROR_INIT;
	int status = 0;
	pid_t pid;

	if (int80(20, 0, 0, 0) != getpid())
		TEST_SKIP("32-bit system calls");
	CHECK_OK(seccomp_default_profile(PODMAN_CAPS, &s, &err), err);
	CHECK_OK(seccomp_compile(&s, false, &p, &err), err);
	json_table_free(&oci_seccomp_table, &s);
	pid = fork();
	if (pid == 0)
		_exit(probe(&p));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}
#endif
