/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vcpu_op(24): a domain's work on its own vCPUs (pv-abi 2.5). An id without a vCPU is -ENOENT for every operation:
 * Linux finds its CPUs by asking until that answer.
 */
#include <stdbool.h>
#include <stdint.h>
#include <abi/errno.h>
#include <abi/vcpu.h>
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#define PERIOD_MIN_NS 1000000UL

static long op_initialise(struct vcpu *v, uint64_t arg)
{
	struct vcpu_guest_context *c;
	long rc;

	if (v->initialised)
		return -XEN_EEXIST;
	c = hv_alloc(sizeof(*c));
	if (!c)
		return -XEN_ENOMEM;
	rc = copy_from_guest(c, arg, sizeof(*c)) ? -XEN_EFAULT : 0;
	if (!rc) {
		c->flags &= ~(uint64_t)VGCF_online;	/* VCPUOP_up does that */
		rc = vcpu_initialise(v, c);
	}
	hv_free(c);
	return rc;
}

static long op_up(struct vcpu *v, uint64_t arg)
{
	(void)arg;
	return vcpu_up(v);
}

static long op_down(struct vcpu *v, uint64_t arg)
{
	(void)arg;
	vcpu_down(v);
	return 0;
}

static long op_is_up(struct vcpu *v, uint64_t arg)
{
	(void)arg;
	return v->online;
}

static long op_get_runstate(struct vcpu *v, uint64_t arg)
{
	struct vcpu_runstate_info r;

	sched_get_runstate(v, &r);
	return copy_to_guest(arg, &r, sizeof(r)) ? -XEN_EFAULT : 0;
}

static long op_register_runstate(struct vcpu *v, uint64_t arg)
{
	struct vcpu_register_runstate_memory_area area;

	if (copy_from_guest(&area, arg, sizeof(area)))
		return -XEN_EFAULT;
	if (area.addr.v && !guest_range_ok(area.addr.v, sizeof(v->runstate)))
		return -XEN_EFAULT;
	v->runstate_va = area.addr.v;
	/* Same domain, same kernel: the address means the same here as in v. */
	sched_publish_runstate(v);
	return 0;
}

static long op_register_time(struct vcpu *v, uint64_t arg)
{
	struct vcpu_register_time_memory_area area;

	if (copy_from_guest(&area, arg, sizeof(area)))
		return -XEN_EFAULT;
	if (area.addr.v && !guest_range_ok(area.addr.v, sizeof(struct vcpu_time_info)))
		return -XEN_EFAULT;
	v->time_va = area.addr.v;
	if (v == current)
		vtime_update(v);
	else
		v->time_base.tsc_to_system_mul = 0;	/* written when it runs next */
	return 0;
}

static long op_set_periodic(struct vcpu *v, uint64_t arg)
{
	struct vcpu_set_periodic_timer op;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	if (op.period_ns < PERIOD_MIN_NS || op.period_ns > INT64_MAX)
		return -XEN_EINVAL;
	v->periodic_period = op.period_ns;
	timer_set(&v->periodic, system_time() + op.period_ns);
	return 0;
}

static long op_stop_periodic(struct vcpu *v, uint64_t arg)
{
	(void)arg;
	v->periodic_period = 0;
	timer_stop(&v->periodic);
	return 0;
}

static long op_set_singleshot(struct vcpu *v, uint64_t arg)
{
	struct vcpu_set_singleshot_timer op;

	if (v != current)
		return -XEN_EINVAL;
	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	/* A time that has passed needs neither queue nor interrupt. */
	if (op.timeout_abs_ns <= system_time()) {
		timer_stop(&v->singleshot);
		virq_raise_vcpu(v, VIRQ_TIMER);
	} else {
		timer_set(&v->singleshot, op.timeout_abs_ns);
	}
	return 0;
}

static long op_stop_singleshot(struct vcpu *v, uint64_t arg)
{
	(void)arg;
	if (v != current)
		return -XEN_EINVAL;
	timer_stop(&v->singleshot);
	return 0;
}

static long op_register_info(struct vcpu *v, uint64_t arg)
{
	struct vcpu_register_vcpu_info op;

	if (copy_from_guest(&op, arg, sizeof(op)))
		return -XEN_EFAULT;
	return vcpu_register_info(v, op.mfn, op.offset);
}

static long op_send_nmi(struct vcpu *v, uint64_t arg)
{
	if (arg)
		return -XEN_EINVAL;
	sched_raise_nmi(v);
	return 0;
}

/* Only for vCPUs that are nailed to a CPU, and none is. */
static long op_get_physid(struct vcpu *v, uint64_t arg)
{
	(void)v;
	(void)arg;
	return -XEN_EINVAL;
}

static long (*const ops[])(struct vcpu *v, uint64_t arg) = {
	[VCPUOP_initialise] = op_initialise,
	[VCPUOP_up] = op_up,
	[VCPUOP_down] = op_down,
	[VCPUOP_is_up] = op_is_up,
	[VCPUOP_get_runstate_info] = op_get_runstate,
	[VCPUOP_register_runstate_memory_area] = op_register_runstate,
	[VCPUOP_set_periodic_timer] = op_set_periodic,
	[VCPUOP_stop_periodic_timer] = op_stop_periodic,
	[VCPUOP_set_singleshot_timer] = op_set_singleshot,
	[VCPUOP_stop_singleshot_timer] = op_stop_singleshot,
	[VCPUOP_register_vcpu_info] = op_register_info,
	[VCPUOP_send_nmi] = op_send_nmi,
	[VCPUOP_get_physid] = op_get_physid,
	[VCPUOP_register_vcpu_time_memory_area] = op_register_time,
};

long do_vcpu_op(uint64_t cmd, uint64_t vcpu, uint64_t arg)
{
	struct vcpu *v = vcpu_get(current->domain, (uint32_t)vcpu);
	unsigned int i;
	long rc;

	if (!v)
		return -XEN_ENOENT;
	if (!idx_clamp((uint32_t)cmd, ARRAY_SIZE(ops), &i))
		return -XEN_ENOSYS;
	rc = ops[i](v, arg);
	if (rc == -XEN_ERESTART)
		return hypercall_continue(__HYPERVISOR_vcpu_op, 3, cmd, vcpu, arg, 0, 0);
	return rc;
}
