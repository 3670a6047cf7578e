/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "engine/health/health.h"

static struct health_check *from_image(const struct image_healthcheck *img)
{
	struct health_check *c = xnew(struct health_check);

	c->test = strv_dup(img->test);
	/* 0 means the default there. */
	c->interval_nsec = img->interval_nsec > 0 ? img->interval_nsec : -1;
	c->timeout_nsec = img->timeout_nsec > 0 ? img->timeout_nsec : -1;
	c->start_period_nsec = img->start_period_nsec > 0 ? img->start_period_nsec : -1;
	c->retries = img->retries > 0 ? img->retries : -1;
	return c;
}

static void drop(struct health_check **c)
{
	if (*c)
		json_table_free(&health_check_table, *c);
	free(take_ptr(*c));
}

static void prefer(int64_t *value, int64_t fallback)
{
	if (*value < 0)
		*value = fallback;
}

static void merge(struct health_check *c, const struct health_check *under)
{
	prefer(&c->interval_nsec, under->interval_nsec);
	prefer(&c->timeout_nsec, under->timeout_nsec);
	prefer(&c->start_period_nsec, under->start_period_nsec);
	prefer(&c->retries, under->retries);
}

/* The image's check with what the user has changed of it; a command of the user's replaces it. */
static void merge_image(struct health_config *h, const struct image_healthcheck *img)
{
	struct health_check *own = h->check;

	if (!img || strv_len(img->test) == 0 || (own && own->test))
		return;
	h->check = from_image(img);
	if (!own)
		return;
	merge(own, h->check);
	own->test = take_ptr(h->check->test);
	drop(&h->check);
	h->check = own;
}

static int check_words(const struct wish *w, struct error *err)
{
	const struct health_config *h = &w->health;
	bool has_command = h->check && h->check->test;

	if (w->no_healthcheck && has_command)
		return error_set(err, ERROR_INVALID,
				 "cannot specify both --no-healthcheck and --health-cmd");
	if (w->no_healthcheck && h->startup)
		return error_set(err, ERROR_INVALID,
				 "cannot specify both --no-healthcheck and --health-startup-cmd");
	if (h->startup && (!h->startup->test || streq(h->startup->test[0], "NONE")))
		return error_set(err, ERROR_INVALID,
				 "options of the startup health check need --health-startup-cmd");
	return 0;
}

/* What can be said only when the image is known. */
static int check_whole(const struct wish *w, struct error *err)
{
	const struct health_config *h = &w->health;

	if (health_enabled(h))
		return 0;
	if (h->on_failure != HEALTH_ACTION_NONE)
		return error_set(err, ERROR_INVALID,
				 "cannot set on-failure action to %s without a health check",
				 health_action_names[h->on_failure]);
	if (h->startup)
		return error_set(err, ERROR_INVALID,
				 "cannot set a startup health check without a health check");
	if (streq_opt(w->sdnotify, "healthy"))
		return error_set(err, ERROR_INVALID,
				 "sdnotify policy \"healthy\" requires a healthcheck to be set: "
				 "invalid argument");
	return 0;
}

int health_complete(struct wish *w, const struct image_healthcheck *img, struct error *err)
{
	static const struct health_check defaults = { .interval_nsec = HEALTH_INTERVAL_NSEC,
						      .timeout_nsec = HEALTH_TIMEOUT_NSEC,
						      .retries = HEALTH_RETRIES },
					 startup = { .interval_nsec = HEALTH_INTERVAL_NSEC,
						     .timeout_nsec = HEALTH_TIMEOUT_NSEC };
	struct health_config *h = &w->health;
	int r = check_words(w, err);

	if (r < 0)
		return r;
	if (w->no_healthcheck) {
		drop(&h->check);
		h->check = xnew(struct health_check);
		strv_add(&h->check->test, "NONE");
	} else {
		merge_image(h, img);
	}
	if (h->check && !h->check->test) /* options without a command: nothing to run */
		drop(&h->check);
	if (h->check && !w->no_healthcheck)
		merge(h->check, &defaults);
	if (h->startup)
		merge(h->startup, &startup);
	return check_whole(w, err);
}
