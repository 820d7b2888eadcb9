/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way back to a guest. Every return to ring 3 passes exit_to_guest(), with interrupts off, and leaves
 * it only when no work is due: expired timers have run, the scheduler has had its say, deferred flushes are
 * done, and whatever the vCPU must find on its stack (exception, NMI, event upcall) has been built. Building a frame can
 * make new work (a crash reschedules), so the loop starts over until nothing is left (pv-abi 3.3).
 *
 * An idle vCPU never leaves: it halts here, the only place where interrupts are on.
 */
#include "asm/atomic.h"
#include "asm/cr.h"
#include "asm/msr.h"
#include "cpu/cpu.h"
#include "debug/keys.h"
#include "debug/stack.h"
#include "domain/domain.h"
#include "lib/util.h"
#include "pv/pv.h"
#include "sched/sched.h"
#include "time/clock.h"
#include "time/timer.h"

/* An operation that has run this long lets others run. A CPU is to be had every millisecond, and the steps between two
 * questions take their time. */
#define PREEMPT_AFTER_US 250

/* rsp0 must be on 16 bytes: the CPU aligns it before pushing (SDM vol. 3, 6.14.2). */
_Static_assert((offsetof(struct cpu_info, guest_regs) + offsetof(struct cpu_user_regs, es)) % 16 == 0, "rsp0 alignment");
_Static_assert(sizeof(struct cpu_info) % 16 == 0, "cpu_info ends at the top of the stack");

bool preempt_check(void)
{
	struct cpu_info *ci = this_cpu();

	if (READ_ONCE(ci->work) & WORK_RESCHED)
		return true;
	/* The clock starts with the first question: whoever never asks need not read it. */
	if (!ci->entry_tsc) {
		ci->entry_tsc = rdtsc();
		return false;
	}
	return rdtsc() - ci->entry_tsc > tsc_khz * PREEMPT_AFTER_US / 1000;
}

/* True when something was done. */
static bool exit_do_work(struct cpu_info *ci)
{
	uint32_t work;

	if (!READ_ONCE(ci->work))
		return false;
	work = xchg(&ci->work, 0);
	if (work & WORK_TIMER)
		timer_run_expired();
	if (work & WORK_NMI)
		trap_nmi_work();
	if (work & WORK_DEBUG)
		debug_run_work();
	/* Those above may have asked for it just now. */
	if (work & WORK_RESCHED || READ_ONCE(ci->work) & WORK_RESCHED) {
		(void)atomic_and(&ci->work, ~WORK_RESCHED);
		sched_run();
	}
	return true;
}

void exit_to_guest(void)
{
	struct cpu_info *ci = this_cpu();

	for (;;) {
		stack_check();
		if (exit_do_work(ci))
			continue;
		if (ci->current_vcpu->idle) {
			irq_enable_and_halt();
			continue;
		}
		pv_deliver_pending(ci->current_vcpu);
		/* A bit set after this look comes with an interrupt, which strikes as soon as the guest runs. */
		if (!READ_ONCE(ci->work))
			return;
	}
}

void cpu_start_guest_loop(void)
{
	cpu_raise_work(WORK_RESCHED);
	entry_resume_guest();
}
