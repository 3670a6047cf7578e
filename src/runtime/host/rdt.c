/* SPDX-License-Identifier: Apache-2.0 */
/* rdt: see rdt.h. */
#include "runtime/host/rdt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "fs/mountinfo.h"
#include "sys/fd.h"

/* One line per resource, a value per cache: a page at most (resctrl writes with PAGE_SIZE). */
#define SCHEMATA_MAX 4096

static const struct json_field rdt_record_fields[] = {
	JROW(struct rdt_record, "clos", clos, JT_STR, JF_REQUIRED),
	JROW(struct rdt_record, "own", own, JT_BOOL, 0),
	JROW(struct rdt_record, "monitor", monitor, JT_STR, 0),
};
const struct json_table rdt_record_table = JTABLE(struct rdt_record, rdt_record_fields);

struct rdt_record *rdt_plan(const struct oci_intel_rdt *rdt, const char *id)
{
	struct rdt_record *r = xnew(struct rdt_record);

	r->own = str_empty(rdt->clos_id);
	if (r->own)
		r->clos = xstrdup(id);
	else
		r->clos = xstrdup(streq(rdt->clos_id, "/") ? "." : rdt->clos_id);
	if (rdt->enable_monitoring || rdt->enable_cmt || rdt->enable_mbm)
		r->monitor = xstrdup(id);
	return r;
}

void rdt_record_free(struct rdt_record *r)
{
	if (r == NULL)
		return;
	json_table_free(&rdt_record_table, r);
	free(r);
}

int rdt_open(struct error *err)
{
	scoped(mountinfo_done) struct mountinfo m = { 0 };
	int r = mountinfo_read(0, &m, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < m.n; i++) {
		if (!streq(m.items[i].type, "resctrl") || !streq(m.items[i].root, "/"))
			continue;
		r = fd_open(AT_FDCWD, m.items[i].target, O_PATH | O_DIRECTORY, 0);
		return r < 0 ? error_os(err, -r, "open resctrl '%s'", m.items[i].target) : r;
	}
	return error_set(
		err, ERROR_UNSUPPORTED,
		"config.json: .linux.intelRdt: resctrl is not mounted; where the processor "
		"and kernel have it: mount -t resctrl resctrl /sys/fs/resctrl");
}

/* The kernel's reason for the last refusal. */
static int refused(int root, int num, const char *what, const char *clos, struct error *err)
{
	char why[256];

	if (fd_read_line(root, "info/last_cmd_status", why, sizeof(why)) > 0 && !streq(why, "ok"))
		return error_os(err, num, "intelRdt: %s of group '%s': %s", what, clos, why);
	return error_os(err, num, "intelRdt: %s of group '%s'", what, clos);
}

/* l3CacheSchema without MB: lines when memBwSchema has them, memBwSchema, then schemata. */
static char *wanted_lines(const struct oci_intel_rdt *rdt)
{
	scoped_strv char **l3 = strv_split(rdt->l3_cache_schema ? rdt->l3_cache_schema : "", "\n",
					   false);
	struct buf b = BUF_INIT;

	STRV_FOREACH (l, l3) {
		if (!str_empty(rdt->mem_bw_schema) && str_has_prefix(str_trim(*l), "MB:"))
			continue;
		buf_addf(&b, "%s\n", *l);
	}
	if (!str_empty(rdt->mem_bw_schema))
		buf_addf(&b, "%s\n", rdt->mem_bw_schema);
	STRV_FOREACH (s, rdt->schemata)
		buf_addf(&b, "%s\n", *s);
	return buf_take(&b);
}

static int read_schemata(int root, const char *clos, struct buf *out, struct error *err)
{
	scoped_free char *path = xasprintf("%s/schemata", clos);
	int r = fd_read_file(root, path, SCHEMATA_MAX, out);

	return r < 0 ? error_os(err, -r, "intelRdt: read schemata of group '%s'", clos) : 0;
}

