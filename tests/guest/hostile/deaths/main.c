/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest does not survive: the hypervisor has nowhere to put a frame, nothing to return to, or has been told to end
 * it. One way a boot, named by "case=N" on the command line; the runner looks in the hypervisor's log for the reason
 * announced here, at everybody else's well-being and at the memory. Without a case it says how many there are.
 */
#include <abi/callback.h>
#include <abi/event_channel.h>
#include <abi/sched.h>
#include <abi/vcpu.h>
#include "hostile/common/hostile.h"

static uint64_t root[512] PAGE_ALIGNED, l3[512] PAGE_ALIGNED, l2[512] PAGE_ALIGNED, l1[512] PAGE_ALIGNED;
static uint8_t user_code[PAGE_SIZE] PAGE_ALIGNED, hole[2 * PAGE_SIZE] PAGE_ALIGNED, read_only[PAGE_SIZE] PAGE_ALIGNED;
static uint64_t frame[9];

#define USER_VA 0x400000UL

/* A user mode of its own root, whose only instruction is a system call; it ends on the kernel stack given here. */
static void enter_user(uint64_t kernel_sp)
{
	uint64_t link = PTE_P | PTE_RW | PTE_US | PTE_A;

	user_code[0] = 0x0f, user_code[1] = 0x05;
	l1[USER_VA >> 12 & 511] = kit_va_to_mfn(user_code) << 12 | PTE_P | PTE_US | PTE_A;
	l2[USER_VA >> 21 & 511] = kit_va_to_mfn(l1) << 12 | link;
	l3[0] = kit_va_to_mfn(l2) << 12 | link;
	root[0] = kit_va_to_mfn(l3) << 12 | link;
	if (kit_make_readonly(root) || kit_make_readonly(l3) || kit_make_readonly(l2) || kit_make_readonly(l1) ||
	    kit_mmuext(MMUEXT_PIN_L4_TABLE, kit_va_to_mfn(root)) || kit_mmuext(MMUEXT_NEW_USER_BASEPTR, kit_va_to_mfn(root)))
		kit_bail("no user mode");
	hypercall2(__HYPERVISOR_stack_switch, FLAT_RING3_SS64, kernel_sp);
	frame[4] = USER_VA;
	frame[5] = FLAT_RING3_CS64;
	frame[6] = 0x202;
	frame[7] = USER_VA + 64;
	frame[8] = FLAT_RING3_SS64;
	kit_iret_to(frame);
}

static void fault_on(uint64_t sp)
{
	__asm__ volatile("mov %0, %%rsp; ud2" : : "r"(sp));
}

static void hole_in_memory(void)
{
	if (kit_set_pte(hole, 0) || kit_make_readonly(read_only))
		kit_bail("no hole");
}

static void sp_unmapped(void) { hole_in_memory(); enter_user((uint64_t)hole + 4096); }
static void sp_read_only(void) { hole_in_memory(); enter_user((uint64_t)read_only + 4096); }
static void sp_half(void) { hole_in_memory(); enter_user((uint64_t)hole + 4096 + 32); }
static void sp_hypervisor(void) { enter_user(0xffff830000300000UL); }
static void sp_hypervisor_start(void) { enter_user(HV_START + 16); }
static void sp_hypervisor_end(void) { enter_user(HV_END); }
static void sp_hypervisor_above(void) { enter_user(HV_END + 16); }
static void sp_zero(void) { enter_user(0); }
static void sp_top(void) { enter_user(~0UL); }
static void sp_low_end(void) { enter_user(0x0000800000000000UL); }
static void sp_hole(void) { enter_user(0x0000900000000000UL); }
static void sp_table(void) { enter_user(kit_start_info->pt_base + PAGE_SIZE); }
static void kernel_rsp_hypervisor(void) { fault_on(0xffff830000300000UL); }
static void kernel_rsp_zero(void) { fault_on(8); }
static void kernel_rsp_read_only(void) { hole_in_memory(); fault_on((uint64_t)read_only + 4096); }

static void no_handler(void)
{
	hypercall1(__HYPERVISOR_set_trap_table, NULL);
	__asm__ volatile("ud2");
}

