/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "bpfsim.h"
#include "harness/test.h"
#include "seccomp/seccomp_priv.h"
#include "sys/caps.h"
#include "sys/fd.h"

#define PODMAN_PROFILE "/usr/share/containers/seccomp.json"
#define PODMAN_CAPS 0x800405fbull

static char *resolved(const char *text, uint64_t caps, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct oci_seccomp s = { 0 };

	if (seccomp_profile_resolve(text, strlen(text), "p.json", caps, &s, err) < 0)
		return NULL;
	json_table_dump(&oci_seccomp_table, &s, 0, &b);
	json_table_free(&oci_seccomp_table, &s);
	return buf_take(&b);
}

#define D "{\"defaultAction\":\"SCMP_ACT_ERRNO\""
#define RULE(extra) \
	D ",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"," extra "}]}"
#define HOLDS "\"names\":[\"read\"]"

TEST(conditions)
{
	static const struct {
		const char *text;
		uint64_t caps;
		bool want;
	} cases[] = {
		{ RULE("\"includes\":{},\"excludes\":{},\"args\":null"), 0, true },
		{ RULE("\"includes\":{\"caps\":[\"CAP_CHOWN\"]}"), 0, false },
		{ RULE("\"includes\":{\"caps\":[\"CAP_CHOWN\"]}"), 1, true },
		{ RULE("\"includes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_KILL\"]}"), 1, false },
		{ RULE("\"excludes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_KILL\"]}"), 1, false },
		{ RULE("\"excludes\":{\"caps\":[\"CAP_KILL\"]}"), 1, true },
		{ RULE("\"includes\":{\"caps\":[\"CAP_NOPE\"]}"), ~0ull, false },
		{ RULE("\"includes\":{\"arches\":[\"vax\"]}"), 0, false },
		{ RULE("\"excludes\":{\"arches\":[\"vax\"]}"), 0, true },
		{ RULE("\"includes\":{\"minKernel\":\"2.6\"}"), 0, true },
		{ RULE("\"includes\":{\"minKernel\":\"999.0\"}"), 0, false },
		{ RULE("\"excludes\":{\"minKernel\":\"2.6\"}"), 0, false },
		{ RULE("\"excludes\":{\"minKernel\":\"999.0\"}"), 0, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		scoped_free char *text = resolved(cases[i].text, cases[i].caps, &err);

		if (text == NULL || (strstr(text, HOLDS) != NULL) != cases[i].want)
			test_fail(__FILE__, __LINE__, "%s -> %s%s", cases[i].text,
				  text != NULL ? text : "", err.msg);
	}
}

TEST(forms)
{
	struct error err = ERROR_INIT;
	scoped_free char *text = resolved(
		D
		",\"defaultErrno\":\"ENOSYS\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\","
		"\"subArchitectures\":[\"SCMP_ARCH_X86\"]},{\"architecture\":\"SCMP_ARCH_S390\","
		"\"subArchitectures\":[]}],\"syscalls\":[{\"name\":\"read\",\"action\":"
		"\"SCMP_ACT_ERRNO\",\"errno\":\"EPERM\",\"args\":[{\"index\":1,\"value\":"
		"18446744073709551615,\"op\":\"SCMP_CMP_EQ\"}]},{\"names\":[\"a\",\"b\"],"
		"\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":22}]}",
		0, &err);

	CHECK_STR(text != NULL ? text : err.msg,
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"architectures\":"
		  "[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"syscalls\":[{\"names\":[\"read\"],"
		  "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[{\"index\":1,\"value\":"
		  "18446744073709551615,\"op\":\"SCMP_CMP_EQ\"}]},{\"names\":[\"a\",\"b\"],"
		  "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":22}]}");
}

