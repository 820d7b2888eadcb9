/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long things took: counts of values in buckets whose width is at most a sixteenth of their value, so that a percentile is
 * known that well over all of the range. Pure; not locked: one vCPU adds, and what several have counted is merged.
 */
#ifndef SOCLE_KIT_HISTOGRAM_H
#define SOCLE_KIT_HISTOGRAM_H

#include <stdint.h>

#define KIT_HISTOGRAM_BITS	40	/* larger values count as 2^40 - 1: 18 minutes in ns */
#define KIT_HISTOGRAM_BUCKETS	((KIT_HISTOGRAM_BITS - 3) * 16)

/* All zero is empty. */
struct kit_histogram {
	uint64_t count, sum, min, max;
	uint32_t bucket[KIT_HISTOGRAM_BUCKETS];
};

void kit_histogram_add(struct kit_histogram *h, uint64_t value);
void kit_histogram_merge(struct kit_histogram *to, const struct kit_histogram *from);

/* The value that so many of a million do not exceed, rounded up to the end of its bucket; 0 when there are no values. */
uint64_t kit_histogram_quantile(const struct kit_histogram *h, uint32_t ppm);

/* One JSON object, in pieces: count, min, mean, p50, p90, p99, p999, max, and [lowest value, count] of each bucket in use. */
typedef void (*kit_text_fn)(void *arg, const char *text);
void kit_histogram_json(const struct kit_histogram *h, kit_text_fn put, void *arg);

#endif
