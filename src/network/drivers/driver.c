/* SPDX-License-Identifier: Apache-2.0 */
#include "network/drivers/driver.h"

#include "base/str.h"

const struct network_driver *driver_find(const char *name)
{
	static const struct network_driver *const all[] = { &driver_bridge, &driver_macvlan,
							    &driver_ipvlan };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (streq(all[i]->name, name))
			return all[i];
	}
	return NULL;
}
