/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's time (pv-abi 7): the clock parameters in vcpu_info and in the secondary area it may register, the wall
 * clock in shared_info, and the timers that raise VIRQ_TIMER.
 *
 * With a stable TSC there is one set for all vCPUs, the hypervisor's own: two vCPUs that compare their clocks see one
 * clock, to the last bit, and it is written only once. Otherwise the parameters are written each time a vCPU gets a CPU
 * and, for the one that runs, about once a second; what a new set gives for this very moment is never less than what the old
 * set gives, so that the clock of a vCPU does not step back.
 *
 * A reader takes the parameters as consistent when the version was even and has not changed; the writer makes it odd first.
 */
#include <stdbool.h>
#include <stdint.h>
#include <abi/xen.h>
#include "asm/barrier.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

#define REFRESH_PERIOD 1000000000UL

static struct timer refresh[MAX_CPUS];	/* parameters of the vCPU that runs there; idle if the TSC is stable */

/* ---- clock parameters ------------------------------------------------------------------------------ */

/* ns = (ticks << shift) * mul >> 32; a negative shift goes right. */
static uint64_t ticks_to_ns(uint64_t ticks, uint32_t mul, int8_t shift)
{
	ticks = shift >= 0 ? ticks << shift : ticks >> -shift;
	return (uint64_t)((unsigned __int128)ticks * mul >> 32);
}

/* The hypervisor's own copy of what it told the guest last is base: the guest's can be anything. */
static struct vcpu_time_info parameters(const struct vcpu_time_info *base)
{
	struct vcpu_time_info t = {
		.tsc_timestamp = tsc_read(), .system_time = system_time(),
		.tsc_to_system_mul = tsc_mul, .tsc_shift = tsc_shift,
		.flags = tsc_stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};
	uint64_t old;

	if (tsc_stable) {
		t.tsc_timestamp = clock_boot_tsc();
		t.system_time = 0;
		return t;
	}
	if (base->tsc_to_system_mul && t.tsc_timestamp >= base->tsc_timestamp) {
		old = base->system_time + ticks_to_ns(t.tsc_timestamp - base->tsc_timestamp,
						      base->tsc_to_system_mul, base->tsc_shift);
		t.system_time = MAX(t.system_time, old);
	}
	return t;
}

static void info_write(struct vcpu_time_info *to, const struct vcpu_time_info *t)
{
	uint32_t version = READ_ONCE(to->version) | 1;

	WRITE_ONCE(to->version, version);
	smp_wmb();
	WRITE_ONCE(to->tsc_timestamp, t->tsc_timestamp);
	WRITE_ONCE(to->system_time, t->system_time);
	WRITE_ONCE(to->tsc_to_system_mul, t->tsc_to_system_mul);
	WRITE_ONCE(to->tsc_shift, t->tsc_shift);
	WRITE_ONCE(to->flags, t->flags);
	smp_wmb();
	WRITE_ONCE(to->version, version + 1);
}

/* The same through the guest's own mapping, with kernel tables loaded. One that is not mapped now is left as it is. */
static void area_write(uint64_t va, const struct vcpu_time_info *t)
{
	struct vcpu_time_info copy = *t;

	if (copy_from_guest(&copy.version, va, sizeof(copy.version)))
		return;
	copy.version |= 1;
	if (copy_to_guest(va, &copy.version, sizeof(copy.version)))
		return;
	smp_wmb();
	if (copy_to_guest(va, &copy, sizeof(copy)))
		return;
	smp_wmb();
	copy.version++;
	(void)copy_to_guest(va, &copy.version, sizeof(copy.version));
}

void vtime_update(struct vcpu *v)
{
	v->time_base = parameters(&v->time_base);
	info_write(&v->info->time, &v->time_base);
	if (v->time_va && v == current)
		area_write(v->time_va, &v->time_base);
}

static void refresh_due(void *arg)
{
	struct vcpu *v = current;

	if (!v->idle)
		sched_with_kernel_tables(v, vtime_update);
	timer_set(arg, system_time() + REFRESH_PERIOD);
}

void vtime_init_cpu(void)
{
	struct timer *t = &refresh[this_cpu()->cpu];

	timer_init(t, refresh_due, t);
}

/* The first guest that runs on a CPU starts it: by then all CPUs have been compared. */
static void refresh_start(void)
{
	struct timer *t = &refresh[this_cpu()->cpu];

	if (!timer_active(t))
		timer_set(t, system_time() + REFRESH_PERIOD);
}

/* Nothing to write when what was written cannot have changed. */
void vtime_switched_in(struct vcpu *v)
{
	if (tsc_stable && v->time_base.tsc_to_system_mul)
		return;
	vtime_update(v);
	if (!tsc_stable)
		refresh_start();
}

/* ---- wall clock -------------------------------------------------------------------------------------- */

/* Wall time at system time 0. Only dom0's hypercalls come here, and the creation of the domain. */
void vtime_domain_wallclock(struct domain *d)
{
	struct shared_info *s = d->shared_info;
	uint32_t version = READ_ONCE(s->wc_version) | 1, nsec;
	uint64_t sec;

	wallclock_get(&sec, &nsec);
	sec += (uint64_t)d->time_offset;
	WRITE_ONCE(s->wc_version, version);
	smp_wmb();
	WRITE_ONCE(s->wc_sec, (uint32_t)sec);
	WRITE_ONCE(s->wc_nsec, nsec);
	WRITE_ONCE(s->wc_sec_hi, (uint32_t)(sec >> 32));
	smp_wmb();
	WRITE_ONCE(s->wc_version, version + 1);
}

/* ---- timers ------------------------------------------------------------------------------------------ */

static void singleshot_due(void *arg)
{
	virq_raise_vcpu(arg, VIRQ_TIMER);
}

/* A vCPU that missed periods gets one interrupt for all of them. */
static void periodic_due(void *arg)
{
	struct vcpu *v = arg;
	uint64_t now = system_time(), next = v->periodic.expires + v->periodic_period;

	virq_raise_vcpu(v, VIRQ_TIMER);
	if (v->periodic_period)
		timer_set(&v->periodic, next > now ? next : now + v->periodic_period);
}

/* The interrupt has made the CPU look for what is pending. */
static void breath_over(void *arg)
{
	(void)arg;
}

void vtime_vcpu_init(struct vcpu *v)
{
	timer_init(&v->breath, breath_over, v);
	timer_init(&v->singleshot, singleshot_due, v);
	timer_init(&v->periodic, periodic_due, v);
}

void vtime_vcpu_moved(struct vcpu *v)
{
	timer_bring(&v->singleshot);
	timer_bring(&v->periodic);
}

void vtime_vcpu_fini(struct vcpu *v)
{
	timer_kill(&v->breath);
	timer_kill(&v->singleshot);
	timer_kill(&v->periodic);
}

/* The older form of VCPUOP_set_singleshot_timer: 0 stops. */
long do_set_timer_op(uint64_t timeout)
{
	if (timeout)
		timer_set(&current->singleshot, timeout);
	else
		timer_stop(&current->singleshot);
	return 0;
}
