/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest guests. "idle" sleeps for ever: all that creating and destroying a guest costs, and nothing else.
 * It polls no ports without a time limit, since blocking would let events in, and it has no handler for them. With
 * TINY_DIE its first instruction is an invalid one, and no handler is set: the hypervisor has to end it at once. With
 * TINY_LATE it counts for a second or more first, and leaves a mark in a register. With TINY_SPIN it never sleeps.
 * Notes as in pv-abi 1.3; the hypercall is the bare instruction of the hypercall page (pv-abi 2.1).
 */
	.set SCHED_OP, 29		/* abi/xen.h and abi/sched.h, which are C */
	.set SCHEDOP_POLL, 3

#include "kit/note.inc"

	note 6, .asciz "socle-tiny"			/* guest OS */
	note 5, .asciz "xen-3.0"			/* ABI */
	note 3, .quad 0xffffffff80000000		/* virtual base */
	note 4, .quad 0					/* physical offset */
	note 1, .quad kit_entry				/* entry */
	note 10, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	note 17, .quad 0x801				/* features: may be dom0 (bit 11) */
	note 9, .asciz "yes"				/* PAE */
	note 8, .asciz "generic"			/* loader */

	.text
	.globl kit_entry
kit_entry:
#ifdef TINY_SPIN
	jmp	kit_entry
#endif
#ifdef TINY_LATE
	mov	$0x50c1e, %ebx
	mov	$0x40000000, %ecx
1:	dec	%ecx
	jnz	1b
#endif
#if defined(TINY_DIE) || defined(TINY_LATE)
	ud2
#endif
	mov	$SCHED_OP, %eax
	mov	$SCHEDOP_POLL, %edi
	mov	$poll, %rsi
	syscall
	jmp	kit_entry

	.section .rodata
	.balign 8
poll:	.quad 0				/* ports */
	.long 0, 0			/* how many */
	.quad 0				/* no time limit */

	.section .note.GNU-stack, "", @progbits
