/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/completion_names.h"

#include "base/strv.h"
#include "engine/container.h"
#include "engine/imageop.h"
#include "engine/netop.h"
#include "engine/volume.h"

static int add_containers(struct engine *e, bool running, char ***ret, struct error *err)
{
	struct container_summary *list = NULL;
	size_t n = 0;
	int r = container_list(e, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		if (!running || list[i].status == CONTAINER_RUNNING)
			strv_add(ret, list[i].name);
	container_list_free(list, n);
	return r;
}

static int add_images(struct engine *e, char ***ret, struct error *err)
{
	struct store_image *list = NULL;
	size_t n = 0;
	int r = imageop_list(e, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		strv_add_all(ret, list[i].names);
	store_image_list_free(list, n);
	return r;
}

static int add_volumes(struct engine *e, char ***ret, struct error *err)
{
	struct volume *list = NULL;
	size_t n = 0;
	int r = volume_list(e, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		strv_add(ret, list[i].name);
	volume_list_free(list, n);
	return r;
}

static int add_networks(struct engine *e, char ***ret, struct error *err)
{
	struct network *list = NULL;
	size_t n = 0;
	int r = netop_list(e, &list, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++)
		strv_add(ret, list[i].name);
	network_list_free(list, n);
	return r;
}

int completion_names(struct engine *e, enum option_words kind, char ***ret, struct error *err)
{
	switch (kind) {
	case WORDS_CONTAINERS:
	case WORDS_RUNNING:
		return add_containers(e, kind == WORDS_RUNNING, ret, err);
	case WORDS_IMAGES:
		return add_images(e, ret, err);
	case WORDS_VOLUMES:
		return add_volumes(e, ret, err);
	case WORDS_NETWORKS:
		return add_networks(e, ret, err);
	case WORDS_NONE:
	case WORDS_FILES:
	case WORDS_DIRS:
	case WORDS_LIST:
	case WORDS_COUNT:
		break;
	}
	return 0;
}
