/* SPDX-License-Identifier: BSD-2-Clause */
/* See pages.h. */
#include "kit/pages.h"

static bool is_free(const struct kit_pages *p, size_t i)
{
	return p->bits[i / 64] >> i % 64 & 1;
}

void kit_pages_init(struct kit_pages *p, uint64_t *bits, size_t nr)
{
	*p = (struct kit_pages){ .bits = bits, .nr = nr };
	for (size_t w = 0; w < kit_pages_words(nr); w++)
		bits[w] = 0;
}

bool kit_pages_give(struct kit_pages *p, size_t first, size_t n)
{
	if (first > p->nr || n > p->nr - first)
		return false;
	for (size_t i = first; i < first + n; i++)
		if (is_free(p, i))
			return false;
	for (size_t i = first; i < first + n; i++)
		p->bits[i / 64] |= 1UL << i % 64;
	p->nr_free += n;
	return true;
}

/* The first free page in [from, end), a word at a time; end when there is none. */
static size_t next_free(const struct kit_pages *p, size_t from, size_t end)
{
	while (from < end) {
		uint64_t rest = p->bits[from / 64] >> from % 64;

		if (rest) {
			from += (size_t)__builtin_ctzl(rest);
			return from < end ? from : end;
		}
		from = (from / 64 + 1) * 64;
	}
	return end;
}

/* A run of n that begins in [from, end) and ends inside the whole. */
static size_t find(const struct kit_pages *p, size_t from, size_t end, size_t n)
{
	while ((from = next_free(p, from, end)) < end && n <= p->nr - from) {
		size_t len = 1;

		while (len < n && is_free(p, from + len))
			len++;
		if (len == n)
			return from;
		from += len;
	}
	return KIT_PAGES_NONE;
}

size_t kit_pages_take(struct kit_pages *p, size_t n)
{
	size_t first;

	if (!n || n > p->nr_free)
		return KIT_PAGES_NONE;
	first = find(p, p->next, p->nr, n);
	if (first == KIT_PAGES_NONE)
		first = find(p, 0, p->next, n);
	if (first == KIT_PAGES_NONE)
		return first;
	for (size_t i = first; i < first + n; i++)
		p->bits[i / 64] &= ~(1UL << i % 64);
	p->nr_free -= n;
	p->next = first + n < p->nr ? first + n : 0;
	return first;
}
