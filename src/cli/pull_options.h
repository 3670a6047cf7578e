/* SPDX-License-Identifier: Apache-2.0 */
/* pull_options: the options of everything that fetches images. */
#ifndef CORACLE_CLI_PULL_OPTIONS_H
#define CORACLE_CLI_PULL_OPTIONS_H

#include "cli/options.h"
#include "engine/imageop.h"

struct pull_options {
	char *arch, *os, *variant, *platform, *authfile, *cert_dir, *creds;
	struct opt_bool tls_verify;
	struct opt_u32 retry;
	char *retry_delay;
	bool quiet, all_tags;
};

/* Rows for a target that has a `struct pull_options` member. */
#define PULL_OPTION_ROWS(type, member)                                               \
	{ .name = "arch",                                                            \
	  .arg = "ARCH",                                                             \
	  .kind = OPTION_STR,                                                        \
	  .offset = offsetof(type, member.arch),                                     \
	  .help = "Choose the image for this architecture" },                        \
		{ .name = "os",                                                      \
		  .arg = "OS",                                                       \
		  .kind = OPTION_STR,                                                \
		  .offset = offsetof(type, member.os),                               \
		  .help = "Choose the image for this operating system" },            \
		{ .name = "variant",                                                 \
		  .arg = "VARIANT",                                                  \
		  .kind = OPTION_STR,                                                \
		  .offset = offsetof(type, member.variant),                          \
		  .help = "Choose the image of this CPU variant" },                  \
		{ .name = "platform",                                                \
		  .arg = "OS/ARCH[/VARIANT]",                                        \
		  .kind = OPTION_STR,                                                \
		  .offset = offsetof(type, member.platform),                         \
		  .help = "Choose the image for this platform" },                    \
		{ .name = "authfile",                                                \
		  .arg = "PATH",                                                     \
		  .kind = OPTION_STR,                                                \
		  .offset = offsetof(type, member.authfile),                         \
		  .help = "File of registry credentials",                            \
		  .words = WORDS_FILES },                                            \
		{ .name = "cert-dir",                                                \
		  .arg = "DIR",                                                      \
		  .kind = OPTION_STR,                                                \
		  .offset = offsetof(type, member.cert_dir),                         \
		  .help = "Directory of certificates for the registry",              \
		  .words = WORDS_DIRS },                                             \
		{ .name = "creds",                                                   \
		  .arg = "USER[:PASSWORD]",                                          \
		  .kind = OPTION_STR,                                                \
		  .offset = offsetof(type, member.creds),                            \
		  .help = "Credentials for the registry" },                          \
		{ .name = "tls-verify",                                              \
		  .kind = OPTION_TRISTATE,                                           \
		  .offset = offsetof(type, member.tls_verify),                       \
		  .help = "Demand https and valid certificates of the registry" },   \
		{ .name = "retry",                                                   \
		  .arg = "N",                                                        \
		  .kind = OPTION_U32,                                                \
		  .offset = offsetof(type, member.retry),                            \
		  .help = "Further attempts after a failed transfer" },              \
		{ .name = "retry-delay",                                             \
		  .arg = "DURATION",                                                 \
		  .kind = OPTION_STR,                                                \
		  .offset = offsetof(type, member.retry_delay),                      \
		  .help = "Wait between attempts" },                                 \
	{                                                                            \
		.name = "quiet", .letter = 'q', .kind = OPTION_BOOL,                 \
		.offset = offsetof(type, member.quiet), .help = "No progress output" \
	}

void pull_options_done(struct pull_options *p);
/* Checks the values and fills *ret, which borrows from p. */
int pull_options_resolve(const struct pull_options *p, struct image_copy_options *ret,
			 char **ret_platform, struct error *err);

#endif