static int write_schemata(int root, const char *clos, const char *lines, struct error *err)
{
	scoped_free char *path = xasprintf("%s/schemata", clos);
	scoped_fd int fd = -1;
	int r;

	if (lines == NULL || lines[0] == '\0')
		return 0;
	fd = fd_open(root, path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
	r = fd < 0 ? fd : fd_write_all(fd, lines, strlen(lines));
	return r < 0 ? refused(root, -r, "write schemata", clos, err) : 0;
}

/* Value of "DOMAIN=" in "NAME:DOMAIN=VALUE;..." of the line for that name; new string or NULL. */
static char *schema_value(const char *schemata, const char *name, const char *domain)
{
	scoped_strv char **lines = strv_split(schemata, "\n", false);

	STRV_FOREACH (line, lines) {
		const char *rest = str_skip_prefix(str_trim(*line), name);
		scoped_strv char **cells = NULL;

		if (rest == NULL || *rest != ':')
			continue;
		cells = strv_split(rest + 1, ";", false);
		STRV_FOREACH (c, cells) {
			const char *value = str_skip_prefix(str_trim(*c), domain);

			if (value != NULL && *value == '=')
				return str_lower(value + 1 + strspn(value + 1, " "));
		}
	}
	return NULL;
}

/* Masks are written with and without leading zeros. */
static bool same_value(const char *a, const char *b)
{
	return streq(a + strspn(a, "0"), b + strspn(b, "0"));
}

/* Does the group have what a line asks for? */
static bool has_schema(const char *schemata, const char *line)
{
	scoped_free char *copy = xstrdup(line);
	char *name = str_trim(copy), *colon = strchr(name, ':');
	scoped_strv char **cells = NULL;

	if (colon == NULL)
		return false;
	*colon = '\0';
	cells = strv_split(colon + 1, ";", false);
	STRV_FOREACH (c, cells) {
		char *domain = str_trim(*c), *eq = strchr(domain, '=');
		scoped_free char *have = NULL, *want = NULL;

		if (eq == NULL)
			return false;
		*eq = '\0';
		want = str_lower(eq + 1 + strspn(eq + 1, " "));
		have = schema_value(schemata, name, domain);
		if (have == NULL || !same_value(have, want))
			return false;
	}
	return true;
}

static int compare_schemata(int root, const char *clos, const char *wanted, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(SCHEMATA_MAX);
	scoped_strv char **lines = strv_split(wanted ? wanted : "", "\n", false);
	int r;

	if (strv_len(lines) == 0)
		return 0;
	r = read_schemata(root, clos, &b, err);
	if (r < 0)
		return r;
	STRV_FOREACH (l, lines) {
		if (!has_schema(buf_str(&b), *l))
			return error_set(
				err, ERROR_INVALID,
				"config.json: .linux.intelRdt: group '%s' is there and its "
				"schemata is not '%s'",
				clos, *l);
	}
	return 0;
}

/* Somebody else's: it would be removed with us. */
static int taken(const struct rdt_record *r, struct error *err)
{
	return error_set(err, ERROR_EXISTS,
			 "config.json: .linux.intelRdt: there is a group '%s' already; set closID "
			 "to share it",
			 r->clos);
}

/* 1: there is one. */
static int find_group(int root, const struct rdt_record *r, struct error *err)
{
	struct stat st;
	int e = fd_stat(root, r->clos, AT_SYMLINK_NOFOLLOW, &st);

	if (e == -ENOENT)
		return 0;
	return e < 0 ? error_os(err, -e, "intelRdt: stat group '%s'", r->clos) : 1;
}

int rdt_check_free(int root, const struct rdt_record *r, struct error *err)
{
	int found = r->own ? find_group(root, r, err) : 0;

	return found > 0 ? taken(r, err) : found;
}

static int make_group(int root, const struct rdt_record *r, const char *wanted, bool *ret_made,
		      struct error *err)
{
	int found = r->own ? 0 : find_group(root, r, err);

	*ret_made = false;
	if (found != 0)
		return MIN(found, 0);
	if (!r->own && str_empty(wanted))
		return error_set(err, ERROR_NOT_FOUND,
				 "config.json: .linux.intelRdt.closID: there is no group '%s', and "
				 "no schema to make one with",
				 r->clos);
	if (mkdirat(root, r->clos, 0755) < 0)
		return errno == EEXIST && r->own
			       ? taken(r, err)
			       : refused(root, errno, "make directory", r->clos, err);
	*ret_made = true;
	return 0;
}

/* enableCMT and enableMBM of specification 1.1 ask for one kind of counter. */
static int check_counters(int root, const struct oci_intel_rdt *rdt, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT_MAX(SCHEMATA_MAX);
	const char *missing = NULL;

	if (!rdt->enable_cmt && !rdt->enable_mbm)
		return 0;
	(void)fd_read_file(root, "info/L3_MON/mon_features", SCHEMATA_MAX, &b);
	if (rdt->enable_cmt && strstr(buf_str(&b), "llc_occupancy") == NULL)
		missing = "enableCMT";
	else if (rdt->enable_mbm && strstr(buf_str(&b), "mbm_") == NULL)
		missing = "enableMBM";
	return missing ? error_set(err, ERROR_UNSUPPORTED,
				   "config.json: .linux.intelRdt.%s: this processor does not count "
				   "that",
				   missing)
		       : 0;
}

static char *monitor_path(const struct rdt_record *r)
{
	return xasprintf("%s/mon_groups/%s", r->clos, r->monitor);
}

static int make_monitor(int root, const struct rdt_record *r, struct error *err)
{
	scoped_free char *path = NULL;

	if (r->monitor == NULL)
		return 0;
	path = monitor_path(r);
	if (mkdirat(root, path, 0755) < 0)
		return refused(root, errno, "make monitoring group", r->clos, err);
	return 0;
}

int rdt_create(int root, const struct oci_intel_rdt *rdt, const struct rdt_record *r,
	       struct error *err)
{
	scoped_free char *wanted = wanted_lines(rdt);
	bool made = false;
	int e = check_counters(root, rdt, err);

	if (e == 0)
		e = make_group(root, r, wanted, &made, err);
	if (e == 0 && made)
		e = write_schemata(root, r->clos, wanted, err);
	else if (e == 0)
		e = compare_schemata(root, r->clos, wanted, err);
	return e < 0 ? e : make_monitor(root, r, err);
}

static int add_task(int root, const char *dir, pid_t pid, struct error *err)
{
	scoped_free char *path = xasprintf("%s/tasks", dir);
	scoped_fd int fd = fd_open(root, path, O_WRONLY | O_APPEND | O_NOFOLLOW, 0);
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", (int)pid);
	int e = fd < 0 ? fd : fd_write_all(fd, text, (size_t)n);

	return e < 0 ? refused(root, -e, "write tasks", dir, err) : 0;
}

int rdt_enter(int root, const struct rdt_record *r, pid_t pid, struct error *err)
{
	scoped_free char *monitor = r->monitor ? monitor_path(r) : NULL;
	int e = add_task(root, r->clos, pid, err);

	return e < 0 || monitor == NULL ? e : add_task(root, monitor, pid, err);
}

int rdt_remove(int root, const struct rdt_record *r, struct error *err)
{
	scoped_free char *monitor = r->monitor ? monitor_path(r) : NULL;

	if (monitor && unlinkat(root, monitor, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_os(err, errno, "intelRdt: remove '%s'", monitor);
	if (r->own && unlinkat(root, r->clos, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_os(err, errno, "intelRdt: remove group '%s'", r->clos);
	return 0;
}

int rdt_update(int root, const struct rdt_record *r, const char *l3_cache_schema,
	       const char *mem_bw_schema, char **ret_before, struct error *err)
{
	scoped(buf_done) struct buf before = BUF_INIT_MAX(SCHEMATA_MAX);
	/* Borrowed. */
	struct oci_intel_rdt rdt = { .l3_cache_schema = (char *)l3_cache_schema,
				     .mem_bw_schema = (char *)mem_bw_schema };
	scoped_free char *lines = wanted_lines(&rdt);
	int e = read_schemata(root, r->clos, &before, err);

	if (e == 0)
		e = write_schemata(root, r->clos, lines, err);
	if (e == 0)
		*ret_before = buf_take(&before);
	return e;
}

int rdt_restore(int root, const struct rdt_record *r, const char *before, struct error *err)
{
	return write_schemata(root, r->clos, before, err);
}
