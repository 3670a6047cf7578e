/* SPDX-License-Identifier: Apache-2.0 */
/* names: the words of the specification's seccomp section and what they stand for. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/seccomp_priv.h"
#include "sys/process.h"

/* linux/seccomp.h of older headers lacks the newest. */
#define FLAG_TSYNC 1u
#define FLAG_LOG 2u
#define FLAG_SPEC_ALLOW 4u
#define FLAG_WAIT_KILLABLE_RECV 32u

static const char *const action_names[] = {
	"SCMP_ACT_KILL",	"SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",
	"SCMP_ACT_ERRNO",	"SCMP_ACT_TRACE",
	"SCMP_ACT_ALLOW",	"SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",	NULL,
};
static const uint32_t action_numbers[] = {
	SCMP_ACT_KILL,	SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD,
	SCMP_ACT_TRAP,	SCMP_ACT_ERRNO(0),     SCMP_ACT_TRACE(0),
	SCMP_ACT_ALLOW, SCMP_ACT_LOG,	       SCMP_ACT_NOTIFY,
};
_Static_assert(ARRAY_SIZE(action_names) == ARRAY_SIZE(action_numbers) + 1, "a number per action");

static const char *const operator_names[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",	    "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL,
};
static const int operator_numbers[] = {
	SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,	      SCMP_CMP_EQ,
	SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ,
};
_Static_assert(ARRAY_SIZE(operator_names) == ARRAY_SIZE(operator_numbers) + 1, "a number each");

static const char *const arch_names[] = {
	"SCMP_ARCH_X86",
	"SCMP_ARCH_X86_64",
	"SCMP_ARCH_X32",
	"SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64",
	"SCMP_ARCH_MIPS",
	"SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL",
	"SCMP_ARCH_MIPSEL64",
	"SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE",
	"SCMP_ARCH_S390",
	"SCMP_ARCH_S390X",
	"SCMP_ARCH_PARISC",
	"SCMP_ARCH_PARISC64",
	"SCMP_ARCH_RISCV64",
#ifdef SCMP_ARCH_LOONGARCH64 /* libseccomp 2.6 */
	"SCMP_ARCH_LOONGARCH64",
#endif
#ifdef SCMP_ARCH_M68K
	"SCMP_ARCH_M68K",
#endif
#ifdef SCMP_ARCH_SH
	"SCMP_ARCH_SH",
	"SCMP_ARCH_SHEB",
#endif
	NULL,
};
static const uint32_t arch_numbers[] = {
	SCMP_ARCH_X86,	       SCMP_ARCH_X86_64,   SCMP_ARCH_X32,	  SCMP_ARCH_ARM,
	SCMP_ARCH_AARCH64,     SCMP_ARCH_MIPS,	   SCMP_ARCH_MIPS64,	  SCMP_ARCH_MIPS64N32,
	SCMP_ARCH_MIPSEL,      SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PPC,
	SCMP_ARCH_PPC64,       SCMP_ARCH_PPC64LE,  SCMP_ARCH_S390,	  SCMP_ARCH_S390X,
	SCMP_ARCH_PARISC,      SCMP_ARCH_PARISC64, SCMP_ARCH_RISCV64,
#ifdef SCMP_ARCH_LOONGARCH64
	SCMP_ARCH_LOONGARCH64,
#endif
#ifdef SCMP_ARCH_M68K
	SCMP_ARCH_M68K,
#endif
#ifdef SCMP_ARCH_SH
	SCMP_ARCH_SH,	       SCMP_ARCH_SHEB,
#endif
};
_Static_assert(ARRAY_SIZE(arch_names) == ARRAY_SIZE(arch_numbers) + 1, "a number per architecture");

static const char *const flag_names[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};
static const unsigned flag_numbers[] = { FLAG_TSYNC, FLAG_LOG, FLAG_SPEC_ALLOW,
					 FLAG_WAIT_KILLABLE_RECV };
_Static_assert(ARRAY_SIZE(flag_names) == ARRAY_SIZE(flag_numbers) + 1, "a number per flag");

const char *const *seccomp_action_names(void)
{
	return action_names;
}

const char *const *seccomp_operator_names(void)
{
	return operator_names;
}

const char *const *seccomp_arch_names(void)
{
	return arch_names;
}

const char *const *seccomp_flag_names(void)
{
	return flag_names;
}

static int find(const char *const *names, const char *name)
{
	for (int i = 0; name != NULL && names[i] != NULL; i++) {
		if (streq(names[i], name))
			return i;
	}
	return -EINVAL;
}

int seccomp_action_number(const char *name, uint32_t data, uint32_t *ret)
{
	int i = find(action_names, name);

	if (i < 0)
		return i;
	*ret = action_numbers[i];
	if (streq(name, "SCMP_ACT_ERRNO"))
		*ret = SCMP_ACT_ERRNO(data);
	else if (streq(name, "SCMP_ACT_TRACE"))
		*ret = SCMP_ACT_TRACE(data);
	return 0;
}

int seccomp_operator_number(const char *name, int *ret)
{
	int i = find(operator_names, name);

	if (i >= 0)
		*ret = operator_numbers[i];
	return i < 0 ? i : 0;
}

int seccomp_arch_number(const char *name, uint32_t *ret)
{
	int i = find(arch_names, name);

	if (i >= 0)
		*ret = arch_numbers[i];
	return i < 0 ? i : 0;
}

int seccomp_flag_number(const char *name, unsigned *ret)
{
	int i = find(flag_names, name);

	if (i >= 0)
		*ret = flag_numbers[i];
	return i < 0 ? i : 0;
}

bool seccomp_flag_supported(const char *name)
{
	unsigned number = 0;

	return seccomp_flag_number(name, &number) == 0 && process_seccomp_has_flag(number);
}

const char *seccomp_native_arch(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(arch_numbers); i++) {
		if (arch_numbers[i] == seccomp_arch_native())
			return arch_names[i];
	}
	return "";
}

const char *seccomp_native_goarch(void)
{
	static const struct {
		uint32_t arch;
		const char *name;
	} table[] = {
		{ SCMP_ARCH_X86_64, "amd64" },	  { SCMP_ARCH_X86, "386" },
		{ SCMP_ARCH_X32, "x32" },	  { SCMP_ARCH_ARM, "arm" },
		{ SCMP_ARCH_AARCH64, "arm64" },	  { SCMP_ARCH_MIPS, "mips" },
		{ SCMP_ARCH_MIPS64, "mips64" },	  { SCMP_ARCH_MIPS64N32, "mips64n32" },
		{ SCMP_ARCH_MIPSEL, "mipsel" },	  { SCMP_ARCH_MIPSEL64, "mipsel64" },
		{ SCMP_ARCH_PPC, "ppc" },	  { SCMP_ARCH_PPC64, "ppc64" },
		{ SCMP_ARCH_PPC64LE, "ppc64le" }, { SCMP_ARCH_S390, "s390" },
		{ SCMP_ARCH_S390X, "s390x" },	  { SCMP_ARCH_RISCV64, "riscv64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].arch == seccomp_arch_native())
			return table[i].name;
	}
	return "";
}

const char *seccomp_library_version(void)
{
	static char text[32];
	const struct scmp_version *v = seccomp_version();

	if (v == NULL)
		return "unknown";
	snprintf(text, sizeof(text), "%u.%u.%u", v->major, v->minor, v->micro);
	return text;
}
