/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout: which hierarchies this machine has.
 *
 * statfs of /sys/fs/cgroup tells v2 from the rest.  On v1 every directory below it that is a
 * cgroup file system and is named after its controllers is a hierarchy (the convention of every
 * distribution): no file is parsed.  Only a machine that mounts them elsewhere or under other names
 * makes us read /proc/self/mountinfo.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "cgroup/cgroup_priv.h"
#include "sys/fd.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
/* mountinfo of a host with many containers; beyond it the machine is not one we understand. */
#define MOUNTINFO_MAX ((size_t)16 << 20)

static const char *const known_controllers[] = {
	"cpu",	   "cpuacct",  "cpuset",  "memory",	"devices", "freezer", "blkio", "pids",
	"net_cls", "net_prio", "hugetlb", "perf_event", "rdma",	   "misc",    "debug", NULL,
};
static const char *const v2_controllers[] = { "cpuset", "cpu",	"io",	"memory", "hugetlb",
					      "pids",	"rdma", "misc", "dmem",	  NULL };
static const char *const layout_names[] = {
	[CGROUP_LAYOUT_NONE] = "none",
	[CGROUP_LAYOUT_V1] = "v1",
	[CGROUP_LAYOUT_HYBRID] = "hybrid",
	[CGROUP_LAYOUT_V2] = "v2",
};
_Static_assert(ARRAY_SIZE(layout_names) == CGROUP_LAYOUT_COUNT, "a name per layout");

static struct cgroup_system machine, overridden;
static bool machine_known, use_override;

static const char *known(const char *const *list, const char *name, size_t len)
{
	for (; *list != NULL; list++) {
		if (strlen(*list) == len && strncmp(*list, name, len) == 0)
			return *list;
	}
	return NULL;
}

/* "cpu,cpuacct" to the hierarchy's list; false when a part is no controller. */
static bool set_controllers(struct cgroup_hier *h, const char *names)
{
	size_t n = 0;

	for (const char *p = names; *p != '\0';) {
		size_t len = strcspn(p, ",");
		const char *c = known(known_controllers, p, len);

		if (c == NULL || n + 1 >= ARRAY_SIZE(h->controllers))
			return false;
		h->controllers[n++] = c;
		p += len;
		if (*p == ',')
			p++;
	}
	return n > 0;
}

static bool hier_set(struct cgroup_hier *h, const char *mount, bool v2)
{
	const char *slash = strrchr(mount, '/');
	const char *name = slash != NULL ? slash + 1 : mount;

	if (strlen(mount) >= sizeof(h->mount) || strlen(name) >= sizeof(h->name))
		return false;
	memset(h, 0, sizeof(*h));
	memcpy(h->mount, mount, strlen(mount));
	memcpy(h->name, name, strlen(name));
	h->v2 = v2;
	return true;
}

static struct cgroup_hier *hier_add(struct cgroup_system *sys, const char *mount, bool v2)
{
	struct cgroup_hier *h = &sys->hier[sys->n];

	return sys->n < ARRAY_SIZE(sys->hier) && hier_set(h, mount, v2) ? h : NULL;
}

