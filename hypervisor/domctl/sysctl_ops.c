/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl(35): the machine as the toolstack sees it (pv-abi 10.2); the same way in and out as domctl's. The operations
 * on the log, the list of domains and the scheduler are here, those that describe the hardware in sysctl_info.c.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "debug/keys.h"
#include "debug/log.h"
#include "domctl/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"

#define LOG_CHUNK	256u
#define KEYS_MAX	16u

/* ---- log ------------------------------------------------------------------------------------------------- */

static long readconsole(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	uint32_t index = r->incremental ? r->index : log_oldest(), done = 0;
	char chunk[LOG_CHUNK];
	size_t n;

	do {
		n = log_read(&index, chunk, MIN(r->count - done, LOG_CHUNK));
		if (n && copy_to_guest(r->buffer + done, chunk, n))
			return -XEN_EFAULT;
		done += (uint32_t)n;
	} while (n && done < r->count);
	if (r->clear)
		log_clear();
	r->index = index;
	r->count = done;
	return 0;
}

/* ---- domains ------------------------------------------------------------------------------------------------ */

static long getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	uint32_t id = l->first_domain, n;

	for (n = 0; n < l->max_domains && id < DOMID_FIRST_RESERVED; n++) {
		struct domain *d = domain_get_next((domid_t)id);

		if (!d)
			break;
		domain_fill_info(d, &info);
		id = d->id + 1u;
		domain_put(d);
		if (copy_to_guest(l->buffer + n * sizeof(info), &info, sizeof(info)))
			return -XEN_EFAULT;
	}
	l->num_domains = n;
	return 0;
}

/* They run on the way back to a guest and print into the log; "end" of the last one tells that all is there. */
static long run_debug_keys(struct xen_sysctl *op)
{
	const struct xen_sysctl_debug_keys *k = &op->u.debug_keys;
	char keys[KEYS_MAX];
	uint32_t i, n = k->nr_keys;

	if (n > KEYS_MAX)
		return -XEN_E2BIG;
	if (copy_from_guest(keys, k->keys, n))
		return -XEN_EFAULT;
	for (i = 0; i < n; i++)
		if (!debug_key_press(keys[i]))
			return -XEN_EBUSY;
	return 0;
}

/* ---- scheduler ------------------------------------------------------------------------------------------------ */

static long sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

static long scheduler_op(struct xen_sysctl *op)
{
	struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->cpupool_id)
		return -XEN_ESRCH;
	if (s->sched_id != XEN_SCHEDULER_CREDIT2)
		return -XEN_EINVAL;
	switch (s->cmd) {
	case XEN_SYSCTL_SCHEDOP_getinfo:
		s->u.sched_credit2.ratelimit_us = sched_ratelimit_us();
		return 0;
	case XEN_SYSCTL_SCHEDOP_putinfo:
		if (s->u.sched_credit2.ratelimit_us &&
		    (s->u.sched_credit2.ratelimit_us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
		     s->u.sched_credit2.ratelimit_us > XEN_SYSCTL_SCHED_RATELIMIT_MAX))
			return -XEN_EINVAL;
		return sched_set_ratelimit_us(s->u.sched_credit2.ratelimit_us);
	default:
		return -XEN_EINVAL;
	}
}

static uint32_t count_domains(void)
{
	uint32_t id = 0, n = 0;
	struct domain *d;

	while (id < DOMID_FIRST_RESERVED && (d = domain_get_next((domid_t)id)) != NULL) {
		id = d->id + 1u;
		n++;
		domain_put(d);
	}
	return n;
}

/* There is one pool, 0, with all CPUs and all domains; it cannot be changed. */
static long cpupool_op(struct xen_sysctl *op)
{
	struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;
	uint64_t cpus[CPU_WORDS];

	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		if (p->cpupool_id)
			return -XEN_ENOENT;	/* "this one or the next": there is no next */
		p->sched_id = XEN_SCHEDULER_CREDIT2;
		p->n_dom = count_domains();
		bitmap_online(cpus);
		return bitmap_copy_out(&p->cpumap, cpus);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		memset(cpus, 0, sizeof(cpus));
		return bitmap_copy_out(&p->cpumap, cpus);
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return -XEN_EOPNOTSUPP;
	default:
		return -XEN_ENOSYS;
	}
}

static long no_power_management(struct xen_sysctl *op)
{
	(void)op;
	return -XEN_ENODEV;
}

static long not_supported(struct xen_sysctl *op)
{
	(void)op;
	return -XEN_EOPNOTSUPP;
}

/* ---- dispatch ---------------------------------------------------------------------------------------------------- */

static const struct sysctl_row {
	sysctl_fn *fn;
	bool out;		/* copied back on success, and on -ENOBUFS, which tells the room that is needed */
} rows[] = {
	[XEN_SYSCTL_readconsole] = { readconsole, true },
	[XEN_SYSCTL_physinfo] = { sysctl_physinfo, true },
	[XEN_SYSCTL_sched_id] = { sched_id, true },
	[XEN_SYSCTL_getdomaininfolist] = { getdomaininfolist, true },
	[XEN_SYSCTL_debug_keys] = { run_debug_keys, false },
	[XEN_SYSCTL_getcpuinfo] = { sysctl_getcpuinfo, true },
	[XEN_SYSCTL_availheap] = { sysctl_availheap, true },
	[XEN_SYSCTL_get_pmstat] = { no_power_management, false },
	[XEN_SYSCTL_cpu_hotplug] = { not_supported, false },
	[XEN_SYSCTL_pm_op] = { no_power_management, false },
	[XEN_SYSCTL_cputopoinfo] = { sysctl_cputopoinfo, true },
	[XEN_SYSCTL_numainfo] = { sysctl_numainfo, true },
	[XEN_SYSCTL_cpupool_op] = { cpupool_op, true },
	[XEN_SYSCTL_scheduler_op] = { scheduler_op, true },
	[XEN_SYSCTL_psr_cmt_op] = { no_power_management, false },
	[XEN_SYSCTL_pcitopoinfo] = { sysctl_pcitopoinfo, true },
	[XEN_SYSCTL_psr_alloc] = { no_power_management, false },
	[XEN_SYSCTL_get_cpu_levelling_caps] = { sysctl_levelling_caps, true },
	[XEN_SYSCTL_get_cpu_featureset] = { sysctl_get_cpu_featureset, true },
	[XEN_SYSCTL_get_cpu_policy] = { sysctl_get_cpu_policy, true },
};

long do_sysctl(uint64_t uop)
{
	struct xen_sysctl op;
	unsigned int i;
	long rc;

	if (!current->domain->privileged)
		return -XEN_EPERM;
	if (copy_from_guest(&op, uop, sizeof(op)))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return refuse(-XEN_EACCES, "interface version %x", op.interface_version);
	if (!idx_clamp(op.cmd, ARRAY_SIZE(rows), &i) || !rows[i].fn)
		return refuse(-XEN_ENOSYS, "command %u", op.cmd);
	rc = rows[i].fn(&op);
	if (rows[i].out && (!rc || rc == -XEN_ENOBUFS) && copy_to_guest(uop, &op, sizeof(op)))
		return -XEN_EFAULT;
	return rc;
}
