/* SPDX-License-Identifier: Apache-2.0 */
/* transport: a source of one image; tests/suites/image_transport runs over each. */
#ifndef CORACLE_IMAGE_TRANSPORT_H
#define CORACLE_IMAGE_TRANSPORT_H

#include "base/buf.h"
#include "image/image.h"

struct image_source;

struct image_source_ops {
	/* Manifest bytes; digest NULL: the one the source names; media type as the source says or
	 * "". */
	int (*manifest)(struct image_source *s, const char *digest, struct buf *out,
			char **ret_type, struct error *err);
	/* A stream of a blob; thread-safe: several at once. */
	int (*blob_open)(struct image_source *s, const struct image_descriptor *d,
			 void **ret_stream, struct error *err);
	ssize_t (*blob_read)(void *stream, void *buf, size_t size, struct error *err);
	void (*blob_close)(void *stream);
	/* Wakes and fails streams that wait in other threads; NULL where nothing waits. */
	void (*abort)(struct image_source *s);
	void (*close)(struct image_source *s);
};
struct image_source {
	const struct image_source_ops *ops;
	char *what;		     /* for messages */
	bool blobs_uncompressed_ids; /* docker-archive: layers are named by diff id */
};

int image_source_registry(const struct image_ref *r, const struct image_copy_options *o,
			  struct image_source **ret, struct error *err);
/* name selects an image of several (tag or @index), NULL the only one. */
int image_source_oci_layout(const char *dir, const char *name, struct image_source **ret,
			    struct error *err);
int image_source_oci_archive(const char *file, const char *name, struct image_source **ret,
			     struct error *err);
int image_source_docker_archive(const char *file, unsigned item, struct image_source **ret,
				struct error *err);
int image_source_dir(const char *dir, struct image_source **ret, struct error *err);
void image_source_close(struct image_source *s);

/* The pipeline: source to store. names: to tag with. */
int image_copy_to_store(struct image_source *src, struct store *s, char *const *names,
			char *const *repo_digests_repo, const struct image_copy_options *o,
			char ret_id[65], struct error *err);

#endif
