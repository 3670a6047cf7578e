/* SPDX-License-Identifier: Apache-2.0 */
/* properties: see properties.h. */
#include "cgroup/systemd/properties.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "cgroup/systemd/message.h"

#define PERIOD_DEFAULT_USEC 100000
#define USEC_PER_SEC 1000000u
/* CPUWeight=0 is "idle" since this version; before it systemd leaves cpu.idle alone. */
#define VERSION_IDLE 252
/* Processors and memory nodes of the largest machines the kernel is built for. */
#define SET_BITS_MAX 8192

static void begin(struct buf *b, const char *name, const char *type)
{
	dbus_struct_begin(b);
	dbus_put_string(b, name);
	dbus_put_signature(b, type);
}

void property_bool(struct buf *b, const char *name, bool v)
{
	begin(b, name, "b");
	dbus_put_u32(b, v);
}

void property_string(struct buf *b, const char *name, const char *v)
{
	begin(b, name, "s");
	dbus_put_string(b, v);
}

void property_u64(struct buf *b, const char *name, uint64_t v)
{
	begin(b, name, "t");
	dbus_put_u64(b, v);
}

void property_pids(struct buf *b, uint32_t pid)
{
	size_t at;

	begin(b, "PIDs", "au");
	at = dbus_array_begin(b, 4);
	dbus_put_u32(b, pid);
	dbus_array_end(b, at, 4);
}

/* One pair of a(st): a device, which systemd wants as a path, and its number. */
static void property_device(struct buf *b, const char *name, const char *device, uint64_t v)
{
	scoped_free char *path = xasprintf("/dev/block/%s", device);
	size_t at;

	begin(b, name, "a(st)");
	at = dbus_array_begin(b, 8);
	dbus_struct_begin(b);
	dbus_put_string(b, path);
	dbus_put_u64(b, v);
	dbus_array_end(b, at, 8);
}

/* What is gathered over all settings: pairs that are one property. */
struct translation {
	struct buf *out;
	bool quota, period;
	uint64_t quota_usec, period_usec; /* quota UINT64_MAX: none */
	bool pids;
	unsigned version;
};

