/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top: the processes of a container's cgroup, seen from the host's /proc; users and pids as inside.
 * Files of /proc/PID are a container's own text in part (comm, cmdline): bounded, and printed as
 * is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "base/timeutil.h"
#include "cgroup/cgroup.h"
#include "engine/container/container_priv.h"
#include "sys/fd.h"
#include "sys/procfs.h"
#include "sys/root.h"

#define PROC_MAX_BYTES ((size_t)256 << 10)
#define ACCOUNTS_MAX_BYTES ((size_t)16 << 20)

struct accounts {
	struct buf passwd, group;
};

struct row_facts {
	pid_t pid;
	struct accounts *inside;
	struct buf stat, status, cmdline;
	char *fields[52]; /* of stat, from the state (field 3) on */
	char comm[64];
	int64_t boot_nsec, now_nsec;
	int32_t ns_pid, ns_ppid;
};

/* Name of an id in "NAME:x:ID:..." text; the number when there is none. */
static char *account_name(struct buf *text, const char *id)
{
	const char *line = buf_str(text);

	while (*line) {
		size_t len = strcspn(line, "\n");
		scoped_free char *copy = xstrndup(line, len);
		scoped_strv char **f = strv_split(copy, ":", true);

		if (strv_len(f) > 2 && streq(f[2], id))
			return xstrdup(f[0]);
		line += len + (line[len] == '\n');
	}
	return xstrdup(id);
}

/* Word `n` of a line "KEY:\ta b c" of status; NULL when missing. */
static char *status_word(const struct row_facts *f, const char *key, unsigned n)
{
	scoped_free char *want = xasprintf("\n%s:", key);
	const char *at = f->status.data ? strstr(f->status.data, want) : NULL;
	scoped_strv char **words = NULL;
	scoped_free char *line = NULL;

	if (!at)
		return NULL;
	at += strlen(want);
	line = xstrndup(at, strcspn(at, "\n"));
	words = strv_split(line, " \t", false);
	return n < strv_len(words) ? xstrdup(words[n]) : NULL;
}

static char *or_dash(char *s)
{
	return s ? s : xstrdup("-");
}

static const char *stat_field(const struct row_facts *f, unsigned number)
{
	const char *s = number >= 3 && number - 3 < ARRAY_SIZE(f->fields) ? f->fields[number - 3]
									  : NULL;

	return s ? s : "0";
}

static int64_t ticks_nsec(const char *ticks)
{
	return strtoll(ticks, NULL, 10) * (NSEC_PER_SEC / sysconf(_SC_CLK_TCK));
}

static char *account(const struct row_facts *f, const char *key, unsigned n, struct buf *text)
{
	scoped_free char *id = status_word(f, key, n);

	return id ? account_name(text, id) : xstrdup("?");
}

static char *col_user(const struct row_facts *f)
{
	return account(f, "Uid", 1, &f->inside->passwd);
}

static char *col_ruser(const struct row_facts *f)
{
	return account(f, "Uid", 0, &f->inside->passwd);
}

static char *col_group(const struct row_facts *f)
{
	return account(f, "Gid", 1, &f->inside->group);
}

static char *col_rgroup(const struct row_facts *f)
{
	return account(f, "Gid", 0, &f->inside->group);
}

static char *col_groups(const struct row_facts *f)
{
	char **names = NULL, *id, *all;

	for (unsigned i = 0; (id = status_word(f, "Groups", i)); i++) {
		strv_add_take(&names, account_name(&f->inside->group, id));
		free(id);
	}
	all = strv_join(names, ",");
	strv_free(names);
	return all;
}

static char *col_huser(const struct row_facts *f)
{
	return or_dash(status_word(f, "Uid", 1));
}

static char *col_hgroup(const struct row_facts *f)
{
	return or_dash(status_word(f, "Gid", 1));
}

static char *col_pid(const struct row_facts *f)
{
	return xasprintf("%d", f->ns_pid);
}

static char *col_hpid(const struct row_facts *f)
{
	return xasprintf("%d", f->pid);
}

static char *col_ppid(const struct row_facts *f)
{
	return xasprintf("%d", f->ns_ppid);
}

static char *col_pgid(const struct row_facts *f)
{
	return or_dash(status_word(f, "NSpgid", 1));
}

static int64_t elapsed_nsec(const struct row_facts *f)
{
	return f->now_nsec - f->boot_nsec - ticks_nsec(stat_field(f, 22));
}

static int64_t cpu_nsec(const struct row_facts *f)
{
	return ticks_nsec(stat_field(f, 14)) + ticks_nsec(stat_field(f, 15));
}

