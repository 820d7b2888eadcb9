/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors and who handles them. A vector's slot is written before its hardware source is unmasked and cleared
 * after it is masked, so dispatch reads it without the lock; a late interrupt of a freed vector finds no
 * handler and is only acknowledged. Handlers run on the CPU that took the interrupt, before acknowledgement.
 */
#include <stddef.h>
#include <abi/errno.h>
#include "asm/atomic.h"
#include "asm/barrier.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "irq/irq.h"
#include "lib/lock.h"
#include "platform/platform.h"
#include "time/timer.h"

static struct {
	irq_handler_t *handler;
	void *arg;
} vectors[256];
static uint8_t serving[MAX_CPUS];	/* a: vector whose handler runs there, 0 = none */
static struct spinlock vector_lock = SPINLOCK_INIT(RANK_IRQ);

int irq_alloc_vector(irq_handler_t *handler, void *arg)
{
	int found = -XEN_ENOSPC;

	spin_lock(&vector_lock);
	for (unsigned int v = VECTOR_DYNAMIC_FIRST; v <= VECTOR_DYNAMIC_LAST; v++) {
		if (vectors[v].handler || v == VECTOR_GUEST_SYSCALL)
			continue;
		vectors[v].arg = arg;
		atomic_store(&vectors[v].handler, handler);
		found = (int)v;
		break;
	}
	spin_unlock(&vector_lock);
	return found;
}

void irq_free_vector(unsigned int vector)
{
	if (vector < VECTOR_DYNAMIC_FIRST || vector > VECTOR_DYNAMIC_LAST)
		return;
	spin_lock(&vector_lock);
	atomic_store(&vectors[vector].handler, NULL);
	spin_unlock(&vector_lock);
	smp_mb();
	for (unsigned int cpu = 0; cpu < smp_nr_cpus(); cpu++)
		while (cpu != this_cpu()->cpu && atomic_load(&serving[cpu]) == vector)
			smp_relax();
}

void irq_handle_vector(uint8_t vector)
{
	irq_handler_t *handler;
	unsigned int me;

	switch (vector) {
	case VECTOR_KICK:
		apic_eoi();
		smp_interrupt();
		return;
	case VECTOR_SPURIOUS:
		/* Neither requested nor in service: no acknowledgement (SDM vol. 3, 11.9). */
		return;
	case VECTOR_TIMER:
		apic_eoi();
		timer_interrupt();
		return;
	case VECTOR_ERROR:
		apic_report_error();
		apic_eoi();
		return;
	}
	/* A masked 8259 still delivers its spurious interrupt; the local APIC knows nothing of it. */
	if (vector < VECTOR_DYNAMIC_FIRST)
		return;
	me = this_cpu()->cpu;
	atomic_store(&serving[me], vector);
	smp_mb();				/* with irq_free_vector(): it sees us, or we see no handler */
	handler = atomic_load(&vectors[vector].handler);
	if (handler)
		handler(vectors[vector].arg);
	atomic_store(&serving[me], 0);
	apic_eoi();
}

void irq_boot_init(void)
{
	apic_map();
	apic_init_cpu();
	ioapic_init();
}
