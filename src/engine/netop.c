/* SPDX-License-Identifier: Apache-2.0 */
/* Networks with the knowledge of which containers use them. */
#include "engine/netop.h"

#include "base/str.h"
#include "base/strv.h"
#include "engine/container.h"
#include "engine/engine_priv.h"

static int get(struct engine *e, const char *word, struct network *ret, struct error *err)
{
	struct error sub = ERROR_INIT;
	int r = network_get(engine_network_config(e), word, ret, &sub);

	if (r < 0 && sub.kind == ERROR_NOT_FOUND)
		return error_set(err, ERROR_NOT_FOUND,
				 "unable to find network with name or ID %s: network not found",
				 word);
	return r < 0 ? error_copy(err, &sub) : r;
}

int netop_create(struct engine *e, struct network *n, bool ignore, struct error *err)
{
	scoped(locks_release) struct object_lock lock = OBJECT_LOCK_INIT;
	struct error sub = ERROR_INIT;
	/* one lock for all creations: subnets and interface names must not meet */
	int r = locks_take(e, LOCK_NETWORK, "create", &lock, err);

	if (r < 0)
		return r;
	r = network_create(engine_network_config(e), n, &sub);
	if (r < 0 && sub.kind == ERROR_EXISTS && ignore && n->name)
		return 0;
	return r < 0 ? error_copy(err, &sub) : r;
}

int netop_list(struct engine *e, struct network **ret, size_t *ret_n, struct error *err)
{
	return network_list(engine_network_config(e), ret, ret_n, err);
}

int netop_users(struct engine *e, const char *name, char ***ret, struct error *err)
{
	struct db *db;
	int r = engine_db(e, &db, err);

	return r < 0 ? r : db_users(db, "network", name, ret, err);
}

/* What one container has on this network, as netavark's status shows it. */
static json_t *holder_json(const struct container_record *r, const struct network_address *a)
{
	json_t *subnets = json_array(), *interfaces = json_object();

	for (size_t i = 0; i < strv_len(a->ips); i++) {
		const char *gateway = i < strv_len(a->gateways) ? a->gateways[i] : "";
		json_array_append_new(subnets,
				      json_pack("{ss ss}", "ipnet", a->ips[i], "gateway", gateway));
	}
	json_object_set_new(
		interfaces, a->interface ? a->interface : "eth0",
		json_pack("{so ss}", "subnets", subnets, "mac_address", a->mac ? a->mac : ""));
	return json_pack("{ss so}", "name", r->name, "interfaces", interfaces);
}

static int add_holder(struct engine *e, const char *id, const char *network, json_t *containers,
		      struct error *err)
{
	struct container_record record = { 0 };
	struct error sub = ERROR_INIT;
	int r = container_snapshot(e, id, &record, &sub);

	if (r < 0)
		return sub.kind == ERROR_NOT_FOUND ? 0 : error_copy(err, &sub);
	for (size_t i = 0; i < record.state.n_networks; i++)
		if (streq_opt(record.state.networks[i].network, network))
			json_object_set_new(containers, id,
					    holder_json(&record, &record.state.networks[i]));
	container_record_done(&record);
	return 0;
}

int netop_inspect(struct engine *e, const char *word, json_t **ret, struct error *err)
{
	scoped(network_done) struct network n = { 0 };
	scoped_strv char **users = NULL;
	scoped_json json_t *containers = json_object();
	json_t *document;
	int r = get(e, word, &n, err);

	if (r >= 0)
		r = netop_users(e, n.name, &users, err);
	for (char **u = users; r >= 0 && u && *u; u++)
		r = add_holder(e, *u, n.name, containers, err);
	if (r < 0)
		return r;
	document = json_table_encode(&network_table, &n);
	json_object_set(document, "containers", containers);
	*ret = document;
	return 0;
}

static int release_users(struct engine *e, const char *name, bool force, struct error *err)
{
	struct container_remove_options o = { .force = true, .ignore = true };
	scoped_strv char **users = NULL;
	int r = netop_users(e, name, &users, err);

	if (r < 0 || !users || !users[0])
		return r;
	if (!force)
		return error_set(err, ERROR_BUSY,
				 "\"%s\" has associated containers with it. Use -f to forcibly "
				 "delete containers "
				 "and pods: network is being used",
				 name);
	STRV_FOREACH (u, users) {
		r = container_remove(e, *u, &o, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int netop_remove(struct engine *e, const char *word, bool force, struct error *err)
{
	scoped(locks_release) struct object_lock lock = OBJECT_LOCK_INIT;
	scoped(network_done) struct network n = { 0 };
	const struct network_config *c = engine_network_config(e);
	int r = get(e, word, &n, err);

	if (r < 0)
		return r;
	if (streq(n.name, c->default_network))
		return error_set(err, ERROR_INVALID, "default network %s cannot be removed",
				 n.name);
	r = release_users(e, n.name, force,
			  err); /* containers come before networks in the lock order */
	if (r >= 0)
		r = locks_take(e, LOCK_NETWORK, n.name, &lock, err);
	if (r >= 0)
		r = release_users(e, n.name, false, err);
	if (r >= 0)
		r = network_remove(c, n.name, err);
	if (r >= 0)
		locks_remove(e, &lock, n.name);
	return r;
}
