/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order of precedence: what the user gave replaces what the networks or the host have; the resolver
 * of a network comes first when the user gave none, because only it knows the names of containers.
 */
#include "engine/container/resolv.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"

static bool is_loopback(const char *server)
{
	return str_has_prefix(server, "127.") || streq(server, "::1");
}

/* Words behind `keyword` in the lines of text, to the empty *ret; the last line wins where `last`
 * (search), else all add up. */
static void collect(const char *text, const char *keyword, bool last, char ***ret)
{
	scoped_strv char **lines = strv_split(text, "\n", false);

	STRV_FOREACH (l, lines) {
		scoped_strv char **words = strv_split(*l, " \t\r", false);
		if (!words || !words[0] || !streq(words[0], keyword))
			continue;
		if (last)
			*ret = strv_free(*ret);
		strv_add_all(ret, words + 1);
	}
}

static void add_unique(char ***list, const char *word)
{
	if (!strv_has(*list, word))
		strv_add(list, word);
}

static char **choose_servers(const struct resolv_input *in)
{
	scoped_strv char **host = NULL;
	char **servers = NULL;

	STRV_FOREACH (s, in->user_servers) {
		add_unique(&servers, *s);
	}
	if (servers)
		return servers;
	STRV_FOREACH (s, in->network_servers) {
		add_unique(&servers, *s);
	}
	if (servers)
		return servers;
	collect(in->host, "nameserver", false, &host);
	STRV_FOREACH (s, host) {
		if (!in->own_netns || !is_loopback(*s))
			add_unique(&servers, *s);
	}
	return servers;
}

static char **choose_search(const struct resolv_input *in)
{
	scoped_strv char **host = NULL;
	char **search = NULL;

	if (strv_len(in->user_search) > 0) {
		STRV_FOREACH (s, in->user_search) {
			if (streq(*s, "."))
				return strv_free(search);
			add_unique(&search, *s);
		}
		return search;
	}
	STRV_FOREACH (s, in->network_search) {
		add_unique(&search, *s);
	}
	collect(in->host, "search", true, &host);
	STRV_FOREACH (s, host) {
		add_unique(&search, *s);
	}
	return search;
}

void resolv_generate(const struct resolv_input *in, struct buf *out)
{
	scoped_strv char **servers = choose_servers(in), **search = choose_search(in),
			 **options = NULL;

	if (strv_len(in->user_options) > 0)
		strv_add_all(&options, in->user_options);
	else
		collect(in->host, "options", false, &options);
	if (strv_len(search) > 0) {
		scoped_free char *line = strv_join(search, " ");
		buf_addf(out, "search %s\n", line);
	}
	STRV_FOREACH (s, servers) {
		buf_addf(out, "nameserver %s\n", *s);
	}
	if (strv_len(options) > 0) {
		scoped_free char *line = strv_join(options, " ");
		buf_addf(out, "options %s\n", line);
	}
}
