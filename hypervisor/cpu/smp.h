/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What CPUs ask of each other. The hypervisor runs with interrupts off, so a CPU that waits for another one (for a
 * lock, for a flush, for a vCPU to stop) serves those who wait for it: every such loop calls smp_relax().
 */
#ifndef SOCLE_CPU_SMP_H
#define SOCLE_CPU_SMP_H

#include "asm/barrier.h"

/* One turn of a loop that waits for another CPU. Locks may be held. */
static inline void smp_relax(void)
{
	cpu_relax();
}

#endif
