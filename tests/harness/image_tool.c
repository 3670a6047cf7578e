/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_tool: src/image from a shell test, with the knobs that the CLI does not show.
 *
 *	image_tool [OPTION...] --root DIR COMMAND ARG...
 *	pull NAME		prints "ID NAME"
 *	load PATH		prints one name a line
 *	import PATH [REFERENCE]	prints ID
 *	list			"ID NAME,NAME DIGEST,DIGEST" a line
 *	find WORD		"ID NAME"
 *	config ID, manifest ID	the stored bytes
 *	lower ID		lower directories, topmost first
 *	remove ID
 *	staging			prints what lies in the staging directory
 *	manifest-of NAME	the manifest that the registry gives; needs no store
 *	blob-of NAME DIGEST SIZE	sha256 and length of a blob as it comes, no store
 *
 *	--insecure --secure --creds U:P --authfile F --cert-dir D --policy F --retry N --delay MSEC
 *	--stall MSEC --parallel N --os S --arch S --driver S --change C --progress
 *
 * An error is one line on stderr, "KIND: MESSAGE", exit status 1.
 */
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "image/transport.h"

struct tool {
	struct image_copy_options copy;
	struct image_import_options import;
	char **changes;
	const char *root, *driver;
	struct store *store;
};

static int fail(const struct error *err)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", error_kind_name(err->kind), err->msg);
	return 1;
}

static void on_progress(void *arg, const struct image_progress *p)
{
	static const char *const names[] = { "bytes", "done", "skipped", "message" };

	printf("progress %s %s %llu/%llu\n", names[p->kind],
	       p->message != NULL  ? p->message
	       : p->digest != NULL ? p->digest
				   : "-",
	       (unsigned long long)p->done, (unsigned long long)p->total);
}

static int open_store(struct tool *t, struct error *err)
{
	scoped_free char *graph = NULL, *run = NULL;
	struct store_options o = { .driver = t->driver };

	if (t->root == NULL)
		return error_set(err, ERROR_INVALID, "--root is missing");
	graph = xasprintf("%s/storage", t->root);
	run = xasprintf("%s/run", t->root);
	o.graphroot = graph;
	o.runroot = run;
	return store_open(&o, &t->store, err);
}

static int do_pull(struct tool *t, char **args, struct error *err)
{
	scoped_free char *name = NULL;
	char id[65];
	int r = image_pull(t->store, args[0], &t->copy, id, &name, err);

	if (r == 0)
		printf("%s %s\n", id, name != NULL ? name : "-");
	return r;
}

static int do_load(struct tool *t, char **args, struct error *err)
{
	scoped_strv char **names = NULL;
	int r = image_load(t->store, args[0], &t->copy, &names, err);

	STRV_FOREACH (n, names)
		puts(*n);
	return r;
}

static int do_import(struct tool *t, char **args, struct error *err)
{
	char id[65];
	int r;

	t->import.changes = t->changes;
	t->import.reference = args[1];
	r = image_import(t->store, args[0], &t->import, id, err);
	if (r == 0)
		puts(id);
	return r;
}

static int do_list(struct tool *t, char **args, struct error *err)
{
	struct store_image *list = NULL;
	size_t n = 0;
	int r = store_image_list(t->store, &list, &n, err);

	for (size_t i = 0; i < n; i++) {
		scoped_free char *names = strv_join(list[i].names, ",");
		scoped_free char *digests = strv_join(list[i].repo_digests, ",");

		printf("%s %s %s\n", list[i].id, names[0] ? names : "-",
		       digests[0] ? digests : "-");
	}
	store_image_list_free(list, n);
	return r;
}

static int do_find(struct tool *t, char **args, struct error *err)
{
	scoped_free char *name = NULL;
	char id[65];
	int r = image_lookup(t->store, args[0], id, &name, err);

	if (r == 0)
		printf("%s %s\n", id, name != NULL ? name : "-");
	return r;
}

static int print_document(struct tool *t, const char *id, const char *what, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	int r = store_image_read(t->store, id, what, &b, err);

	if (r >= 0)
		fwrite(buf_str(&b), 1, b.len, stdout);
	return r;
}