/* The v2 tree's own list is a file that says so: cgroup.controllers. */
static void v2_read_controllers(struct cgroup_hier *h)
{
	char path[PATH_MAX], line[CGROUP_VALUE_MAX], *save = NULL;
	size_t n = 0;

	if (cgroup_file_path(path, h, "", "cgroup.controllers") < 0 ||
	    fd_read_line(AT_FDCWD, path, line, sizeof(line)) < 0)
		return;
	for (char *w = strtok_r(line, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		const char *c = known(v2_controllers, w, strlen(w));

		if (c != NULL && n + 1 < ARRAY_SIZE(h->controllers))
			h->controllers[n++] = c;
	}
}

static void add_v2(struct cgroup_system *sys, const char *mount)
{
	struct cgroup_hier *h = hier_add(sys, mount, true);

	if (h == NULL)
		return;
	v2_read_controllers(h);
	sys->n++;
}

/* One directory below the root: 0 taken or no cgroup, -1 when its name does not tell. */
static int add_directory(struct cgroup_system *sys, const char *root, const char *name, bool fake)
{
	char mount[PATH_MAX], probe[PATH_MAX];
	struct cgroup_hier *h;
	struct statfs fs;
	bool v2;

	if (snprintf(mount, sizeof(mount), "%s/%s", root, name) >= (int)sizeof(mount))
		return -1;
	if (fake) {
		if (snprintf(probe, sizeof(probe), "%s/cgroup.controllers", mount) >=
		    (int)sizeof(probe))
			return -1;
		v2 = access(probe, F_OK) == 0;
	} else {
		if (statfs(mount, &fs) < 0)
			return 0;
		v2 = fs.f_type == CGROUP2_SUPER_MAGIC;
		if (!v2 && fs.f_type != CGROUP_SUPER_MAGIC)
			return 0;
	}
	if (v2) {
		add_v2(sys, mount);
		return 0;
	}
	h = hier_add(sys, mount, false);
	if (h == NULL)
		return -1;
	if (streq(name, "systemd"))
		h->controllers[0] = "name=systemd";
	else if (!set_controllers(h, name))
		return -1;
	sys->n++;
	return 0;
}

static int scan_directories(struct cgroup_system *sys, const char *root, bool fake)
{
	DIR *d = opendir(root);
	struct dirent *e;
	int r = 0;

	if (d == NULL)
		return -errno;
	while (r == 0 && (e = readdir(d)) != NULL) {
		/* Links are second names: cpu -> cpu,cpuacct. */
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			r = add_directory(sys, root, e->d_name, fake);
	}
	closedir(d);
	return r;
}

/* Named hierarchies other than systemd's are somebody's own: left alone. */
static void add_mount(struct cgroup_system *sys, const char *mount, char *super_options)
{
	struct cgroup_hier *h = hier_add(sys, mount, false);
	char *save = NULL;
	size_t n = 0;

	if (h == NULL)
		return;
	for (char *o = strtok_r(super_options, ",", &save); o != NULL;
	     o = strtok_r(NULL, ",", &save)) {
		const char *c = streq(o, "name=systemd") ? "name=systemd"
							 : known(known_controllers, o, strlen(o));

		if (c != NULL && n + 1 < ARRAY_SIZE(h->controllers))
			h->controllers[n++] = c;
	}
	if (n > 0 && cgroup_hier_has(h, h->controllers[0]))
		sys->n++;
}

/*
 * proc(5): "36 35 98:0 /root /target options optional... - type source super_options".  Octal
 * escapes in a target mean blanks in a cgroup mount point: passed over.
 */
int cgroup_mountinfo_parse(char *text, struct cgroup_system *sys)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char *sep = strstr(line, " - "), *word = NULL, *target = NULL;
		char type[16], super[512];

		if (sep == NULL || sscanf(sep, " - %15s %*s %511s", type, super) != 2 ||
		    (!streq(type, "cgroup") && !streq(type, "cgroup2")))
			continue;
		*sep = '\0';
		for (int i = 0; i < 5; i++)
			target = strtok_r(i == 0 ? line : NULL, " ", &word);
		if (target == NULL || target[0] != '/' || strchr(target, '\\') != NULL)
			continue;
		if (streq(type, "cgroup2"))
			add_v2(sys, target);
		else
			add_mount(sys, target, super);
	}
	return sys->n > 0 ? 0 : -ENOENT;
}

static void scan_mountinfo(struct cgroup_system *sys)
{
	scoped(buf_done) struct buf text = BUF_INIT_MAX(MOUNTINFO_MAX);

	sys->n = 0;
	if (fd_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text) < 0 ||
	    text.data == NULL)
		return;
	cgroup_mountinfo_parse(text.data, sys);
}

static void finish(struct cgroup_system *sys)
{
	size_t n = 0, v1 = 0, v2 = 0;

	for (size_t i = 0; i < sys->n; i++) {
		const struct cgroup_hier *h = &sys->hier[i];

		h->v2 ? v2++ : v1++;
		for (const char *const *c = h->controllers; *c != NULL; c++) {
			if (strncmp(*c, "name=", 5) != 0 && n + 1 < ARRAY_SIZE(sys->controllers))
				sys->controllers[n++] = *c;
		}
	}
	sys->layout = v1 > 0 && v2 > 0 ? CGROUP_LAYOUT_HYBRID
		      : v1 > 0	       ? CGROUP_LAYOUT_V1
		      : v2 > 0	       ? CGROUP_LAYOUT_V2
				       : CGROUP_LAYOUT_NONE;
}

void cgroup_system_override(const char *root)
{
	char probe[PATH_MAX];

	use_override = root != NULL;
	if (root == NULL)
		return;
	memset(&overridden, 0, sizeof(overridden));
	snprintf(probe, sizeof(probe), "%s/cgroup.controllers", root);
	if (access(probe, F_OK) == 0)
		add_v2(&overridden, root);
	else
		scan_directories(&overridden, root, true);
	finish(&overridden);
}

