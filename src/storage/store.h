/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: layers, images and containers' layers on disk.
 *
 *	GRAPHROOT/index.sqlite            layers, images, names, container layers (base/sqldb)
 *	GRAPHROOT/overlay/<layer id>/diff     unpacked content, shared by all images that have it
 *	GRAPHROOT/overlay/<container id>/{diff,work,merged}
 *	GRAPHROOT/images/<image id>/{config,manifest-<hex>}   the bytes as fetched, named by digest
 *	GRAPHROOT/staging/<lease>/        being unpacked or deleted; `lock` in it is held while its
 *					  owner lives
 *	RUNROOT/store-boot                boot id in which the store was last looked through
 *
 * A layer id is its chain id (image-spec): sha256 over the diff ids below it, so that a layer is
 * unpacked once and shared.  Nothing half-unpacked is ever visible, and no command waits for an
 * unpacking or a deletion: both happen in a staging directory, outside any transaction.
 *
 * Publishing.  A layer is renamed to its place and gets its row in one short transaction that is
 * not synced: until an image needs it, it is only a cache, and its row carries the boot id.
 * Publishing an image is one syncfs for all its layers and one durable transaction, which also
 * clears the boot id. After a power cut a layer whose row has another boot id is not trusted and
 * goes.
 *
 * Removing.  A durable transaction marks the rows `removing` (nobody sees them any more), a second
 * one renames the directories into staging and deletes the rows, then the trees are deleted.
 *
 * Leases.  Whoever unpacks or deletes holds a lease: a staging directory with an OFD lock, which
 * the kernel frees when the owner dies.  Layers that no image, container or layer needs are removed
 * by whoever ends the last lease, so a pull can rely on what it has seen.
 *
 * After a crash.  The first writer of each process looks for a lease without owner, a row
 * `removing`, or a new boot (three cheap questions) and then runs store_repair.
 *
 * A store object may be used by several threads.
 *
 * The store mounts nothing: store_container_mount gives plain mount records.
 * Drivers: overlay, vfs (storage/driver.h); tests/suites/storage_driver runs over each.
 */
#ifndef CORACLE_STORAGE_STORE_H
#define CORACLE_STORAGE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "archive/archive_layer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"

struct store;

struct store_options {
	const char *graphroot;	 /* /var/lib/coracle/storage */
	const char *runroot;	 /* /run/coracle/storage */
	const char *driver;	 /* "overlay" or "vfs"; NULL: overlay where the kernel has it */
	char *const *additional; /* read-only stores of ours, may be NULL */
};
/* Opens or creates; cheap (no directory is walked).  Finishing what a killed command left is done
 * by store_repair, which the first writer after a crash triggers by itself. */
int store_open(const struct store_options *o, struct store **ret, struct error *err);
void store_close(struct store *s);
DEFINE_SCOPED(struct store *, store_close)
const char *store_driver_name(struct store *s);
const char *store_graphroot(struct store *s);

/* ---- layers ---- */
struct store_layer {
	char *id;		 /* chain id, hex */
	char *parent;		 /* NULL: bottom */
	char *diff_id;		 /* "sha256:..." */
	char *compressed_digest; /* as fetched, or NULL */
	int64_t created_nsec;
	uint64_t compressed_bytes, diff_bytes; /* size of the tar, as Podman counts it */
};
void store_layer_done(struct store_layer *l);
/* Chain id of a diff id on top of parent (NULL: bottom), hex into out[65]. */
int store_chain_id(const char *parent, const char *diff_id, char out[65], struct error *err);
/* ERROR_NOT_FOUND when absent. */
int store_layer_get(struct store *s, const char *id, struct store_layer *ret, struct error *err);
bool store_layer_exists(struct store *s, const char *id);
/* A layer that was fetched with this compressed digest and sits on this parent: its id into
 * out[65]; ERROR_NOT_FOUND.  Lets a pull skip the download. */
int store_layer_by_digest(struct store *s, const char *compressed_digest, const char *parent,
			  char out[65], struct error *err);

/* From now until store_close no layer that exists is removed, by whomever.  A pull calls it before
 * it looks for layers that it need not fetch; store_staging_new does it by itself. */
int store_lease(struct store *s, struct error *err);

/* A layer being unpacked.  Any number at a time, in several processes; layers of one image unpack
 * in parallel because content does not depend on the parent (overlay); the parent is named at
 * commit. vfs: the copy of the parent is made at commit. */
struct store_staging;
int store_staging_new(struct store *s, struct store_staging **ret, struct error *err);
int store_staging_dir(struct store_staging *g); /* descriptor of the directory to unpack into */
enum archive_whiteouts store_staging_whiteouts(struct store_staging *g);
/* Publish as the layer (diff_id on parent).  When another process published the same meanwhile, its
 * copy is kept and this one dropped: success.  r may have compressed digest "" (unknown). */
int store_staging_commit(struct store_staging *g, const char *parent,
			 const struct archive_result *r, char ret_id[65], struct error *err);
