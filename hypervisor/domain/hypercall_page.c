/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/hypercall_page.c
 *
 * 128 stubs of 32 bytes (pv-abi 1.8). SYSCALL destroys rcx and r11, a caller of the page expects them
 * kept, so each stub saves both. The stub of iret never returns and leaves rax, rcx and r11 on the
 * stack instead, where the hypercall finds them. What no stub needs is int3.
 */
#include <string.h>

#include <abi/xen.h>

#include "hypercall_page.h"

#define STUB_BYTES	32u
#define NR_STUBS	(4096u / STUB_BYTES)

void hypercall_page_fill(uint8_t *page)
{
	/* push %rcx; push %r11; mov $0,%eax; syscall; pop %r11; pop %rcx; ret */
	static const uint8_t plain[] = {
		0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3,
	};
	/* push %rcx; push %r11; push %rax; mov $0,%eax; syscall */
	static const uint8_t iret[] = { 0x51, 0x41, 0x53, 0x50, 0xb8, 0, 0, 0, 0, 0x0f, 0x05 };
	uint32_t nr;

	memset(page, 0xcc, 4096);
	for (nr = 0; nr < NR_STUBS; nr++) {
		uint8_t *stub = page + nr * STUB_BYTES;

		if (nr == __HYPERVISOR_iret) {
			memcpy(stub, iret, sizeof(iret));
			memcpy(stub + 5, &nr, sizeof(nr));
		} else {
			memcpy(stub, plain, sizeof(plain));
			memcpy(stub + 4, &nr, sizeof(nr));
		}
	}
}
