/* SPDX-License-Identifier: BSD-2-Clause */
/* The stopwatch. Results are lines "BENCH name;n;min;median;note", for tests/bench/micro/run.sh. */
#include <abi/sched.h>
#include "guest/bench.h"

volatile long bench_failed;

void bench_die(const char *what, long rc)
{
	kit_printf("Bail out! %s: %ld\n", what, rc);
	kit_shutdown(SHUTDOWN_reboot);
}

static uint64_t empty_around(unsigned long n)
{
	return BENCH_LOOP(n, );
}

static uint64_t empty_each(unsigned long n)
{
	uint64_t sum = 0;

	for (unsigned long i = 0; i < n; i++)
		sum += BENCH_ONE();
	return sum;
}

static void sort(uint64_t *v, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		uint64_t x = v[i];
		unsigned int j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static void sample(uint64_t (*run)(unsigned long), unsigned long n, struct bench_result *r)
{
	uint64_t v[SAMPLES];

	run(n > 4 ? n / 4 : 1);			/* warms caches, TLBs and QEMU's translations */
	for (unsigned int i = 0; i < SAMPLES; i++)
		v[i] = run(n);
	sort(v, SAMPLES);
	r->min = v[0];
	r->median = v[SAMPLES / 2];
}

static uint64_t less(uint64_t total, uint64_t base, unsigned long n)
{
	return total > base ? (total - base) * 100 / n : 0;
}

void bench_measure(const struct bench *b, struct bench_result *r)
{
	struct bench_result base, all;

	bench_failed = 0;
	sample(b->clock == BENCH_AROUND ? empty_around : empty_each, b->n, &base);
	sample(b->run, b->n, &all);
	r->min = less(all.min, base.min, b->n);
	r->median = less(all.median, base.min, b->n);
}

void bench_print(const struct bench *b, const struct bench_result *r)
{
	kit_printf("BENCH %s;%lu;%lu.%02lu;%lu.%02lu;%s\n", b->name, b->n, r->min / 100, r->min % 100, r->median / 100,
		   r->median % 100, b->note ? b->note : "");
}

void bench_run(const struct bench *b)
{
	struct bench_result r;

	bench_measure(b, &r);
	bench_must(bench_failed, b->name);
	bench_print(b, &r);
}