/* "max" and "-1" are systemd's infinity. */
static int number(const char *s, uint64_t *ret)
{
	if (streq(s, "max") || streq(s, "-1")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return num_u64(s, ret);
}

typedef int translate_fn(struct translation *t, const char *property, const char *value);

static int plain(struct translation *t, const char *property, const char *value)
{
	uint64_t v;
	int r = number(value, &v);

	if (r == 0)
		property_u64(t->out, property, v);
	return r;
}

/* systemd has no 0; the file, written after it, has. */
static int tasks(struct translation *t, const char *property, const char *value)
{
	uint64_t v;
	int r = number(value, &v);

	t->pids = true;
	if (r == 0)
		property_u64(t->out, property, v == 0 ? 1 : v);
	return r;
}

/* "50000 100000" or "max" alone. */
static int cpu_max(struct translation *t, const char *property, const char *value)
{
	char quota[24], period[24] = "";
	int n = sscanf(value, "%23s %23s", quota, period);

	(void)property;
	if (n < 1 || number(quota, &t->quota_usec) < 0 ||
	    (n == 2 && num_u64(period, &t->period_usec) < 0))
		return -EINVAL;
	t->quota = true;
	t->period = n == 2;
	return 0;
}

static int cfs_quota(struct translation *t, const char *property, const char *value)
{
	(void)property;
	t->quota = true;
	return number(value, &t->quota_usec);
}

static int cfs_period(struct translation *t, const char *property, const char *value)
{
	(void)property;
	t->period = true;
	return num_u64(value, &t->period_usec);
}

static int idle(struct translation *t, const char *property, const char *value)
{
	if (t->version >= VERSION_IDLE)
		property_u64(t->out, property, streq(value, "1") ? 0 : UINT64_MAX);
	return 0;
}

/* "0-2,5" to a mask, the lowest first. */
static int set_parse(const char *s, unsigned char *mask, size_t *ret_len)
{
	*ret_len = 0;
	while (*s != '\0' && *s != '\n') {
		uint32_t first, last;

		if (num_take_u32(&s, &first) < 0)
			return -EINVAL;
		last = first;
		if (*s == '-' && (s++, num_take_u32(&s, &last)) < 0)
			return -EINVAL;
		if (last < first || last >= SET_BITS_MAX)
			return -EINVAL;
		for (unsigned i = first; i <= last; i++)
			mask[i / 8] |= (unsigned char)(1u << i % 8);
		*ret_len = MAX(*ret_len, (size_t)last / 8 + 1);
		s += strspn(s, ", \t"); /* what the kernel's own parser passes over */
	}
	return 0;
}

static int cpuset(struct translation *t, const char *property, const char *value)
{
	unsigned char mask[SET_BITS_MAX / 8] = { 0 };
	size_t len, at;
	int r = set_parse(value, mask, &len);

	if (r < 0)
		return r;
	begin(t->out, property, "ay");
	at = dbus_array_begin(t->out, 1);
	buf_add(t->out, mask, len);
	dbus_array_end(t->out, at, 1);
	return 0;
}

/* "100", "default 100" or "8:0 100". */
static int io_weight(struct translation *t, const char *property, const char *value)
{
	const char *blank = strchr(value, ' ');
	scoped_free char *device = blank != NULL ? xstrndup(value, (size_t)(blank - value)) : NULL;
	uint64_t v;
	int r = num_u64(blank != NULL ? blank + 1 : value, &v);

	if (r < 0)
		return streq_opt(blank, " default") ? 0 : r;
	if (device == NULL || streq(device, "default"))
		property_u64(t->out, property, v);
	else
		property_device(t->out,
				streq(property, "IOWeight") ? "IODeviceWeight"
							    : "BlockIODeviceWeight",
				device, v);
	return 0;
}

/* systemd turns IOWeight into BFQ's by a line through (100, 100) and (10000, 1000): its inverse. */
static int bfq_weight(struct translation *t, const char *property, const char *value)
{
	const char *blank = strchr(value, ' ');
	scoped_free char *text = NULL;
	uint64_t v;
	int r = num_u64(blank != NULL ? blank + 1 : value, &v);

	if (r < 0)
		return r;
	v = v <= 100 ? v : 100 + (v - 100) * 9900 / 900;
	text = xasprintf("%.*s%s%" PRIu64, blank != NULL ? (int)(blank - value) : 0, value,
			 blank != NULL ? " " : "", v);
	return io_weight(t, property, text);
}

/* "8:0 rbps=1 wiops=max" */
static int io_max(struct translation *t, const char *property, const char *value)
{
	static const struct {
		const char *key, *property;
	} keys[] = {
		{ "rbps=", "IOReadBandwidthMax" },
		{ "wbps=", "IOWriteBandwidthMax" },
		{ "riops=", "IOReadIOPSMax" },
		{ "wiops=", "IOWriteIOPSMax" },
	};
	scoped_free char *copy = xstrdup(value);
	char *save = NULL, *device = strtok_r(copy, " ", &save);

	(void)property;
	for (char *w = strtok_r(NULL, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			const char *text = str_skip_prefix(w, keys[i].key);
			uint64_t v;

			if (text == NULL)
				continue;
			if (number(text, &v) < 0)
				return -EINVAL;
			property_device(t->out, keys[i].property, device, v);
			known = true;
		}
		if (!known)
			return -EINVAL;
	}
	return 0;
}

/* v1: "8:0 100"; 0 is no limit. */
static int v1_throttle(struct translation *t, const char *property, const char *value)
{
	const char *blank = strchr(value, ' ');
	scoped_free char *device = blank != NULL ? xstrndup(value, (size_t)(blank - value)) : NULL;
	uint64_t v;

	if (device == NULL || num_u64(blank + 1, &v) < 0)
		return -EINVAL;
	property_device(t->out, property, device, v == 0 ? UINT64_MAX : v);
	return 0;
}

static const struct {
	const char *file, *property;
	translate_fn *translate;
} translations[] = {
	{ "cpu.weight", "CPUWeight", plain },
	{ "cpu.idle", "CPUWeight", idle },
	{ "cpu.max", "CPUQuotaPerSecUSec", cpu_max },
	{ "cpuset.cpus", "AllowedCPUs", cpuset },
	{ "cpuset.mems", "AllowedMemoryNodes", cpuset },
	{ "memory.min", "MemoryMin", plain },
	{ "memory.low", "MemoryLow", plain },
	{ "memory.high", "MemoryHigh", plain },
	{ "memory.max", "MemoryMax", plain },
	{ "memory.swap.max", "MemorySwapMax", plain },
	{ "pids.max", "TasksMax", tasks },
	{ "io.weight", "IOWeight", io_weight },
	{ "io.bfq.weight", "IOWeight", bfq_weight },
	{ "io.max", NULL, io_max },
	{ "cpu.shares", "CPUShares", plain },
	{ "cpu.cfs_quota_us", "CPUQuotaPerSecUSec", cfs_quota },
	{ "cpu.cfs_period_us", "CPUQuotaPeriodUSec", cfs_period },
	{ "memory.limit_in_bytes", "MemoryLimit", plain },
	{ "blkio.weight", "BlockIOWeight", io_weight },
	{ "blkio.weight_device", "BlockIOWeight", io_weight },
	{ "blkio.throttle.read_bps_device", "BlockIOReadBandwidth", v1_throttle },
	{ "blkio.throttle.write_bps_device", "BlockIOWriteBandwidth", v1_throttle },
};

bool property_needs_version(const struct cgroup_settings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (streq(s->items[i].file, "cpu.idle"))
			return true;
	}
	return false;
}

