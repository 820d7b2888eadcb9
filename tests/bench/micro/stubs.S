/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shortest entries a PV kernel can have. What the hypervisor pushes (pv-abi 3.2) becomes the frame of the iret
 * hypercall (pv-abi 3.5) by replacing rcx and r11 with rax, r11, rcx and flags.
 */
	.macro leave
	pop	%rcx
	pop	%r11
	push	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$23, %eax
	syscall
	ud2
	.endm

	.text
	.globl bench_syscall_stub, bench_fault_stub, bench_event_stub, bench_event_stub1
	.balign 16
bench_syscall_stub:
	incq	bench_syscalls(%rip)
	leave

/* #PF: goes on behind an instruction of two bytes. */
	.balign 16
bench_fault_stub:
	incq	bench_faults(%rip)
	pop	%rcx
	pop	%r11
	addq	$2, 8(%rsp)
	movq	$0, (%rsp)		/* the error code's place is that of the iret frame's flags */
	push	%rcx
	push	%r11
	push	%rax
	mov	$23, %eax
	syscall
	ud2

/* rcx and r11 are in the frame and so free. Flags first, bits then: what comes in between is seen by the next entry. */
	.macro event_stub vcpu
	.balign 16
	mov	kit_shared_info(%rip), %rcx
	movb	$0, \vcpu * 64(%rcx)
	xor	%r11d, %r11d
	xchg	%r11, \vcpu * 64 + 8(%rcx)
	mov	bench_port + \vcpu * 4(%rip), %r11d
	lock btr %r11, 2048(%rcx)
	jnc	1f
	incq	bench_events_seen + \vcpu * 8(%rip)
1:	leave
	.endm

bench_event_stub:
	event_stub 0
bench_event_stub1:
	event_stub 1

/* As the first, and notes when. */
	.globl bench_timed_stub
	.balign 16
bench_timed_stub:
	push	%rax
	push	%rdx
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, bench_event_at(%rip)
	pop	%rdx
	pop	%rax
	event_stub 0

/* void bench_enter_user(iret frame, rbx there) */
	.globl bench_enter_user
bench_enter_user:
	mov	%rdi, %rsp
	mov	%rsi, %rbx
	mov	$23, %eax
	syscall
	ud2

	.bss
	.balign 64
	.globl bench_syscalls, bench_faults, bench_port, bench_events_seen, bench_event_at
bench_event_at:		.skip 8
bench_syscalls:		.skip 8
bench_faults:		.skip 8
bench_port:		.skip 8
bench_events_seen:	.skip 16

	.section .note.GNU-stack, "", @progbits