static int do_config(struct tool *t, char **args, struct error *err)
{
	return print_document(t, args[0], "config", err);
}

static int do_manifest(struct tool *t, char **args, struct error *err)
{
	return print_document(t, args[0], "manifest", err);
}

static int do_lower(struct tool *t, char **args, struct error *err)
{
	struct store_mount m = { 0 };
	int r = store_image_mount(t->store, args[0], &m, err);

	STRV_FOREACH (l, m.lower)
		puts(*l);
	if (r >= 0 && m.lower == NULL && m.source != NULL)
		puts(m.source);
	store_mount_done(&m);
	return r;
}

static int do_remove(struct tool *t, char **args, struct error *err)
{
	return store_image_remove(t->store, args[0], NULL, err);
}

static int do_staging(struct tool *t, char **args, struct error *err)
{
	scoped_free char *path = xasprintf("%s/storage/staging", t->root);
	DIR *d = opendir(path);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			puts(e->d_name);
	if (d != NULL)
		closedir(d);
	return 0;
}

static int open_source(struct tool *t, const char *name, struct image_source **ret,
		       struct error *err)
{
	scoped(image_ref_done) struct image_ref ref = { 0 };
	int r = image_ref_parse(name, &ref, err);

	return r < 0 ? r : image_source_registry(&ref, &t->copy, ret, err);
}

static int do_manifest_of(struct tool *t, char **args, struct error *err)
{
	scoped(buf_done) struct buf b = BUF_INIT;
	scoped_free char *type = NULL;
	struct image_source *src = NULL;
	int r = open_source(t, args[0], &src, err);

	if (r < 0)
		return r;
	r = src->ops->manifest(src, NULL, &b, &type, err);
	if (r >= 0)
		fwrite(buf_str(&b), 1, b.len, stdout);
	image_source_close(src);
	return r;
}

static int read_blob(struct image_source *src, void *stream, struct error *err)
{
	scoped_digest struct digest_ctx *c = NULL;
	unsigned long long total = 0;
	struct digest d;
	char chunk[65536];
	int r = digest_begin("sha256", &c, err);

	while (r >= 0) {
		ssize_t n = src->ops->blob_read(stream, chunk, sizeof(chunk), err);

		if (n <= 0) {
			r = (int)n;
			break;
		}
		digest_update(c, chunk, (size_t)n);
		total += (unsigned long long)n;
	}
	if (r < 0)
		return r;
	digest_final(c, &d);
	printf("%s %llu\n", d.str, total);
	return 0;
}

static int do_blob_of(struct tool *t, char **args, struct error *err)
{
	struct image_descriptor d = { .digest = args[1] };
	struct image_source *src = NULL;
	void *stream = NULL;
	int r;

	if (args[2] == NULL || num_i64(args[2], &d.size) < 0)
		return error_set(err, ERROR_INVALID, "blob-of NAME DIGEST SIZE");
	r = open_source(t, args[0], &src, err);
	if (r < 0)
		return r;
	r = src->ops->blob_open(src, &d, &stream, err);
	if (r >= 0) {
		r = read_blob(src, stream, err);
		src->ops->blob_close(stream);
	}
	image_source_close(src);
	return r;
}

static const struct {
	const char *name;
	int min_args;
	bool store;
	int (*run)(struct tool *t, char **args, struct error *err);
} commands[] = {
	{ "pull", 1, true, do_pull },
	{ "load", 1, true, do_load },
	{ "import", 1, true, do_import },
	{ "list", 0, true, do_list },
	{ "find", 1, true, do_find },
	{ "config", 1, true, do_config },
	{ "manifest", 1, true, do_manifest },
	{ "lower", 1, true, do_lower },
	{ "remove", 1, true, do_remove },
	{ "staging", 0, true, do_staging },
	{ "manifest-of", 1, false, do_manifest_of },
	{ "blob-of", 3, false, do_blob_of },
};

