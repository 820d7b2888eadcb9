/* SPDX-License-Identifier: BSD-2-Clause */
/* On the host a guest's address is a pointer of the test; the copies are harness.c's. */
#ifndef SOCLE_ASM_GUEST_H
#define SOCLE_ASM_GUEST_H

#include <stddef.h>
#include <stdint.h>

int copy_from_guest(void *dst, uint64_t gva, size_t len);
int copy_to_guest(uint64_t gva, const void *src, size_t len);

#endif
