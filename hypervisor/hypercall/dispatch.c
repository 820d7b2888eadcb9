/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a hypercall number to its handler: one table, which entry.S and multicall.c index with the clamped
 * number; a hole, and every number beyond the table, has a handler that answers -ENOSYS, so that no branch, not even a
 * mispredicted one, calls address 0. The caller of everything in the table is the guest kernel
 * of current. iret is not in it: it replaces the registers that the others return with, so entry.S has it on a way of its own.
 *
 * A handler that ran too long returns hypercall_continue(): outside a multicall this rewinds rip to the SYSCALL
 * and puts the number and the remaining arguments into the guest's registers, so that the guest calls again;
 * inside one, multicall.c stores them into the entry and continues itself.
 */
#include <stdarg.h>
#include <socle/op.h>
#include "cpu/cpu.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "evtchn/evtchn.h"
#include "grant/grant.h"
#include "hypercall/hypercall.h"
#include "hypercall/internal.h"
#include "lib/format.h"
#include "lib/util.h"
#include "sched/sched.h"

#define SYSCALL_LEN 2	/* 0f 05 */

/* Arguments travel in registers, so a handler may be called with more than it takes. */
union handler {
	long (*f1)(uint64_t);
	long (*f2)(uint64_t, uint64_t);
	long (*f3)(uint64_t, uint64_t, uint64_t);
	long (*f4)(uint64_t, uint64_t, uint64_t, uint64_t);
};
_Static_assert(sizeof(union handler) == 8, "entry.S indexes the table");

/* A negative index does not compile. */
#define ROW_INDEX(nr) ((nr) < HYPERCALL_ROWS - 1 ? (nr) : -1)
#define ROW(nr, n, fn) [ROW_INDEX(__HYPERVISOR_##nr)] = { .f##n = fn }

static long do_nothing(uint64_t arg)
{
	(void)arg;
	return -XEN_ENOSYS;
}

extern const union handler hypercall_table[HYPERCALL_ROWS];	/* for entry.S */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"	/* the rows below replace the first line's */
const union handler hypercall_table[HYPERCALL_ROWS] = {
	[0 ... HYPERCALL_ROWS - 1] = { .f1 = do_nothing },
	ROW(set_trap_table, 1, do_set_trap_table),
	ROW(mmu_update, 4, do_mmu_update),
	ROW(set_gdt, 2, do_set_gdt),
	ROW(stack_switch, 2, do_stack_switch),
	ROW(set_callbacks, 3, do_set_callbacks),
	ROW(fpu_taskswitch, 1, do_fpu_taskswitch),
	ROW(platform_op, 1, do_platform_op),
	ROW(set_debugreg, 2, do_set_debugreg),
	ROW(get_debugreg, 1, do_get_debugreg),
	ROW(update_descriptor, 2, do_update_descriptor),
	ROW(memory_op, 2, do_memory_op),
	ROW(multicall, 2, do_multicall),
	ROW(update_va_mapping, 3, do_update_va_mapping),
	ROW(set_timer_op, 1, do_set_timer_op),
	ROW(xen_version, 2, do_xen_version),
	ROW(console_io, 3, do_console_io),
	ROW(grant_table_op, 3, do_grant_table_op),
	ROW(vm_assist, 2, do_vm_assist),
	ROW(update_va_mapping_otherdomain, 4, do_update_va_mapping_otherdomain),
	ROW(vcpu_op, 3, do_vcpu_op),
	ROW(set_segment_base, 2, do_set_segment_base),
	ROW(mmuext_op, 4, do_mmuext_op),
	ROW(nmi_op, 2, do_nmi_op),
	ROW(sched_op, 2, do_sched_op),
	ROW(callback_op, 2, do_callback_op),
	ROW(event_channel_op, 2, do_event_channel_op),
	ROW(physdev_op, 2, do_physdev_op),
	ROW(sysctl, 1, do_sysctl),
	ROW(domctl, 1, do_domctl),
	ROW(xenpmu_op, 2, do_xenpmu_op),
	ROW(mca, 1, do_mca),
	ROW(socle_op, 2, do_socle_op),
};
#pragma GCC diagnostic pop

long hypercall_call(uint64_t nr, const uint64_t *a)
{
	unsigned int i;

	if (!idx_clamp(nr, HYPERCALL_ROWS, &i))
		return -XEN_ENOSYS;
	return hypercall_table[i].f4(a[0], a[1], a[2], a[3]);
}

long hypercall_continue(unsigned int nr, unsigned int nargs, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
			uint64_t a4)
{
	const uint64_t args[5] = { a0, a1, a2, a3, a4 };
	struct cpu_user_regs *regs = guest_regs();
	uint64_t *slot[5] = { &regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8 };
	unsigned int i;

	if (multicall_capture(nr, nargs, args))
		return 0;
	for (i = 0; i < nargs && i < 5; i++)
		*slot[i] = args[i];
	regs->rip -= SYSCALL_LEN;
	return nr;
}

long refuse_at(long err, const char *where, const char *fmt, ...)
{
#ifdef SOCLE_DEBUG
	char why[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_guest("d%uv%u: %s: %s (%ld)\n", current->domain->id, current->id, where, why, err);
#else
	(void)where;
	(void)fmt;
#endif
	return err;
}
