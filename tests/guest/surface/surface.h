/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The surface test: every operation a PV domain can ask for, with the result that Xen 4.17 gives, as dom0 and as an
 * unprivileged child that this kernel builds from a copy of itself. docs/abi.md says the same in words.
 */
#ifndef SOCLE_TESTS_GUEST_SURFACE_H
#define SOCLE_TESTS_GUEST_SURFACE_H

#include <abi/domctl.h>
#include "kit/kit.h"

#define BAD_POINTER	0xffff830000000000UL	/* hypervisor's range */
#define UNMAPPED	0x0000600000000000UL
#define NON_CANONICAL	0x0000800000000000UL
#define NOBODY		1234			/* a domain that is not */

extern bool on_xen;
extern uint32_t nr_cpus;	/* of the machine */

/* A result where Socle and Xen differ on purpose: docs/abi.md has the reason under the same operation. */
#define CHECK_DIFFERS(got, ours, xens, what) CHECK_EQ(got, on_xen ? (xens) : (ours), what)

/* In the child nothing can be printed: results are kept for the parent. */
struct child_result {
	long got, want;
	char what[48];
};
void child_note(long got, long want, const char *what);
#define CHILD_EQ(got, want, what) child_note((long)(got), (long)(want), what)
#define CHILD_DIFFERS(got, ours, xens, what) child_note((long)(got), on_xen ? (xens) : (ours), what)

/* Builds the child, which has not run yet; its id. */
uint16_t child_build(void);
/* Lets it run child_main() to its end and checks what it noted. */
void child_run(uint16_t id);
void child_main(void) __attribute__((noreturn));

long domctl(uint32_t cmd, uint16_t dom, struct xen_domctl *op);

void surface_cpu(void);
void surface_sched(void);
void surface_memory(void);
void surface_mmu(void);
void surface_events(void);
void surface_grants(void);
void surface_machine(void);
void surface_control(uint16_t child);
void surface_guest(void);	/* runs in the child */

#endif
