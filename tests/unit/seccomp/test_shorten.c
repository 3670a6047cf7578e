/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/shorten.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bpfsim.h"
#include "harness/test.h"
#include "sys/fd.h"

#define PROGRAMS 40
#define RULES 120
#define X32_BIT 0x40000000

static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0, ~0u };
static const uint64_t arguments[] = {
	0,	    1,		2,	    7,		 8,	      9,	  40,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, 1ull << 63, (1ull << 63) + 8,
	~0ull,	    0x7e020000
};
static unsigned state = 1;

static unsigned pick(unsigned n)
{
	state = state * 1103515245 + 12345;
	return (state >> 8) % n;
}

/* Rules as profiles have them, and stranger ones. */
static scmp_filter_ctx random_rules(void)
{
	/* The last one is refused as the answer to everything else. */
	static const uint32_t actions[] = { SCMP_ACT_ALLOW,	  SCMP_ACT_ERRNO(1),
					    SCMP_ACT_ERRNO(38),	  SCMP_ACT_KILL_PROCESS,
					    SCMP_ACT_LOG,	  SCMP_ACT_TRAP,
					    SCMP_ACT_TRACE(7),	  SCMP_ACT_TRACE(8),
					    SCMP_ACT_KILL_THREAD, SCMP_ACT_NOTIFY };
	scmp_filter_ctx ctx = seccomp_init(actions[pick(ARRAY_SIZE(actions) - 1)]);
	unsigned rules = 1 + pick(RULES);

	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 1 + pick(2));
	if (pick(2))
		seccomp_arch_add(ctx, SCMP_ARCH_X86);
	if (pick(2))
		seccomp_arch_add(ctx, SCMP_ARCH_X32);
	if (pick(3) == 0)
		seccomp_arch_add(ctx, SCMP_ARCH_AARCH64);
	for (unsigned i = 0; i < rules; i++) {
		uint32_t action = actions[pick(ARRAY_SIZE(actions))];
		/* Long runs of one answer are the usual. */
		int nr = (int)pick(330), run = pick(3) ? 1 : 1 + (int)pick(40);
		struct scmp_arg_cmp cmp[2] = {
			{ pick(3), (enum scmp_compare)(SCMP_CMP_NE + pick(7)),
			  arguments[pick(ARRAY_SIZE(arguments))],
			  arguments[pick(ARRAY_SIZE(arguments))] },
			{ 3, SCMP_CMP_EQ, arguments[pick(ARRAY_SIZE(arguments))], 0 },
		};

		/* Many are refused as contradictions, which is fine. */
		for (int k = 0; run > 1 && k < run; k++)
			(void)seccomp_rule_add_array(ctx, action, nr + k, 0, NULL);
		if (run == 1)
			(void)seccomp_rule_add_array(ctx, action, nr, pick(3), cmp);
	}
	return ctx;
}

static struct seccomp_program export_program(scmp_filter_ctx ctx)
{
	struct seccomp_program p = { 0 };
	struct buf b = BUF_INIT;
	scoped_fd int fd = fd_memfd("filter", false);

	if (seccomp_export_bpf(ctx, fd) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    fd_read_all(fd, 1 << 20, &b) < 0)
		exit(99);
	p.len = (unsigned short)(b.len / sizeof(struct sock_filter));
	p.filter = buf_take(&b);
	return p;
}

static struct seccomp_program copy_of(const struct seccomp_program *p)
{
	return (struct seccomp_program){
		.filter = xmemdup(p->filter, p->len * sizeof(struct sock_filter)), .len = p->len
	};
}

/* Calls whose answers differ. */
static unsigned differences(const struct seccomp_program *a, const struct seccomp_program *b)
{
	static const int bases[] = { 0, X32_BIT, -20, 0x7fffffff - 450, X32_BIT - 10 };
	unsigned n = 0;

	for (size_t arch = 0; arch < ARRAY_SIZE(arches); arch++) {
		for (size_t base = 0; base < ARRAY_SIZE(bases); base++) {
			for (int i = 0; i < 450; i++) {
				struct seccomp_data d = { .arch = arches[arch],
							  .nr = (int)((unsigned)bases[base] +
								      (unsigned)i) };

				for (int k = 0; k < 12; k++) {
					for (int j = 0; j < 6; j++)
						d.args[j] = arguments[pick(ARRAY_SIZE(arguments))];
					n += bpfsim_run(a->filter, a->len, &d) !=
					     bpfsim_run(b->filter, b->len, &d);
				}
			}
		}
	}
	return n;
}

