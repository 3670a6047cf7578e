/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_transport: what every local transport must do.  TRANSPORT names the one to run over:
 * docker-archive, oci-archive, oci or dir.  The image is written here byte by byte as a
 * docker-archive; Debian's skopeo makes the other forms of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tarmake.h"
#include "base/path.h"
#include "base/str.h"
#include "harness/test.h"
#include "image/transport.h"
#include "storage/store.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#define NAME "localhost/suite:v1"

struct image {
	struct buf layers[2];
	struct digest diff_ids[2];
	struct buf config;
	struct digest config_digest;
};

static void image_done(struct image *i)
{
	buf_done(&i->layers[0]);
	buf_done(&i->layers[1]);
	buf_done(&i->config);
}
DEFINE_SCOPED_STRUCT(struct image, image_done)

static const char *transport(void)
{
	const char *t = getenv("TRANSPORT");

	return t != NULL ? t : "docker-archive";
}

static bool is(const char *name)
{
	return streq(transport(), name);
}

static void make_image(struct image *i)
{
	struct error err = ERROR_INIT;

	*i = (struct image){ 0 };
	TAR_ADD(&i->layers[0], .name = "a", .data = "first");
	TAR_ADD(&i->layers[0], .name = "gone", .data = "first");
	tarmake_end(&i->layers[0]);
	TAR_ADD(&i->layers[1], .name = "b", .data = "second");
	TAR_ADD(&i->layers[1], .name = ".wh.gone");
	tarmake_end(&i->layers[1]);
	for (size_t n = 0; n < 2; n++)
		CHECK_OK(digest_of(i->layers[n].data, i->layers[n].len, &i->diff_ids[n], &err),
			 err);
	buf_addf(&i->config,
		 "{\"architecture\":\"%s\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"/"
		 "a\"]},\"rootfs\":"
		 "{\"type\":\"layers\",\"diff_ids\":[\"%s\",\"%s\"]},\"history\":[{},{}]}",
		 image_host_arch(), i->diff_ids[0].str, i->diff_ids[1].str);
	CHECK_OK(digest_of(i->config.data, i->config.len, &i->config_digest, &err), err);
}

static int write_buf(const char *path, const struct buf *b)
{
	scoped_fd int fd = fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	return fd < 0 ? fd : fd_write_all(fd, b->data, b->len);
}

/* As docker save writes it: the second layer under a link (skopeo takes such a one for empty). */
static void write_docker_archive(const struct image *i, const char *path, const char *manifest)
{
	scoped(buf_done) struct buf tar = BUF_INIT;

	TAR_ADD(&tar, .name = "config.json", .data = i->config.data, .len = i->config.len);
	TAR_ADD(&tar, .name = "one/layer.tar", .data = i->layers[0].data, .len = i->layers[0].len);
	TAR_ADD(&tar, .name = "real/layer.tar", .data = i->layers[1].data, .len = i->layers[1].len);
	if (is("docker-archive"))
		TAR_ADD(&tar, .name = "two/layer.tar", .type = TAR_SYMLINK,
			.link = "../real/layer.tar");
	else
		TAR_ADD(&tar, .name = "two/layer.tar", .data = i->layers[1].data,
			.len = i->layers[1].len);
	if (manifest != NULL)
		TAR_ADD(&tar, .name = "manifest.json", .data = manifest);
	tarmake_end(&tar);
	CHECK_INT(write_buf(path, &tar), 0);
}

#define GOOD_MANIFEST                                                          \
	"[{\"Config\":\"config.json\",\"RepoTags\":[\"" NAME "\"],\"Layers\":" \
	"[\"one/layer.tar\",\"two/layer.tar\"]}]"

static bool skopeo(const char *from, const char *to)
{
	const char *args[] = { "skopeo", "copy", "-q", "--insecure-policy", from, to, NULL };
	struct spawn s = SPAWN_INIT;
	struct error err = ERROR_INIT;
	int status = -1;

	s.args = (char *const *)args;
	s.flags = SPAWN_SEARCH_PATH | SPAWN_NULL_STDERR;
	return spawn_run(&s, NULL, 0, 1 << 16, NULL, NULL, 60000, &status, &err) == 0 &&
	       status == 0;
}

/* The image in the form of the transport, at PATH/image; false: skopeo is missing. */
static bool write_image(const struct image *i)
{
	scoped_free char *from = xasprintf("docker-archive:%s", test_path("docker.tar"));
	scoped_free char *to = NULL;

	if (is("docker-archive")) {
		write_docker_archive(i, test_path("image"), GOOD_MANIFEST);
		return true;
	}
	write_docker_archive(i, test_path("docker.tar"), GOOD_MANIFEST);
	to = xasprintf("%s:%s%s", transport(), test_path("image"), is("dir") ? "" : ":v1");
	return skopeo(from, to);
}