const struct cgroup_system *cgroup_system(void)
{
	struct statfs fs;

	if (use_override)
		return &overridden;
	if (machine_known)
		return &machine;
	if (statfs(CGROUP_ROOT, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		add_v2(&machine, CGROUP_ROOT);
	else if (scan_directories(&machine, CGROUP_ROOT, false) < 0 || machine.n == 0)
		scan_mountinfo(&machine);
	finish(&machine);
	machine_known = true;
	return &machine;
}

bool cgroup_hier_probe(const char *controller, struct cgroup_hier *ret)
{
	char mount[sizeof(ret->mount)];
	struct statfs fs;

	if (use_override ||
	    snprintf(mount, sizeof(mount), CGROUP_ROOT "/%s", controller) >= (int)sizeof(mount) ||
	    statfs(mount, &fs) < 0 || fs.f_type != CGROUP_SUPER_MAGIC)
		return false;
	return hier_set(ret, mount, false) && set_controllers(ret, controller);
}

enum cgroup_layout cgroup_layout(void)
{
	return cgroup_system()->layout;
}

const char *cgroup_layout_name(enum cgroup_layout l)
{
	return l < CGROUP_LAYOUT_COUNT ? layout_names[l] : "unknown";
}

const char *const *cgroup_controllers(void)
{
	return cgroup_system()->controllers;
}

bool cgroup_hier_has(const struct cgroup_hier *h, const char *controller)
{
	for (const char *const *c = h->controllers; *c != NULL; c++) {
		if (streq(*c, controller))
			return true;
	}
	return false;
}

const struct cgroup_hier *cgroup_hier_of(const char *controller)
{
	const struct cgroup_system *sys = cgroup_system();

	if (streq(controller, "cgroup"))
		return cgroup_hier_v2();
	for (size_t i = 0; i < sys->n; i++) {
		if (cgroup_hier_has(&sys->hier[i], controller))
			return &sys->hier[i];
	}
	return NULL;
}

const struct cgroup_hier *cgroup_hier_v2(void)
{
	const struct cgroup_system *sys = cgroup_system();

	for (size_t i = 0; i < sys->n; i++) {
		if (sys->hier[i].v2)
			return &sys->hier[i];
	}
	return NULL;
}

const struct cgroup_hier *cgroup_hier_main(void)
{
	static const char *const order[] = { "freezer", "pids", "devices", "memory",
					     "name=systemd" };
	const struct cgroup_system *sys = cgroup_system();

	for (size_t i = 0; sys->layout != CGROUP_LAYOUT_V2 && i < ARRAY_SIZE(order); i++) {
		const struct cgroup_hier *h = cgroup_hier_of(order[i]);

		if (h != NULL && !h->v2)
			return h;
	}
	return sys->n > 0 ? &sys->hier[0] : NULL;
}

int cgroup_file_path(char out[PATH_MAX], const struct cgroup_hier *h, const char *path,
		     const char *file)
{
	int n = snprintf(out, PATH_MAX, "%s%s%s%s", h->mount, path, file != NULL ? "/" : "",
			 file != NULL ? file : "");

	return n < PATH_MAX ? n : -ENAMETOOLONG;
}

int cgroup_read_value(const struct cgroup_record *r, const char *controller, const char *file,
		      char *out, size_t size)
{
	const struct cgroup_hier *h = cgroup_hier_of(controller);
	char path[PATH_MAX];
	int n;

	if (h == NULL || r == NULL || r->path == NULL)
		return -ENOENT;
	n = cgroup_file_path(path, h, r->path, file);
	return n < 0 ? n : fd_read_line(AT_FDCWD, path, out, size);
}

int cgroup_read_u64(const struct cgroup_record *r, const char *controller, const char *file,
		    uint64_t *ret)
{
	char value[CGROUP_VALUE_MAX];
	int n = cgroup_read_value(r, controller, file, value, sizeof(value));

	if (n < 0)
		return n;
	if (streq(value, "max")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return num_u64(str_trim(value), ret);
}

int cgroup_text_u64(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	for (const char *p = text; *p != '\0';) {
		const char *end = strchrnul(p, '\n');
		char value[32];

		if ((size_t)(end - p) > len + 1 && strncmp(p, key, len) == 0 && p[len] == ' ' &&
		    (size_t)(end - p) - len - 1 < sizeof(value)) {
			memcpy(value, p + len + 1, (size_t)(end - p) - len - 1);
			value[end - p - (ptrdiff_t)len - 1] = '\0';
			return num_u64(value, ret);
		}
		p = *end == '\0' ? end : end + 1;
	}
	return -ENOENT;
}
