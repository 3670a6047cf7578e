/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of an id map, 12 bytes each: what passes validation maps every id of its edges there and
 * back, and to one id only.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sys/userns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_id(const struct id_map *m, uint32_t id)
{
	uint32_t host, back;

	if (id_map_to_host(m, id, &host) == 0 &&
	    (id_map_to_container(m, host, &back) < 0 || back != id))
		abort();
	if (id_map_to_container(m, id, &back) == 0 &&
	    (id_map_to_host(m, back, &host) < 0 || host != id))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct id_map_range ranges[ID_MAP_MAX + 2];
	struct id_map m = { .ranges = ranges, .n = size / sizeof(ranges[0]) };
	struct error err = ERROR_INIT;

	if (m.n > ID_MAP_MAX + 2)
		m.n = ID_MAP_MAX + 2;
	memcpy(ranges, data, m.n * sizeof(ranges[0]));
	if (id_map_validate(&m, &err) < 0) {
		if (err.kind == ERROR_NONE || err.msg[0] == '\0')
			abort();
		return 0;
	}
	if (m.n > ID_MAP_MAX)
		abort();
	for (size_t i = 0; i < m.n; i++) {
		check_id(&m, ranges[i].container);
		check_id(&m, ranges[i].container - 1);
		check_id(&m, ranges[i].container + ranges[i].size - 1);
		check_id(&m, ranges[i].host + ranges[i].size);
	}
	return 0;
}
