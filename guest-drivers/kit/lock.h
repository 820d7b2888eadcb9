/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock between vCPUs. Who waits gives its CPU away, since the owner may be waiting for one. Not for trap handlers.
 */
#ifndef SOCLE_KIT_LOCK_H
#define SOCLE_KIT_LOCK_H

#include <stdbool.h>

void kit_relax(void);

struct kit_lock { bool held; };

static inline void kit_lock(struct kit_lock *l)
{
	while (__atomic_exchange_n(&l->held, true, __ATOMIC_ACQUIRE))
		kit_relax();
}

static inline void kit_unlock(struct kit_lock *l)
{
	__atomic_store_n(&l->held, false, __ATOMIC_RELEASE);
}

#endif
