/* SPDX-License-Identifier: BSD-2-Clause */
/* The scheduler's benchmark: a bare dom0 that makes domains which only burn time or only sleep, and reads the bill. */
#ifndef SOCLE_BENCH_SCHED_H
#define SOCLE_BENCH_SCHED_H

#include "guest/peer.h"

#define MS		1000000UL
#define LOADS		20U
#define LATENCIES	2048U

/* What a load and its controller share. */
struct load_comm {
	volatile uint64_t work;		/* rounds of the busy loop */
	volatile uint32_t stop, samples;
};

/* The image's page-aligned array that a sleeper fills, for peer_map(). */
extern uint32_t load_latency[LATENCIES];

/* ---- load.c: what runs in the domains ---- */
void load_busy(void);
void load_sleeper(void);
/* Sleeps until a time; needs load_timer_init(). How late it woke. */
uint64_t load_sleep_until(uint64_t at);
void load_timer_init(void);

#endif
