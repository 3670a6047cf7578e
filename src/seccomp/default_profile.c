/* SPDX-License-Identifier: Apache-2.0 */
/*
 * default_profile: the filter of a container that asks for none.
 *
 * Everything that is not named is ENOSYS: programs take it for an older kernel and fall back.  The
 * names are those of Podman's containers-common profile, so what runs there runs here; the unit
 * test compares both where that file is installed.
 *
 * Ours beyond it: sockets of the families AF_ALG and AF_VSOCK are refused.  AF_ALG reaches a large
 * and seldom used part of the kernel (kernel 2026-31431), AF_VSOCK leaves every network namespace
 * and reaches the hypervisor.  The rules allow the other families rather than deny these two: the
 * kernel looks at 32 bits of a 64-bit register, so a comparison that must not match could be passed
 * by with a bit set above them.
 *
 * The 32-bit way round (Podman 2026-123876).  On 32-bit x86 there are two ways to a socket:
 * socket(2) itself, and socketcall(SYS_SOCKET, &args), whose arguments lie in memory where no
 * filter can read them.  Whoever conditions the first without closing the second conditions
 * nothing.  So socketcall(SYS_SOCKET), and only that call of its twenty, is refused with ENOSYS;
 * bind, connect and the others stay.
 *
 * What that costs: 64-bit programs never come there.  32-bit programs of musl and those built for
 * Linux 4.3 or later use socket(2), or fall back to it.  The 32-bit glibc of Debian and 32-bit Go
 * programs know only socketcall: they get no sockets at all.  Docker's profile closed
 * it once and opened it again for them.  Between 32-bit programs without a network and 64-bit hosts
 * with a way past their filter we take the first as the default; whoever needs such a program says
 * so with
 * `--security-opt seccomp=/usr/share/containers/seccomp.json`, or another profile without the last
 * rule.  (Filters of other runtimes: libseccomp drops that rule, see compile.c; the way is open
 * there.)
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "seccomp/seccomp_priv.h"
#include "sys/caps.h"

#define X86_SYS_SOCKET 1

/* Obsolete or dangerous, and not to be taken for missing. */
static const char refused[] =
	"bdflush io_pgetevents kexec_file_load kexec_load migrate_pages move_pages nfsservctl "
	"nice oldfstat oldlstat oldolduname oldstat olduname pciconfig_iobase pciconfig_read "
	"pciconfig_write sgetmask ssetmask swapcontext swapoff swapon sysfs uselib "
	"userfaultfd ustat vm86 vm86old vmsplice";

static const char allowed[] =
	"_llseek _newselect accept accept4 access adjtimex alarm bind brk capget capset chdir "
	"chmod chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 "
	"clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 clone clone3 "
	"close close_range connect copy_file_range creat dup dup2 dup3 epoll_create "
	"epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait "
	"epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 "
	"fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchown "
	"fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork "
	"fremovexattr fsconfig fsetxattr fsmount fsopen fspick fstat fstat64 fstatat64 "
	"fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 futimesat "
	"get_mempolicy get_robust_list get_thread_area getcpu getcwd getdents getdents64 "
	"getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer "
	"getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid "
	"getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt "
	"gettid gettimeofday getuid getuid32 getxattr inotify_add_watch inotify_init "
	"inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_setup io_submit "
	"ioctl ioprio_get ioprio_set ipc keyctl kill landlock_add_rule "
	"landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat "
	"listen listxattr llistxattr lremovexattr lseek lsetxattr lstat lstat64 madvise mbind "
	"membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock "
	"mlock2 mlockall mmap mmap2 mount mount_setattr move_mount mprotect mq_getsetattr "
	"mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	"mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock "
	"munlockall munmap name_to_handle_at nanosleep newfstatat open open_tree openat "
	"openat2 pause pidfd_getfd pidfd_open pidfd_send_signal pipe pipe2 pivot_root "
	"pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv "
	"preadv2 prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 "
	"pselect6_time64 ptrace pwrite64 pwritev pwritev2 read readahead readdir readlink "
	"readlinkat readv reboot recv recvfrom recvmmsg recvmmsg_time64 recvmsg "
	"remap_file_pages removexattr rename renameat renameat2 restart_syscall rmdir rseq "
	"rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
	"rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max "
	"sched_get_priority_min sched_getaffinity sched_getattr sched_getparam "
	"sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 "
	"sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield "
	"seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile "
	"sendfile64 sendmmsg sendmsg sendto set_mempolicy set_robust_list set_thread_area "
	"set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups "
	"setgroups32 setitimer setns setpgid setpriority setregid setregid32 setresgid "
	"setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt "
	"setuid setuid32 setxattr shmat shmctl shmdt shmget shutdown sigaction sigaltstack "
	"signal signalfd signalfd4 sigpending sigprocmask sigreturn sigsuspend socketcall "
	"socketpair splice stat stat64 statfs statfs64 statx symlink symlinkat sync "
	"sync_file_range syncfs syscall sysinfo syslog tee tgkill time timer_create "
	"timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
	"timer_settime64 timerfd timerfd_create timerfd_gettime timerfd_gettime64 "
	"timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask "
	"umount umount2 uname unlink unlinkat unshare utime utimensat utimensat_time64 utimes "
	"vfork wait4 waitid waitpid write writev";

