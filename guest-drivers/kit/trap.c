/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps and event upcalls. Every vector has a stub; a handler set for it sees the frame and may change it. Without a
 * handler a fault that was expected (KIT_CATCH) is recorded and skipped; any other ends the kernel with a report.
 */
#include <abi/callback.h>
#include "kit/internal.h"
#include "kit/kit.h"

#define STUB_STRIDE	64

extern char kit_int80_stub[], kit_event_stub[], kit_failsafe_stub[], kit_syscall_stub[];

/* KIT_CATCH(): the first address of instructions, and the one behind them. */
extern const struct catch { uint64_t from, to; } kit_catch_start[], kit_catch_end[];

struct kit_fault kit_fault;
uint64_t kit_resume;
static kit_trap_fn handlers[KIT_FAILSAFE + 1];

void kit_trap(struct kit_frame *f);

/* Records an expected fault, in the record that r11 points at or in kit_fault. */
static bool catch(struct kit_frame *f, uint64_t cr2)
{
	for (const struct catch *c = kit_catch_start; c < kit_catch_end; c++) {
		if (f->rip < c->from || f->rip >= c->to || (f->cs & 3))
			continue;
		*(struct kit_fault *)f->r11 = (struct kit_fault){ true, f->vector, f->error, cr2, f->rip };
		f->rip = c->to;
		return true;
	}
	if (!kit_resume)
		return false;
	kit_fault = (struct kit_fault){ true, f->vector, f->error, cr2, f->rip };
	f->rip = kit_resume;
	kit_resume = 0;
	return true;
}

void kit_trap(struct kit_frame *f)
{
	uint64_t cr2 = f->vector == 14 && kit_shared_info ? kit_vcpu_info()->arch.cr2 : 0;

	if (handlers[f->vector]) {
		handlers[f->vector](f);
		return;
	}
	if (catch(f, cr2))
		return;
	kit_bail("vCPU %u: unexpected trap %lu, error %lx, cs %lx rip %lx rsp %lx, cr2 %lx", kit_vcpu_id(), f->vector, f->error,
		 f->cs, f->rip, f->rsp, cr2);
}

void kit_trap_handler(unsigned int vector, kit_trap_fn fn)
{
	handlers[vector] = fn;
}

void kit_event_handler(kit_trap_fn fn)
{
	handlers[KIT_EVENT] = fn;
}

static void callback_register(uint16_t type, const void *address)
{
	struct callback_register cb = { .type = type, .flags = CALLBACKF_mask_events, .address = (uint64_t)address };

	if (hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb))
		kit_bail("callback %u refused", type);
}

/* Every vector but the NMI, whose arrival a test asks for by CALLBACKTYPE_nmi. */
unsigned int kit_trap_table(struct trap_info *table)
{
	unsigned int n = 0;

	for (unsigned int v = 0; v < 32; v++) {
		if (v == 2)
			continue;
		table[n++] = (struct trap_info){
			.vector = (uint8_t)v, .flags = (v == 3 || v == 4) ? 3 : 0, .cs = FLAT_RING3_CS64,
			.address = (uint64_t)kit_stubs + v * STUB_STRIDE,
		};
	}
	table[n++] = (struct trap_info){ .vector = 0x80, .flags = 3, .cs = FLAT_RING3_CS64,
					 .address = (uint64_t)kit_int80_stub };
	return n;
}

void kit_traps_init(void)
{
	static struct trap_info table[KIT_TRAP_ENTRIES + 1];

	kit_trap_table(table);
	if (hypercall1(__HYPERVISOR_set_trap_table, table))
		kit_bail("set_trap_table refused");
	callback_register(CALLBACKTYPE_event, kit_event_stub);
	callback_register(CALLBACKTYPE_failsafe, kit_failsafe_stub);
	callback_register(CALLBACKTYPE_syscall, kit_syscall_stub);
}

/* Unmask, then look: what came in between is delivered by the next hypercall's return (pv-abi 2.2, command 0). */
void kit_events_enable(void)
{
	__atomic_store_n(&kit_vcpu_info()->evtchn_upcall_mask, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&kit_vcpu_info()->evtchn_upcall_pending, __ATOMIC_SEQ_CST))
		hypercall2(__HYPERVISOR_xen_version, 0, 0);
}
