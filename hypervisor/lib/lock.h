/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spinlocks with ranks. The hypervisor runs with interrupts off, so a lock needs no interrupt state. A CPU
 * takes locks in ascending rank; debug builds keep each CPU's held ranks and panic at the first inversion,
 * recursive acquisition or release by a non-holder. Two locks of one rank may be held together only through
 * spin_lock_nested(), by a caller that orders them by address.
 *
 * Tickets keep the order of arrival.
 */
#ifndef SOCLE_LIB_LOCK_H
#define SOCLE_LIB_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/smp.h"

/* Outermost first. RANK_NONE is not checked. */
enum lock_rank {
	RANK_NONE,
	RANK_DOMCTL,	/* creation and destruction of domains */
	RANK_DOMLIST,	/* the list of domains */
	RANK_DOMAIN,	/* struct domain.lock */
	RANK_GRANT,	/* a grant table */
	RANK_MAPTRACK,
	RANK_EVTCHN,	/* a port table */
	RANK_PIRQ,	/* a domain's interrupts */
	RANK_FIRMWARE,	/* a call into firmware */
	RANK_PHYSDEV,	/* CMOS, the emulated timer port, wiring of interrupts */
	RANK_PCI,	/* PCI configuration space */
	RANK_IRQ,	/* vectors and their handlers */
	RANK_MM,	/* page-table trees of a domain */
	RANK_GROW,	/* blocks that a domain is being given */
	RANK_PAGE,	/* page list of a domain */
	RANK_ACCESS,	/* a domain's sets of ports, frames and interrupts */
	RANK_HEAP,	/* small objects */
	RANK_PALLOC,	/* page allocator */
	RANK_TIME,	/* wall clock */
	RANK_SCHED,	/* a run queue */
	RANK_SHARE,	/* what is left of a domain's cap */
	RANK_TIMER,	/* a timer heap */
	RANK_IOAPIC,	/* IO-APIC index/data pairs */
	RANK_CONSOLE,	/* log ring, UART: may be taken anywhere */
	NR_LOCK_RANKS
};

struct spinlock {
	uint16_t next, owner;		/* a: ticket to draw, ticket being served */
	uint8_t rank;			/* I */
};

#define SPINLOCK_INIT(r) { 0, 0, (r) }

#ifdef SOCLE_DEBUG
void lock_check_acquire(const struct spinlock *l, bool nested);
void lock_check_release(const struct spinlock *l);
/* For debug keys: the nth lock that the CPU holds, outermost first; NULL after the last. It may be changing. */
const struct spinlock *lock_held(unsigned int cpu, unsigned int nth);
#else
static inline void lock_check_acquire(const struct spinlock *l, bool nested) { (void)l; (void)nested; }
static inline void lock_check_release(const struct spinlock *l) { (void)l; }
static inline const struct spinlock *lock_held(unsigned int cpu, unsigned int nth) { (void)cpu; (void)nth; return (const struct spinlock *)0; }
#endif

static inline void spin_init(struct spinlock *l, enum lock_rank rank)
{
	l->next = 0;
	l->owner = 0;
	l->rank = (uint8_t)rank;
}

static inline void spin_lock_raw(struct spinlock *l)
{
	uint16_t ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_SEQ_CST);

	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		smp_relax();
}

static inline void spin_lock(struct spinlock *l)
{
	lock_check_acquire(l, false);
	spin_lock_raw(l);
}

/* A second lock of the rank already held; callers go by ascending address. */
static inline void spin_lock_nested(struct spinlock *l)
{
	lock_check_acquire(l, true);
	spin_lock_raw(l);
}

static inline bool spin_trylock(struct spinlock *l)
{
	uint16_t ticket = __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE);
	uint16_t expected = ticket;

	if (!__atomic_compare_exchange_n(&l->next, &expected, (uint16_t)(ticket + 1), false,
					 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return false;
	lock_check_acquire(l, true);
	return true;
}

static inline void spin_unlock(struct spinlock *l)
{
	lock_check_release(l);
	__atomic_store_n(&l->owner, (uint16_t)(l->owner + 1), __ATOMIC_RELEASE);
}

static inline bool spin_is_locked(const struct spinlock *l)
{
	return __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != __atomic_load_n(&l->next, __ATOMIC_ACQUIRE);
}

#endif
