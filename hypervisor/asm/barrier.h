/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ordering. x86 keeps loads in order with loads and stores in order with stores (SDM vol. 3, 9.2), so for
 * ordinary memory smp_rmb() and smp_wmb() only hold back the compiler; smp_mb() also orders a store
 * before a later load.
 */
#ifndef SOCLE_ASM_BARRIER_H
#define SOCLE_ASM_BARRIER_H

#define barrier() __asm__ volatile("" ::: "memory")
#define smp_mb() __asm__ volatile("mfence" ::: "memory")
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define cpu_relax() __asm__ volatile("pause" ::: "memory")

#endif
