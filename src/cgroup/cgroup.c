/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup: the facade: picks the driver, and what is the same for all of them. */
#include "cgroup/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"
#include "sys/pidref.h"

/* A fork bomb that fills a pid space of 4 million is the limit of what a list is good for. */
#define PIDS_MAX ((size_t)4 << 20)

static const char *const driver_names[] = { "cgroupfs", "systemd", "disabled", NULL };
_Static_assert(ARRAY_SIZE(driver_names) == CGROUP_DRIVER_COUNT + 1, "a name per driver");

static const struct json_field record_fields[] = {
	JROW_ENUM(struct cgroup_record, "driver", driver, JF_EMIT_EMPTY, driver_names),
	JROW(struct cgroup_record, "path", path, JT_STR, 0),
	JROW(struct cgroup_record, "scope", scope, JT_STR, 0),
	JROW(struct cgroup_record, "subgroup", subgroup, JT_STR, 0),
};
const struct json_table cgroup_record_table = JTABLE(struct cgroup_record, record_fields);

void cgroup_record_done(struct cgroup_record *r)
{
	json_table_free(&cgroup_record_table, r);
}

static const struct cgroup_driver_ops *driver(int d)
{
	switch ((enum cgroup_driver)d) {
	case CGROUP_DRIVER_CGROUPFS:
		return &cgroup_driver_cgroupfs;
	case CGROUP_DRIVER_SYSTEMD:
		return &cgroup_driver_systemd;
	case CGROUP_DRIVER_DISABLED:
	case CGROUP_DRIVER_COUNT:
		break;
	}
	return &cgroup_driver_disabled;
}

int cgroup_plan(const struct cgroup_request *rq, struct cgroup_record *ret, struct error *err)
{
	return driver(rq->driver)->plan(rq, ret, err);
}

int cgroup_create(const struct cgroup_request *rq, const struct cgroup_record *r,
		  struct cgroup_hold *hold, struct error *err)
{
	return driver(r->driver)->create(rq, r, hold, err);
}

void cgroup_hold_done(struct cgroup_hold *h)
{
	/* Our child and not reaped: the number is still its own. */
	if (h->pid > 0) {
		(void)kill(h->pid, SIGKILL);
		(void)pid_reap(h->pid, NULL);
	}
	*h = CGROUP_HOLD_INIT;
}

int cgroup_update(const struct cgroup_record *r, const struct oci_resources *res, struct error *err)
{
	return driver(r->driver)->update(r, res, err);
}

int cgroup_remove(const struct cgroup_record *r, bool kill, struct error *err)
{
	return cgroup_none(r) ? 0 : driver(r->driver)->remove(r, kill, err);
}

bool cgroup_exists(const struct cgroup_record *r)
{
	const struct cgroup_hier *h = cgroup_hier_main();
	char full[PATH_MAX];
	struct stat st;

	return !cgroup_none(r) && h != NULL && cgroup_file_path(full, h, r->path, NULL) > 0 &&
	       fd_stat(AT_FDCWD, full, 0, &st) == 0;
}

int cgroup_pids(const struct cgroup_record *r, pid_t **ret, size_t *ret_n, struct error *err)
{
	const struct cgroup_hier *h = cgroup_hier_main();
	scoped_free pid_t *pids = NULL;
	size_t n = 0, kept = 0;
	int e = cgroup_none(r) || h == NULL ? 0 : cgroup_tree_pids(h, r->path, PIDS_MAX, &pids, &n);

	if (e < 0)
		return error_os(err, -e, "list the processes of cgroup '%s%s'", h->mount, r->path);
	for (size_t i = 0; i < n; i++) {
		if (pids[i] > 0)
			pids[kept++] = pids[i];
	}
	*ret = take_ptr(pids);
	*ret_n = kept;
	return 0;
}

bool cgroup_exists_anywhere(const struct cgroup_record *r)
{
	const struct cgroup_system *sys = cgroup_system();
	char full[PATH_MAX];
	struct stat st;

	for (size_t i = 0; !cgroup_none(r) && i < sys->n; i++) {
		if (cgroup_file_path(full, &sys->hier[i], r->path, NULL) > 0 &&
		    fd_stat(AT_FDCWD, full, 0, &st) == 0)
			return true;
	}
	return false;
}

static int no_cgroup(const struct cgroup_record *r, const char *what, struct error *err)
{
	if (!cgroup_none(r))
		return 0;
	return error_set(err, ERROR_UNSUPPORTED, "%s needs a cgroup, and the container has none",
			 what);
}

static bool v2_freezer(void)
{
	const struct cgroup_hier *h = cgroup_hier_of("freezer");

	return (h == NULL || h->v2) && cgroup_hier_v2() != NULL;
}

int cgroup_freeze(const struct cgroup_record *r, bool on, struct error *err)
{
	int n = no_cgroup(r, on ? "pause" : "resume", err);

	if (n < 0)
		return n;
	return v2_freezer() ? cgroup_v2_freeze(r, on, err) : cgroup_v1_freeze(r, on, err);
}

int cgroup_is_frozen(const struct cgroup_record *r)
{
	const struct cgroup_hier *h;
	struct cgroup_hier usual;

	if (cgroup_none(r))
		return 0;
	/* Asked by every start and delete, which need no other hierarchy. */
	if (cgroup_hier_probe("freezer", &usual))
		return cgroup_v1_is_frozen(&usual, r);
	if (v2_freezer())
		return cgroup_v2_is_frozen(r);
	h = cgroup_hier_of("freezer");
	return h ? cgroup_v1_is_frozen(h, r) : -ENOENT;
}

int cgroup_stats(const struct cgroup_record *r, struct cgroup_stats *ret, struct error *err)
{
	struct cgroup_stats s = { .memory_limit = UINT64_MAX,
				  .swap_limit = UINT64_MAX,
				  .pids_limit = UINT64_MAX };
	int n = no_cgroup(r, "stats", err);

	if (n >= 0 && !cgroup_exists(r))
		n = error_set(err, ERROR_NOT_FOUND, "cgroup '%s' does not exist", r->path);
	if (n >= 0 && cgroup_layout() != CGROUP_LAYOUT_V2)
		n = cgroup_v1_stats(r, &s, err);
	else if (n >= 0)
		n = cgroup_v2_stats(r, &s, err);
	if (n >= 0)
		*ret = s;
	return n;
}