static int open_source(struct image_source **ret, struct error *err)
{
	const char *path = test_path("image");

	if (is("docker-archive"))
		return image_source_docker_archive(path, 0, ret, err);
	if (is("oci-archive"))
		return image_source_oci_archive(path, NULL, ret, err);
	if (is("oci"))
		return image_source_oci_layout(path, NULL, ret, err);
	return image_source_dir(path, ret, err);
}

/* Image made, written and opened. */
#define OPENED(i, s, err)                          \
	scoped(image_done) struct image i = { 0 }; \
	struct image_source *s = NULL;             \
	struct error err = ERROR_INIT;             \
                                                   \
	make_image(&i);                            \
	if (!write_image(&i))                      \
		TEST_SKIP("skopeo");               \
	CHECK_OK(open_source(&s, &err), err)

static int read_manifest(struct image_source *s, struct image_manifest *ret, struct error *err)
{
	scoped(buf_done) struct buf text = BUF_INIT;
	scoped_free char *type = NULL;
	int n = s->ops->manifest(s, NULL, &text, &type, err);

	return n < 0 ? n : image_manifest_parse(buf_str(&text), text.len, "manifest", ret, err);
}

static int read_blob(struct image_source *s, const struct image_descriptor *d, struct buf *out,
		     struct error *err)
{
	void *stream = NULL;
	char chunk[100];
	ssize_t n = s->ops->blob_open(s, d, &stream, err);

	while (n >= 0 && (n = s->ops->blob_read(stream, chunk, sizeof(chunk), err)) > 0)
		buf_add(out, chunk, (size_t)n);
	if (stream != NULL)
		s->ops->blob_close(stream);
	return (int)n;
}

TEST(blobs_are_what_the_manifest_says)
{
	OPENED(i, s, err);
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	scoped(buf_done) struct buf config = BUF_INIT;

	CHECK_OK(read_manifest(s, &m, &err), err);
	CHECK_STR(m.config.digest, i.config_digest.str);
	CHECK_INT(m.n_layers, 2);
	CHECK_OK(read_blob(s, &m.config, &config, &err), err);
	CHECK_STR(buf_str(&config), buf_str(&i.config));
	for (size_t n = 0; n < m.n_layers; n++) {
		scoped(buf_done) struct buf layer = BUF_INIT;
		struct digest d;

		CHECK_OK(read_blob(s, &m.layers[n], &layer, &err), err);
		CHECK_INT(layer.len, m.layers[n].size);
		CHECK_OK(digest_of(layer.data, layer.len, &d, &err), err);
		CHECK_STR(d.str, m.layers[n].digest);
		if (s->blobs_uncompressed_ids)
			CHECK_STR(d.str, i.diff_ids[n].str);
	}
	image_source_close(s);
}

TEST(two_streams_do_not_disturb_each_other)
{
	OPENED(i, s, err);
	scoped(image_manifest_done) struct image_manifest m = { 0 };
	void *a = NULL, *b = NULL;
	char from_a[200], from_b[200];

	CHECK_OK(read_manifest(s, &m, &err), err);
	CHECK_OK(s->ops->blob_open(s, &m.config, &a, &err), err);
	CHECK_OK(s->ops->blob_open(s, &m.config, &b, &err), err);
	for (size_t at = 0; at < 200; at += 50) {
		CHECK_INT(s->ops->blob_read(a, from_a + at, 50, &err), 50);
		CHECK_INT(s->ops->blob_read(b, from_b + at, 50, &err), 50);
	}
	CHECK(memcmp(from_a, from_b, sizeof(from_a)) == 0);
	CHECK(memcmp(from_a, i.config.data, sizeof(from_a)) == 0);
	s->ops->blob_close(a);
	s->ops->blob_close(b);
	image_source_close(s);
}

TEST(blobs_that_are_not_there)
{
	OPENED(i, s, err);
	struct image_descriptor d = { .size = 1 };
	void *stream = NULL;

	d.digest = xasprintf("sha256:%064d", 0);
	CHECK_FAILS(s->ops->blob_open(s, &d, &stream, &err), err, ERROR_NOT_FOUND, "");
	free(d.digest);
	d.digest = xstrdup("sha256:../../../../../../etc/passwd");
	CHECK(s->ops->blob_open(s, &d, &stream, &err) < 0);
	CHECK(err.kind == ERROR_INVALID || err.kind == ERROR_NOT_FOUND);
	free(d.digest);
	CHECK(stream == NULL);
	image_source_close(s);
}

