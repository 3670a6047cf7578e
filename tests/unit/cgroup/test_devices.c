/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/bpf.h>

#include "fake.h"
#include "sys/bpf.h"
#include "sys/fd.h"

#define RULE(ok, t, ma, mi, acc)                                                                  \
	{                                                                                         \
		.allow = (ok), .type = (char *)(t), .major = { .set = (ma) >= 0, .value = (ma) }, \
		.minor = { .set = (mi) >= 0, .value = (mi) }, .access = (char *)(acc)             \
	}

static char *devices_text(const struct cgroup_devices *d)
{
	scoped(buf_done) struct buf b = BUF_INIT;

	buf_adds(&b, d->default_allow ? "allow" : "deny");
	for (size_t i = 0; i < d->n; i++) {
		char one[80];

		cgroup_device_format(&d->items[i], one, sizeof(one));
		buf_addf(&b, "|%c%s", d->items[i].allow ? '+' : '-', one);
	}
	return buf_take(&b);
}

TEST(normal_form)
{
	struct oci_device_rule rules[] = {
		RULE(true, "c", 10, 200, "rwm"), /* void: everything is denied behind it */
		RULE(false, NULL, -1, -1, "rwm"), RULE(true, "c", 1, 3, "rw"),
		RULE(true, "c", 1, 3, "rw"),	  RULE(true, "b", 8, -1, "r"),
		RULE(true, "u", 10, 229, NULL),	  RULE(false, "a", 7, 1, "w"),
	};
	scoped(cgroup_devices_done) struct cgroup_devices d = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(cgroup_devices_from_spec(rules, ARRAY_SIZE(rules), false, &d, &err), err);
	scoped_free char *text = devices_text(&d);

	CHECK_STR(text, "deny|+c 1:3 rw|+b 8:* r|+c 10:229 rwm|-c 7:1 w|-b 7:1 w");
}

TEST(standard_devices_are_allowed_last)
{
	struct oci_device_rule deny = RULE(false, "a", -1, -1, "rwm");
	struct oci_device_rule allow = RULE(true, "a", -1, -1, "rwm");
	scoped(cgroup_devices_done) struct cgroup_devices d = { 0 }, all = { 0 }, none = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(cgroup_devices_from_spec(&deny, 1, true, &d, &err), err);
	scoped_free char *text = devices_text(&d);

	CHECK_STR(text, "deny|+c *:* m|+b *:* m|+c 1:3 rwm|+c 1:5 rwm|+c 1:7 rwm|+c 1:8 rwm|"
			"+c 1:9 rwm|+c 5:0 rwm|+c 5:2 rwm|+c 136:* rwm");
	CHECK_OK(cgroup_devices_from_spec(&allow, 1, true, &all, &err), err);
	CHECK(all.default_allow);
	CHECK_INT(all.n, 0);
	/* No rules at all: nothing but the standard ones. */
	CHECK_OK(cgroup_devices_from_spec(NULL, 0, true, &none, &err), err);
	CHECK(!none.default_allow);
	CHECK_INT(none.n, d.n);
}

TEST(bad_rules)
{
	struct oci_device_rule bad[] = { RULE(true, "x", 1, 1, "r"), RULE(true, "c", 1, 1, "rx"),
					 RULE(true, "cc", 1, 1, "r"),
					 RULE(true, "c", 1ll << 40, 1, "r") };
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct cgroup_devices d = { 0 };

		CHECK_FAILS(cgroup_devices_from_spec(&bad[i], 1, true, &d, &err), err,
			    ERROR_INVALID, "linux.resources.devices[0]");
	}
}

TEST(v1_refuses_a_part_of_a_wider_rule)
{
	struct oci_device_rule rules[] = { RULE(true, "c", 10, -1, "rwm"),
					   RULE(false, "c", 10, 3, "rwm") };
	struct oci_device_rule fine[] = { RULE(true, "a", -1, -1, NULL),
					  RULE(false, "c", 10, -1, "rwm"),
					  RULE(false, "c", 1, 11, "r") };
	scoped(cgroup_devices_done) struct cgroup_devices d = { 0 }, f = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(cgroup_devices_from_spec(rules, 2, true, &d, &err), err);
	CHECK_FAILS(cgroup_v1_devices_check(&d, &err), err, ERROR_UNSUPPORTED, "c 10:3 rwm");
	CHECK_OK(cgroup_devices_from_spec(fine, 3, true, &f, &err), err);
	CHECK_OK(cgroup_v1_devices_check(&f, &err), err);
}

