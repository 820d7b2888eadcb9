/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of hypercall/ only. */
#ifndef SOCLE_HYPERCALL_INTERNAL_H
#define SOCLE_HYPERCALL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

/* One call by number, with four arguments in a[]; -XEN_ENOSYS for a hole. */
long hypercall_call(uint64_t nr, const uint64_t *a);
/* Takes a continuation on behalf of the multicall entry that is running; false if none is. */
bool multicall_capture(unsigned int nr, unsigned int nargs, const uint64_t *args);

#endif
