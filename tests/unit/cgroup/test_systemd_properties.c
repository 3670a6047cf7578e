/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/systemd/message.h"
#include "cgroup/systemd/properties.h"
#include "fake.h"

static uint64_t get_u64(struct dbus_reader *r)
{
	uint64_t v = 0;

	r->at = (r->at + 7) / 8 * 8;
	if (r->at + 8 > r->len)
		r->bad = true;
	else
		memcpy(&v, r->data + r->at, sizeof(v));
	r->at += 8;
	return v;
}

static void print_devices(struct dbus_reader *r, bool numbers, struct buf *out)
{
	uint32_t len = dbus_get_u32(r);
	size_t end;

	r->at = (r->at + 7) / 8 * 8;
	end = r->at + len;
	while (!r->bad && r->at < end) {
		const char *path;

		r->at = (r->at + 7) / 8 * 8;
		path = dbus_get_string(r);
		buf_addf(out, " %s", path != NULL ? path : "?");
		if (numbers)
			buf_addf(out, " %" PRIu64, get_u64(r));
		else
			buf_addf(out, " %s", dbus_get_string(r));
	}
}

static void print_value(const char *type, struct dbus_reader *r, struct buf *out)
{
	if (streq(type, "t") || streq(type, "x")) {
		buf_addf(out, "%s %" PRIu64, type, get_u64(r));
	} else if (streq(type, "b") || streq(type, "u") || streq(type, "i")) {
		buf_addf(out, "%s %" PRId32, type, (int32_t)dbus_get_u32(r));
	} else if (streq(type, "s")) {
		buf_addf(out, "s '%s'", dbus_get_string(r));
	} else if (streq(type, "ay")) {
		uint32_t len = dbus_get_u32(r);

		buf_adds(out, "ay");
		for (uint32_t i = 0; i < len; i++)
			buf_addf(out, " %02x", (unsigned char)r->data[r->at++]);
	} else if (streq(type, "au") || streq(type, "as")) {
		uint32_t len = dbus_get_u32(r);
		size_t end = r->at + len;

		buf_adds(out, type);
		while (!r->bad && r->at < end) {
			if (streq(type, "au"))
				buf_addf(out, " %u", dbus_get_u32(r));
			else
				buf_addf(out, " %s", dbus_get_string(r));
		}
	} else if (streq(type, "a(st)") || streq(type, "a(ss)")) {
		buf_adds(out, type);
		print_devices(r, streq(type, "a(st)"), out);
	} else {
		r->bad = true;
	}
}

/* The a(sv) back as text: what systemd would read. */
static char *text_of(const struct buf *b)
{
	struct dbus_reader r = { .data = b->data, .len = b->len };
	scoped(buf_done) struct buf out = BUF_INIT;

	while (!r.bad && r.at < r.len) {
		const char *name, *type;

		r.at = (r.at + 7) / 8 * 8;
		name = dbus_get_string(&r);
		type = dbus_get_signature(&r);
		if (name == NULL || type == NULL)
			break;
		buf_addf(&out, "%s=", name);
		print_value(type, &r, &out);
		buf_addc(&out, '\n');
	}
	if (r.bad)
		test_fail(__FILE__, __LINE__, "not an a(sv): %s", buf_str(&out));
	return buf_take(&out);
}

static char *settings_as_properties(const char *file, const char *value,
				    const struct cgroup_record *r, unsigned version,
				    struct error *err)
{
	scoped(cgroup_settings_done) struct cgroup_settings s = { 0 };
	scoped(buf_done) struct buf b = BUF_INIT;

	cgroup_setting_add(&s, "x", "limit", file, "%s", value);
	if (property_add_settings(&b, &s, r, version, err) < 0)
		return NULL;
	return text_of(&b);
}

