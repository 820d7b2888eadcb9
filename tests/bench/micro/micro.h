/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the micro-benchmark kernel, in the order in which main.c runs them. */
#ifndef SOCLE_BENCH_MICRO_H
#define SOCLE_BENCH_MICRO_H

#include "guest/bench.h"

void bench_calls(void);		/* hypercalls that do nothing, multicalls, iret, an emulated instruction */
void bench_traps(void);		/* system calls and page faults of the guest */
void bench_tables(void);	/* updates of page tables, pins, bases */
void bench_events(void);	/* events to oneself, timers */
void bench_peers(void);		/* a second domain: round trips, switches, grants */
void bench_holds(void);		/* how long operations keep the CPU */
void bench_fifo(void);		/* events by queues; the last */

struct peer;
void bench_grants(const struct peer *p);

/* stubs.S: entries as short as they can be, so that little of the guest is measured. */
void bench_enter_user(uint64_t *frame, unsigned long rbx) __attribute__((noreturn));
extern char bench_syscall_stub[], bench_fault_stub[], bench_event_stub[], bench_event_stub1[], bench_timed_stub[];
extern volatile uint64_t bench_syscalls, bench_faults;	/* how often they were entered */
/* Of vCPU 0 and 1: the one port that their event stubs know, and how often it was seen pending. */
extern uint32_t bench_port[2];
extern volatile uint64_t bench_events_seen[2], bench_event_at;

/* Makes a stub the event callback of the calling vCPU. */
void bench_event_callback(const char *stub);
extern uint32_t bench_timer_port;	/* of VIRQ_TIMER, once bench_events() has run */
/* The moment in system time when the counter will be at `at`. */
uint64_t bench_ns_at(uint64_t at);

#endif
