/* SPDX-License-Identifier: Apache-2.0 */
/* Until complete.c has seen them, HEALTH_OPEN stands for what the user has not said. */
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "base/timeutil.h"
#include "engine/health/health.h"

#define HEALTH_OPEN (-1)

static struct health_check *open_check(struct health_check **check)
{
	if (!*check) {
		*check = xnew(struct health_check);
		(*check)->interval_nsec = (*check)->timeout_nsec = HEALTH_OPEN;
		(*check)->start_period_nsec = (*check)->retries = HEALTH_OPEN;
	}
	return *check;
}

static bool has_word(const char *value, const char *word)
{
	const char *rest = str_skip_prefix(value, word);

	return rest && (*rest == ' ' || *rest == '\0');
}

/* A JSON array is a command without a shell; "CMD ..." and "CMD-SHELL ..." are as in a Dockerfile;
 * all else is for the shell. */
static int parse_test(const char *value, char ***ret, struct error *err)
{
	scoped_json json_t *list = NULL;
	const json_t *word;
	char **test = NULL;
	size_t i;

	if (streq(value, "none") || streq(value, "NONE")) {
		strv_add(&test, "NONE");
	} else if (value[0] == '[' &&
		   json_text_parse(value, strlen(value), "command", &list, NULL) >= 0) {
		json_array_foreach (list, i, word) {
			const char *s = json_string_value(word);

			if (!s) {
				strv_free(test);
				return error_set(err, ERROR_INVALID,
						 "health check command: word %zu is not a string",
						 i + 1);
			}
			if (i == 0 && !streq(s, "CMD") && !streq(s, "CMD-SHELL") &&
			    !streq(s, "NONE"))
				strv_add(&test, "CMD");
			strv_add(&test, s);
		}
	} else if (has_word(value, "CMD-SHELL")) {
		strv_add(&test, "CMD-SHELL");
		strv_add(&test, str_skip_prefix(value, "CMD-SHELL") + strspn(value + 9, " "));
	} else if (has_word(value, "CMD")) {
		test = strv_split(value, " ", false);
	} else if (*value) {
		strv_add(&test, "CMD-SHELL");
		strv_add(&test, value);
	}
	if (test && test[0] && !test[1] && !streq(test[0], "NONE")) {
		strv_free(test);
		return error_set(err, ERROR_INVALID, "health check command '%s' has no command",
				 value);
	}
	strv_free(*ret);
	*ret = test;
	return 0;
}

static int parse_time(const char *name, const char *value, int64_t *ret, struct error *err)
{
	int64_t nsec;

	if (time_parse_duration(value, &nsec) < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid healthcheck-%s: time: invalid duration \"%s\"", name,
				 value);
	if (nsec < 0)
		return error_set(err, ERROR_INVALID, "healthcheck-%s must be 0 seconds or greater",
				 name);
	*ret = nsec;
	return 0;
}

static int parse_timeout(const char *value, int64_t *ret, struct error *err)
{
	int64_t nsec = 0;
	int r = parse_time("timeout", value, &nsec, err);

	if (r >= 0 && nsec == 0)
		return error_set(err, ERROR_INVALID,
				 "healthcheck-timeout must be at least 1 second");
	if (r >= 0)
		*ret = nsec;
	return r;
}

static int parse_count(const char *name, const char *value, int64_t *ret, struct error *err)
{
	uint32_t n;

	if (num_u32(value, &n) < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid argument \"%s\" for \"--%s\": not a number", value, name);
	*ret = n;
	return 0;
}

int wish_set_health_cmd(struct wish *w, const char *value, struct error *err)
{
	return parse_test(value, &open_check(&w->health.check)->test, err);
}

int wish_set_health_interval(struct wish *w, const char *value, struct error *err)
{
	return parse_time("interval", streq(value, "disable") ? "0" : value,
			  &open_check(&w->health.check)->interval_nsec, err);
}

int wish_set_health_retries(struct wish *w, const char *value, struct error *err)
{
	int64_t n = 0;
	int r = parse_count("health-retries", value, &n, err);

	if (r >= 0 && n == 0)
		return error_set(err, ERROR_INVALID, "healthcheck-retries must be greater than 0");
	if (r >= 0)
		open_check(&w->health.check)->retries = n;
	return r;
}

int wish_set_health_start_period(struct wish *w, const char *value, struct error *err)
{
	return parse_time("start-period", value, &open_check(&w->health.check)->start_period_nsec,
			  err);
}

int wish_set_health_timeout(struct wish *w, const char *value, struct error *err)
{
	return parse_timeout(value, &open_check(&w->health.check)->timeout_nsec, err);
}

int wish_set_health_on_failure(struct wish *w, const char *value, struct error *err)
{
	int action = str_table_find(health_action_names, HEALTH_ACTION_COUNT, value);

	if (action < 0)
		return error_set(err, ERROR_INVALID,
				 "invalid on-failure action \"%s\" for health check: supported "
				 "actions are none,kill,restart,stop",
				 value);
	w->health.on_failure = action;
	return 0;
}

int wish_set_health_log_destination(struct wish *w, const char *value, struct error *err)
{
	struct stat st;

	if (streq(value, "events_logger"))
		return error_set(err, ERROR_UNSUPPORTED,
				 "'events_logger' is not supported yet: there is no event log; "
				 "choose local or a directory");
	free(take_ptr(w->health.log_destination));
	if (streq(value, "local"))
		return 0;
	if (!path_absolute(value) || stat(value, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(err, ERROR_INVALID,
				 "HealthCheck Log '%s' destination error: it must be 'local' or "
				 "the absolute path of a directory",
				 value);
	w->health.log_destination = xstrdup(value);
	return 0;
}

int wish_set_health_max_log_count(struct wish *w, const char *value, struct error *err)
{
	int64_t n = 0;
	int r = parse_count("health-max-log-count", value, &n, err);

	if (r >= 0)
		w->health.max_log_count = (struct opt_u32)OPT_SET((uint32_t)n);
	return r;
}

int wish_set_health_max_log_size(struct wish *w, const char *value, struct error *err)
{
	int64_t n = 0;
	int r = parse_count("health-max-log-size", value, &n, err);

	if (r >= 0)
		w->health.max_log_size = (struct opt_u32)OPT_SET((uint32_t)n);
	return r;
}

int wish_set_startup_cmd(struct wish *w, const char *value, struct error *err)
{
	return parse_test(value, &open_check(&w->health.startup)->test, err);
}

int wish_set_startup_interval(struct wish *w, const char *value, struct error *err)
{
	int64_t nsec = 0;
	int r = parse_time("interval", value, &nsec, err);

	if (r >= 0 && nsec == 0)
		return error_set(err, ERROR_INVALID,
				 "the interval of the startup check must be greater than 0");
	if (r >= 0)
		open_check(&w->health.startup)->interval_nsec = nsec;
	return r;
}

int wish_set_startup_retries(struct wish *w, const char *value, struct error *err)
{
	return parse_count("health-startup-retries", value,
			   &open_check(&w->health.startup)->retries, err);
}

int wish_set_startup_success(struct wish *w, const char *value, struct error *err)
{
	return parse_count("health-startup-success", value,
			   &open_check(&w->health.startup)->successes, err);
}

int wish_set_startup_timeout(struct wish *w, const char *value, struct error *err)
{
	return parse_timeout(value, &open_check(&w->health.startup)->timeout_nsec, err);
}