static void handler_in_hypervisor(void)
{
	struct trap_info traps[2] = { { .vector = 14, .cs = FLAT_RING3_CS64, .address = 0xffff830000000000UL } };

	hypercall1(__HYPERVISOR_set_trap_table, traps);
	*(volatile char *)UNMAPPED = 1;
}

/*
 * Its own text is gone, handlers and all. What the flush is told has to stay: if it went too, the hypervisor might not
 * be able to read it any more, and a refused flush leaves the guest running on what its TLB remembers (hostile/flushes).
 */
static void no_text(void)
{
	uint64_t *top = (uint64_t *)kit_start_info->pt_base, top_maddr = kit_va_to_mfn(top) << 12, link = PTE_P | PTE_RW | PTE_US | PTE_A;
	struct mmuext_op *op = (struct mmuext_op *)read_only;
	long linked, cleared, flushed;

	op->cmd = MMUEXT_TLB_FLUSH_LOCAL;
	l1[USER_VA >> 12 & 511] = kit_va_to_mfn(op) << 12 | PTE_P | PTE_A;
	l2[USER_VA >> 21 & 511] = kit_va_to_mfn(l1) << 12 | link;
	l3[0] = kit_va_to_mfn(l2) << 12 | link;
	if (kit_make_readonly(l3) || kit_make_readonly(l2) || kit_make_readonly(l1))
		kit_bail("no tables");
	linked = kit_mmu_update(top_maddr, kit_va_to_mfn(l3) << 12 | link);
	cleared = kit_mmu_update(top_maddr + 511 * 8, 0);
	flushed = hypercall4(__HYPERVISOR_mmuext_op, USER_VA, 1, 0, DOMID_SELF);
	/* Not reached. */
	kit_printf("linked %ld, cleared %ld, flushed %ld, the entry is %lx\n", linked, cleared, flushed, top[511]);
}

static void iret_frame(uint64_t sp)
{
	__asm__ volatile("mov %0, %%rsp; mov $23, %%eax; syscall" : : "r"(sp));
}
static void iret_hypervisor(void) { iret_frame(0xffff830000300000UL); }
static void iret_m2p(void) { iret_frame(HV_START); }
static void iret_unmapped(void) { iret_frame(UNMAPPED); }
static void iret_top(void) { iret_frame(~0UL - 8); }

static void iret_no_user(void)
{
	frame[4] = USER_VA;
	frame[5] = FLAT_RING3_CS64;
	frame[6] = 0x202;
	kit_iret_to(frame);
}

/* A selector that is none, and nobody to hear of it. */
static void return_no_failsafe(void)
{
	hypercall3(__HYPERVISOR_set_callbacks, 0, 0, 0);
	frame[4] = (uint64_t)no_handler;
	frame[5] = 0x1230;
	frame[6] = 0x2;
	frame[7] = (uint64_t)(user_code + 64);
	frame[8] = FLAT_RING3_SS64;
	kit_iret_to(frame);
}

static void failsafe_in_hypervisor(void)
{
	hypercall3(__HYPERVISOR_set_callbacks, 0, 0xffff830000000000UL, 0);
	hypercall1(__HYPERVISOR_set_trap_table, NULL);
	frame[4] = (uint64_t)no_handler;
	frame[5] = 0x1230;
	frame[6] = 0x2;
	frame[7] = (uint64_t)(user_code + 4096);
	frame[8] = FLAT_RING3_SS64;
	kit_iret_to(frame);
}

static void events_no_callback(void)
{
	int port = kit_ipi_bind(0);

	hypercall3(__HYPERVISOR_set_callbacks, 0, 0, 0);
	kit_vcpu_info()->evtchn_upcall_mask = 0;
	kit_send((uint32_t)port);
}

static void nmi_no_stack(void)
{
	struct callback_register cb = { .type = CALLBACKTYPE_nmi, .address = (uint64_t)kit_stubs + 2 * 64 };

	hypercall2(__HYPERVISOR_callback_op, CALLBACKOP_register, &cb);
	__asm__ volatile("mov %0, %%rsp; mov $24, %%eax; mov $11, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; syscall"
			 : : "r"(UNMAPPED) : "rax", "rdi", "rsi", "rdx");
}

