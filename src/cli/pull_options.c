/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pull_options.h"

#include "base/str.h"
#include "base/timeutil.h"

/* Podman's default: three further attempts. */
#define PULL_RETRY_DEFAULT 3

void pull_options_done(struct pull_options *p)
{
	char *strings[] = { p->arch,	 p->os,	      p->variant, p->platform,
			    p->authfile, p->cert_dir, p->creds,	  p->retry_delay };

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
}

/* "linux/arm64/v8" in place; the parts are borrowed by ret from *ret_platform. */
static int split_platform(const struct pull_options *p, struct image_copy_options *ret,
			  char **ret_platform, struct error *err)
{
	char *slash;

	if (p->arch || p->os)
		return error_set(err, ERROR_INVALID,
				 "--platform option can not be specified with --arch or --os");
	*ret_platform = xstrdup(p->platform);
	ret->os = *ret_platform;
	slash = strchr(*ret_platform, '/');
	if (!slash)
		return error_set(err, ERROR_INVALID,
				 "invalid platform '%s': must be OS/ARCH[/VARIANT]", p->platform);
	*slash = '\0';
	ret->arch = slash + 1;
	slash = strchr(slash + 1, '/');
	if (slash) {
		*slash = '\0';
		ret->variant = slash + 1;
	}
	return 0;
}

int pull_options_resolve(const struct pull_options *p, struct image_copy_options *ret,
			 char **ret_platform, struct error *err)
{
	*ret = (struct image_copy_options){ .os = p->os,
					    .arch = p->arch,
					    .variant = p->variant,
					    .authfile = p->authfile,
					    .cert_dir = p->cert_dir,
					    .creds = p->creds,
					    .tls_verify = p->tls_verify,
					    .retry = p->retry.set ? p->retry.value
								  : PULL_RETRY_DEFAULT,
					    .all_tags = p->all_tags };
	if (p->retry_delay && time_parse_duration(p->retry_delay, &ret->retry_delay_nsec) < 0)
		return error_set(err, ERROR_INVALID, "invalid duration '%s' of --retry-delay",
				 p->retry_delay);
	return p->platform ? split_platform(p, ret, ret_platform, err) : 0;
}
