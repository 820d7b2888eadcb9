/* SPDX-License-Identifier: BSD-2-Clause */
/* See grant_table.h; the order of stores is that of pv-abi 6.1. */
#include "kit/grant_table.h"

void kit_grant_table_init(struct kit_grant_table *t, struct grant_entry_v1 *entries)
{
	*t = (struct kit_grant_table){ .entries = entries };
}

static void give(struct kit_grant_table *t, uint32_t ref)
{
	t->next[ref] = t->free;
	t->free = ref;
	t->nr_free++;
}

/* The reserved references are nobody's. */
uint32_t *kit_grant_table_extend(struct kit_grant_table *t, uint32_t nr, uint32_t *next)
{
	uint32_t *old = t->next, first = t->nr;

	for (uint32_t ref = 0; ref < first; ref++)
		next[ref] = old[ref];
	t->next = next;
	t->nr = nr;
	for (uint32_t ref = nr; ref-- > first;)
		if (ref >= GNTTAB_NR_RESERVED_ENTRIES)
			give(t, ref);
		else
			next[ref] = KIT_GRANT_NONE;
	return old;
}

static bool taken(const struct kit_grant_table *t, uint32_t ref)
{
	return ref < t->nr && t->next[ref] == ref && ref != KIT_GRANT_NONE;
}

uint32_t kit_grant_table_take(struct kit_grant_table *t, uint16_t domid, uint32_t frame, bool readonly)
{
	uint32_t ref = t->free;

	if (ref == KIT_GRANT_NONE)
		return ref;
	t->free = t->next[ref];
	t->next[ref] = ref;
	t->nr_free--;
	t->entries[ref].frame = frame;
	t->entries[ref].domid = domid;
	/* Release: frame and domain are there before the entry is valid. */
	__atomic_store_n(&t->entries[ref].flags, (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0)), __ATOMIC_RELEASE);
	return ref;
}

bool kit_grant_table_busy(const struct kit_grant_table *t, uint32_t ref)
{
	return taken(t, ref) && __atomic_load_n(&t->entries[ref].flags, __ATOMIC_ACQUIRE) & (GTF_reading | GTF_writing);
}

bool kit_grant_table_end(struct kit_grant_table *t, uint32_t ref)
{
	uint16_t flags;

	if (!taken(t, ref))
		return false;
	flags = __atomic_load_n(&t->entries[ref].flags, __ATOMIC_RELAXED);
	/* The bits may be set between the look and the exchange, which then fails. */
	do {
		if (flags & (GTF_reading | GTF_writing))
			return false;
	} while (!__atomic_compare_exchange_n(&t->entries[ref].flags, &flags, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	give(t, ref);
	return true;
}
