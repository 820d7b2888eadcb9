/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How deep the stacks are. Each CPU paints its own when it starts; what is no longer painted has been used. Debug builds
 * look on every return to a guest whether the margin at the end of the main stack is untouched.
 */
#ifndef SOCLE_DEBUG_STACK_H
#define SOCLE_DEBUG_STACK_H

#include <stdint.h>

#define STACK_MARGIN 1024u	/* bytes at the end of the main stack that must stay unused */
#define NR_STACKS 5	/* a CPU's main stack, then its exception stacks, IST 1 to 4 */

/* Once per CPU, while none of its exception stacks is in use. */
void stack_paint(void);
/* Bytes that a stack has, and how many of them were ever used. */
uint32_t stack_size(unsigned int stack);
uint32_t stack_used(unsigned int cpu, unsigned int stack);

#ifdef SOCLE_DEBUG
void stack_check(void);
#else
static inline void stack_check(void) { }
#endif

#endif