static char *col_pcpu(const struct row_facts *f)
{
	int64_t elapsed = elapsed_nsec(f);

	return xasprintf("%.3f", elapsed > 0 ? 100.0 * (double)cpu_nsec(f) / (double)elapsed : 0.0);
}

static char *duration(int64_t nsec)
{
	char text[64];

	time_format_duration(nsec, text, sizeof(text));
	return xstrdup(text);
}

static char *col_etime(const struct row_facts *f)
{
	int64_t elapsed = elapsed_nsec(f);

	return duration(elapsed > 0 ? elapsed / NSEC_PER_MSEC * NSEC_PER_MSEC : 0);
}

static char *col_time(const struct row_facts *f)
{
	return duration(cpu_nsec(f));
}

static char *col_stime(const struct row_facts *f)
{
	return duration(ticks_nsec(stat_field(f, 15)));
}

static char *col_tty(const struct row_facts *f)
{
	unsigned long dev = strtoul(stat_field(f, 7), NULL, 10);
	unsigned major = (dev >> 8) & 0xfff, minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);

	if (!dev)
		return xstrdup("?");
	if (major >= 136 && major <= 143)
		return xasprintf("pts/%u", (major - 136) * 256 + minor);
	return xasprintf("%u:%u", major, minor);
}

static char *col_comm(const struct row_facts *f)
{
	return xstrdup(f->comm);
}

