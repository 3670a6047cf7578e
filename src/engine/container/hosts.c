/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container/hosts.h"

#include <string.h>

#include "base/str.h"
#include "base/strv.h"

/* Lines of the base without comments, in the form ADDRESS<tab>NAMES; true when one names
 * localhost. */
static bool add_base(const char *text, struct buf *out)
{
	bool localhost = false;
	scoped_strv char **lines = strv_split(text, "\n", false);

	STRV_FOREACH (l, lines) {
		scoped_strv char **words = NULL;
		scoped_free char *names = NULL;
		(*l)[strcspn(*l, "#")] = '\0';
		words = strv_split(*l, " \t\r", false);
		if (strv_len(words) < 2)
			continue;
		names = strv_join(words + 1, " ");
		buf_addf(out, "%s\t%s\n", words[0], names);
		localhost = localhost || strv_has(words + 1, "localhost");
	}
	return localhost;
}

static int add_user_line(const struct hosts_input *in, const char *value, struct buf *out,
			 struct error *err)
{
	const char *colon = strchr(value, ':'), *ip = colon ? colon + 1 : "";
	scoped_free char *names = colon ? xstrndup(value, (size_t)(colon - value)) : xstrdup(value),
			 *list = NULL;

	if (streq(ip, "host-gateway")) {
		ip = in->host_ip;
		if (!ip)
			return error_set(err, ERROR_INVALID,
					 "unable to replace \"host-gateway\" of host entry \"%s\": "
					 "host containers internal IP address is empty",
					 value);
	}
	list = str_replace(names, ";", " ");
	buf_addf(out, "%s\t%s\n", ip, list);
	return 0;
}

int hosts_generate(const struct hosts_input *in, struct buf *out, struct error *err)
{
	STRV_FOREACH (h, in->add_host) {
		int r = add_user_line(in, *h, out, err);
		if (r < 0)
			return r;
	}
	if (!add_base(in->base, out))
		buf_adds(out, "127.0.0.1\tlocalhost\n::1\tlocalhost\n");
	if (in->host_ip)
		buf_addf(out, "%s\thost.containers.internal host.docker.internal\n", in->host_ip);
	if (in->own_ip)
		buf_addf(out, "%s\t%s%s%s\n", in->own_ip, in->hostname ? in->hostname : in->name,
			 in->hostname ? " " : "", in->hostname ? in->name : "");
	return 0;
}
