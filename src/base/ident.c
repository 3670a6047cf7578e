/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ident.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/str.h"

/* The kernel's generator does not fail once it is seeded, and blocks until it is. */
static void random_bytes(void *out, size_t n)
{
	unsigned char *p = out;

	while (n > 0) {
		ssize_t r = getrandom(p, n, 0);

		if (r < 0)
			continue; /* EINTR only: the arguments are constant */
		p += r;
		n -= (size_t)r;
	}
}

void ident_generate(char out[ID_BUF])
{
	unsigned char bytes[ID_HEX_LEN / 2];

	do {
		random_bytes(bytes, sizeof(bytes));
		str_hex(bytes, sizeof(bytes), out);
	} while (strspn(out, "0123456789") >= ID_SHORT_LEN);
}

bool ident_name_valid(const char *name)
{
	static const char alnum[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	if (name == NULL || *name == '\0' || strchr("_.-", *name) != NULL)
		return false;
	return str_only(name, alnum);
}

static const char *const adjectives[] = {
	"amber",  "ample",   "awake",	"balmy",   "bold",     "brave",	 "breezy",   "brisk",
	"bright", "calm",    "candid",	"careful", "cheerful", "clear",	 "clever",   "coastal",
	"cosy",	  "crisp",   "curious", "dapper",  "daring",   "deft",	 "diligent", "eager",
	"early",  "earnest", "easy",	"fair",	   "faithful", "fleet",	 "fluent",   "fond",
	"frank",  "fresh",   "gentle",	"gifted",  "glad",     "golden", "good",     "graceful",
	"handy",  "happy",   "hardy",	"hearty",  "helpful",  "honest", "humble",   "jaunty",
	"jolly",  "keen",    "kind",	"lively",  "loyal",    "lucid",	 "lucky",    "mellow",
	"merry",  "mild",    "mindful", "modest",  "neat",     "nimble", "noble",    "patient",
	"placid", "plucky",  "polite",	"prompt",  "proud",    "quick",	 "quiet",    "ready",
	"robust", "rosy",    "sandy",	"serene",  "sharp",    "silver", "sincere",  "snug",
	"sober",  "spry",    "stable",	"steady",  "stout",    "sturdy", "sunny",    "sure",
	"swift",  "tidal",   "tidy",	"trusty",  "upbeat",   "vivid",	 "warm",     "wise",
};

/* Boats, their parts, and what one sees from them. */
static const char *const nouns[] = {
	"anchor",     "anemone", "auk",	      "barge",	  "bay",     "beacon",	  "bilge",
	"bosun",      "bow",	 "buoy",      "canoe",	  "capstan", "catamaran", "cleat",
	"coble",      "coot",	 "cormorant", "cove",	  "crab",    "current",	  "curragh",
	"cutter",     "deck",	 "delta",     "dinghy",	  "dock",    "dolphin",	  "dory",
	"egret",      "estuary", "ferry",     "fjord",	  "gannet",  "grebe",	  "gull",
	"halyard",    "harbour", "heron",     "hull",	  "inlet",   "island",	  "jetty",
	"jib",	      "kayak",	 "keel",      "ketch",	  "kelp",    "lagoon",	  "lantern",
	"lighthouse", "limpet",	 "lobster",   "loon",	  "lugger",  "mackerel",  "marina",
	"mast",	      "mooring", "mussel",    "oar",	  "osprey",  "otter",	  "oyster",
	"paddle",     "pelican", "petrel",    "pier",	  "pilot",   "plover",	  "porpoise",
	"puffin",     "punt",	 "quay",      "raft",	  "reef",    "rigging",	  "rowlock",
	"rudder",     "sail",	 "sandbar",   "schooner", "seal",    "shoal",	  "skiff",
	"sloop",      "spar",	 "spray",     "stern",	  "swan",    "tern",	  "tide",
	"tiller",     "tugboat", "wave",      "wharf",	  "yawl",
};

void ident_random_name(char *out, size_t size)
{
	uint32_t r[2];

	random_bytes(r, sizeof(r));
	snprintf(out, size, "%s_%s", adjectives[r[0] % ARRAY_SIZE(adjectives)],
		 nouns[r[1] % ARRAY_SIZE(nouns)]);
}
