/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that unpacks, publishes, makes and removes containers and images is killed at random
 * moments; the next one must find a store that is whole, and after repair nothing that nobody
 * needs.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/num.h"
#include "storage/fixture.h"
#include "sys/pidref.h"

#define ROUNDS 150
/* Long enough for the busiest round to have come anywhere. */
#define DELAY_MAX_MSEC 30

static void add_files(struct buf *tar, int seed)
{
	TAR_ADD(tar, .name = "d/", .type = TAR_DIRECTORY, .mode = 0755);
	for (int i = 0; i < 20; i++) {
		scoped_free char *name = xasprintf("d/file-%d-%d", seed, i);

		TAR_ADD(tar, .name = name, .data = name);
	}
	tarmake_end(tar);
}

static void give_up(const struct error *err)
{
	fprintf(stderr, "# child: %s\n", err->msg);
	_exit(3);
}

static void make_image(struct store *s, int seed, char image[65])
{
	scoped(buf_done) struct buf low = BUF_INIT, top = BUF_INIT;
	scoped_free char *config = xasprintf("{\"seed\":%d}", seed);
	scoped_free char *name = xasprintf("localhost/image:%d", seed);
	struct error err = ERROR_INIT;
	char low_id[65], top_id[65];

	add_files(&low, 0);
	add_files(&top, seed);
	if (fixture_layer(s, NULL, &low, low_id, &err) < 0 ||
	    fixture_layer(s, low_id, &top, top_id, &err) < 0 ||
	    fixture_image(s, top_id, config, name, image, &err) < 0)
		give_up(&err);
}

/* Some images, so that they share a layer and meet what is left of each other. */
static void work(const char *dir, int worker)
{
	struct error err = ERROR_INIT;

	for (int seed = 1;; seed = seed % 3 + 1) {
		scoped_free char *container = xasprintf("container-%d-%d", worker, seed);
		struct store_container_new c = { .id = container, .durable = seed % 2 == 0 };
		struct store *s = NULL;
		char image[65];

		if (fixture_open(dir, &s, &err) < 0)
			give_up(&err);
		/* A killed one may have left it: that is its owner's to remove. */
		if (store_container_remove(s, container, &err) < 0)
			give_up(&err);
		make_image(s, 10 * worker + seed, image);
		c.image_id = image;
		if (store_container_create(s, &c, &err) < 0 ||
		    store_container_remove(s, container, &err) < 0)
			give_up(&err);
		if (store_image_remove(s, image, NULL, &err) < 0)
			give_up(&err);
		store_close(s);
	}
}

static void kill_after(pid_t pid, unsigned msec)
{
	scoped(pidref_done) struct pidref child = PIDREF_INIT;
	int status = 0;

	CHECK_INT(pidref_set(&child, pid), 0);
	/* It never ends by itself, so this is a wait for the moment. */
	CHECK_INT(pidref_wait(&child, (int)msec), 0);
	CHECK_INT(pidref_kill(&child, SIGKILL), 0);
	CHECK_INT(pidref_reap(&child, &status), 0);
	CHECK_INT(status, 128 + SIGKILL);
}

static void check_whole(const char *dir)
{
	struct store *s = NULL;
	struct store_report r = { 0 };
	struct error err = ERROR_INIT;
	struct store_image *list = NULL;
	size_t n = 0, layers = 0;

	CHECK_OK(fixture_open(dir, &s, &err), err);
	CHECK_OK(store_repair(s, &r, &err), err);
	store_report_done(&r);
	CHECK_OK(store_check(s, false, &r, &err), err);
	CHECK_STR(r.findings != NULL ? r.findings[0] : NULL, NULL);
	store_report_done(&r);
	CHECK_OK(store_image_list(s, &list, &n, &err), err);
	for (size_t i = 0; i < n; i++) {
		scoped_strv char **ids = NULL;

		CHECK_OK(store_image_layers(s, list[i].id, &ids, &err), err);
		layers += strv_len(ids) - 1;
	}
	store_image_list_free(list, n);
	{
		scoped_strv char **containers = NULL;

		CHECK_OK(store_container_list(s, &containers, &err), err);
		/* The lowest layer is shared. */
		CHECK_INT(fixture_entries(store_graphroot(s), "overlay"),
			  layers + (layers > 0) + strv_len(containers));
	}
	CHECK_INT(fixture_entries(store_graphroot(s), "images"), n);
	store_close(s);
}

TEST(killed_at_random_moments)
{
	const char *dir = test_tmpdir();
	scoped_free char *graph = path_join(dir, "graph");
	unsigned seed = (unsigned)getpid();
	uint32_t rounds = ROUNDS;

	if (getenv("CRASH_ROUNDS") != NULL)
		CHECK_INT(num_u32(getenv("CRASH_ROUNDS"), &rounds), 0);
	printf("# seed %u\n", seed);
	for (uint32_t i = 0; i < rounds; i++) {
		pid_t pid = fork();

		if (pid == 0)
			work(dir, 1);
		kill_after(pid, rand_r(&seed) % DELAY_MAX_MSEC);
		/* Every third time the next worker itself has to cope. */
		if (i % 3 == 0)
			check_whole(dir);
		if (i % 3 == 0)
			CHECK_INT(fixture_entries(graph, "staging"), 0);
	}
	check_whole(dir);
}

/* Several at once: they meet in every state. */
TEST(killed_beside_others)
{
	const char *dir = test_tmpdir();
	scoped_free char *graph = path_join(dir, "graph");
	unsigned seed = (unsigned)getpid();

	for (int i = 0; i < ROUNDS / 5; i++) {
		pid_t pids[3];

		for (size_t p = 0; p < ARRAY_SIZE(pids); p++) {
			pids[p] = fork();
			if (pids[p] == 0)
				work(dir, (int)p + 1);
		}
		for (size_t p = 0; p < ARRAY_SIZE(pids); p++)
			kill_after(pids[p], rand_r(&seed) % DELAY_MAX_MSEC);
		check_whole(dir);
		CHECK_INT(fixture_entries(graph, "staging"), 0);
	}
}
