/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Range sets, see rangeset.h. A singly linked list suffices: a domain has a few dozen ranges, changed by the
 * control domain only. Each change allocates its one possibly needed node before it touches the list.
 */
#include <stddef.h>
#include <abi/errno.h>
#include "lib/rangeset.h"
#include "mm/mm.h"

struct range {
	struct range *next;
	uint64_t first, last;
};

struct rangeset {
	struct range *head;
};

struct rangeset *rangeset_new(void)
{
	return hv_alloc(sizeof(struct rangeset));
}

void rangeset_free(struct rangeset *r)
{
	if (!r)
		return;
	while (r->head) {
		struct range *x = r->head;

		r->head = x->next;
		hv_free(x);
	}
	hv_free(r);
}

bool rangeset_is_empty(const struct rangeset *r)
{
	return !r || !r->head;
}

int rangeset_add(struct rangeset *r, uint64_t first, uint64_t last)
{
	struct range **link = &r->head, *n, *x;

	if (first > last)
		return -XEN_EINVAL;
	n = hv_alloc(sizeof(*n));
	if (!n)
		return -XEN_ENOMEM;
	/* Skip what ends before first, with at least one number between. */
	while ((x = *link) && x->last < first && x->last + 1 != first)
		link = &x->next;
	n->first = first;
	n->last = last;
	/* Swallow everything that overlaps or touches. */
	while ((x = *link) && (x->first <= last || x->first - 1 == last)) {
		if (x->first < n->first)
			n->first = x->first;
		if (x->last > n->last)
			n->last = x->last;
		*link = x->next;
		hv_free(x);
	}
	n->next = *link;
	*link = n;
	return 0;
}

int rangeset_remove(struct rangeset *r, uint64_t first, uint64_t last)
{
	struct range **link = &r->head, *spare, *x;

	if (first > last)
		return -XEN_EINVAL;
	spare = hv_alloc(sizeof(*spare));
	if (!spare)
		return -XEN_ENOMEM;
	while ((x = *link) && x->first <= last) {
		if (x->last < first) {
			link = &x->next;
		} else if (x->first < first && x->last > last) {
			spare->first = last + 1;
			spare->last = x->last;
			spare->next = x->next;
			x->last = first - 1;
			x->next = spare;
			return 0;
		} else if (x->first < first) {
			x->last = first - 1;
			link = &x->next;
		} else if (x->last > last) {
			x->first = last + 1;
			break;
		} else {
			*link = x->next;
			hv_free(x);
		}
	}
	hv_free(spare);
	return 0;
}

bool rangeset_contains_range(const struct rangeset *r, uint64_t first, uint64_t last)
{
	if (!r || first > last)
		return false;
	for (const struct range *x = r->head; x && x->first <= first; x = x->next)
		if (x->last >= last)
			return true;
	return false;
}

bool rangeset_contains(const struct rangeset *r, uint64_t x)
{
	return rangeset_contains_range(r, x, x);
}

bool rangeset_overlaps(const struct rangeset *r, uint64_t first, uint64_t last)
{
	if (!r)
		return false;
	for (const struct range *x = r->head; x && x->first <= last; x = x->next)
		if (x->last >= first)
			return true;
	return false;
}

bool rangeset_get(const struct rangeset *r, unsigned int index, uint64_t *first, uint64_t *last)
{
	const struct range *x = r ? r->head : NULL;

	while (x && index--)
		x = x->next;
	if (!x)
		return false;
	*first = x->first;
	*last = x->last;
	return true;
}
