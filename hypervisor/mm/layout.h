/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's virtual memory map. PML4 slots 256..271 are reserved by the ABI (pv-abi 1.10); a
 * guest reaches none of them but the read-only M2P in slot 256. All slots but PERDOMAIN are the same
 * in every root table; PERDOMAIN differs per domain.
 *
 *   slot  address              what
 *   256   ffff800000000000     RO M2P: uint64_t per mfn, readable from ring 3, holes unmapped
 *   257   ffff808000000000     RW M2P: the same frames for the hypervisor
 *   258   ffff810000000000     per-domain: one window of GDT and LDT pages per vCPU
 *   259   ffff818000000000     frame table: struct page per mfn, holes unmapped
 *   260   ffff820000000000     device mappings (APICs, MMIO), hypervisor GDT window, guarded stacks
 *   261   ffff828000000000     the hypervisor image (text, rodata, data), linked here
 *   262-  ffff830000000000     direct map of all RAM, no execute (10 slots, 5 TiB)
 *
 * Also included by assembly and the linker script.
 */
#ifndef SOCLE_MM_LAYOUT_H
#define SOCLE_MM_LAYOUT_H

#define HV_SLOT_FIRST		256
#define HV_SLOT_LAST		271
#define HV_VIRT_START		0xffff800000000000
#define HV_VIRT_END		0xffff880000000000	/* first guest address above */

#define RO_M2P_VIRT		0xffff800000000000
#define RO_M2P_VIRT_END		0xffff804000000000
#define RW_M2P_VIRT		0xffff808000000000
#define PERDOMAIN_VIRT		0xffff810000000000
#define PERDOMAIN_SLOT		258
#define FRAMETABLE_VIRT		0xffff818000000000
#define FIXMAP_VIRT		0xffff820000000000
#define HV_IMAGE_VIRT		0xffff828000000000
#define DIRECTMAP_VIRT		0xffff830000000000
#define DIRECTMAP_SIZE		0x0000050000000000

#define HV_LOAD_PADDR		0x200000	/* physical load address of the image (2 MiB) */

/* Each vCPU's window: 16 GDT pages (14 the guest's, 2 ours), then 16 LDT pages. */
#define PERDOMAIN_VCPU_SHIFT	17
#define PERDOMAIN_LDT_OFFSET	0x10000

/* Selectors in the reserved GDT pages; the ring-3 ones are ABI (pv-abi 1.9). */
#define SEL_HV_CS		0xe008
#define SEL_HV_DS		0xe010
#define SEL_GUEST_CS32		0xe023
#define SEL_GUEST_DS		0xe02b
#define SEL_GUEST_CS64		0xe033
#define SEL_TSS			0xe040		/* two entries */
#define SEL_LDT			0xe050		/* two entries */

#define CPU_STACK_ORDER		3		/* 32 KiB: IST pages below, main stack and cpu_info on top */
#define CPU_STACK_SIZE		0x8000

#endif
