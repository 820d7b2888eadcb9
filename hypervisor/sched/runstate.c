/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Run states: how long a vCPU ran, waited, slept (pv-abi 2.5). The record is under the lock of the vCPU's run queue; the
 * CPU that runs it also writes the copy that the guest has registered.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <abi/vcpu.h>
#include "asm/barrier.h"
#include "cpu/cpu.h"
#include "domain/domain.h"
#include "lib/bitmap.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "sched/internal.h"
#include "time/clock.h"

void runstate_update(struct vcpu *v, int state)
{
	uint64_t now = system_time();

	if (v->runstate.state == state)
		return;
	if (now > v->runstate.state_entry_time)
		v->runstate.time[v->runstate.state] += now - v->runstate.state_entry_time;
	v->runstate.state_entry_time = now;
	v->runstate.state = state;
}

/* Into the bucket of its highest bit, those below 2 us into the first. */
void runstate_count_wait(struct vcpu *v, uint64_t now)
{
	uint64_t since = v->runstate.state_entry_time, ns = now > since ? now - since : 0;
	unsigned int bucket = bit_highest(ns >> 10 | 1);

	v->waits[MIN(bucket, SOCLE_WAIT_BUCKETS - 1u)]++;
}

int runstate_of_waiting(const struct vcpu *v)
{
	if (sched_runnable(v))
		return RUNSTATE_runnable;
	return v->initialised && v->online && (v->blocked || v->polling) ? RUNSTATE_blocked : RUNSTATE_offline;
}

void sched_get_runstate(const struct vcpu *v, struct vcpu_runstate_info *out)
{
	struct spinlock *lock = sched_lock_vcpu(v);
	uint64_t now = system_time();

	*out = v->runstate;
	spin_unlock(lock);
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

void sched_get_waits(const struct vcpu *v, uint64_t *out)
{
	struct spinlock *lock = sched_lock_vcpu(v);

	for (unsigned int i = 0; i < SOCLE_WAIT_BUCKETS; i++)
		out[i] = v->waits[i];
	spin_unlock(lock);
}

uint64_t sched_cpu_time(const struct vcpu *v)
{
	struct vcpu_runstate_info r;

	sched_get_runstate(v, &r);
	return r.time[RUNSTATE_running];
}

void sched_with_kernel_tables(struct vcpu *v, void (*fn)(struct vcpu *))
{
	if (v->kernel_mode) {
		fn(v);
		return;
	}
	v->kernel_mode = true;
	mm_load_vcpu(v);
	fn(v);
	v->kernel_mode = false;
	mm_load_vcpu(v);
}

/* v is current. With the assist runstate_update_flag a reader on another vCPU sees when a copy is under way. */
void sched_publish_runstate(struct vcpu *v)
{
	struct vcpu_runstate_info copy = v->runstate;
	uint64_t entry_va = v->runstate_va + offsetof(struct vcpu_runstate_info, state_entry_time);
	bool flag = v->domain->vm_assist & (1u << VMASST_TYPE_runstate_update_flag);

	if (!v->runstate_va)
		return;
	if (flag) {
		copy.state_entry_time |= XEN_RUNSTATE_UPDATE;
		if (copy_to_guest(entry_va, &copy.state_entry_time, sizeof(copy.state_entry_time)))
			return;
		smp_wmb();
	}
	/* An area that is not mapped now is the guest's own loss: it is written again at the next switch. */
	if (copy_to_guest(v->runstate_va, &copy, sizeof(copy)) || !flag)
		return;
	smp_wmb();
	copy.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	(void)copy_to_guest(entry_va, &copy.state_entry_time, sizeof(copy.state_entry_time));
}
