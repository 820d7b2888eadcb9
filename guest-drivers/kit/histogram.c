/* SPDX-License-Identifier: BSD-2-Clause */
/* See histogram.h. Values below 16 have a bucket each; each power of two from there on has 16. */
#include <stdbool.h>
#include <stddef.h>
#include "kit/histogram.h"
#include "kit/string.h"

static unsigned int bucket_of(uint64_t v)
{
	unsigned int e;

	if (v >> KIT_HISTOGRAM_BITS)
		v = (1UL << KIT_HISTOGRAM_BITS) - 1;
	if (v < 16)
		return (unsigned int)v;
	e = 63 - (unsigned int)__builtin_clzl(v);
	return (e - 4) * 16 + (unsigned int)(v >> (e - 4));
}

static uint64_t bucket_low(unsigned int b)
{
	return b < 16 ? b : (uint64_t)(16 + b % 16) << (b / 16 - 1);
}

void kit_histogram_add(struct kit_histogram *h, uint64_t v)
{
	if (!h->count || v < h->min)
		h->min = v;
	if (v > h->max)
		h->max = v;
	h->count++;
	h->sum += v;
	h->bucket[bucket_of(v)]++;
}

void kit_histogram_merge(struct kit_histogram *to, const struct kit_histogram *from)
{
	if (!from->count)
		return;
	if (!to->count || from->min < to->min)
		to->min = from->min;
	if (from->max > to->max)
		to->max = from->max;
	to->count += from->count;
	to->sum += from->sum;
	for (unsigned int b = 0; b < KIT_HISTOGRAM_BUCKETS; b++)
		to->bucket[b] += from->bucket[b];
}

uint64_t kit_histogram_quantile(const struct kit_histogram *h, uint32_t ppm)
{
	/* The place of the value when all are sorted, from 1: count * ppm / 10^6, rounded up, in 64 bits. */
	uint64_t place = h->count / 1000000 * ppm + (h->count % 1000000 * ppm + 999999) / 1000000, below = 0, end;

	if (!h->count)
		return 0;
	for (unsigned int b = 0; b < KIT_HISTOGRAM_BUCKETS - 1; b++) {
		below += h->bucket[b];
		if (below < place || !below)
			continue;
		end = bucket_low(b + 1) - 1;
		return end < h->max ? end : h->max;
	}
	return h->max;
}

static void put_number(kit_text_fn put, void *arg, const char *before, uint64_t v)
{
	char text[48];

	kit_snprintf(text, sizeof(text), "%s%lu", before, v);
	put(arg, text);
}

void kit_histogram_json(const struct kit_histogram *h, kit_text_fn put, void *arg)
{
	bool first = true;

	put_number(put, arg, "{\"count\":", h->count);
	put_number(put, arg, ",\"min\":", h->min);
	put_number(put, arg, ",\"mean\":", h->count ? h->sum / h->count : 0);
	put_number(put, arg, ",\"p50\":", kit_histogram_quantile(h, 500000));
	put_number(put, arg, ",\"p90\":", kit_histogram_quantile(h, 900000));
	put_number(put, arg, ",\"p99\":", kit_histogram_quantile(h, 990000));
	put_number(put, arg, ",\"p999\":", kit_histogram_quantile(h, 999000));
	put_number(put, arg, ",\"max\":", h->max);
	put(arg, ",\"buckets\":[");
	for (unsigned int b = 0; b < KIT_HISTOGRAM_BUCKETS; b++) {
		if (!h->bucket[b])
			continue;
		put_number(put, arg, first ? "[" : ",[", bucket_low(b));
		put_number(put, arg, ",", h->bucket[b]);
		put(arg, "]");
		first = false;
	}
	put(arg, "]}");
}
