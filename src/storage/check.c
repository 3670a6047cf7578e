/* SPDX-License-Identifier: Apache-2.0 */
/* check: does everything that an image needs exist, and are its documents what their digests say?
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "storage/images_priv.h"
#include "sys/fd.h"

static int check_document(struct store *s, const struct store_image *i, const char *what,
			  const char *digest, char ***out)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	struct error why = ERROR_INIT;
	struct digest d;
	int n = store_image_read(s, i->id, what, &b, &why);

	if (n == 0)
		n = digest_of(b.data, b.len, &d, &why);
	if (n < 0)
		strv_addf(out, "image %.12s: %s", i->id, why.msg);
	else if (str_has_prefix(digest, "sha256:") && !streq(d.str, digest))
		strv_addf(out, "image %.12s: the stored %s has digest %s", i->id, what, d.str);
	return 0;
}

static int check_layers(struct store *s, const struct store_image *i, char ***out)
{
	scoped_strv char **dirs = NULL;
	struct error why = ERROR_INIT;
	int n = layer_chain_dirs(s, i->top_layer, &dirs, &why);

	if (n < 0)
		strv_addf(out, "image %.12s: %s", i->id, why.msg);
	STRV_FOREACH (dir, dirs) {
		scoped_free char *diff = xasprintf("%s/diff", *dir);
		struct stat st;

		if (fd_stat(AT_FDCWD, diff, AT_SYMLINK_NOFOLLOW, &st) < 0)
			strv_addf(out, "image %.12s: the content '%s' of a layer is missing", i->id,
				  diff);
	}
	return 0;
}

static void check_image(struct store *s, const struct store_image *i, char ***out)
{
	scoped_free char *config = xasprintf("sha256:%s", i->id);

	check_document(s, i, "config", config, out);
	check_document(s, i, "manifest", i->digest, out);
	check_layers(s, i, out);
}

/* A damaged image can only be fetched again; one that containers use stays for them. */
static int mend(struct store *s, const struct store_image *i, struct store_report *r)
{
	struct error why = ERROR_INIT;
	int n = store_image_remove(s, i->id, NULL, &why);

	if (n < 0)
		strv_addf(&r->findings, "image %.12s stays damaged: %s", i->id, why.msg);
	else
		strv_addf(&r->repaired, "the damaged image %.12s is removed: pull it again", i->id);
	return 0;
}

static int check_images(struct store *s, bool repair, struct store_report *r, struct error *err)
{
	struct store_image *list = NULL;
	size_t count = 0;
	int n = store_image_list(s, &list, &count, err);

	for (size_t i = 0; n == 0 && i < count; i++) {
		scoped_strv char **found = NULL;

		check_image(s, &list[i], &found);
		strv_add_all(&r->findings, found);
		if (found != NULL && repair && !list[i].readonly)
			n = mend(s, &list[i], r);
	}
	store_image_list_free(list, count);
	return n;
}

static int check_containers(struct store *s, struct store_report *r, struct error *err)
{
	scoped_strv char **ids = NULL;
	int n = store_container_list(s, &ids, err);

	STRV_FOREACH (id, ids) {
		struct store_mount m = { 0 };
		struct error why = ERROR_INIT;

		if (n < 0)
			return n;
		if (store_container_mount(s, *id, &m, &why) < 0)
			strv_addf(&r->findings, "container %.12s: %s", *id, why.msg);
		store_mount_done(&m);
	}
	return n;
}

static int note_left(struct store *s, struct store_report *r, struct error *err)
{
	scoped_strv char **dead = NULL;
	int n = lease_list_dead(s, &dead, err);

	STRV_FOREACH (name, dead)
		strv_addf(&r->findings, "a killed command left something in staging/%s", *name);
	return n;
}

int store_check(struct store *s, bool repair, struct store_report *ret, struct error *err)
{
	STORE_LOCKED(s);
	struct store_report r = { 0 };
	int n = sqldb_check(store_db(s), err);

	if (n == 0)
		n = repair ? store_repair(s, &r, err) : note_left(s, &r, err);
	if (n == 0)
		n = check_images(s, repair, &r, err);
	if (n == 0)
		n = check_containers(s, &r, err);
	if (n < 0) {
		store_report_done(&r);
		return n;
	}
	*ret = r;
	return 0;
}
