/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other CPUs' way into long mode. A start-up interrupt sends a CPU to a page below 1 MiB in real mode (SDM
 * vol. 3, 8.4.3); cpu/smp.c copies what is between trampoline_start and trampoline_end there and fills in the words
 * at its end. The code finds out where it runs by its code segment. It uses the boot CPU's first page tables
 * (head.S: physical memory below 4 GiB at its own address, the image at its link address) until the last step.
 */
#define BOOT_CS32	0x08
#define BOOT_CS64	0x10
#define BOOT_DS		0x18

#define OFFSET(x) ((x) - trampoline_start)

	.section .rodata.trampoline, "a", @progbits
	.balign 16
	.globl trampoline_start, trampoline_end, trampoline_words
	.hidden trampoline_start, trampoline_end, trampoline_words
	.code16
trampoline_start:
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	xorl %ebx, %ebx
	movw %ax, %bx
	shll $4, %ebx			/* linear address of trampoline_start, kept all the way */
	leal OFFSET(gdt)(%ebx), %eax
	movl %eax, OFFSET(gdt_ptr) + 2
	leal OFFSET(protected)(%ebx), %eax
	movl %eax, OFFSET(far_protected)
	leal OFFSET(long_mode)(%ebx), %eax
	movl %eax, OFFSET(far_long)
	lgdtl OFFSET(gdt_ptr)
	movl $0x11, %eax		/* ET, PE; caches on */
	movl %eax, %cr0
	ljmpl *OFFSET(far_protected)

	.code32
protected:
	movl $BOOT_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl $0x20, %eax		/* PAE */
	movl %eax, %cr4
	movl OFFSET(word_boot_root)(%ebx), %eax
	movl %eax, %cr3
	movl $0xc0000080, %ecx		/* EFER: LME, NXE (the final tables have no-execute pages) */
	xorl %edx, %edx
	movl $0x900, %eax
	wrmsr
	movl $0x80010033, %eax		/* PG, WP, NE, ET, MP, PE */
	movl %eax, %cr0
	ljmpl *OFFSET(far_long)(%ebx)

	.code64
long_mode:
	movl $BOOT_DS, %eax
	movl %eax, %ss
	movl %ebx, %ebx
	movq OFFSET(word_entry)(%rbx), %rax
	movq OFFSET(word_root)(%rbx), %rdx
	movq OFFSET(word_stack)(%rbx), %rcx
	jmp *%rax

	.balign 8
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* 32-bit code */
	.quad 0x00af9b000000ffff	/* 64-bit code */
	.quad 0x00cf93000000ffff	/* data */
gdt_ptr:
	.word . - gdt - 1
	.long 0
	.balign 4
far_protected:
	.long 0
	.word BOOT_CS32
	.balign 4
far_long:
	.long 0
	.word BOOT_CS64
	.balign 8
trampoline_words:			/* struct trampoline_words in cpu/smp.c */
word_entry:
	.quad 0
word_root:
	.quad 0
word_stack:
	.quad 0
word_boot_root:
	.quad 0
trampoline_end:

	/* At its link address, still on the first page tables: rdx the final ones, rcx the stack. */
	.text
	.globl trampoline_arrive
	.hidden trampoline_arrive
	.type trampoline_arrive, @function
trampoline_arrive:
	movq %rdx, %cr3
	movq %rcx, %rsp
	xorl %eax, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %fs
	movl %eax, %gs
	xorl %ebp, %ebp			/* end of the frame-pointer chain */
	call smp_cpu_main
1:	hlt
	jmp 1b

	.section .note.GNU-stack, "", @progbits
