/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/dom0.h
 *
 * Building the control domain: the last step of start-up before its first vCPU runs.
 */
#ifndef SOCLE_DOMAIN_DOM0_H
#define SOCLE_DOMAIN_DOM0_H

#include <stddef.h>

#include "domain/elf.h"

/*
 * Builds dom0 from the boot modules (first: kernel, second: initrd) and leaves it runnable, its
 * first vCPU with a context. 0, or an errno after a message that says what is wrong with the modules
 * or options and what to change; what can only be a defect of ours panics. Called once, on the boot
 * CPU, after every other module is up and before any vCPU runs; interrupts are off. A failure leaves
 * the pieces where they are: without dom0 the machine has nothing to do.
 */
int dom0_create(void);

/* dom0_kernel.c: the kernel module, unpacked and understood; file is hv_alloc()ed. */
struct dom0_kernel {
	struct elf_image image;
	void *file;
	size_t len;
};

/* 0, or an errno after a message as above. */
int dom0_kernel_open(struct dom0_kernel *k);
void dom0_kernel_close(struct dom0_kernel *k);

#endif /* SOCLE_DOMAIN_DOM0_H */