void store_staging_free(struct store_staging *g); /* removes what was not committed */
DEFINE_SCOPED(struct store_staging *, store_staging_free)

/* ---- images ---- */
struct store_image {
	char *id;	     /* hex: digest of the config */
	char **names;	     /* "docker.io/library/busybox:latest", sorted */
	char *digest;	     /* of the manifest, "sha256:..." */
	char **repo_digests; /* "repo@sha256:..." */
	char *top_layer;     /* NULL: no layers */
	char *manifest_type;
	int64_t created_nsec; /* of the image (config) */
	int64_t stored_nsec;
	uint64_t size;	    /* layer diffs, manifest (twice) and config, as Podman counts it */
	bool readonly;	    /* in an additional store */
	int64_t containers; /* that use it (filled by list) */
};
void store_image_done(struct store_image *i);
struct store_image_new {
	const char *id;	      /* config digest's hex */
	const char *manifest; /* bytes as fetched */
	size_t manifest_len;
	const char *manifest_digest;
	const char *manifest_type;
	const char *config;
	size_t config_len;
	const char *top_layer;
	char *const *names;	   /* tags to set (moved from other images) */
	char *const *repo_digests; /* to add */
	int64_t created_nsec;
};
/* Durable when it returns.  All layers must be there.  An image that exists gains names and
 * digests. */
int store_image_put(struct store *s, const struct store_image_new *n, struct error *err);
/* By full id. */
int store_image_get(struct store *s, const char *id, struct store_image *ret, struct error *err);
/* By exact normalised name ("docker.io/library/busybox:latest") or "repo@sha256:...": id into out.
 */
int store_image_by_name(struct store *s, const char *name, char out[65], struct error *err);
/* By id prefix (>= 1 hex digit): ambiguous is ERROR_INVALID. */
int store_image_by_prefix(struct store *s, const char *prefix, char out[65], struct error *err);
int store_image_list(struct store *s, struct store_image **ret, size_t *ret_n, struct error *err);
void store_image_list_free(struct store_image *list, size_t n);
int store_image_read(struct store *s, const char *id, const char *what /* "manifest"|"config" */,
		     struct buf *out, struct error *err);
/* Tag moves when another image has it. */
int store_image_tag(struct store *s, const char *id, const char *name, struct error *err);
int store_image_untag(struct store *s, const char *name, struct error *err);
/* Remove the image and every layer that no image or container needs.  ERROR_BUSY naming the
 * containers when in use.  ret_layers: ids of removed layers (may be NULL); empty while another
 * process has a lease, which then removes them. */
int store_image_remove(struct store *s, const char *id, char ***ret_layers, struct error *err);
/* Layer ids of an image, bottom first. */
int store_image_layers(struct store *s, const char *id, char ***ret, struct error *err);

/* ---- containers' layers ---- */
struct store_container_new {
	const char *id;
	const char *image_id; /* NULL: --rootfs */
	bool durable;	      /* false for --rm: nothing need be synced */
};
/* Row and directories; no copy (overlay). */
int store_container_create(struct store *s, const struct store_container_new *n, struct error *err);
/* A missing one is fine; directories without a row are removed. */
int store_container_remove(struct store *s, const char *id, struct error *err);
/* The row only, of a container that is not durable: whoever calls sees to it that its directory
 * goes (killed before: store_container_remove, or the next repair).  1 when it was so, 0 for a
 * durable one, of which nothing is touched. */
int store_container_forget(struct store *s, const char *id, struct error *err);
/* Its directory; new string. */
char *store_container_dir(struct store *s, const char *id);
bool store_container_exists(struct store *s, const char *id);

/* What the engine (or the runtime's own mounts) must mount to get the root file system. */
struct store_mount {
	char *type;   /* "overlay" or "bind" (vfs) */
	char **lower; /* overlay: topmost first */
	char *upper, *work;
	char *source; /* bind */
	char *merged; /* where to mount it */
};
int store_container_mount(struct store *s, const char *id, struct store_mount *ret,
			  struct error *err);
int store_image_mount(struct store *s, const char *image_id, struct store_mount *ret,
		      struct error *err); /* read-only */
void store_mount_done(struct store_mount *m);
/* Bytes in the container's own layer. */
int store_container_size(struct store *s, const char *id, uint64_t *ret_rw, struct error *err);
int store_container_list(struct store *s, char ***ret_ids, struct error *err);

/* ---- upkeep ---- */
struct store_report {
	char **findings; /* one sentence each */
	char **repaired;
	unsigned staging_removed, layers_removed;
};
void store_report_done(struct store_report *r);
/* Finish what killed commands left: dead staging, rows without directory, directories without row.
 */
int store_repair(struct store *s, struct store_report *ret, struct error *err);
/* Verify; with repair mend what can be mended. */
int store_check(struct store *s, bool repair, struct store_report *ret, struct error *err);

#endif