static char *col_args(const struct row_facts *f)
{
	char *text;

	if (!f->cmdline.len)
		return xasprintf("[%s]", f->comm);
	text = xmemdup(f->cmdline.data, f->cmdline.len + 1);
	for (size_t i = 0; i + 1 < f->cmdline.len; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	return text;
}

static char *col_nice(const struct row_facts *f)
{
	return xstrdup(stat_field(f, 19));
}

static char *col_state(const struct row_facts *f)
{
	return xstrdup(stat_field(f, 3));
}

static char *col_vsz(const struct row_facts *f)
{
	return xasprintf("%llu", strtoull(stat_field(f, 23), NULL, 10) / 1024);
}

static char *col_rss(const struct row_facts *f)
{
	return or_dash(status_word(f, "VmRSS", 0));
}

static char *col_seccomp(const struct row_facts *f)
{
	static const char *const names[] = { "disabled", "strict", "filter" };
	scoped_free char *mode = status_word(f, "Seccomp", 0);
	uint32_t n;

	return xstrdup(mode && num_u32(mode, &n) == 0 && n < ARRAY_SIZE(names) ? names[n] : "?");
}

static const struct column {
	const char *name, *code, *title;
	char *(*value)(const struct row_facts *f);
} columns[] = {
	{ "user", "%U", "USER", col_user },	  { "pid", "%p", "PID", col_pid },
	{ "ppid", "%P", "PPID", col_ppid },	  { "pcpu", "%C", "%CPU", col_pcpu },
	{ "etime", "%t", "ELAPSED", col_etime },  { "tty", "%y", "TTY", col_tty },
	{ "time", "%x", "TIME", col_time },	  { "args", "%a", "COMMAND", col_args },
	{ "command", NULL, "COMMAND", col_args }, { "comm", "%c", "COMMAND", col_comm },
	{ "ruser", "%u", "RUSER", col_ruser },	  { "group", "%G", "GROUP", col_group },
	{ "rgroup", "%g", "RGROUP", col_rgroup }, { "groups", NULL, "GROUPS", col_groups },
	{ "huser", NULL, "HUSER", col_huser },	  { "hgroup", NULL, "HGROUP", col_hgroup },
	{ "hpid", NULL, "HPID", col_hpid },	  { "pgid", "%r", "PGID", col_pgid },
	{ "nice", "%n", "NI", col_nice },	  { "state", NULL, "STATE", col_state },
	{ "vsz", "%z", "VSZ", col_vsz },	  { "rss", NULL, "RSS", col_rss },
	{ "stime", NULL, "STIME", col_stime },	  { "seccomp", NULL, "SECCOMP", col_seccomp },
};
static const char *const default_columns[] = { "user", "pid",  "ppid",	  "pcpu", "etime",
					       "tty",  "time", "command", NULL };

static const struct column *find_column(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (streq(columns[i].name, word) ||
		    (columns[i].code && streq(columns[i].code, word)))
			return &columns[i];
	return NULL;
}

static void split_stat(struct row_facts *f)
{
	char *open = f->stat.data ? strchr(f->stat.data, '(') : NULL;
	char *close = f->stat.data ? strrchr(f->stat.data, ')') : NULL, *save = NULL, *word;
	size_t n = 0;

	if (!open || !close || close < open)
		return;
	*close = '\0';
	snprintf(f->comm, sizeof(f->comm), "%s", open + 1);
	for (word = strtok_r(close + 1, " \n", &save); word && n < ARRAY_SIZE(f->fields);
	     word = strtok_r(NULL, " \n", &save))
		f->fields[n++] = word;
}

static void row_facts_done(struct row_facts *f)
{
	buf_done(&f->stat);
	buf_done(&f->status);
	buf_done(&f->cmdline);
}

static void read_proc(pid_t pid, const char *name, struct buf *out)
{
	scoped_free char *path = xasprintf("/proc/%d/%s", pid, name);

	fd_read_file(AT_FDCWD, path, PROC_MAX_BYTES, out); /* gone meanwhile: empty */
}

/* Id in the innermost namespace. */
static int32_t inner_pid(pid_t pid)
{
	int32_t ids[32];
	int n = proc_nspids(pid, ids, ARRAY_SIZE(ids));

	return n > 0 ? ids[n - 1] : 0;
}

static char **make_row(pid_t pid, struct accounts *inside, const struct column *const *cols,
		       size_t n)
{
	struct row_facts f = { .pid = pid,
			       .inside = inside,
			       .boot_nsec = proc_boot_time_nsec(),
			       .now_nsec = time_now_nsec() };
	char **row = NULL;
	pid_t parent;

	read_proc(pid, "stat", &f.stat);
	read_proc(pid, "status", &f.status);
	read_proc(pid, "cmdline", &f.cmdline);
	split_stat(&f);
	f.ns_pid = inner_pid(pid);
	parent = (pid_t)strtol(stat_field(&f, 4), NULL, 10);
	f.ns_ppid = f.ns_pid == 1 ? 0 : inner_pid(parent);
	for (size_t i = 0; i < n && f.stat.len; i++)
		strv_add_take(&row, cols[i]->value(&f));
	row_facts_done(&f);
	return row;
}

static void read_accounts(pid_t init, struct accounts *a)
{
	scoped_free char *root = xasprintf("/proc/%d/root", init);
	scoped_fd int fd = fd_open(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return;
	root_read_file(fd, "/etc/passwd", ACCOUNTS_MAX_BYTES, &a->passwd);
	root_read_file(fd, "/etc/group", ACCOUNTS_MAX_BYTES, &a->group);
}

void container_top_free(char ***rows)
{
	for (char ***r = rows; r && *r; r++)
		strv_free(*r);
	free(rows);
}

static int choose_columns(char *const *words, const struct column **cols, size_t *ret_n,
			  struct error *err)
{
	char *const *list = words && *words ? words : (char *const *)default_columns;
	size_t n = 0;

	STRV_FOREACH (w, list) {
		scoped_strv char **parts = strv_split(*w, ",", false);

		STRV_FOREACH (p, parts) {
			const struct column *c = find_column(*p);

			if (!c)
				return error_set(err, ERROR_INVALID, "unknown descriptor \"%s\"",
						 *p);
			if (n == ARRAY_SIZE(columns))
				return error_set(err, ERROR_LIMIT, "too many descriptors");
			cols[n++] = c;
		}
	}
	*ret_n = n;
	return 0;
}

int container_top(struct engine *e, const char *word, char *const *descriptors, char ****ret_rows,
		  struct error *err)
{
	scoped(container_record_done) struct container_record rec = { 0 };
	const struct column *cols[ARRAY_SIZE(columns)];
	struct accounts inside = { BUF_INIT, BUF_INIT };
	scoped_free char *path = NULL;
	scoped_free pid_t *pids = NULL;
	struct cgroup_record cg = { .driver = CGROUP_DRIVER_CGROUPFS };
	char ***rows = NULL, **title = NULL;
	size_t n_cols = 0, n_pids = 0, n = 0;
	int r = choose_columns(descriptors, cols, &n_cols, err);

	if (r >= 0)
		r = container_snapshot(e, word, &rec, err);
	if (r >= 0)
		r = container_allowed(CONTAINER_OP_TOP, &rec, false, err);
	if (r < 0)
		return r;
	path = container_cgroup_path(&rec);
	cg.path = path;
	r = cgroup_pids(&cg, &pids, &n_pids, err);
	if (r < 0)
		return r;
	read_accounts(rec.state.pid, &inside);
	for (size_t i = 0; i < n_cols; i++)
		strv_add(&title, cols[i]->title);
	rows = xnew_n(char **, n_pids + 2);
	rows[n++] = title;
	for (size_t i = 0; i < n_pids; i++) {
		char **row = make_row(pids[i], &inside, cols, n_cols);

		if (row)
			rows[n++] = row;
	}
	buf_done(&inside.passwd);
	buf_done(&inside.group);
	*ret_rows = rows;
	return 0;
}