enum {
	OPT_INSECURE = 1,
	OPT_SECURE,
	OPT_CREDS,
	OPT_AUTHFILE,
	OPT_CERT_DIR,
	OPT_POLICY,
	OPT_RETRY,
	OPT_DELAY,
	OPT_STALL,
	OPT_PARALLEL,
	OPT_OS,
	OPT_ARCH,
	OPT_DRIVER,
	OPT_CHANGE,
	OPT_ROOT,
	OPT_PROGRESS
};

static const struct option options[] = {
	{ "insecure", 0, NULL, OPT_INSECURE },
	{ "secure", 0, NULL, OPT_SECURE },
	{ "creds", 1, NULL, OPT_CREDS },
	{ "authfile", 1, NULL, OPT_AUTHFILE },
	{ "cert-dir", 1, NULL, OPT_CERT_DIR },
	{ "policy", 1, NULL, OPT_POLICY },
	{ "retry", 1, NULL, OPT_RETRY },
	{ "delay", 1, NULL, OPT_DELAY },
	{ "stall", 1, NULL, OPT_STALL },
	{ "parallel", 1, NULL, OPT_PARALLEL },
	{ "os", 1, NULL, OPT_OS },
	{ "arch", 1, NULL, OPT_ARCH },
	{ "driver", 1, NULL, OPT_DRIVER },
	{ "change", 1, NULL, OPT_CHANGE },
	{ "root", 1, NULL, OPT_ROOT },
	{ "progress", 0, NULL, OPT_PROGRESS },
	{ NULL, 0, NULL, 0 },
};

static bool milliseconds(int64_t *ret_nsec)
{
	if (num_i64(optarg, ret_nsec) < 0)
		return false;
	*ret_nsec *= NSEC_PER_MSEC;
	return true;
}

static bool set_option(struct tool *t, int o)
{
	switch (o) {
	case OPT_INSECURE:
	case OPT_SECURE:
		t->copy.tls_verify = (struct opt_bool)OPT_SET(o == OPT_SECURE);
		return true;
	case OPT_CREDS:
		t->copy.creds = optarg;
		return true;
	case OPT_AUTHFILE:
		t->copy.authfile = optarg;
		return true;
	case OPT_CERT_DIR:
		t->copy.cert_dir = optarg;
		return true;
	case OPT_POLICY:
		t->copy.policy_file = optarg;
		return true;
	case OPT_RETRY:
		return num_u32(optarg, &t->copy.retry) == 0;
	case OPT_DELAY:
		return milliseconds(&t->copy.retry_delay_nsec);
	case OPT_STALL:
		return milliseconds(&t->copy.stall_nsec);
	case OPT_PARALLEL:
		return num_u32(optarg, &t->copy.parallel) == 0;
	case OPT_OS:
		t->copy.os = optarg;
		return true;
	case OPT_ARCH:
		t->copy.arch = optarg;
		return true;
	case OPT_DRIVER:
		t->driver = optarg;
		return true;
	case OPT_CHANGE:
		strv_add(&t->changes, optarg);
		return true;
	case OPT_ROOT:
		t->root = optarg;
		return true;
	case OPT_PROGRESS:
		t->copy.progress = on_progress;
		return true;
	default:
		return false;
	}
}

static int run(struct tool *t, char **args, struct error *err)
{
	for (size_t i = 0; args[0] != NULL && i < ARRAY_SIZE(commands); i++) {
		int r = 0;

		if (!streq(commands[i].name, args[0]))
			continue;
		if ((int)strv_len(args + 1) < commands[i].min_args)
			break;
		if (commands[i].store)
			r = open_store(t, err);
		if (r >= 0)
			r = commands[i].run(t, args + 1, err);
		store_close(t->store);
		return r;
	}
	return error_set(err, ERROR_INVALID, "usage: see the head of tests/harness/image_tool.c");
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct tool t = { 0 };
	int o, r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((o = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (!set_option(&t, o))
			return 2;
	r = run(&t, argv + optind, &err);
	strv_free(t.changes);
	return r < 0 ? fail(&err) : 0;
}
