/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypervisor/domain/hypercall_page.h
 *
 * The page of hypercall stubs that kernels ask for which do not execute SYSCALL themselves: by an ELF
 * note, by MSR 0x40000000, or by domctl hypercall_init. Pure.
 */
#ifndef SOCLE_DOMAIN_HYPERCALL_PAGE_H
#define SOCLE_DOMAIN_HYPERCALL_PAGE_H

#include <stdint.h>

/* Writes all 4096 bytes. */
void hypercall_page_fill(uint8_t *page);

#endif /* SOCLE_DOMAIN_HYPERCALL_PAGE_H */
