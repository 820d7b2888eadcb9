/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socle_op(63): our own questions to the hypervisor, include/socle/op.h. One row an operation: its argument is copied
 * in whole, worked on as a copy, and copied back on success.
 */
#include <stdbool.h>
#include <stdint.h>
#include <abi/vcpu.h>
#include <socle/op.h>
#include "debug/last.h"
#include "debug/log.h"
#include "domctl/domctl.h"
#include "grant/grant.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"

union socle_arg {
	struct socle_last_words last_words;
	struct socle_vcpu_times vcpu_times;
	struct socle_log_time log_time;
	struct socle_frames frames;
	struct socle_grants grants;
	struct socle_wait_times wait_times;
	struct socle_pages pages;
};

static long read_last_words(union socle_arg *a)
{
	return last_words_read(a->last_words.seq, &a->last_words) ? 0 : -XEN_ENODATA;
}

static void fill_times(struct socle_vcpu_times *t, const struct vcpu *v)
{
	struct vcpu_runstate_info r;
	unsigned int i;

	sched_get_runstate(v, &r);
	t->vcpu = v->id;
	t->cpu = v->cpu;
	t->flags = v->online ? SOCLE_VCPU_ONLINE : 0;
	t->state = (uint32_t)r.state;
	t->now_ns = system_time();
	for (i = 0; i < ARRAY_SIZE(t->time_ns); i++)
		t->time_ns[i] = r.time[i];
}

/* The vCPU with that number or the next higher one, with a reference on its domain. */
static struct vcpu *vcpu_from(uint32_t domid, uint32_t id)
{
	struct domain *d = domid < DOMID_FIRST_RESERVED ? domain_get((domid_t)domid) : NULL;
	struct vcpu *v = NULL;

	for (; d && !v && id < d->max_vcpus; id++)
		v = vcpu_get(d, id);
	if (d && !v)
		domain_put(d);
	return v;
}

static long read_vcpu_times(union socle_arg *a)
{
	struct vcpu *v = vcpu_from(a->vcpu_times.domid, a->vcpu_times.vcpu);

	if (!v)
		return -XEN_ESRCH;
	fill_times(&a->vcpu_times, v);
	domain_put(v->domain);
	return 0;
}

static long read_wait_times(union socle_arg *a)
{
	struct socle_wait_times *t = &a->wait_times;
	struct vcpu *v = vcpu_from(t->domid, t->vcpu);

	if (!v)
		return -XEN_ESRCH;
	t->vcpu = v->id;
	sched_get_waits(v, t->bucket);
	domain_put(v->domain);
	return 0;
}

static long read_log_time(union socle_arg *a)
{
	struct socle_log_time *t = &a->log_time;

	t->now_ns = system_time();
	return log_line_time(t->at, &t->written_ns) ? 0 : -XEN_ENODATA;
}

static long read_pages(union socle_arg *a)
{
	struct domain *d = a->pages.domid < DOMID_FIRST_RESERVED ? domain_get((domid_t)a->pages.domid) : NULL;

	if (!d)
		return -XEN_ESRCH;
	mm_pages_of(d, &a->pages);
	domain_put(d);
	return 0;
}

static long read_grants(union socle_arg *a)
{
	struct socle_grants *g = &a->grants;
	struct domain *d = g->domid < DOMID_FIRST_RESERVED ? domain_get((domid_t)g->domid) : NULL;

	if (!d)
		return -XEN_ESRCH;
	g->in_use = grant_in_use(d);
	domain_put(d);
	return 0;
}

static long read_frames(union socle_arg *a)
{
	mm_ledger(&a->frames);
	return 0;
}

static const struct {
	long (*fn)(union socle_arg *a);
	size_t size;
} rows[] = {
	[SOCLE_OP_last_words] = { read_last_words, sizeof(struct socle_last_words) },
	[SOCLE_OP_vcpu_times] = { read_vcpu_times, sizeof(struct socle_vcpu_times) },
	[SOCLE_OP_log_time] = { read_log_time, sizeof(struct socle_log_time) },
	[SOCLE_OP_frames] = { read_frames, sizeof(struct socle_frames) },
	[SOCLE_OP_grants] = { read_grants, sizeof(struct socle_grants) },
	[SOCLE_OP_wait_times] = { read_wait_times, sizeof(struct socle_wait_times) },
	[SOCLE_OP_pages] = { read_pages, sizeof(struct socle_pages) },
};

long do_socle_op(uint64_t cmd, uint64_t uarg)
{
	union socle_arg arg;
	unsigned int i;
	long rc;

	if (!current->domain->privileged)
		return -XEN_EPERM;
	if (!idx_clamp(cmd, ARRAY_SIZE(rows), &i) || !rows[i].fn)
		return refuse(-XEN_ENOSYS, "operation %lu", cmd);
	if (copy_from_guest(&arg, uarg, rows[i].size))
		return -XEN_EFAULT;
	rc = rows[i].fn(&arg);
	if (!rc && copy_to_guest(uarg, &arg, rows[i].size))
		return -XEN_EFAULT;
	return rc;
}
