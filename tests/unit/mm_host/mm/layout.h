/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map of the unit tests: the real one, its windows replaced by arrays of the test (harness.c). */
#ifndef SOCLE_TEST_MM_LAYOUT_H
#define SOCLE_TEST_MM_LAYOUT_H

#include "../../../../hypervisor/mm/layout.h"
#include <stdint.h>

extern char test_ram[];
extern char test_frames[];
extern uint64_t test_m2p[];

#undef DIRECTMAP_VIRT
#undef FRAMETABLE_VIRT
#undef RW_M2P_VIRT
#define DIRECTMAP_VIRT ((uint64_t)test_ram)
#define FRAMETABLE_VIRT ((uint64_t)test_frames)
#define RW_M2P_VIRT ((uint64_t)test_m2p)

#endif
