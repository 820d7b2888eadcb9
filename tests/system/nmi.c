/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dom0 that waits for the machine's NMIs: for the first one while it computes, for the second while it is blocked. It says
 * how many came and what the shared page gives as the reason, and powers off.
 */
#include <abi/callback.h>
#include <abi/nmi.h>
#include <abi/sched.h>
#include "kit/kit.h"

#define VECTOR_NMI 2

static volatile unsigned int seen;
static volatile bool events_masked;

static void on_nmi(struct kit_frame *f)
{
	(void)f;
	events_masked = kit_shared_info->vcpu_info[0].evtchn_upcall_mask;
	seen++;
}

static void say(const char *when)
{
	kit_printf("nmi: %s: %u so far, reason %lx, events %s\n", when, seen, kit_shared_info->arch.nmi_reason,
		   events_masked ? "masked" : "on");
	kit_shared_info->arch.nmi_reason = 0;
}

void kit_main(struct start_info *si)
{
	struct callback_register nmi = { .type = CALLBACKTYPE_nmi,
					 .address = (uint64_t)kit_stubs + VECTOR_NMI * 64 };

	(void)si;
	kit_map_shared_info();
	kit_traps_init();
	kit_trap_handler(VECTOR_NMI, on_nmi);
	if (hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &nmi))
		kit_bail("the NMI callback is refused");
	kit_printf("nmi: computes\n");
	while (!seen)
		__asm__ volatile("pause");
	say("computing");
	kit_printf("nmi: sleeps\n");
	/* A block ends with the NMI: its handler returns behind the hypercall. */
	while (seen < 2)
		hypercall2(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
	say("asleep");
	kit_shutdown(SHUTDOWN_poweroff);
}
