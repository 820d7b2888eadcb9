/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the loader to C. Both multiboot headers sit at the start of the image; either loader enters
 * boot_start in 32-bit protected mode, paging off, with a magic number in eax and the address of its
 * information in ebx (Multiboot 0.6.96, 3.2; Multiboot2 2.0, 3.3). We clear .bss, map the first 4 GiB three
 * times (identity, image, direct map: the same third-level table serves all, since each begins at physical
 * address 0), switch to long mode and call boot_main(magic, info) on the boot CPU's stack.
 *
 * Code here runs at its physical address until boot_high: PHYS() names are link addresses minus HV_IMAGE_VIRT.
 */
#include "mm/layout.h"

#define PHYS(x) ((x) - HV_IMAGE_VIRT)

#define MB1_MAGIC	0x1badb002
#define MB1_FLAGS	0x00010003	/* modules page aligned, memory info, address fields valid */
#define MB2_MAGIC	0xe85250d6
#define MB2_ARCH_I386	0

/* Room that boot code leaves for struct cpu_info at the top of the stack; asserted in cpu/desc.c. */
#define BOOT_CPU_INFO_ROOM 1024

#define BOOT_CS32	0x08
#define BOOT_CS64	0x10
#define BOOT_DS		0x18

	.section .multiboot, "ax", @progbits
	.balign 8
mb1_header:
	.long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
	.long PHYS(mb1_header)
	.long PHYS(__image_start)
	.long PHYS(__load_end)
	.long PHYS(__bss_end)
	.long PHYS(boot_start)

	.balign 8
mb2_header:
	.long MB2_MAGIC, MB2_ARCH_I386, mb2_end - mb2_header
	.long -(MB2_MAGIC + MB2_ARCH_I386 + (mb2_end - mb2_header))
	/* Information request, required: command line, modules, memory map. */
	.short 1, 0
	.long 20, 1, 3, 6
	.balign 8
	/* Information request, optional: loader name, frame buffer, EFI64 system table, ACPI old and new RSDP. */
	.short 1, 1
	.long 28, 2, 8, 12, 14, 15
	.balign 8
	/* Where the image goes. */
	.short 2, 0
	.long 24
	.long PHYS(mb2_header)
	.long PHYS(__image_start)
	.long PHYS(__load_end)
	.long PHYS(__bss_end)
	.balign 8
	/* Entry point. */
	.short 3, 0
	.long 12
	.long PHYS(boot_start)
	.balign 8
	/* Console flags, optional: the text screen of a BIOS will do (bit 1), and none is needed (bit 0 clear). */
	.short 4, 1
	.long 12, 2
	.balign 8
	/* Frame buffer, optional, of any size: UEFI has no other screen, and GRUB names it only to images that ask. */
	.short 5, 1
	.long 20, 0, 0, 0
	.balign 8
	/* Modules page aligned. */
	.short 6, 0
	.long 8
	.balign 8
	/* End. */
	.short 0, 0
	.long 8
mb2_end:

	.section .text.boot, "ax", @progbits
	.code32
	.globl boot_start
boot_start:
	cli
	cld
	movl %eax, %ebp
	movl %ebx, %esi

	/* .bss holds the page tables and the stack. */
	movl $PHYS(__bss_start), %edi
	movl $PHYS(__bss_end), %ecx
	subl %edi, %ecx
	xorl %eax, %eax
	rep stosb
	movl $PHYS(cpu0_stack + CPU_STACK_SIZE - BOOT_CPU_INFO_ROOM), %esp

	/* Long mode: CPUID 0x80000001 edx bit 29 (SDM vol. 2, CPUID). */
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb no_long_mode
	movl $0x80000001, %eax
	cpuid
	btl $29, %edx
	jnc no_long_mode

	/* Four second-level tables, contiguous: 2048 pages of 2 MiB, present, writable, large. */
	movl $PHYS(boot_l2), %edi
	movl $0x83, %eax
	movl $2048, %ecx
1:	movl %eax, (%edi)
	addl $0x200000, %eax
	addl $8, %edi
	loop 1b

	movl $PHYS(boot_l3), %edi
	movl $PHYS(boot_l2) + 3, %eax
	movl $4, %ecx
1:	movl %eax, (%edi)
	addl $4096, %eax
	addl $8, %edi
	loop 1b

	movl $PHYS(boot_l3) + 3, %eax
	movl %eax, PHYS(boot_l4)
	movl %eax, PHYS(boot_l4) + 8 * ((HV_IMAGE_VIRT >> 39) & 511)
	movl %eax, PHYS(boot_l4) + 8 * ((DIRECTMAP_VIRT >> 39) & 511)

	movl %cr4, %eax
	orl $0x20, %eax			/* PAE */
	movl %eax, %cr4
	movl $PHYS(boot_l4), %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx		/* EFER.LME */
	rdmsr
	orl $0x100, %eax
	wrmsr
	movl $0x80010033, %eax		/* PG, WP, NE, ET, MP, PE */
	movl %eax, %cr0

	lgdt PHYS(boot_gdt_ptr)
	ljmp $BOOT_CS64, $PHYS(boot_long)

/* No console exists yet: say it on the first serial port, whose state is the firmware's. */
no_long_mode:
	movl $PHYS(no_long_mode_text), %esi
	movw $0x3f8, %dx
1:	lodsb
	testb %al, %al
	jz 2f
	outb %al, %dx
	jmp 1b
2:	hlt
	jmp 2b

	.code64
boot_long:
	movl $BOOT_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	movabsq $boot_high, %rax
	jmp *%rax
boot_high:
	movabsq $(cpu0_stack + CPU_STACK_SIZE - BOOT_CPU_INFO_ROOM), %rsp
	movl %ebp, %edi
	movl %esi, %esi			/* clears the upper half */
	xorl %ebp, %ebp			/* end of the frame-pointer chain */
	call boot_main
1:	hlt
	jmp 1b

	.balign 8
boot_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* 32-bit code */
	.quad 0x00af9b000000ffff	/* 64-bit code */
	.quad 0x00cf93000000ffff	/* data */
boot_gdt_end:
boot_gdt_ptr:
	.word boot_gdt_end - boot_gdt - 1
	.long PHYS(boot_gdt)
no_long_mode_text:
	.asciz "Socle: this CPU has no 64-bit long mode; the hypervisor cannot run here.\r\n"

	/* The linker script aligns it to its size: a section with that alignment would push the start of the image, and
	 * the headers in it, beyond the first 8 KiB of the file, where loaders look. */
	.section .bss.stack, "aw", @nobits
	.globl cpu0_stack
	.hidden cpu0_stack
cpu0_stack:
	.skip CPU_STACK_SIZE

	.section .bss.page, "aw", @nobits
	.balign 4096
	.globl boot_l4
	.hidden boot_l4
boot_l4:
	.skip 4096
boot_l3:
	.skip 4096
boot_l2:
	.skip 4 * 4096

	.section .note.GNU-stack, "", @progbits
