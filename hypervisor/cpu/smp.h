/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several CPUs: how they start, and what they ask of each other.
 *
 * The hypervisor runs with interrupts off, so a CPU that waits for another one (for a lock, for a flush, for a vCPU to
 * stop) serves those who wait for it meanwhile: every such loop calls smp_relax(). What can be asked is harmless
 * anywhere: to empty the TLB, and to stop for a panic. All other work is a bit in cpu_info.work, done on the way
 * back to a guest.
 */
#ifndef SOCLE_CPU_SMP_H
#define SOCLE_CPU_SMP_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_info;

/* CPUs that run, numbered from 0 without holes. Grows during boot only. */
unsigned int smp_nr_cpus(void);
/* Record of a CPU below smp_nr_cpus(). */
struct cpu_info *smp_cpu_info(unsigned int cpu);
uint32_t smp_apic_id(unsigned int cpu);

/* Makes this CPU's record known; before its first lock. */
void smp_register_cpu(void);
/* Boot: starts the other CPUs that ACPI lists and the option max_cpus allows; each ends in its idle loop. */
void smp_boot_init(void);

/* One turn of a loop that waits for another CPU. Locks may be held. */
void smp_relax(void);
/* Makes the CPU leave its guest, or its halt, and look at its work. */
void smp_kick(unsigned int cpu);
/* The same for this CPU, in an NMI's handler. */
void smp_kick_self(void);
/* Sets bits in the work of a CPU, this one or another, and sees to it that it looks soon. */
void smp_raise_work(unsigned int cpu, uint32_t bits);
/* The interrupt behind smp_kick() and the flushes. */
void smp_interrupt(void);
/* Empties the TLBs of the CPUs whose bits are set; returns when it is done. This CPU may be among them. */
void smp_flush_tlbs(const uint64_t *cpus);

/* Panic: the other CPUs stop, wherever they are. */
void smp_stop_others(void);
/* In an NMI's handler: true (in fact: no return) if it came from smp_stop_others(). */
bool smp_handle_nmi(void);

#endif
