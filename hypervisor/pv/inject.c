/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest kernel finds on its stack: frames for exceptions, NMIs, event upcalls, system calls of its user
 * mode and failsafe callbacks, and the iret hypercall that takes them down again (pv-abi 3.2 to 3.6).
 *
 * A trap only notes the exception in v->pv; the frame is written by pv_deliver_pending() on the way out, so that at
 * most one exception waits and a context switch in between keeps it. System calls build their frame at once.
 *
 * Frames go to guest memory through mm/gcopy.c with the guest's own rights. A kernel stack that cannot be written
 * leaves nothing to tell the guest with, so the domain crashes. All functions work on current.
 */
#include "asm/barrier.h"
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "hypercall/hypercall.h"
#include "lib/util.h"
#include "mm/mm.h"
#include "pv/pv.h"
#include "pv/vectors.h"
#include "time/clock.h"
#include "time/timer.h"

#define SYSCALL_LEN 2

#define UPCALLS_IN_PLACE 64		/* upcalls that may find the interrupted code at one and the same instruction */
#define BREATH_NS 50000

void pv_inject_trap(uint8_t vector, bool has_error, uint32_t error)
{
	struct vcpu *v = current;

	v->pv.pending_trap = vector;
	v->pv.pending_has_error = has_error;
	v->pv.pending_error = error;
}

void pv_inject_page_fault(uint64_t cr2, uint32_t error)
{
	struct vcpu *v = current;

	/* The hardware says "user" for guest kernels too: both run in ring 3. */
	error = v->kernel_mode ? error & ~PFEC_USER : error | PFEC_USER;
	v->pv.cr2 = cr2;
	v->info->arch.cr2 = cr2;
	pv_inject_trap(TRAP_PF, true, error);
}

void pv_toggle_mode(struct vcpu *v)
{
	v->kernel_mode = !v->kernel_mode;
	__asm__ volatile("swapgs" ::: "memory");
	mm_load_vcpu(v);
}

/* Where a frame begins: also switches a vCPU in user mode to kernel mode. *cs is what the frame says of the
 * interrupted code: ring 0 if that was the guest kernel. */
static uint64_t frame_top(struct vcpu *v, uint64_t *cs)
{
	const struct cpu_user_regs *regs = guest_regs();
	uint64_t sp = regs->rsp;

	*cs = regs->cs & ~3u;
	if (!v->kernel_mode) {
		sp = v->pv.kernel_sp;
		*cs |= 3;
		pv_toggle_mode(v);
	}
	return sp & ~15ul;
}

/* RFLAGS as the frame shows them: IF stands for the upcall mask. */
static uint64_t frame_rflags(const struct vcpu *v, uint8_t mask)
{
	uint64_t rflags = guest_regs()->rflags & ~(RFLAGS_IF | RFLAGS_IOPL);

	if (!mask)
		rflags |= RFLAGS_IF;
	if (v->domain->vm_assist & (1u << VMASST_TYPE_architectural_iopl))
		rflags |= (uint64_t)v->pv.iopl << 12;
	return rflags;
}

/* A frame that was written to sp (unless rc says that it was not): the handler starts there. */
static void frame_enter(struct vcpu *v, int rc, uint64_t sp, uint64_t handler, bool mask_events)
{
	struct cpu_user_regs *regs = guest_regs();

	if (rc) {
		domain_crash(v->domain, "vCPU %u: no frame fits on the kernel stack at %lx", v->id, sp);
		return;
	}
	regs->rip = handler;
	regs->cs = FLAT_KERNEL_CS;
	regs->ss = FLAT_KERNEL_SS;
	regs->rsp = sp;
	regs->rflags &= ~RFLAGS_CLEARED;
	if (mask_events)
		WRITE_ONCE(v->info->evtchn_upcall_mask, 1);
}

struct bounce {
	uint64_t handler;
	bool mask_events;
	bool has_error;
	uint32_t error;
	const char *what;
};

/* From the lowest address on. Without an error code the frame starts one word later, and r11 takes that code's place. */
struct frame {
	uint64_t rcx, r11, error, rip, cs, rflags, rsp, ss;
};

static void bounce(struct vcpu *v, const struct bounce *b)
{
	const struct cpu_user_regs *regs = guest_regs();
	uint8_t mask = READ_ONCE(v->info->evtchn_upcall_mask);
	uint64_t cs, sp;
	struct frame f;
	int rc;

	if (!b->handler) {
		domain_crash(v->domain, "vCPU %u has no handler for %s", v->id, b->what);
		return;
	}
	f.rip = regs->rip;
	f.rsp = regs->rsp;
	f.ss = regs->ss;
	f.rflags = frame_rflags(v, mask);
	sp = frame_top(v, &cs) - sizeof(f);
	f.cs = cs | (uint64_t)mask << 32;
	if (b->has_error) {
		f.rcx = regs->rcx;
		f.r11 = regs->r11;
		f.error = b->error;
		rc = copy_to_guest(sp, &f, sizeof(f));
	} else {
		f.r11 = regs->rcx;
		f.error = regs->r11;
		sp += sizeof(f.rcx);
		rc = copy_to_guest(sp, &f.r11, sizeof(f) - sizeof(f.rcx));
	}
	frame_enter(v, rc, sp, b->handler, b->mask_events);
}