/* As much of the kernel's machine as our programs use. */
static uint64_t run(const struct bpf_insn *prog, size_t n, uint32_t type, uint32_t access,
		    uint32_t major, uint32_t minor)
{
	const uint32_t ctx[] = { access << 16 | type, major, minor };
	uint64_t reg[10] = { 0 };

	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &prog[pc];

		switch (i->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			reg[i->dst_reg] = ctx[i->off / 4];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			reg[i->dst_reg] = reg[i->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			reg[i->dst_reg] = (uint64_t)(int64_t)i->imm;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			reg[i->dst_reg] = (uint32_t)reg[i->dst_reg] & (uint32_t)i->imm;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			reg[i->dst_reg] = (uint32_t)reg[i->dst_reg] >> i->imm;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			pc += reg[i->dst_reg] != (uint64_t)(int64_t)i->imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += reg[i->dst_reg] == (uint64_t)(int64_t)i->imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_EXIT:
			return reg[0];
		default:
			return 99;
		}
	}
	return 98;
}

/* What the rules mean, said once more and differently. */
static bool meaning(const struct cgroup_devices *d, char type, unsigned access, int64_t major,
		    int64_t minor)
{
	for (size_t i = d->n; i-- > 0;) {
		const struct cgroup_device *r = &d->items[i];

		if (r->type != type || (r->major >= 0 && r->major != major) ||
		    (r->minor >= 0 && r->minor != minor))
			continue;
		if (r->allow ? (r->access & access) == access : (r->access & access) != 0)
			return r->allow;
	}
	return d->default_allow;
}

TEST(v2_program_means_the_rules)
{
	struct oci_device_rule rules[] = {
		RULE(false, "a", -1, -1, NULL), RULE(true, "c", 10, -1, "rw"),
		RULE(false, "c", 10, 3, "w"),	RULE(true, "b", 8, 1, "r"),
		RULE(true, "a", 7, -1, "rm"),	RULE(false, "b", -1, 5, "rwm"),
	};
	struct error err = ERROR_INIT;

	for (unsigned standard = 0; standard < 2; standard++) {
		scoped(cgroup_devices_done) struct cgroup_devices d = { 0 };
		size_t n = 0;

		CHECK_OK(cgroup_devices_from_spec(rules, ARRAY_SIZE(rules), standard, &d, &err),
			 err);
		scoped_free struct bpf_insn *prog = cgroup_v2_devices_program(&d, &n);

		for (unsigned access = 1; access < 8; access++) {
			/* Kernel order: mknod 1, read 2, write 4; ours: read 1, write 2, mknod 4.
			 */
			uint32_t k = (access & DEVICE_READ ? 2u : 0) |
				     (access & DEVICE_WRITE ? 4u : 0) |
				     (access & DEVICE_MKNOD ? 1u : 0);

			for (uint32_t major = 0; major < 140; major++) {
				for (uint32_t minor = 0; minor < 12; minor++) {
					CHECK_INT(run(prog, n, BPF_DEVCG_DEV_CHAR, k, major, minor),
						  meaning(&d, 'c', access, major, minor));
					CHECK_INT(
						run(prog, n, BPF_DEVCG_DEV_BLOCK, k, major, minor),
						meaning(&d, 'b', access, major, minor));
				}
			}
		}
	}
}

TEST(the_verifier_takes_the_program)
{
	struct oci_device_rule deny = RULE(false, "a", -1, -1, NULL);
	scoped(cgroup_devices_done) struct cgroup_devices d = { 0 };
	struct error err = ERROR_INIT;
	char log[1024] = "";
	size_t n;

	CHECK_OK(cgroup_devices_from_spec(&deny, 1, true, &d, &err), err);
	scoped_free struct bpf_insn *prog = cgroup_v2_devices_program(&d, &n);
	scoped_fd int fd = bpf_load_cgroup_device(prog, n, log, sizeof(log));

	if (fd == -EPERM)
		TEST_SKIP("cap_bpf");
	CHECK_STR(log, "");
	CHECK(fd >= 0);
}
