/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices: the specification's device rules in a normal form.
 *
 * Rules are in order and the last that matches decides.  A rule for all devices and every access
 * makes everything before it void, so the normal form is a default and the rules behind it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"

/* What every container may use, whatever its rules say (runtime specification, default devices).
 * mknod of anything is harmless: opening it is what the rules guard. */
static const struct cgroup_device standard_devices[] = {
	{ true, 'c', DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD },
	{ true, 'b', DEVICE_ANY, DEVICE_ANY, DEVICE_MKNOD },
	{ true, 'c', 1, 3, DEVICE_ALL },	    /* null */
	{ true, 'c', 1, 5, DEVICE_ALL },	    /* zero */
	{ true, 'c', 1, 7, DEVICE_ALL },	    /* full */
	{ true, 'c', 1, 8, DEVICE_ALL },	    /* random */
	{ true, 'c', 1, 9, DEVICE_ALL },	    /* urandom */
	{ true, 'c', 5, 0, DEVICE_ALL },	    /* tty */
	{ true, 'c', 5, 2, DEVICE_ALL },	    /* ptmx */
	{ true, 'c', 136, DEVICE_ANY, DEVICE_ALL }, /* pts */
};

void cgroup_devices_done(struct cgroup_devices *d)
{
	free(d->items);
	*d = (struct cgroup_devices){ 0 };
}

static bool device_equal(const struct cgroup_device *a, const struct cgroup_device *b)
{
	return a->allow == b->allow && a->type == b->type && a->major == b->major &&
	       a->minor == b->minor && a->access == b->access;
}

static void add(struct cgroup_devices *d, const struct cgroup_device *one)
{
	/* A second time in a row of allowances changes nothing. */
	for (size_t i = d->n; i-- > 0 && d->items[i].allow == one->allow;) {
		if (device_equal(&d->items[i], one))
			return;
	}
	*ARRAY_ADD(d->items, d->n) = *one;
}

static int parse_access(const char *s, unsigned *ret)
{
	*ret = 0;
	for (; s != NULL && *s != '\0'; s++) {
		const char *at = strchr("rwm", *s);

		if (at == NULL)
			return -1;
		*ret |= 1u << (at - "rwm");
	}
	if (*ret == 0)
		*ret = DEVICE_ALL;
	return 0;
}

static int parse_number(const struct opt_i64 *v, int64_t *ret)
{
	if (v->set && (v->value < -1 || v->value > UINT32_MAX))
		return -1;
	*ret = v->set ? v->value : DEVICE_ANY;
	return 0;
}

static int one_rule(const struct oci_device_rule *rule, size_t i, struct cgroup_devices *out,
		    struct error *err)
{
	const char *type = str_empty(rule->type) ? "a" : rule->type;
	struct cgroup_device d = { .allow = rule->allow };

	if (strlen(type) != 1 || strchr("abcu", type[0]) == NULL)
		return error_set(err, ERROR_INVALID,
				 "linux.resources.devices[%zu].type: '%s' is none of a, b, c, u", i,
				 type);
	if (parse_access(rule->access, &d.access) < 0)
		return error_set(
			err, ERROR_INVALID,
			"linux.resources.devices[%zu].access: '%s' has a letter other than "
			"r, w, m",
			i, rule->access);
	if (parse_number(&rule->major, &d.major) < 0 || parse_number(&rule->minor, &d.minor) < 0)
		return error_set(err, ERROR_INVALID,
				 "linux.resources.devices[%zu]: a device number is out of range",
				 i);
	if (type[0] == 'a' && d.major == DEVICE_ANY && d.minor == DEVICE_ANY &&
	    d.access == DEVICE_ALL) {
		cgroup_devices_done(out);
		out->default_allow = rule->allow;
		return 0;
	}
	if (type[0] != 'b') {
		d.type = 'c';
		add(out, &d);
	}
	if (type[0] == 'a' || type[0] == 'b') {
		d.type = 'b';
		add(out, &d);
	}
	return 0;
}

int cgroup_devices_from_spec(const struct oci_device_rule *rules, size_t n, bool standard,
			     struct cgroup_devices *ret, struct error *err)
{
	scoped(cgroup_devices_done) struct cgroup_devices d = { 0 };

	for (size_t i = 0; i < n; i++) {
		int r = one_rule(&rules[i], i, &d, err);

		if (r < 0)
			return r;
	}
	/* Where everything is allowed and nothing denied they add nothing. */
	for (size_t i = 0;
	     standard && !(d.default_allow && d.n == 0) && i < ARRAY_SIZE(standard_devices); i++)
		add(&d, &standard_devices[i]);
	*ret = d;
	d = (struct cgroup_devices){ 0 };
	return 0;
}

void cgroup_device_format(const struct cgroup_device *d, char *out, size_t size)
{
	char major[24] = "*", minor[24] = "*";

	if (d->major != DEVICE_ANY)
		snprintf(major, sizeof(major), "%" PRId64, d->major);
	if (d->minor != DEVICE_ANY)
		snprintf(minor, sizeof(minor), "%" PRId64, d->minor);
	snprintf(out, size, "%c %s:%s %s%s%s", d->type, major, minor,
		 d->access & DEVICE_READ ? "r" : "", d->access & DEVICE_WRITE ? "w" : "",
		 d->access & DEVICE_MKNOD ? "m" : "");
}