static void deliver_exception(struct vcpu *v)
{
	unsigned int vector = v->pv.pending_trap & 0xff;
	const struct trap_info *ti = &v->pv.traps[vector];
	const struct bounce b = {
		.handler = ti->address,
		.mask_events = ti->flags & TI_MASK_EVENTS,
		.has_error = v->pv.pending_has_error,
		.error = v->pv.pending_error,
	};

	v->pv.pending_trap = -1;
	if (!ti->address) {
		domain_crash(v->domain, "vCPU %u: exception %u (error code %x) without a handler", v->id, vector, b.error);
		return;
	}
	bounce(v, &b);
}

static void deliver_failsafe(struct vcpu *v)
{
	const struct cpu_user_regs *regs = guest_regs();
	uint8_t mask = READ_ONCE(v->info->evtchn_upcall_mask);
	uint64_t cs, top, rsp = regs->rsp;

	v->pv.failsafe_pending = false;
	if (!v->pv.failsafe_callback) {
		domain_crash(v->domain, "vCPU %u: cannot return to %x:%lx, no failsafe callback", v->id, regs->cs, regs->rip);
		return;
	}
	top = frame_top(v, &cs);
	/* The selectors as the guest last had them, not as they are: so the guest sees which one failed. */
	const uint64_t words[11] = {
		regs->rcx, regs->r11, v->regs.ds, v->regs.es, v->regs.fs, v->regs.gs,
		regs->rip, cs | (uint64_t)mask << 32, frame_rflags(v, mask), rsp, regs->ss,
	};

	top -= sizeof(words);
	frame_enter(v, copy_to_guest(top, words, sizeof(words)), top, v->pv.failsafe_callback,
		    v->pv.failsafe_masks_events);
}

static void deliver_nmi(struct vcpu *v)
{
	const struct bounce b = { .handler = v->pv.traps[TRAP_NMI].address, .mask_events = true, .what = "NMI" };

	v->pv.nmi_pending = false;
	v->pv.nmi_masked = true;
	bounce(v, &b);
}

/* A handler that raises its own event again before it returns keeps the interrupted code from ever going on: with no
 * instruction between iret and the next upcall the two circle for ever. Linux with PREEMPT_RT does that when RCU wants a
 * quiescent state while preemption is off, which only the interrupted code can end. So after some upcalls at one place the events
 * wait until the timer's interrupt comes, and that code has run for a little. */
static bool circles(struct vcpu *v)
{
	const struct cpu_user_regs *regs = guest_regs();

	/* Unless it is an iret that leads here the code has gone on since. */
	if (!v->pv.by_iret || regs->rip != v->pv.upcall_rip || regs->rsp != v->pv.upcall_rsp) {
		v->pv.upcall_rip = regs->rip;
		v->pv.upcall_rsp = regs->rsp;
		v->pv.upcalls_here = 0;
		return false;
	}
	if (++v->pv.upcalls_here < UPCALLS_IN_PLACE)
		return false;
	v->pv.upcalls_here = 0;
	timer_set(&v->breath, system_time() + BREATH_NS);
	return true;
}

void pv_deliver_pending(struct vcpu *v)
{
	if (v->pv.pending_trap >= 0)
		deliver_exception(v);
	if (v->pv.failsafe_pending)
		deliver_failsafe(v);
	if (v->pv.nmi_pending && !v->pv.nmi_masked && v->pv.traps[TRAP_NMI].address)
		deliver_nmi(v);
	if (evtchn_upcall_pending(v) && !circles(v)) {
		const struct bounce b = { .handler = v->pv.event_callback, .mask_events = true, .what = "events" };

		bounce(v, &b);
	}
	v->pv.by_iret = false;
}

void pv_user_syscall(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	bool compat = (regs->cs & ~3u) == (FLAT_USER_CS32 & ~3u);
	const struct bounce b = {
		.handler = compat ? v->pv.syscall32_callback : v->pv.syscall_callback,
		.mask_events = compat ? v->pv.syscall32_masks_events : v->pv.syscall_masks_events,
		.what = "system calls",
	};

	if (!b.handler) {
		regs->rip -= SYSCALL_LEN;
		pv_inject_trap(TRAP_UD, false, 0);
		return;
	}
	bounce(v, &b);
	regs->rflags &= ~RFLAGS_DF;
}

/* Returns the new rax. */
long do_iret(void)
{
	struct vcpu *v = current;
	struct cpu_user_regs *regs = guest_regs();
	struct iret_context f;

	if (copy_from_guest(&f, regs->rsp, sizeof(f))) {
		domain_crash(v->domain, "vCPU %u: iret frame at %lx cannot be read", v->id, regs->rsp);
		return 0;
	}
	if ((f.cs & 3) == 3) {
		if (!v->root_user) {
			domain_crash(v->domain, "vCPU %u: iret to user mode without user page tables", v->id);
			return 0;
		}
		pv_toggle_mode(v);
	}
	if (v->domain->vm_assist & (1u << VMASST_TYPE_architectural_iopl))
		v->pv.iopl = (f.rflags & RFLAGS_IOPL) >> 12;
	regs->rip = f.rip;
	regs->cs = (uint16_t)f.cs | 3;
	regs->rflags = (f.rflags & RFLAGS_GUEST) | RFLAGS_IF | RFLAGS_ONE;
	regs->rsp = f.rsp;
	regs->ss = (uint16_t)f.ss | 3;
	if (f.flags & VGCF_in_syscall) {
		/* As SYSRET leaves them. */
		regs->rcx = f.rip;
		regs->r11 = regs->rflags;
	} else {
		regs->rcx = f.rcx;
		regs->r11 = f.r11;
	}
	v->pv.nmi_masked = false;
	v->pv.by_iret = true;
	WRITE_ONCE(v->info->evtchn_upcall_mask, !(f.rflags & RFLAGS_IF));
	return (long)f.rax;
}
