/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/targets.h"

#include <errno.h>
#include <stdio.h>

#include "base/ident.h"
#include "base/str.h"
#include "base/strv.h"
#include "cli/filter.h"
#include "cli/text_file.h"

void targets_done(struct targets *t)
{
	strv_free(t->cidfiles);
	strv_free(t->filters);
}

static int check_exclusive(const struct targets *t, char *const *words, struct error *err)
{
	bool named = strv_len(words) > 0 || t->cidfiles;

	if (t->all && t->latest)
		return error_set(err, ERROR_INVALID, "--all and --latest cannot be used together");
	if (named && (t->all || t->latest))
		return error_set(err, ERROR_INVALID,
				 "no arguments are needed with --all or --latest");
	if (!named && !t->all && !t->latest && !t->filters)
		return error_set(err, ERROR_INVALID, "you must provide at least one name or id");
	return 0;
}

static int add_cidfiles(const struct targets *t, char ***list, struct error *err)
{
	STRV_FOREACH (f, t->cidfiles) {
		char id[ID_BUF + 1];
		int r = text_file_first_line(*f, id, sizeof(id));
		if (r == -ENOENT && t->ignore)
			continue;
		if (r < 0)
			return error_os(err, -r, "reading CIDFile '%s'", *f);
		strv_add(list, id);
	}
	return 0;
}

static int add_listed(struct cli *cli, const struct targets *t, unsigned states, char ***list,
		      struct error *err)
{
	scoped(filter_list_free) struct filter_list *filters = NULL;
	struct container_summary *all = NULL;
	size_t n = 0;
	int r = container_list(cli->engine, &all, &n, err);

	if (r >= 0)
		r = filter_list_parse(t->filters, all, n, &filters, err);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (states && !(states & (1u << all[i].status)))
			continue;
		if (!filter_list_match(filters, &all[i]))
			continue;
		strv_add(list, all[i].id);
		if (t->latest)
			break;
	}
	container_list_free(all, n);
	return r < 0 ? r : 0;
}

int targets_resolve(struct cli *cli, const struct targets *t, char *const *words,
		    unsigned all_states, char ***ret, struct error *err)
{
	scoped_strv char **list = NULL;
	int r = check_exclusive(t, words, err);

	if (r < 0)
		return r;
	strv_add_all(&list, words);
	r = add_cidfiles(t, &list, err);
	if (r < 0)
		return r;
	if (t->latest || t->all || t->filters) {
		r = add_listed(cli, t, t->latest ? 0 : all_states, &list, err);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(list);
	return 0;
}

int targets_each(struct cli *cli, const struct targets *t, char *const *words, target_fn fn,
		 void *arg, bool print)
{
	int status = 0;

	STRV_FOREACH (w, words) {
		struct error err = ERROR_INIT;
		int r = fn(cli, *w, arg, &err);
		if (r >= 0) {
			if (print)
				puts(*w);
			continue;
		}
		if (err.kind == ERROR_NOT_FOUND && t->ignore)
			continue;
		fflush(stdout);
		fprintf(stderr, "Error: %s\n", err.msg);
		status = CLI_FAILED;
	}
	return status;
}