static void watchdog(void)
{
	struct sched_watchdog w = { .timeout = 1 };

	hypercall2(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &w);
	for (;;)
		__asm__ volatile("pause");
}

static void give_up_everything(void)
{
	/* Each page of its own, its tables and stack among them: what is in use stays until the end. */
	for (uint64_t pfn = 0; pfn < kit_start_info->nr_pages; pfn++)
		free_mfn(((const uint64_t *)kit_start_info->mfn_list)[pfn]);
	kit_shutdown(SHUTDOWN_crash);
}

static void all_vcpus_down(void)
{
	hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_down, 0, 0);
}

#define NO_FRAME "no frame fits on the kernel stack"
static const struct { void (*die)(void); const char *name, *reason; } cases[] = {
	{ sp_unmapped, "kernel stack unmapped", NO_FRAME }, { sp_read_only, "kernel stack read-only", NO_FRAME },
	{ sp_half, "kernel stack half mapped", NO_FRAME }, { sp_hypervisor, "kernel stack in the hypervisor", NO_FRAME },
	{ sp_hypervisor_start, "kernel stack into the hypervisor's begin", NO_FRAME },
	{ sp_hypervisor_end, "kernel stack at the hypervisor's end", NO_FRAME },
	{ sp_hypervisor_above, "kernel stack down into the hypervisor", NO_FRAME },
	{ sp_zero, "kernel stack at 0", NO_FRAME }, { sp_top, "kernel stack at the top", NO_FRAME },
	{ sp_low_end, "kernel stack at the end of the lower half", NO_FRAME },
	{ sp_hole, "kernel stack at no address", NO_FRAME }, { sp_table, "kernel stack in a page table", NO_FRAME },
	{ kernel_rsp_hypervisor, "fault of a kernel whose stack is in the hypervisor", NO_FRAME },
	{ kernel_rsp_zero, "fault of a kernel whose stack is at 0", NO_FRAME },
	{ kernel_rsp_read_only, "fault of a kernel whose stack is read-only", NO_FRAME },
	{ no_handler, "no handler", "without a handler" },
	{ handler_in_hypervisor, "page-fault handler in the hypervisor", NO_FRAME },
	{ no_text, "no text", NO_FRAME },
	{ iret_hypervisor, "iret frame in the hypervisor", "at ffff830000300000 cannot be read" }, { iret_m2p, "iret frame in the M2P", "cannot be read" },
	{ iret_unmapped, "iret frame nowhere", "cannot be read" }, { iret_top, "iret frame over the top", "cannot be read" },
	{ iret_no_user, "no user mode to return to", "without user page tables" },
	{ return_no_failsafe, "bad return, no failsafe callback", "no failsafe callback" },
	{ failsafe_in_hypervisor, "failsafe callback in the hypervisor", "without a handler" },
	{ events_no_callback, "event, no callback", "no handler for events" },
	{ nmi_no_stack, "NMI, no stack", NO_FRAME },
	{ watchdog, "watchdog", "watchdog" },
	{ give_up_everything, "all its memory given up", "" },
	{ all_vcpus_down, "its last vCPU goes down", "" },
};
#define NR_CASES (sizeof(cases) / sizeof(cases[0]))

void kit_main(struct start_info *si)
{
	unsigned int n = 0;

	for (const char *s = (const char *)si->cmd_line; *s; s++)
		if (!strncmp(s, "case=", 5))
			for (s += 5; *s >= '0' && *s <= '9'; s++)
				n = n * 10 + (unsigned int)(*s - '0');
	kit_map_shared_info();
	kit_traps_init();
	if (!n || n > NR_CASES) {
		kit_printf("cases %lu\n", NR_CASES);
		tap_done();
	}
	kit_printf("case %u: %s\nreason: %s\n", n, cases[n - 1].name, cases[n - 1].reason);
	kit_console_drain();
	cases[n - 1].die();
	kit_printf("alive\n");
	tap_done();
}
