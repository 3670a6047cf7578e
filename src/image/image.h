/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image: references, transports, and the copy pipeline between a source and the store.
 * Works in a process that starts no container; threads are allowed here (layer downloads and
 * unpacking run in parallel workers).
 */
#ifndef CORACLE_IMAGE_IMAGE_H
#define CORACLE_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "oci/image_spec.h"
#include "storage/store.h"

/* ---- references (distribution grammar) ---- */
struct image_ref {
	char *domain; /* "docker.io", "localhost:5000" */
	char *path;   /* "library/busybox" */
	char *tag;    /* NULL when only a digest is given */
	char *digest; /* "sha256:..." or NULL */
};
void image_ref_done(struct image_ref *r);
DEFINE_SCOPED_STRUCT(struct image_ref, image_ref_done)
/* A fully qualified or docker.io-style name: the first component is a domain when it has '.' or ':'
 * or is "localhost"; docker.io gets "library/".  Default tag "latest" when neither tag nor digest.
 * Anything outside the grammar (upper case, "..", length > 255) is ERROR_INVALID. */
int image_ref_parse(const char *s, struct image_ref *ret, struct error *err);
/* Has a domain been given? */
bool image_ref_is_short(const char *s);
/* "domain/path:tag" or "domain/path@digest" (tag dropped when a digest is there and !with_tag). */
char *image_ref_str(const struct image_ref *r);
char *image_ref_repo(const struct image_ref *r); /* "domain/path" */

/* Names in the store that a user's word may mean, best first: as given (if qualified),
 * "localhost/<word>", short-name aliases, unqualified-search registries, docker.io. NULL-ended. */
int image_candidates(const char *word, char ***ret, struct error *err);
/* Find an image in the store by id, id prefix, name, name@digest: id into out[65];
 * ERROR_NOT_FOUND "no such image 'x'". ret_name: the name that matched or NULL. */
int image_lookup(struct store *s, const char *word, char out[65], char **ret_name,
		 struct error *err);

/* ---- copying into the store ---- */
/* One row of a progress display; called from workers under a lock of the pipeline. */
enum image_progress_kind {
	IMAGE_PROGRESS_BLOB, /* bytes of a blob: done and total (0: unknown) */
	IMAGE_PROGRESS_BLOB_DONE,
	IMAGE_PROGRESS_BLOB_SKIPPED, /* "already exists" */
	IMAGE_PROGRESS_MESSAGE	     /* "Trying to pull ...", "Getting image source signatures" */
};
struct image_progress {
	enum image_progress_kind kind;
	const char *digest;
	bool is_config;
	uint64_t done, total;
	const char *message;
};
typedef void (*image_progress_fn)(void *arg, const struct image_progress *p);

struct image_copy_options {
	const char *os, *arch, *variant; /* NULL: host's */
	const char *creds;		 /* "user[:password]" */
	const char *authfile, *cert_dir;
	struct opt_bool tls_verify;
	const char *policy_file;  /* NULL: the usual places; a missing file accepts everything, see
				     docs */
	unsigned retry;		  /* further attempts after a failed transfer */
	int64_t retry_delay_nsec; /* always this; 0: 2 s, then doubling */
	int64_t stall_nsec;	  /* a server silent for so long is given up; 0: 30 s */
	unsigned parallel;	  /* layers at a time; 0: default (6) */
	bool all_tags;
	image_progress_fn progress;
	void *progress_arg;
};

/* Pull "[transport:]name"; transports docker://, docker-archive:, oci-archive:, oci:, dir:.
 * ret_id is the image id, ret_name the name it was stored under (may be NULL). */
int image_pull(struct store *s, const char *what, const struct image_copy_options *o,
	       char ret_id[65], char **ret_name, struct error *err);
/* load: file (docker-archive or oci-archive, compressed or not) or directory (oci, dir).  All
 * images of the archive; names, one per image ("sha256:id" when it has none). */
int image_load(struct store *s, const char *path, const struct image_copy_options *o,
	       char ***ret_names, struct error *err);
struct image_import_options {
	const char *reference; /* NULL: untagged */
	const char *message, *os, *arch, *variant;
	char *const
		*changes; /* Dockerfile-like instructions: CMD ENTRYPOINT ENV EXPOSE LABEL ... */
	image_progress_fn progress;
	void *progress_arg;
};
/* A root file system tar (file or "-" for stdin) becomes a one-layer image. */
int image_import(struct store *s, const char *path, const struct image_import_options *o,
		 char ret_id[65], struct error *err);
/* From a directory tree (used for the embedded busybox image). */
int image_import_dir(struct store *s, int dir_fd, const struct image_import_options *o,
		     char ret_id[65], struct error *err);

/* Host of a reference -> credentials from auth.json files; NULL user when none. */
int image_auth_find(const struct image_ref *r, const char *authfile, char **ret_user,
		    char **ret_password, struct error *err);

#endif