/* Allowed with the capability, EPERM without. */
static const struct {
	const char *cap;
	const char *names;
} by_capability[] = {
	{ "CAP_DAC_READ_SEARCH", "open_by_handle_at" },
	{ "CAP_SYS_ADMIN",
	  "bpf fanotify_init lookup_dcookie perf_event_open quotactl setdomainname "
	  "sethostname setns" },
	{ "CAP_SYS_CHROOT", "chroot" },
	{ "CAP_SYS_MODULE", "delete_module finit_module init_module query_module" },
	{ "CAP_SYS_PACCT", "acct" },
	{ "CAP_SYS_PTRACE", "kcmp process_madvise" },
	{ "CAP_SYS_RAWIO", "ioperm iopl" },
	{ "CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime" },
	{ "CAP_SYS_TTY_CONFIG", "vhangup" },
};

/* By the machine's architecture, as Go calls it. */
static const struct {
	const char *arches;
	const char *names;
} by_architecture[] = {
	{ "ppc64le", "sync_file_range2" },
	{ "arm arm64",
	  "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2" },
	{ "amd64 x32", "arch_prctl" },
	{ "amd64 x32 x86", "modify_ldt" },
	{ "s390 s390x", "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr" },
};

static const struct {
	const char *native, *with;
} architectures[] = {
	{ "X86_64", "X86 X32" },
	{ "AARCH64", "ARM" },
	{ "MIPS64", "MIPS MIPS64N32" },
	{ "MIPS64N32", "MIPS MIPS64" },
	{ "MIPSEL64", "MIPSEL MIPSEL64N32" },
	{ "MIPSEL64N32", "MIPSEL MIPSEL64" },
	{ "S390X", "S390" },
};

/* PER_LINUX, UNAME26, READ_IMPLIES_EXEC-free combinations that programs use, and the query. */
static const uint64_t personalities[] = { 0, 8, 0x20000, 0x20008, 0xffffffff };

/* Address families that are left: aligned blocks of numbers, {mask, value}. */
static const struct block {
	unsigned size;
	unsigned first;
} families_below_netlink[] = { { 16, 0 } },
  families_above_netlink[] = {
	  { 1, 17 }, { 2, 18 }, { 4, 20 }, { 8, 24 }, { 4, 32 }, { 2, 36 }, /* 38 is AF_ALG */
	  { 1, 39 },							    /* 40 is AF_VSOCK */
	  { 1, 41 }, { 2, 42 }, { 4, 44 },
},
  netlink_without_audit[] = { { 8, 0 }, { 1, 8 }, { 2, 10 }, { 4, 12 }, { 16, 16 } };
_Static_assert(AF_NETLINK == 16 && AF_ALG == 38 && AF_VSOCK == 40, "the blocks spare these");
#define NETLINK_AUDIT_NUMBER 9

static struct oci_seccomp_syscall *add(struct oci_seccomp *s, const char *names, const char *action)
{
	struct oci_seccomp_syscall *row = ARRAY_ADD(s->syscalls, s->n_syscalls);

	row->names = strv_split(names, " ", false);
	row->action = xstrdup(action);
	return row;
}

static void add_errno(struct oci_seccomp *s, const char *names, uint32_t number)
{
	add(s, names, "SCMP_ACT_ERRNO")->errno_ret = (struct opt_u32)OPT_SET(number);
}

