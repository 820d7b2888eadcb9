/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dom0-tools/domain/metrics_read.c
 *
 * Where the numbers of metrics.h come from: the hypervisor, and the supervisors of devices.
 */
#include <stdlib.h>
#include <string.h>

#include <abi/vcpu.h>
#include <uuid/uuid.h>

#include "domain/codes.h"
#include "domain/devices.h"
#include "domain/metrics.h"
#include "domain/names.h"
#include "domain/share.h"
#include "libsocle/domain.h"

static void waits_add(struct socle_hv *hv, struct metrics_domain *d)
{
	struct socle_wait_times t = { .domid = d->domid };

	for (; socle_own_op(hv, SOCLE_OP_wait_times, &t, sizeof(t)) == 0; t.vcpu++)
		for (unsigned int i = 0; i < SOCLE_WAIT_BUCKETS; i++)
			d->waits[i] += t.bucket[i];
}

static void times_add(struct socle_hv *hv, struct metrics_domain *d)
{
	struct socle_vcpu_times t;

	for (unsigned int n = 0; vcpu_times(hv, (uint16_t)d->domid, n, &t) == 0; n = t.vcpu + 1) {
		d->run_ns += t.time_ns[RUNSTATE_running];
		d->wait_ns += t.time_ns[RUNSTATE_runnable];
	}
}

static int domain_add(struct metrics *m, struct domain_ctx *ctx, const struct xen_domctl_getdomaininfo *info, const char *state,
		      struct socle_error *e)
{
	struct metrics_domain *more = reallocarray(m->domain, m->nr_domains + 1, sizeof(*more)), *d;
	char *name;

	if (!more)
		return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory");
	m->domain = more;
	d = &more[m->nr_domains++];
	*d = (struct metrics_domain){ .domid = info->domain, .state = state, .vcpus = info->nr_online_vcpus,
				      .memory_bytes = info->tot_pages * 4096, .max_memory_bytes = info->max_pages * 4096 };
	name = names_of(ctx, info->domain);
	snprintf(d->name, sizeof(d->name), "%s", name ? name : "?");
	free(name);
	uuid_unparse_lower(info->handle, d->uuid);
	times_add(ctx->hv, d);
	waits_add(ctx->hv, d);
	return 0;
}

static const char *name_of(const struct metrics *m, uint32_t domid)
{
	for (size_t i = 0; i < m->nr_domains; i++)
		if (m->domain[i].domid == domid)
			return m->domain[i].name;
	return NULL;
}

/* Devices of the kernel's backends have no counters here. */
static int device_add(const struct device_view *v, void *arg)
{
	struct metrics *m = arg;
	const char *name = name_of(m, v->domid);
	struct metrics_device *more, *d;

	if (!name || !v->has_stats)
		return 0;
	more = reallocarray(m->device, m->nr_devices + 1, sizeof(*more));
	if (!more)
		return -1;
	m->device = more;
	d = &more[m->nr_devices++];
	*d = (struct metrics_device){ .domid = v->domid, .cls = v->ref.cls, .restarts = v->restarts, .stats = v->stats };
	snprintf(d->name, sizeof(d->name), "%s", name);
	if (v->ref.cls == DEVICE_DISK)
		snprintf(d->dev, sizeof(d->dev), "%s", v->dev);
	else
		snprintf(d->dev, sizeof(d->dev), "%u", v->ref.devid);
	return 0;
}

int metrics_read(struct metrics *m, struct domain_ctx *ctx, const char *(*state_word)(const struct xen_domctl_getdomaininfo *),
		 struct socle_error *e)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	struct xen_domctl_getdomaininfo info;
	int n = 0, r = socle_sysctl(ctx->hv, &op);

	*m = (struct metrics){ .cpus = op.u.physinfo.nr_cpus, .total_bytes = op.u.physinfo.total_pages * 4096,
			       .free_bytes = op.u.physinfo.free_pages * 4096 };
	if (r < 0)
		return socle_refused(e, r, "the hypervisor does not tell about the machine");
	for (uint16_t next = 0; (n = socle_domain_list(ctx->hv, next, &info, 1)) == 1; next = (uint16_t)(info.domain + 1))
		if (domain_add(m, ctx, &info, state_word(&info), e))
			return -1;
	if (n < 0)
		return socle_refused(e, n, "the hypervisor does not tell which domains there are");
	if (ctx->store && (devices_each(ctx, DEVICE_DISK, 0, device_add, m) || devices_each(ctx, DEVICE_CARD, 0, device_add, m)))
		return socle_fail_id(e, DOMAIN_E_NO_MEMORY, "dom0-memory", "out of memory");
	return 0;
}

void metrics_free(struct metrics *m)
{
	free(m->domain);
	free(m->device);
	*m = (struct metrics){ .cpus = 0 };
}