TEST(copy_to_the_store)
{
	OPENED(i, s, err);
	const char *root = test_path("graph");
	struct store_options so = { .graphroot = root, .runroot = test_path("run") };
	struct image_copy_options o = { 0 };
	const char *const names[] = { NAME, NULL };
	struct store *store = NULL;
	scoped_strv char **layers = NULL;
	scoped(buf_done) struct buf config = BUF_INIT;
	char id[65], top[65], low[65], found[65];

	if (geteuid() != 0)
		TEST_SKIP("root");
	CHECK_OK(store_open(&so, &store, &err), err);
	CHECK_OK(image_copy_to_store(s, store, (char *const *)names, NULL, &o, id, &err), err);
	CHECK_STR(id, digest_hex(&i.config_digest));
	CHECK_OK(store_image_by_name(store, NAME, found, &err), err);
	CHECK_STR(found, id);
	CHECK_OK(store_image_layers(store, id, &layers, &err), err);
	CHECK_OK(store_chain_id(NULL, i.diff_ids[0].str, low, &err), err);
	CHECK_OK(store_chain_id(low, i.diff_ids[1].str, top, &err), err);
	CHECK_STR(layers[0], low);
	CHECK_STR(layers[1], top);
	CHECK_OK(store_image_read(store, id, "config", &config, &err), err);
	CHECK_STR(buf_str(&config), buf_str(&i.config));
	image_source_close(s);
	store_close(store);
}

/* A changed byte in a layer is found, and nothing is stored. */
TEST(changed_content_is_refused)
{
	scoped(image_done) struct image i = { 0 };
	struct store_options so = { .graphroot = test_path("graph"), .runroot = test_path("run") };
	struct image_copy_options o = { 0 };
	struct image_source *s = NULL;
	struct error err = ERROR_INIT;
	struct store *store = NULL;
	struct store_image *list = NULL;
	size_t n = 1;
	char id[65];
	char *byte;

	if (!is("docker-archive"))
		return; /* the others' layers are checked by their own digests in image/ */
	make_image(&i);
	byte = memmem(i.layers[1].data, i.layers[1].len, "second", 6);
	byte[0] = 'S';
	write_docker_archive(&i, test_path("image"), GOOD_MANIFEST);
	CHECK_OK(open_source(&s, &err), err);
	CHECK_OK(store_open(&so, &store, &err), err);
	CHECK_FAILS(image_copy_to_store(s, store, NULL, NULL, &o, id, &err), err, ERROR_CORRUPT,
		    "has digest");
	CHECK_OK(store_image_list(store, &list, &n, &err), err);
	CHECK_INT(n, 0);
	store_image_list_free(list, n);
	image_source_close(s);
	store_close(store);
}

/* ---- what is in the way ---- */

TEST(nothing_there)
{
	struct image_source *s = NULL;
	struct error err = ERROR_INIT;

	CHECK_FAILS(open_source(&s, &err), err, ERROR_OS, "image'");
	CHECK(s == NULL);
}

TEST(garbage_there)
{
	struct image_source *s = NULL;
	struct error err = ERROR_INIT;
	const char *path = test_path("image");
	int n;

	if (is("oci") || is("dir")) {
		CHECK_INT(mkdir(path, 0755), 0);
		test_write_file(test_path("image/manifest.json"), "[");
		test_write_file(test_path("image/index.json"), "[");
		test_write_file(test_path("image/oci-layout"),
				"{\"imageLayoutVersion\":\"1.0.0\"}");
	} else {
		test_write_file(path, "this is not an archive of any kind");
	}
	n = open_source(&s, &err);
	if (is("dir")) {
		scoped(image_manifest_done) struct image_manifest m = { 0 };

		CHECK_OK(n, err);
		CHECK_FAILS(read_manifest(s, &m, &err), err, ERROR_INVALID, "manifest");
		image_source_close(s);
		return;
	}
	CHECK(n < 0);
	CHECK(err.msg[0] != '\0');
}

