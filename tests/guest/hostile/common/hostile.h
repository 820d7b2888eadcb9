/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hostile guests share. Each of them runs as dom0 (tests/guest/run.sh) and as another guest (tests/guest/domu.sh):
 * what depends on privilege asks kit_privileged().
 */
#ifndef SOCLE_TEST_HOSTILE_H
#define SOCLE_TEST_HOSTILE_H

#include <abi/grant_table.h>
#include "kit/kit.h"

#define RAM		(PTE_P | PTE_RW | PTE_A | PTE_D)
#define HV_START	0xffff800000000000UL	/* pv-abi 1.10 */
#define HV_END		0xffff880000000000UL
#define UNMAPPED	0x0000100000000000UL	/* nothing is mapped there */

/* Ours, or the reference? For the few answers in which ours is stricter; each says why. */
bool on_socle(void);
uint16_t own_domid(void);
uint64_t reservation(void);			/* pages of this domain */
uint64_t pte_of(const void *page);		/* a writable kernel mapping of it */

/* Frames given and taken. allocate: 0 if refused. */
uint64_t allocate_mfn(void);
bool free_mfn(uint64_t mfn);
/* Does anybody refer to the page but its owner by the one mapping at `page`? Changes the frame behind it. */
bool unreferenced(void *page);

/* The first grant frame, mapped. */
volatile struct grant_entry_v1 *grant_entries(void);
void offer(uint32_t ref, const void *page, uint16_t flags);	/* to ourselves */
int16_t map_grant(uint32_t ref, uint32_t flags, uint64_t host_addr, uint32_t *handle);
int16_t unmap_grant(uint32_t handle, uint64_t host_addr);

/* Results that are allowed, as a comma list; anything else is said. */
bool one_of(long got, const long *allowed, unsigned int n);
#define CHECK_ONE_OF(got, what, ...) do { \
	const long allowed_[] = { __VA_ARGS__ }; \
	long rc_ = (long)(got); \
	CHECK(one_of(rc_, allowed_, sizeof(allowed_) / sizeof(allowed_[0])), "%s: %ld", what, rc_); \
} while (0)

#endif