static void add_arg(struct oci_seccomp_syscall *row, uint32_t index, const char *op, uint64_t value,
		    uint64_t two)
{
	struct oci_seccomp_arg *a = ARRAY_ADD(row->args, row->n_args);

	*a = (struct oci_seccomp_arg){ .index = index, .value = value, .value_two = two };
	a->op = xstrdup(op);
}

/* first <= argument < first + size, size a power of two and first a multiple of it. */
static void add_block(struct oci_seccomp_syscall *row, uint32_t index, const struct block *b)
{
	add_arg(row, index, "SCMP_CMP_MASKED_EQ", ~(uint64_t)(b->size - 1), b->first);
}

static void add_families(struct oci_seccomp *s, const struct block *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_block(add(s, "socket", "SCMP_ACT_ALLOW"), 0, &blocks[i]);
}

static void add_socket(struct oci_seccomp *s, bool audit)
{
	static const uint64_t family_refused[] = { AF_ALG, AF_VSOCK };
	struct oci_seccomp_syscall *row;

	if (!audit) {
		/* What libaudit takes for a kernel without auditing. */
		add_errno(s, "socket", EINVAL);
		row = &s->syscalls[s->n_syscalls - 1];
		add_arg(row, 0, "SCMP_CMP_EQ", AF_NETLINK, 0);
		add_arg(row, 2, "SCMP_CMP_EQ", NETLINK_AUDIT_NUMBER, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(family_refused); i++) {
		add_errno(s, "socket", EAFNOSUPPORT);
		add_arg(&s->syscalls[s->n_syscalls - 1], 0, "SCMP_CMP_EQ", family_refused[i], 0);
	}
	add_families(s, families_below_netlink, ARRAY_SIZE(families_below_netlink));
	add_families(s, families_above_netlink, ARRAY_SIZE(families_above_netlink));
	if (audit)
		add_arg(add(s, "socket", "SCMP_ACT_ALLOW"), 0, "SCMP_CMP_EQ", AF_NETLINK, 0);
	for (size_t i = 0; !audit && i < ARRAY_SIZE(netlink_without_audit); i++) {
		row = add(s, "socket", "SCMP_ACT_ALLOW");
		add_arg(row, 0, "SCMP_CMP_EQ", AF_NETLINK, 0);
		add_block(row, 2, &netlink_without_audit[i]);
	}
	/* Last: where libseccomp alone compiles it, it must come after the unconditional rule. */
	add_errno(s, "socketcall", ENOSYS);
	add_arg(&s->syscalls[s->n_syscalls - 1], 0, "SCMP_CMP_EQ", X86_SYS_SOCKET, 0);
}

static void add_architectures(struct oci_seccomp *s)
{
	const char *native = seccomp_native_arch();

	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		scoped_strv char **with = NULL;

		if (!streq(native + strlen("SCMP_ARCH_"), architectures[i].native))
			continue;
		strv_add(&s->architectures, native);
		with = strv_split(architectures[i].with, " ", false);
		STRV_FOREACH (a, with)
			strv_addf(&s->architectures, "SCMP_ARCH_%s", *a);
	}
}

int seccomp_default_profile(uint64_t caps, struct oci_seccomp *ret, struct error *err)
{
	struct oci_seccomp s = { .default_errno_ret = OPT_SET(ENOSYS) };

	(void)err;
	s.default_action = xstrdup("SCMP_ACT_ERRNO");
	add_architectures(&s);
	add_errno(&s, refused, EPERM);
	add(&s, allowed, "SCMP_ACT_ALLOW");
	for (size_t i = 0; i < ARRAY_SIZE(personalities); i++)
		add_arg(add(&s, "personality", "SCMP_ACT_ALLOW"), 0, "SCMP_CMP_EQ",
			personalities[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(by_architecture); i++) {
		scoped_strv char **arches = strv_split(by_architecture[i].arches, " ", false);

		if (strv_has(arches, seccomp_native_goarch()))
			add(&s, by_architecture[i].names, "SCMP_ACT_ALLOW");
	}
	for (size_t i = 0; i < ARRAY_SIZE(by_capability); i++) {
		if (caps & (uint64_t)1 << caps_from_name(by_capability[i].cap))
			add(&s, by_capability[i].names, "SCMP_ACT_ALLOW");
		else
			add_errno(&s, by_capability[i].names, EPERM);
	}
	add_socket(&s, (caps & (uint64_t)1 << caps_from_name("CAP_AUDIT_WRITE")) != 0);
	*ret = s;
	return 0;
}