TEST(docker_archives_that_contradict_themselves)
{
	static const struct {
		const char *manifest;
		enum error_kind kind;
		const char *message;
	} cases[] = {
		{ NULL, ERROR_NOT_FOUND, "no file 'manifest.json'" },
		{ "[]", ERROR_NOT_FOUND, "no image number 0" },
		{ "{}", ERROR_NOT_FOUND, "no image number 0" },
		{ "[{\"Config\":\"config.json\",\"Layers\":[\"one/layer.tar\"]}]", ERROR_CORRUPT,
		  "lists 1 layers" },
		{ "[{\"Config\":\"missing.json\",\"Layers\":[]}]", ERROR_NOT_FOUND,
		  "no file 'missing.json'" },
		{ "[{\"Config\":\"../../etc/passwd\",\"Layers\":[]}]", ERROR_NOT_FOUND,
		  "no file '../../etc/passwd'" },
		{ "[{\"Config\":\"/etc/passwd\",\"Layers\":[]}]", ERROR_NOT_FOUND,
		  "no file '/etc/passwd'" },
		{ "[{\"Config\":7,\"Layers\":[]}]", ERROR_INVALID, "expected a string" },
		{ "[{\"Layers\":[]}]", ERROR_INVALID, "Config" },
		{ "[{\"Config\":\"one/layer.tar\",\"Layers\":[]}]", ERROR_INVALID, "" },
	};
	scoped(image_done) struct image i = { 0 };

	if (!is("docker-archive"))
		return;
	make_image(&i);
	for (size_t n = 0; n < ARRAY_SIZE(cases); n++) {
		struct image_source *s = NULL;
		struct error err = ERROR_INIT;

		write_docker_archive(&i, test_path("image"), cases[n].manifest);
		CHECK_FAILS(open_source(&s, &err), err, cases[n].kind, cases[n].message);
	}
}

/* Blobs of a directory that are links out of it, or would block. */
TEST(directories_are_not_left)
{
	OPENED(i, s, err);
	struct image_descriptor d = { .size = 6 };
	scoped_free char *hex = xasprintf("%064d", 1);
	scoped_free char *name = is("oci") ? xasprintf("image/blobs/sha256/%s", hex)
					   : xasprintf("image/%s", hex);
	scoped(buf_done) struct buf out = BUF_INIT;
	const char *path = test_path(name);

	d.digest = xasprintf("sha256:%s", hex);
	if (is("oci") || is("dir")) {
		test_write_file(test_path("secret"), "secret");
		CHECK_INT(symlink(test_path("secret"), path), 0);
		CHECK_FAILS(read_blob(s, &d, &out, &err), err, ERROR_NOT_FOUND, hex);
		CHECK_INT(unlink(path), 0);
		CHECK_INT(symlink(is("oci") ? "../../../secret" : "../secret", path), 0);
		CHECK_FAILS(read_blob(s, &d, &out, &err), err, ERROR_NOT_FOUND, hex);
		CHECK_INT(unlink(path), 0);
		CHECK_INT(mkfifo(path, 0600), 0);
		CHECK_FAILS(read_blob(s, &d, &out, &err), err, ERROR_INVALID, "no regular file");
		CHECK_INT(unlink(path), 0);
		CHECK_INT(symlink("/dev/zero", path), 0);
		CHECK(read_blob(s, &d, &out, &err) < 0);
	}
	free(d.digest);
	image_source_close(s);
}

TEST(oci_names)
{
	scoped(image_done) struct image i = { 0 };
	struct image_source *s = NULL;
	struct error err = ERROR_INIT;
	scoped_free char *from = xasprintf("docker-archive:%s", test_path("docker.tar"));
	scoped_free char *one = xasprintf("oci:%s:one", test_path("image"));
	scoped_free char *two = xasprintf("oci:%s:two", test_path("image"));

	if (!is("oci"))
		return;
	make_image(&i);
	write_docker_archive(&i, test_path("docker.tar"), GOOD_MANIFEST);
	if (!skopeo(from, one) || !skopeo(from, two))
		TEST_SKIP("skopeo");
	CHECK_FAILS(open_source(&s, &err), err, ERROR_INVALID, "has 2 images");
	CHECK_FAILS(image_source_oci_layout(test_path("image"), "three", &s, &err), err,
		    ERROR_NOT_FOUND, "'three'");
	CHECK_FAILS(image_source_oci_layout(test_path("image"), "@2", &s, &err), err,
		    ERROR_NOT_FOUND, "'@2'");
	CHECK_OK(image_source_oci_layout(test_path("image"), "two", &s, &err), err);
	image_source_close(s);
	CHECK_OK(image_source_oci_layout(test_path("image"), "@0", &s, &err), err);
	image_source_close(s);
	test_write_file(test_path("image/oci-layout"), "{\"imageLayoutVersion\":\"2.0.0\"}");
	CHECK_FAILS(image_source_oci_layout(test_path("image"), "two", &s, &err), err,
		    ERROR_UNSUPPORTED, "version '2.0.0'");
}
