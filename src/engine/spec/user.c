/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users and groups of the container, looked up in the container's own files.  The files are
 * hostile: rows are split by hand, fields checked, numbers strict.  A word that is all digits is an
 * id, whatever a row of that name says (CVE-2016-3697).
 */
#include "engine/spec/spec.h"

#include <errno.h>

#include "base/str.h"

/* Kernel ids are 32 bits; signed readers take the upper half for negative (CVE-2024-40635). */
#define ID_LIMIT 2147483647u
/* NGROUPS_MAX of the kernel. */
#define GROUPS_MAX 65536

struct row {
	char **fields;
	size_t n;
};

void spec_user_done(struct spec_user *u)
{
	if (!u)
		return;
	free(u->home);
	free(u->groups);
	*u = (struct spec_user){ 0 };
}

static int parse_id(const char *s, uint32_t *ret)
{
	uint32_t id;

	if (num_id(s, &id) < 0 || id > ID_LIMIT)
		return -EINVAL;
	*ret = id;
	return 0;
}

static bool all_digits(const char *s)
{
	return *s && str_only(s, "0123456789");
}

/* Next line of text as colon-separated fields; false at the end. Broken lines come as they are. */
static bool next_row(const char **text, struct row *row)
{
	size_t len;
	scoped_free char *line = NULL;

	if (!*text || !**text)
		return false;
	len = strcspn(*text, "\n");
	line = xstrndup(*text, len);
	*text += len + ((*text)[len] == '\n');
	row->fields = strv_split(line, ":", true);
	row->n = strv_len(row->fields);
	return true;
}

/* passwd: name:x:uid:gid:gecos:home:shell.  By name, or by id when name is NULL.  0 or -ENOENT. */
static int find_passwd(const char *text, const char *name, uint32_t id, struct spec_user *u,
		       char **ret_name)
{
	struct row row;

	while (next_row(&text, &row)) {
		uint32_t uid, gid;
		bool ok = row.n >= 6 && parse_id(row.fields[2], &uid) == 0 &&
			  parse_id(row.fields[3], &gid) == 0;
		bool hit = ok && (name ? streq(row.fields[0], name) : uid == id);
		if (hit) {
			u->uid = uid;
			u->gid = gid;
			u->in_passwd = true;
			free(u->home);
			u->home = xstrdup(row.fields[5]);
			*ret_name = xstrdup(row.fields[0]);
		}
		strv_free(row.fields);
		if (hit)
			return 0;
	}
	return -ENOENT;
}

static int find_group(const char *text, const char *name, uint32_t *ret)
{
	struct row row;

	while (next_row(&text, &row)) {
		uint32_t gid;
		bool hit = row.n >= 3 && streq(row.fields[0], name) &&
			   parse_id(row.fields[2], &gid) == 0;
		strv_free(row.fields);
		if (hit) {
			*ret = gid;
			return 0;
		}
	}
	return -ENOENT;
}

static void add_group(struct spec_user *u, uint32_t gid)
{
	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i] == gid)
			return;
	if (u->n_groups < GROUPS_MAX)
		*ARRAY_ADD(u->groups, u->n_groups) = gid;
}

/* group: name:x:gid:member,member */
static void add_member_groups(const char *text, const char *user, struct spec_user *u)
{
	struct row row;

	while (next_row(&text, &row)) {
		uint32_t gid;
		if (row.n >= 4 && parse_id(row.fields[2], &gid) == 0) {
			scoped_strv char **members = strv_split(row.fields[3], ",", false);
			if (strv_has(members, user))
				add_group(u, gid);
		}
		strv_free(row.fields);
	}
}

static int resolve_group(const char *group, const char *word, uint32_t *ret, struct error *err)
{
	if (all_digits(word)) {
		if (parse_id(word, ret) < 0)
			return error_set(err, ERROR_INVALID, "group id '%s' is out of range", word);
		return 0;
	}
	if (find_group(group, word, ret) < 0)
		return error_set(err, ERROR_INVALID,
				 "unable to find group %s: no matching entries in group file",
				 word);
	return 0;
}

static int resolve_user(const char *passwd, const char *word, struct spec_user *u, char **name,
			struct error *err)
{
	if (all_digits(word)) {
		uint32_t id;
		if (parse_id(word, &id) < 0)
			return error_set(err, ERROR_INVALID, "user id '%s' is out of range", word);
		/* an entry of that id gives group and home; none is needed */
		find_passwd(passwd, NULL, id, u, name);
		u->uid = id;
		return 0;
	}
	if (find_passwd(passwd, word, 0, u, name) < 0)
		return error_set(err, ERROR_INVALID,
				 "unable to find user %s: no matching entries in passwd file",
				 word);
	return 0;
}

int spec_user_lookup(const char *passwd, const char *group, const char *user,
		     char *const *group_add, struct spec_user *ret, struct error *err)
{
	const char *word = str_empty(user) ? "0" : user, *colon = strchr(word, ':');
	scoped_free char *user_word = colon ? xstrndup(word, (size_t)(colon - word))
					    : xstrdup(word),
			 *name = NULL;
	struct spec_user u = { 0 };
	int r;

	if (!str_printable(word) || (colon && strchr(colon + 1, ':')) ||
	    (colon && colon[1] == '\0'))
		return error_set(err, ERROR_INVALID, "invalid user '%s': must be USER[:GROUP]",
				 word);
	r = resolve_user(passwd, *user_word ? user_word : "0", &u, &name, err);
	if (r >= 0 && colon)
		r = resolve_group(group, colon + 1, &u.gid, err);
	else if (r >= 0 && name)
		add_member_groups(group, name, &u);
	for (char *const *g = group_add; r >= 0 && g && *g; g++) {
		uint32_t gid = 0;
		r = resolve_group(group, *g, &gid, err);
		if (r >= 0)
			add_group(&u, gid);
	}
	if (r < 0) {
		spec_user_done(&u);
		return r;
	}
	/* The primary group is a supplementary one too: files that deny it stay denied
	 * (CVE-2022-2989). */
	add_group(&u, u.gid);
	/* Control characters of a home would end up in files and variables (CVE-2022-4318). */
	if (u.home && (!str_printable(u.home) || u.home[0] != '/')) {
		free(u.home);
		u.home = NULL;
	}
	*ret = u;
	return 0;
}
