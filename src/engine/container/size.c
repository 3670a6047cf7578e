/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container/container_priv.h"
#include "storage/store.h"

int container_size(struct engine *e, const char *id, uint64_t *ret_rw, uint64_t *ret_rootfs,
		   struct error *err)
{
	scoped(container_record_done) struct container_record rec = { 0 };
	struct store_image image = { 0 };
	struct store *store;
	struct db *db;
	uint64_t rw = 0;
	int r = engine_db(e, &db, err);

	if (r >= 0)
		r = db_container_load(db, id, &rec, err);
	if (r >= 0)
		r = engine_store(e, &store, err);
	if (r < 0)
		return r;
	if (!rec.wish.rootfs) {
		r = store_container_size(store, id, &rw, err);
		if (r < 0)
			return r;
	}
	if (rec.wish.image_id) {
		r = store_image_get(store, rec.wish.image_id, &image, err);
		if (r < 0)
			return r;
	}
	*ret_rw = rw;
	*ret_rootfs = image.size + rw;
	store_image_done(&image);
	return 0;
}
