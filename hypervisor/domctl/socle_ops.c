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
#include "domctl/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"

union socle_arg {
	struct socle_last_words last_words;
	struct socle_vcpu_times vcpu_times;
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

static long read_vcpu_times(union socle_arg *a)
{
	struct socle_vcpu_times *t = &a->vcpu_times;
	struct domain *d = t->domid < DOMID_FIRST_RESERVED ? domain_get((domid_t)t->domid) : NULL;
	struct vcpu *v = NULL;
	uint32_t id;

	if (!d)
		return -XEN_ESRCH;
	for (id = t->vcpu; !v && id < d->max_vcpus; id++)
		v = vcpu_get(d, id);
	if (v)
		fill_times(t, v);
	domain_put(d);
	return v ? 0 : -XEN_ESRCH;
}

static const struct {
	long (*fn)(union socle_arg *a);
	size_t size;
} rows[] = {
	[SOCLE_OP_last_words] = { read_last_words, sizeof(struct socle_last_words) },
	[SOCLE_OP_vcpu_times] = { read_vcpu_times, sizeof(struct socle_vcpu_times) },
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
