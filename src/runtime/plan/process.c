/* SPDX-License-Identifier: Apache-2.0 */
/* plan/process: .process of config.json (and process.json of exec) to numbers. */
#include <errno.h>
#include <linux/ioprio.h>
#include <sched.h>

#include "base/log.h"
#include "base/str.h"
#include "runtime/plan/plan_priv.h"
#include "sys/feature.h"

/* linux/sched/types.h of newer kernels than our headers */
#define PLAN_SCHED_ISO 4
#define PLAN_SCHED_DEADLINE 6

#define DEFAULT_UMASK 0022 /* when the document has none: as runc and crun */

static int cap_set(char *const *names, const char *where, uint64_t *ret, struct error *err)
{
	STRV_FOREACH (n, names) {
		int cap = caps_from_name(*n);

		/* "A name that cannot be granted must be warned about, should not fail" */
		if (cap < 0 || cap > caps_last()) {
			log_warn("config.json: .process.capabilities.%s: '%s' is unknown here; the "
				 "process starts without it",
				 where, *n);
			continue;
		}
		*ret |= UINT64_C(1) << cap;
	}
	return 0;
}

static int resolve_caps(const struct oci_capabilities *c, struct caps *ret, struct error *err)
{
	*ret = (struct caps){ 0 };
	if (c == NULL)
		return 0;
	(void)cap_set(c->bounding, "bounding", &ret->bounding, err);
	(void)cap_set(c->effective, "effective", &ret->effective, err);
	(void)cap_set(c->inheritable, "inheritable", &ret->inheritable, err);
	(void)cap_set(c->permitted, "permitted", &ret->permitted, err);
	(void)cap_set(c->ambient, "ambient", &ret->ambient, err);
	return 0;
}

static int resolve_rlimits(const struct oci_process *p, struct plan_process *ret, struct error *err)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		int resource = process_rlimit_from_name(p->rlimits[i].type);
		struct plan_rlimit *l;

		if (resource < 0)
			return error_set(err, ERROR_INVALID,
					 ".process.rlimits[%zu].type: unknown limit '%s'", i,
					 p->rlimits[i].type);
		l = ARRAY_ADD(ret->rlimits, ret->n_rlimits);
		*l = (struct plan_rlimit){ resource, p->rlimits[i].soft, p->rlimits[i].hard };
		if (l->soft > l->hard)
			return error_set(
				err, ERROR_INVALID,
				".process.rlimits[%zu]: soft limit is above the hard limit", i);
	}
	return 0;
}

static int resolve_scheduler(const struct oci_scheduler *s, struct plan_process *ret,
			     struct error *err)
{
	static const struct {
		const char *name;
		uint32_t policy;
	} policies[] = {
		{ "SCHED_OTHER", SCHED_OTHER },
		{ "SCHED_FIFO", SCHED_FIFO },
		{ "SCHED_RR", SCHED_RR },
		{ "SCHED_BATCH", SCHED_BATCH },
		{ "SCHED_ISO", PLAN_SCHED_ISO },
		{ "SCHED_IDLE", SCHED_IDLE },
		{ "SCHED_DEADLINE", PLAN_SCHED_DEADLINE },
	};
	static const char *const flags[] = {
		"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",     "SCHED_FLAG_DL_OVERRUN",
		"SCHED_FLAG_KEEP_POLICY",    "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN",
		"SCHED_FLAG_UTIL_CLAMP_MAX",
	};
	size_t i;

	if (s == NULL)
		return 0;
	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		if (streq_opt(policies[i].name, s->policy))
			break;
	}
	if (i == ARRAY_SIZE(policies))
		return error_set(err, ERROR_INVALID,
				 ".process.scheduler.policy: unknown policy '%s'",
				 s->policy ? s->policy : "");
	ret->sched_set = true;
	ret->sched = (struct process_sched){
		.policy = policies[i].policy,
		.nice = s->nice,
		.priority = (uint32_t)s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
	};
	STRV_FOREACH (f, s->flags) {
		int bit = str_table_find(flags, ARRAY_SIZE(flags), *f);

		if (bit < 0)
			return error_set(err, ERROR_INVALID,
					 ".process.scheduler.flags: unknown flag '%s'", *f);
		ret->sched.flags |= UINT64_C(1) << bit;
	}
	return 0;
}

static int resolve_ioprio(const struct oci_io_priority *p, struct plan_process *ret,
			  struct error *err)
{
	if (p == NULL)
		return 0;
	if (streq_opt(p->io_class, "IOPRIO_CLASS_RT"))
		ret->ioprio_class = IOPRIO_CLASS_RT;
	else if (streq_opt(p->io_class, "IOPRIO_CLASS_BE"))
		ret->ioprio_class = IOPRIO_CLASS_BE;
	else if (streq_opt(p->io_class, "IOPRIO_CLASS_IDLE"))
		ret->ioprio_class = IOPRIO_CLASS_IDLE;
	else
		return error_set(err, ERROR_INVALID,
				 ".process.ioPriority.class: unknown class '%s'",
				 p->io_class ? p->io_class : "");
	if (p->priority < 0 || p->priority > 7)
		return error_set(err, ERROR_INVALID,
				 ".process.ioPriority.priority: %d is not within 0..7",
				 p->priority);
	ret->ioprio_priority = p->priority;
	return 0;
}

