/* SPDX-License-Identifier: Apache-2.0 */
#include "network/doom.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/strv.h"
#include "network/netlink/rtnl.h"
#include "network/rundir.h"

#define DOOM_DIR "doomed"

static int note(int dir, int index, const char *name, struct error *err)
{
	char path[64];

	snprintf(path, sizeof(path), DOOM_DIR "/%d", index);
	if (symlinkat(name, dir, path) < 0 && errno != EEXIST)
		return error_os(err, errno, "note the removal of interface '%s'", name);
	return 0;
}

static int find(int rtnl, const char *name, struct rtnl_link *ret, struct error *err)
{
	int r = rtnl_link_get(rtnl, name, ret);

	if (r == -ENODEV)
		return 0;
	return r < 0 ? error_os(err, -r, "look at interface '%s'", name) : 1;
}

int doom_note(int dir, int rtnl, const char *name, struct error *err)
{
	struct rtnl_link link;
	int r = find(rtnl, name, &link, err);

	return r <= 0 ? r : note(dir, link.index, name, err);
}

int doom_rename(int dir, int rtnl, const char *name, struct error *err)
{
	struct rtnl_link link;
	char fresh[IFNAMSIZ];
	int r = find(rtnl, name, &link, err);

	if (r <= 0)
		return r;
	snprintf(fresh, sizeof(fresh), "crx%d", link.index);
	r = note(dir, link.index, fresh, err);
	if (r < 0)
		return r;
	r = rtnl_link_rename(rtnl, link.index, fresh);
	if (r < 0 && r != -ENODEV)
		return error_os(err, -r, "take down interface '%s'", name);
	return 0;
}

int doom_any(int dir)
{
	scoped_strv char **notes = NULL;
	int r = rundir_names(dir, DOOM_DIR, &notes, NULL);

	return r < 0 ? r : notes != NULL;
}

/* Is it still the link that was noted? */
static bool is_noted(int dir, int rtnl, const char *path, int index)
{
	char name[IFNAMSIZ] = { 0 };
	struct rtnl_link link;

	return readlinkat(dir, path, name, sizeof(name) - 1) > 0 &&
	       rtnl_link_get_index(rtnl, index, &link) >= 0 && streq(link.name, name);
}

int doom_execute(int dir, int rtnl, struct error *err)
{
	scoped(netlink_batch_done) struct netlink_batch b = { 0 };
	scoped_strv char **notes = NULL;
	int r = rundir_names(dir, DOOM_DIR, &notes, err);

	if (r < 0)
		return r;
	STRV_FOREACH (index, notes) {
		scoped_free char *path = xasprintf(DOOM_DIR "/%s", *index);
		uint32_t i;

		if (num_u32(*index, &i) >= 0 && is_noted(dir, rtnl, path, (int)i))
			rtnl_add_delete(&b, (int)i);
	}
	r = netlink_transact(rtnl, &b, NULL);
	/* One that went with its namespace meanwhile is gone as well. */
	if (r < 0 && r != -ENODEV)
		return error_os(err, -r, "remove interfaces");
	STRV_FOREACH (index, notes) {
		scoped_free char *path = xasprintf(DOOM_DIR "/%s", *index);

		(void)unlinkat(dir, path, 0);
	}
	return 0;
}
