/* SPDX-License-Identifier: Apache-2.0 */
/*
 * num: strict number parsing and human forms.  All parsers refuse empty strings, white space,
 * signs that the type cannot have, trailing bytes, and overflow: -EINVAL or -ERANGE, output
 * untouched.
 */
#ifndef CORACLE_BASE_NUM_H
#define CORACLE_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opt_bool {
	bool set, value;
};
struct opt_i64 {
	bool set;
	int64_t value;
};
struct opt_u64 {
	bool set;
	uint64_t value;
};
struct opt_u32 {
	bool set;
	uint32_t value;
};
struct opt_i32 {
	bool set;
	int32_t value;
};
#define OPT_SET(v)                        \
	{                                 \
		.set = true, .value = (v) \
	}

int num_i64(const char *s, int64_t *ret);
int num_u64(const char *s, uint64_t *ret);
int num_u32(const char *s, uint32_t *ret);
int num_u64_base(const char *s, unsigned base, uint64_t *ret); /* base 8 or 16 without prefix */
/* The digits that *s begins with, whatever follows them; *s is moved behind them on success only.
 */
int num_take_u32(const char **s, uint32_t *ret);
/* A user or group id: 0..4294967294 without sign or leading '+' (4294967295 is "no id"). */
int num_id(const char *s, uint32_t *ret);
/* "true/false/1/0/t/f/T/F/TRUE/FALSE/True/False", as Go's strconv.ParseBool. */
int num_bool(const char *s, bool *ret);
/* Decimal fraction such as "1.5"; at most 9 digits behind the point. */
int num_double(const char *s, double *ret);
/* Bytes with optional suffix b k m g t p, ki, kib, kb, ... (powers of 1024, any case). */
int num_bytes(const char *s, int64_t *ret);
/* The same with units of 1000 ("10k" is 10000), as log options count. */
int num_bytes_si(const char *s, int64_t *ret);
/* Human size in powers of 1000, as Podman prints: "4.26 MB", "1.22 kB", "0 B".  out >= 16. */
void num_human_bytes_si(uint64_t n, char *out, size_t size);
/* The same in powers of 1024 with "MiB". */
void num_human_bytes(uint64_t n, char *out, size_t size);
/* Signal by number or name, with or without SIG, any case, RTMIN+n; 1..64 or -EINVAL. */
int num_signal(const char *s);
/* "SIGTERM", "SIGRTMIN+3"; NULL for an unknown number.  Static storage. */
const char *num_signal_name(int sig);

#endif
