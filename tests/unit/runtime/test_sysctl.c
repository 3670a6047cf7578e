/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/test.h"
#include "runtime/plan/plan_priv.h"

static int resolve(const char *key, const char *value, uint64_t namespaces, struct plan *p,
		   struct error *err)
{
	scoped(oci_spec_done) struct oci_spec spec = { 0 };

	spec.linux_ = xnew(struct oci_linux);
	strmap_set(&spec.linux_->sysctl, key, value);
	*p = (struct plan){ .id = xstrdup("x"), .null_fd = -1, .root.fd = -1 };
	for (int t = 0; t < NS_TYPE_COUNT; t++)
		p->ns.fd[t] = -1;
	p->ns.create = namespaces;
	return plan_resolve_sysctls(&spec, p, err);
}

static void accepted(const char *key, enum ns_type ns, const char *path)
{
	scoped(plan_done) struct plan p = { 0 };
	struct error err = ERROR_INIT;

	CHECK_OK(resolve(key, "1", ns_clone_flag(ns), &p, &err), err);
	CHECK_INT(p.n_sysctls, 1);
	CHECK_STR(p.sysctls[0].path, path);
	p.initial_userns = true;
	CHECK(plan_needs_proc(&p));
}

static void refused(const char *key, const char *value, uint64_t namespaces, enum error_kind kind)
{
	scoped(plan_done) struct plan p = { 0 };
	struct error err = ERROR_INIT;

	CHECK_FAILS(resolve(key, value, namespaces, &p, &err), err, kind, key);
}

TEST(namespaced_keys)
{
	accepted("net.ipv4.ip_forward", NS_NET, "net/ipv4/ip_forward");
	accepted("net.ipv4.conf.eth0/1.rp_filter", NS_NET, "net/ipv4/conf/eth0.1/rp_filter");
	accepted("net/ipv4/conf/eth0.1/rp_filter", NS_NET, "net/ipv4/conf/eth0.1/rp_filter");
	accepted("kernel.msgmax", NS_IPC, "kernel/msgmax");
	accepted("fs.mqueue.msg_max", NS_IPC, "fs/mqueue/msg_max");
	accepted("kernel.domainname", NS_UTS, "kernel/domainname");
}

TEST(keys_of_the_host)
{
	uint64_t all = ns_clone_flag(NS_NET) | ns_clone_flag(NS_IPC) | ns_clone_flag(NS_UTS);

	refused("kernel.core_pattern", "|x", all, ERROR_DENIED);
	refused("vm.swappiness", "1", all, ERROR_DENIED);
	refused("kernel.hostname", "x", all, ERROR_INVALID);
	refused("net.ipv4.ip_forward", "1", ns_clone_flag(NS_IPC), ERROR_DENIED);
	refused("kernel.msgmax", "1", ns_clone_flag(NS_NET), ERROR_DENIED);
}

TEST(grammar)
{
	uint64_t net = ns_clone_flag(NS_NET);

	refused("net/../kernel/core_pattern", "1", net, ERROR_INVALID);
	refused("net./..x", "1", net, ERROR_INVALID);
	refused("/net/ipv4/x", "1", net, ERROR_INVALID);
	refused("net//x", "1", net, ERROR_INVALID);
	refused("net.ipv4.x", "1\nkernel.y=2", net, ERROR_INVALID);
}