#define CHECK_PROPERTY(file, value, want)                                                         \
	do {                                                                                      \
		struct error e_ = ERROR_INIT;                                                     \
		scoped_free char *t_ = settings_as_properties((file), (value), fake_group(), 252, \
							      &e_);                               \
		test_check_str(__FILE__, __LINE__, file " " value, t_ ? t_ : e_.msg, (want));     \
	} while (0)

TEST(each_file_that_systemd_writes_has_its_property)
{
	fake_v2("cpu memory io pids cpuset");
	CHECK_PROPERTY("memory.max", "4096", "MemoryMax=t 4096\n");
	CHECK_PROPERTY("memory.max", "max", "MemoryMax=t 18446744073709551615\n");
	CHECK_PROPERTY("memory.swap.max", "0", "MemorySwapMax=t 0\n");
	CHECK_PROPERTY("memory.limit_in_bytes", "-1", "MemoryLimit=t 18446744073709551615\n");
	CHECK_PROPERTY("pids.max", "0", "TasksMax=t 1\n");
	CHECK_PROPERTY("cpu.weight", "59", "CPUWeight=t 59\n");
	CHECK_PROPERTY("cpu.idle", "1", "CPUWeight=t 0\n");
	CHECK_PROPERTY("cpu.max", "50000 100000",
		       "CPUQuotaPeriodUSec=t 100000\nCPUQuotaPerSecUSec=t 500000\n");
	CHECK_PROPERTY("cpu.max", "max 20000",
		       "CPUQuotaPeriodUSec=t 20000\nCPUQuotaPerSecUSec=t 18446744073709551615\n");
	CHECK_PROPERTY("cpuset.cpus", "0-1,9", "AllowedCPUs=ay 03 02\n");
	CHECK_PROPERTY("io.weight", "default 50", "IOWeight=t 50\n");
	CHECK_PROPERTY("io.weight", "8:0 50", "IODeviceWeight=a(st) /dev/block/8:0 50\n");
	CHECK_PROPERTY("io.bfq.weight", "500", "IOWeight=t 4500\n");
	CHECK_PROPERTY("io.max", "8:0 rbps=1 wiops=max",
		       "IOReadBandwidthMax=a(st) /dev/block/8:0 1\n"
		       "IOWriteIOPSMax=a(st) /dev/block/8:0 18446744073709551615\n");
	CHECK_PROPERTY("blkio.throttle.read_bps_device", "8:0 0",
		       "BlockIOReadBandwidth=a(st) /dev/block/8:0 18446744073709551615\n");
	/* Not systemd's. */
	CHECK_PROPERTY("hugetlb.2MB.max", "0", "");
	CHECK_PROPERTY("cpu.max.burst", "7", "");
}

TEST(half_of_a_pair_takes_the_other_from_the_group)
{
	fake_v1("cpu,cpuacct");
	fake_file("cpu,cpuacct", "g/cpu.cfs_period_us", "20000\n");
	fake_file("cpu,cpuacct", "g/cpu.cfs_quota_us", "5000\n");
	CHECK_PROPERTY("cpu.cfs_quota_us", "10000",
		       "CPUQuotaPeriodUSec=t 20000\nCPUQuotaPerSecUSec=t 500000\n");
	CHECK_PROPERTY("cpu.cfs_period_us", "10000",
		       "CPUQuotaPeriodUSec=t 10000\nCPUQuotaPerSecUSec=t 500000\n");
}

TEST(older_systemd_is_not_told_of_idle)
{
	struct error err = ERROR_INIT;
	scoped_free char *t = settings_as_properties("cpu.idle", "1", fake_group(), 249, &err);

	CHECK_STR(t, "");
}

TEST(a_new_scope_has_no_limit_of_tasks_of_systemds_own)
{
	scoped(cgroup_settings_done) struct cgroup_settings none = { 0 };
	scoped(buf_done) struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;

	CHECK_OK(property_add_settings(&b, &none, NULL, 0, &err), err);
	scoped_free char *t = text_of(&b);

	CHECK_STR(t, "TasksMax=t 18446744073709551615\n");
}

