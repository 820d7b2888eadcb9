/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of constant size between the hypervisor and a guest, eight bytes at a time: structures of the ABI and frames on
 * guest stacks. asm/guest.h has the C side.
 *
 * The guest's address passes GUEST_PTR first, and words go in ascending order: below the hypervisor's range lies
 * nothing canonical, so what starts there faults before it gets in, and what starts inside is turned into something
 * that is not canonical. There is no branch to mispredict.
 *
 * These functions push nothing: trap.c answers a fault anywhere in them by going on at guest_words_fault, whose RET is
 * that of the interrupted copy.
 */
#include "asm-offsets.h"
#include "asm/guest_ptr.h"

	.text
	.globl guest_words_begin, guest_words_end, guest_words_fault

.macro COPY_WORDS n
	.set at, 0
	.rept \n
	mov at(%rsi), %rax
	mov %rax, at(%rdi)
	.set at, at + 8
	.endr
.endm

.macro FINISH
	xor %eax, %eax
	ret
.endm

.macro COPY name, ptr, n
	.balign 16
	.globl \name
	.type \name, @function
\name:
	GUEST_PTR \ptr, %rax
	cmpb $0, smap_enabled(%rip)
	jne 1f
	COPY_WORDS \n
	FINISH
1:	stac
	COPY_WORDS \n
	clac
	FINISH
.endm

/* Less than a word: load brings it to eax, of which reg is as much as is stored. */
.macro COPY_SMALL name, ptr, load, reg
	.balign 16
	.globl \name
	.type \name, @function
\name:
	GUEST_PTR \ptr, %rax
	cmpb $0, smap_enabled(%rip)
	jne 1f
	\load (%rsi), %eax
	mov %\reg, (%rdi)
	FINISH
1:	stac
	\load (%rsi), %eax
	mov %\reg, (%rdi)
	clac
	FINISH
.endm

guest_words_begin:
	COPY_SMALL guest_read_2, %rsi, movzwl, ax
	COPY_SMALL guest_write_2, %rdi, movzwl, ax
	COPY_SMALL guest_read_4, %rsi, movl, eax
	COPY_SMALL guest_write_4, %rdi, movl, eax
	COPY guest_read_8, %rsi, 1
	COPY guest_write_8, %rdi, 1
	COPY guest_read_16, %rsi, 2
	COPY guest_write_16, %rdi, 2
	COPY guest_read_24, %rsi, 3
	COPY guest_write_24, %rdi, 3
	COPY guest_read_32, %rsi, 4
	COPY guest_write_32, %rdi, 4
	COPY guest_read_40, %rsi, 5
	COPY guest_write_40, %rdi, 5
	COPY guest_read_48, %rsi, 6
	COPY guest_write_48, %rdi, 6
	COPY guest_read_56, %rsi, 7
	COPY guest_write_56, %rdi, 7
	COPY guest_read_64, %rsi, 8
	COPY guest_write_64, %rdi, 8
	COPY guest_read_72, %rsi, 9
	COPY guest_write_72, %rdi, 9
	COPY guest_read_88, %rsi, 11
	COPY guest_write_88, %rdi, 11
guest_words_end:

	.type guest_words_fault, @function
guest_words_fault:
	cmpb $0, smap_enabled(%rip)
	je 1f
	clac
1:	mov $-EFAULT, %eax
	ret

	.section .note.GNU-stack, "", @progbits
