/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine in arrays for the tests of mm/ and grant/: RAM, frame table, M2P, two domains with a vCPU each
 * (test_dom[0] privileged), continuations that the caller drives, preemption by chance. The modules under test are
 * compiled unmodified; "guest" addresses of arguments are addresses of the test.
 */
#ifndef SOCLE_TEST_HARNESS_H
#define SOCLE_TEST_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/xen.h>
#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "asm/cr.h"
#include "mm/internal.h"

#define TEST_FRAMES 1024
#define FIRST_RAM 64
#define MMIO_MFN 5000		/* dom 0 may map [5000, 5099] */

extern struct domain *test_dom[2];
extern unsigned int test_preempt_percent;
extern unsigned int test_work;
extern void (*test_print)(const char *text);	/* gets what the modules print; NULL: nobody does */
/* All of the memory that guest pointers reach; others fault. Nothing faults but NULL while the end is 0. */
extern uint64_t test_guest_start, test_guest_end;
extern int test_panics_expected;

extern bool test_threads;	/* several threads, a vCPU each: who waits for a lock waits */

void machine_reset(void);			/* fresh everything */
void vcpu_new(struct domain *d);		/* one more */
void as_domain(int i);				/* current = its vCPU */
uint32_t rnd(uint32_t limit);
void rnd_seed(uint64_t seed);

/* A hypercall: long fn(a0..a4) style entry by number, with its continuations run to the end. between, if not NULL, is
 * called before each continuation (another vCPU's chance). */
long hcall(unsigned int nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, void (*between)(void));

/* Recounts every reference from the contents of tables, pins, roots and the test's own holds; aborts with a message at
 * the first difference. extra_refs/extra_types: what the test holds, by mfn (may be NULL). */
void check_counts(const uint32_t *extra_refs, const uint32_t *extra_types);

mfn_t new_page(int dom);
uint64_t *words(mfn_t mfn);

#endif