TEST(a_value_without_a_form_is_refused)
{
	static const char *const wrong[][2] = {
		{ "memory.max", "lots" }, { "cpuset.cpus", "1-0" },	 { "cpuset.cpus", "9999" },
		{ "cpu.max", "x 1" },	  { "io.max", "8:0 nothing=1" }, { "io.max", "8:0 rbps=x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct error err = ERROR_INIT;

		CHECK(settings_as_properties(wrong[i][0], wrong[i][1], fake_group(), 0, &err) ==
		      NULL);
		CHECK(strstr(err.msg, "'limit'") != NULL && strstr(err.msg, wrong[i][1]) != NULL);
	}
}

TEST(device_rules_for_v1)
{
	struct cgroup_device items[] = {
		{ true, 'c', DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD },
		{ true, 'c', 1, 3, DEVICE_ALL },
		{ true, 'b', 8, DEVICE_ANY, DEVICE_READ },
		{ false, 'b', 8, 1, DEVICE_READ },
	};
	struct cgroup_devices d = { .items = items, .n = ARRAY_SIZE(items) };
	scoped(buf_done) struct buf b = BUF_INIT;

	property_add_devices(&b, &d);
	scoped_free char *t = text_of(&b);

	CHECK_STR(t, "DevicePolicy=s 'strict'\n"
		     "DeviceAllow=a(ss) char-* m /dev/char/1:3 rwm block-8 r\n");
}

static char *annotation(const char *name, const char *value, struct error *err)
{
	scoped(strmap_done) struct strmap m = { 0 };
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_free char *key = xasprintf(PROPERTY_ANNOTATION "%s", name);

	strmap_set(&m, key, value);
	strmap_set(&m, "other", "x");
	return property_add_annotations(&b, &m, err) < 0 ? NULL : text_of(&b);
}

#define CHECK_ANNOTATION(name, value, want)                                          \
	do {                                                                         \
		struct error e_ = ERROR_INIT;                                        \
		scoped_free char *t_ = annotation((name), (value), &e_);             \
		test_check_str(__FILE__, __LINE__, value, t_ ? t_ : e_.msg, (want)); \
	} while (0)

TEST(annotations_are_typed_values)
{
	CHECK_ANNOTATION("CollectMode", "'inactive'", "CollectMode=s 'inactive'\n");
	CHECK_ANNOTATION("Desc", "\"a \\\"b\\\"\"", "Desc=s 'a \"b\"'\n");
	CHECK_ANNOTATION("Abc", "true", "Abc=b 1\n");
	CHECK_ANNOTATION("Abc", "-5", "Abc=i -5\n");
	CHECK_ANNOTATION("Abc", "uint64 5", "Abc=t 5\n");
	CHECK_ANNOTATION("Abc", "uint32 5", "Abc=u 5\n");
	CHECK_ANNOTATION("After", "['a.service', 'b.service']", "After=as a.service b.service\n");
	CHECK_ANNOTATION("TimeoutStopUSec", "uint64 5", "TimeoutStopUSec=t 5\n");
	CHECK_ANNOTATION("TimeoutStopSec", "1.5", "TimeoutStopUSec=t 1500000\n");
}

TEST(annotations_that_are_none_are_refused)
{
	static const char *const wrong[][2] = {
		{ "Abc", "nonsense" },	{ "Abc", "'open" },	{ "Abc", "uint32 4294967296" },
		{ "Abc", "['a' 'b']" }, { "Abc", "uint64 -1" }, { "Slice", "'x.slice'" },
		{ "PIDs", "uint32 1" }, { "a b", "true" },	{ "Abc", "'a' b" },
		{ "TimeoutSec", "-1" }, { "Abc", "" },		{ "Abc", "['a'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct error err = ERROR_INIT;

		CHECK(annotation(wrong[i][0], wrong[i][1], &err) == NULL);
		CHECK(strstr(err.msg, wrong[i][0]) != NULL);
	}
}
