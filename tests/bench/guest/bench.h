/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bare benchmark kernels share: a stopwatch that takes its own cost off, and a builder of small domains.
 *
 * A tick is one of the time stamp counter: host cycles, or instructions under QEMU's -icount shift=0. A benchmark is a
 * function that does something n times and returns the ticks that it took; SAMPLES runs of it give a minimum and a
 * median. The minimum is the figure to compare: noise only ever adds.
 */
#ifndef SOCLE_BENCH_H
#define SOCLE_BENCH_H

#include "kit/kit.h"

#define SAMPLES 21

static inline uint64_t ticks(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* How a benchmark's loop reads the clock; the cost of the loop itself is known for each and taken off. */
enum bench_clock {
	BENCH_AROUND,		/* once around n rounds */
	BENCH_EACH,		/* around each of n operations, as others stand between them */
};

struct bench {
	const char *name;
	uint64_t (*run)(unsigned long n);
	unsigned long n;
	enum bench_clock clock;
	const char *note;	/* why the hypervisor is not all of the cost, or NULL */
};

/* Hundredths of ticks for one operation. */
struct bench_result {
	uint64_t min, median;
};

/* Ticks of n rounds of a statement; `bench_failed` collects what hypercalls return. */
extern volatile long bench_failed;
#define BENCH_LOOP(n, ...) ({ \
	uint64_t start_ = ticks(); \
	for (unsigned long i_ = 0; i_ < (n); i_++) { \
		__VA_ARGS__; \
		__asm__ volatile("" : : : "memory"); \
	} \
	ticks() - start_; })

/* Ticks of one statement, for BENCH_EACH. */
#define BENCH_ONE(...) ({ \
	uint64_t start_ = ticks(); \
	__VA_ARGS__; \
	ticks() - start_; })

void bench_measure(const struct bench *b, struct bench_result *r);
void bench_print(const struct bench *b, const struct bench_result *r);
void bench_run(const struct bench *b);			/* both, and fails when a hypercall in it failed */
void bench_die(const char *what, long rc) __attribute__((noreturn));
static inline void bench_must(long rc, const char *what)
{
	if (rc)
		bench_die(what, rc);
}

#endif
