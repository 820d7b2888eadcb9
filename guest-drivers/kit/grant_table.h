/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A version 1 grant table and who has its references. Pure; not locked. The table's memory is shared with the hypervisor, which
 * sets GTF_reading and GTF_writing at any time; what stands in an entry is believed only as far as these two bits.
 */
#ifndef SOCLE_KIT_GRANT_TABLE_H
#define SOCLE_KIT_GRANT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <abi/grant_table.h>

#define KIT_GRANT_NONE	0U	/* a reserved reference, so never given out */

struct kit_grant_table {
	struct grant_entry_v1 *entries;
	uint32_t *next;			/* of each reference: the next free one, or itself while it is taken */
	uint32_t nr;
	uint32_t free;			/* first free reference, or KIT_GRANT_NONE */
	uint32_t nr_free;
};

void kit_grant_table_init(struct kit_grant_table *t, struct grant_entry_v1 *entries);
/* The table has grown to nr entries; next has room for them. Returns the old array, for the caller to free. */
uint32_t *kit_grant_table_extend(struct kit_grant_table *t, uint32_t nr, uint32_t *next);
uint32_t kit_grant_table_take(struct kit_grant_table *t, uint16_t domid, uint32_t frame, bool readonly);
/* False: it is mapped, or was not taken; nothing changed. */
bool kit_grant_table_end(struct kit_grant_table *t, uint32_t ref);
bool kit_grant_table_busy(const struct kit_grant_table *t, uint32_t ref);

#endif