TEST(refusals)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "[]", "p.json" },
		{ "{}", "defaultAction" },
		{ D ",\"defaultErrno\":\"EWHAT\"}", "EWHAT" },
		{ D ",\"defaultErrno\":\"EPERM\",\"defaultErrnoRet\":2}", "contradict" },
		{ D
		  ",\"architectures\":[\"SCMP_ARCH_X86\"],\"archMap\":[{\"architecture\":\"x\"}]}",
		  "both 'architectures' and 'archMap'" },
		{ D ",\"syscalls\":[{\"name\":\"a\",\"names\":[\"b\"],\"action\":\"x\"}]}",
		  ".syscalls[0] has both" },
		{ RULE("\"includes\":{\"minKernel\":\"new\"}"), "minKernel" },
		{ D ",\"syscalls\":[{\"names\":[1],\"action\":\"x\"}]}", ".syscalls[0].names" },
		{ D ",\"syscalls\":[{\"names\":[\"a\"]}]}", "action" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		scoped_free char *text = resolved(cases[i].text, 0, &err);

		CHECK(text == NULL);
		if (strstr(err.msg, cases[i].want) == NULL)
			test_fail(__FILE__, __LINE__, "%s -> %s", cases[i].text, err.msg);
	}
}

/* One line per name and rule, sorted: order within an action does not matter. */
static char *facts(const struct oci_seccomp *s, bool ours)
{
	scoped_strv char **lines = NULL;

	for (size_t i = 0; i < s->n_syscalls; i++) {
		const struct oci_seccomp_syscall *c = &s->syscalls[i];
		scoped(buf_done) struct buf tail = BUF_INIT;

		buf_addf(&tail, "%s %d", c->action,
			 c->errno_ret.set ? (int)c->errno_ret.value : -1);
		for (size_t j = 0; j < c->n_args; j++)
			buf_addf(&tail, " %u%s%llu/%llu", c->args[j].index, c->args[j].op,
				 (unsigned long long)c->args[j].value,
				 (unsigned long long)c->args[j].value_two);
		STRV_FOREACH (n, c->names) {
			/* Ours beyond Podman's: the families, and the 32-bit way round. */
			if (streq(*n, "socket") ||
			    (ours && streq(*n, "socketcall") && c->n_args > 0))
				continue;
			strv_addf(&lines, "%s %s", *n, buf_str(&tail));
		}
	}
	strv_sort(lines);
	strv_uniq(lines);
	return strv_join(lines, "\n");
}

static void compare(uint64_t caps, const char *text)
{
	struct oci_seccomp podman = { 0 }, ours = { 0 };
	scoped(seccomp_program_done) struct seccomp_program p = { 0 }, q = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(seccomp_profile_resolve(text, strlen(text), PODMAN_PROFILE, caps, &podman, &err),
		 err);
	CHECK_OK(seccomp_default_profile(caps, &ours, &err), err);
	scoped_free char *a = facts(&podman, false), *b = facts(&ours, true);
	bool heads = streq(podman.default_action, ours.default_action) &&
		     podman.default_errno_ret.value == ours.default_errno_ret.value &&
		     strv_equal(podman.architectures, ours.architectures);

	CHECK_OK(seccomp_compile(&podman, false, &p, &err), err);
	CHECK_OK(seccomp_compile(&ours, false, &q, &err), err);
	json_table_free(&oci_seccomp_table, &podman);
	json_table_free(&oci_seccomp_table, &ours);
	CHECK(heads);
	CHECK_STR(b, a);
	/* And once more as the kernel sees it. */
	for (int nr = 0; nr < 512; nr++) {
		for (uint64_t a0 = 0; a0 < 64; a0 += 8) {
			if (nr != 41) /* socket */
				CHECK_INT(bpfsim_call(q.filter, q.len, AUDIT_ARCH_X86_64, nr, a0, 0,
						      0),
					  bpfsim_call(p.filter, p.len, AUDIT_ARCH_X86_64, nr, a0, 0,
						      0));
			if (nr != 359)
				CHECK_INT(
					bpfsim_call(q.filter, q.len, AUDIT_ARCH_I386, nr, a0, 0, 0),
					bpfsim_call(p.filter, p.len, AUDIT_ARCH_I386, nr, a0, 0,
						    0));
		}
	}
}

TEST(default_profile_is_podmans)
{
	scoped(buf_done) struct buf text = BUF_INIT;

	if (access(PODMAN_PROFILE, R_OK) != 0 || !streq(seccomp_native_goarch(), "amd64"))
		TEST_SKIP("containers-common's seccomp.json on amd64");
	CHECK_INT(fd_read_file(AT_FDCWD, PODMAN_PROFILE, 1 << 20, &text), 0);
	compare(PODMAN_CAPS, buf_str(&text));
	compare(~0ull, buf_str(&text));
	compare(0, buf_str(&text));
}