TEST(same_answers)
{
	unsigned shorter = 0;

	for (int i = 0; i < PROGRAMS; i++) {
		scmp_filter_ctx ctx = random_rules();
		scoped(seccomp_program_done) struct seccomp_program before = export_program(ctx);
		scoped(seccomp_program_done) struct seccomp_program after = copy_of(&before);

		seccomp_release(ctx);
		if (seccomp_shorten(&after)) {
			shorter++;
			CHECK(after.len < before.len);
		}
		CHECK_INT(differences(&before, &after), 0);
	}
	/* Else this test would test nothing. */
	CHECK(shorter > PROGRAMS / 2);
}

/* Loading is paid by every start and exec. */
TEST(default_profile_is_short)
{
	scoped(seccomp_program_done) struct seccomp_program p = { 0 };
	struct oci_seccomp s = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(seccomp_default_profile(0, &s, &err), err);
	CHECK_OK(seccomp_compile(&s, false, &p, &err), err);
	json_table_free(&oci_seccomp_table, &s);
	printf("# %u instructions\n", p.len);
	CHECK(p.len < 800);
}

/* Whether it says so or does so. */
static bool shortens(const struct sock_filter *f, size_t n)
{
	scoped(seccomp_program_done) struct seccomp_program p = {
		.filter = xmemdup(f, n * sizeof(*f)), .len = (unsigned short)n
	};
	bool r = seccomp_shorten(&p);

	return r || p.len != n || memcmp(p.filter, f, n * sizeof(*f)) != 0;
}

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define RETURN(k) BPF_STMT(BPF_RET | BPF_K, k)
#define EQUAL(k, jt, jf) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf)

/* Enough to shorten: two calls in a row with the same answer, told one by one. */
TEST(smallest)
{
	static const struct sock_filter f[] = {
		LOAD(nr), EQUAL(5, 3, 0), EQUAL(6, 2, 0), EQUAL(7, 1, 0), RETURN(1), RETURN(2),
	};
	struct seccomp_program p = { .filter = xmemdup(f, sizeof(f)), .len = ARRAY_SIZE(f) };

	CHECK(seccomp_shorten(&p));
	for (int nr = 0; nr < 20; nr++)
		CHECK_INT(bpfsim_call(p.filter, p.len, 0, nr, 0, 0, 0), nr >= 5 && nr <= 7 ? 2 : 1);
	seccomp_program_done(&p);
}

TEST(what_is_not_understood)
{
	static const struct sock_filter stores[] = {
		LOAD(nr),	BPF_STMT(BPF_ST, 0), EQUAL(5, 3, 0), EQUAL(6, 2, 0),
		EQUAL(7, 1, 0), RETURN(1),	     RETURN(2),
	};
	static const struct sock_filter bits[] = {
		LOAD(nr),	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 3, 0),
		EQUAL(6, 2, 0), EQUAL(7, 1, 0),
		RETURN(1),	RETURN(2),
	};
	static const struct sock_filter accumulator[] = {
		LOAD(nr),	EQUAL(5, 3, 0), EQUAL(6, 2, 0),
		EQUAL(7, 1, 0), RETURN(1),	BPF_STMT(BPF_RET | BPF_A, 0),
	};
	static const struct sock_filter order_of_arches[] = {
		LOAD(arch),	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 9, 4, 0),
		EQUAL(5, 3, 0), EQUAL(6, 2, 0),
		EQUAL(7, 1, 0), RETURN(1),
		RETURN(2),
	};
	static const struct sock_filter without_load[] = {
		EQUAL(5, 3, 0), EQUAL(6, 2, 0), EQUAL(7, 1, 0), RETURN(1), RETURN(2),
	};
	static const struct sock_filter past_the_end[] = {
		LOAD(nr), EQUAL(5, 9, 0), EQUAL(6, 2, 0), EQUAL(7, 1, 0), RETURN(1), RETURN(2),
	};

	CHECK(!shortens(stores, ARRAY_SIZE(stores)));
	CHECK(!shortens(bits, ARRAY_SIZE(bits)));
	CHECK(!shortens(accumulator, ARRAY_SIZE(accumulator)));
	CHECK(!shortens(order_of_arches, ARRAY_SIZE(order_of_arches)));
	CHECK(!shortens(without_load, ARRAY_SIZE(without_load)));
	CHECK(!shortens(past_the_end, ARRAY_SIZE(past_the_end)));
	CHECK(!shortens(past_the_end, 0));
}