/* The other half of a quota and its period, as it is now. */
static void complete_quota(struct translation *t, const struct cgroup_record *r)
{
	char now[64] = "", quota[24], period[24];

	if (!t->period)
		t->period_usec = PERIOD_DEFAULT_USEC;
	if (!t->quota)
		t->quota_usec = UINT64_MAX;
	if (r == NULL || (t->quota && t->period))
		return;
	if (cgroup_read_value(r, "cpu", "cpu.max", now, sizeof(now)) > 0 &&
	    sscanf(now, "%23s %23s", quota, period) == 2) {
		if (!t->quota)
			(void)number(quota, &t->quota_usec);
		if (!t->period)
			(void)num_u64(period, &t->period_usec);
		return;
	}
	if (!t->quota && cgroup_read_value(r, "cpu", "cpu.cfs_quota_us", now, sizeof(now)) > 0)
		(void)number(now, &t->quota_usec);
	if (!t->period)
		(void)cgroup_read_u64(r, "cpu", "cpu.cfs_period_us", &t->period_usec);
}

static void add_quota(struct translation *t, const struct cgroup_record *r)
{
	uint64_t per_sec = UINT64_MAX;

	if (!t->quota && !t->period)
		return;
	complete_quota(t, r);
	/* Rounded up, so that systemd, which computes back, comes to no less. */
	if (t->quota_usec != UINT64_MAX && t->period_usec != 0 &&
	    t->quota_usec < UINT64_MAX / USEC_PER_SEC)
		per_sec = (t->quota_usec * USEC_PER_SEC + t->period_usec - 1) / t->period_usec;
	property_u64(t->out, "CPUQuotaPeriodUSec", t->period_usec);
	property_u64(t->out, "CPUQuotaPerSecUSec", per_sec);
}

int property_add_settings(struct buf *b, const struct cgroup_settings *s,
			  const struct cgroup_record *r, unsigned version, struct error *err)
{
	struct translation t = { .out = b, .version = version };

	for (size_t i = 0; i < s->n; i++) {
		const struct cgroup_setting *one = &s->items[i];

		for (size_t j = 0; j < ARRAY_SIZE(translations); j++) {
			int e;

			if (!streq(one->file, translations[j].file))
				continue;
			e = translations[j].translate(&t, translations[j].property, one->value);
			if (e < 0)
				return error_set(err, ERROR_INVALID,
						 "limit '%s': systemd has no form for '%s' of '%s'",
						 one->limit, one->value, one->file);
		}
	}
	add_quota(&t, r);
	/* systemd's own default is a part of what the machine may have; a container's is none. */
	if (r == NULL && !t.pids)
		property_u64(b, "TasksMax", UINT64_MAX);
	return 0;
}

static void add_device(struct buf *b, const char *node, unsigned access)
{
	char text[4];

	snprintf(text, sizeof(text), "%s%s%s", access & DEVICE_READ ? "r" : "",
		 access & DEVICE_WRITE ? "w" : "", access & DEVICE_MKNOD ? "m" : "");
	dbus_struct_begin(b);
	dbus_put_string(b, node);
	dbus_put_string(b, text);
}

void property_add_devices(struct buf *b, const struct cgroup_devices *d)
{
	size_t at;

	if (d->default_allow) {
		property_string(b, "DevicePolicy", "auto");
		return;
	}
	property_string(b, "DevicePolicy", "strict");
	begin(b, "DeviceAllow", "a(ss)");
	at = dbus_array_begin(b, 8);
	for (size_t i = 0; i < d->n; i++) {
		const struct cgroup_device *one = &d->items[i];
		const char *type = one->type == 'b' ? "block" : "char";
		char node[64];

		/* A denial behind an allowance: systemd cannot say it; our file, written later,
		 * can. */
		if (!one->allow)
			continue;
		if (one->major == DEVICE_ANY)
			snprintf(node, sizeof(node), "%s-*", type);
		else if (one->minor == DEVICE_ANY)
			snprintf(node, sizeof(node), "%s-%" PRId64, type, one->major);
		else
			snprintf(node, sizeof(node), "/dev/%s/%" PRId64 ":%" PRId64, type,
				 one->major, one->minor);
		add_device(b, node, one->access);
	}
	dbus_array_end(b, at, 8);
}