static int take_cpus(const char *list, const char *member, char **ret, struct error *err)
{
	struct process_cpus cpus;

	if (str_empty(list))
		return 0;
	if (process_parse_cpus(list, &cpus) < 0)
		return error_set(err, ERROR_INVALID,
				 ".process.execCPUAffinity.%s: '%s' is not a list of CPUs", member,
				 list);
	*ret = xstrdup(list);
	return 0;
}

static int resolve_affinity(const struct oci_exec_cpu_affinity *a, struct plan_process *ret,
			    struct error *err)
{
	int r;

	if (a == NULL)
		return 0;
	r = take_cpus(a->initial, "initial", &ret->affinity_initial, err);
	return r < 0 ? r : take_cpus(a->final, "final", &ret->affinity_final, err);
}

static int check_env(char *const *env, struct error *err)
{
	size_t i = 0;

	STRV_FOREACH (e, env) {
		if (strchr(*e, '=') == NULL || (*e)[0] == '=')
			return error_set(err, ERROR_INVALID,
					 ".process.env[%zu]: '%s' is not NAME=VALUE", i, *e);
		i++;
	}
	return 0;
}

static void resolve_user(const struct oci_process *p, struct plan_process *ret)
{
	ret->uid = p->user.uid;
	ret->gid = p->user.gid;
	ret->n_groups = p->user.n_additional_gids;
	if (ret->n_groups > 0)
		ret->groups = xmemdup(p->user.additional_gids, ret->n_groups * sizeof(uint32_t));
	ret->umask = p->user.umask.set ? (mode_t)(p->user.umask.value & 0777) : DEFAULT_UMASK;
}

int plan_resolve_process(const struct oci_process *p, struct plan_process *ret, struct error *err)
{
	int r;

	if (p->args == NULL || p->args[0] == NULL)
		return error_set(err, ERROR_INVALID, ".process.args: must not be empty");
	ret->argv = strv_dup(p->args);
	ret->env = p->env ? strv_dup(p->env) : xnew(char *);
	ret->cwd = xstrdup(p->cwd);
	resolve_user(p, ret);
	ret->terminal = p->terminal;
	if (p->terminal && p->console_size) {
		ret->rows = (unsigned short)p->console_size->height;
		ret->cols = (unsigned short)p->console_size->width;
	}
	ret->no_new_privs = p->no_new_privileges;
	ret->oom_set = p->oom_score_adj.set;
	ret->oom_score_adj = p->oom_score_adj.value;
	if (ret->oom_set && (ret->oom_score_adj < -1000 || ret->oom_score_adj > 1000))
		return error_set(err, ERROR_INVALID,
				 ".process.oomScoreAdj: %d is not within -1000..1000",
				 ret->oom_score_adj);
	ret->apparmor = plan_dup_text(p->apparmor_profile);
	ret->selinux = plan_dup_text(p->selinux_label);
	r = check_env(p->env, err);
	if (r < 0)
		return r;
	r = resolve_caps(p->capabilities, &ret->caps, err);
	if (r < 0)
		return r;
	r = resolve_rlimits(p, ret, err);
	if (r < 0)
		return r;
	r = resolve_scheduler(p->scheduler, ret, err);
	if (r < 0)
		return r;
	r = resolve_ioprio(p->io_priority, ret, err);
	if (r < 0)
		return r;
	return resolve_affinity(p->exec_cpu_affinity, ret, err);
}

int plan_check_lsm(const struct plan_process *p, struct error *err)
{
	/* Without AppArmor everything is unconfined. */
	if (p->apparmor && !streq(p->apparmor, "unconfined") && !feature_apparmor())
		return error_set(err, ERROR_UNSUPPORTED,
				 ".process.apparmorProfile: '%s': AppArmor is not active on this "
				 "kernel",
				 p->apparmor);
	if (p->selinux && !feature_selinux())
		return error_set(
			err, ERROR_UNSUPPORTED,
			".process.selinuxLabel: '%s': SELinux is not active on this kernel",
			p->selinux);
	return 0;
}

void plan_process_done(struct plan_process *p)
{
	strv_free(p->argv);
	strv_free(p->env);
	free(p->cwd);
	free(p->groups);
	free(p->rlimits);
	free(p->affinity_initial);
	free(p->affinity_final);
	free(p->apparmor);
	free(p->selinux);
	free(p->keyring);
	plan_landlock_free(p->landlock);
	seccomp_program_done(&p->seccomp);
	free(p->seccomp_listener_path);
	free(p->seccomp_listener_metadata);
	*p = (struct plan_process){ 0 };
}
