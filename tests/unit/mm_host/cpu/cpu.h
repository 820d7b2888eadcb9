/* SPDX-License-Identifier: BSD-2-Clause */
/* Unit tests: no per-CPU stack; current is a variable of the thread. */
#ifndef SOCLE_TEST_CPU_CPU_H
#define SOCLE_TEST_CPU_CPU_H

#include "../../../../hypervisor/cpu/cpu.h"

extern __thread struct vcpu *test_current;

extern __thread struct cpu_info test_cpu;
#define this_cpu() (&test_cpu)

#define guest_regs() (&test_cpu.guest_regs)

#undef current
#define current test_current
#define cpu_raise_work(bits) test_raise_work(bits)
void test_raise_work(uint32_t bits);

#endif
