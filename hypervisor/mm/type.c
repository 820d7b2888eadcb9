/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types: what a frame is used as, and the rule that makes PV memory safe: a frame has one type at a time, and
 * the type can change only while its type count is 0. A page table is therefore never mapped writable by anybody.
 *
 * The first type reference on a table checks its contents: every present entry takes a reference (and type
 * reference) on what it points at, the last one gives them back. Both are long for higher levels and stop when
 * preempt_check() says so. One invariant serves both directions: of a table that is being worked on,
 * entries [0, cursor) hold their references, the others do not. A stopped table has PGT_partial and
 *   type count 0: validation stopped. The state itself holds a page reference. A later page_get_type() of the same
 *                 type goes on; for another type the operation that wants it undoes this first, before it looks at any
 *                 table (page_settle_partial()), and teardown undoes it.
 *   type count 1: teardown stopped. The count is that of the reference being dropped, whose owner calls again. A
 *                 page_get_type() of the same type meanwhile validates the missing rest.
 * Teardown may stop inside the child of entry cursor - 1, which the table still holds and which is then in the second
 * state itself: before a table goes on towards validity that child is made whole.
 * A table with references but neither PGT_validated nor PGT_partial is in somebody's hands right now.
 *
 * For table types the caller holds the mm_lock of the owner, or nothing of the owner can run. Writable and
 * descriptor types need no lock; who finds such a page in somebody's hands waits. The last put of a type stamps the
 * frame, and a change of type is preceded by tlb_sync(): no CPU still uses translations from the frame's earlier life.
 */
#include "asm/atomic.h"
#include "cpu/cpu.h"
#include "cpu/smp.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "lib/util.h"
#include "mm/internal.h"
#include "pv/pv.h"
#include <string.h>

#define TYPE_COUNT_LIMIT (PGT_count_mask >> 1)

/* Descriptors get their DPL raised where they are (pv-abi 2.1, 1.9). */
static int seg_desc_validate(struct page *pg)
{
	uint64_t *desc = page_to_virt(pg), value;

	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		value = READ_ONCE(desc[i]);
		if (!pv_desc_fix(&value))
			return -XEN_EINVAL;
		WRITE_ONCE(desc[i], value);
	}
	return 0;
}

/* Most entries of most tables are empty, and an empty one holds nothing. The number of entries up to and with the last
 * present one among the first n: */
static unsigned int up_to_present(const uint64_t *entry, unsigned int n)
{
	while (n && !(entry[n - 1] & PTE_P))
		n--;
	return n;
}

static int table_devalidate(struct page *pg, uint64_t type, bool preemptible)
{
	uint64_t *entry = page_to_virt(pg);
	unsigned int n;
	int rc;

	while ((n = up_to_present(entry, pg->cursor))) {
		if (type == PGT_l4 && slot_is_hypervisor(n - 1)) {
			pg->cursor = HV_SLOT_FIRST;
			continue;
		}
		pg->cursor = n;
		rc = pte_put(type, entry[n - 1], preemptible);
		if (rc)
			return rc;
		pg->cursor = n - 1;
		if (preemptible && n > 1 && type != PGT_l1 && preempt_check())
			return -XEN_ERESTART;
	}
	pg->cursor = 0;
	/* The hypervisor's part is no guest's data. */
	if (type == PGT_l4)
		memset(&entry[HV_SLOT_FIRST], 0, (HV_SLOT_LAST - HV_SLOT_FIRST + 1) * sizeof(*entry));
	return 0;
}

static int table_validate(struct page *pg, uint64_t type);

/* The table of type behind entry is held, but its teardown may have begun: it gets back what it has lost. */
static int table_mend(uint64_t entry, uint64_t type)
{
	struct page *pg;
	uint64_t x;
	int rc;

	if (!(entry & PTE_P))
		return 0;
	pg = mfn_to_page(pte_mfn(entry));
	x = atomic_load(&pg->type);
	if (!(x & PGT_partial) || !(x & PGT_count_mask))
		return 0;
	rc = table_validate(pg, type);
	if (!rc)
		atomic_store(&pg->type, (x & ~PGT_partial) | PGT_validated);
	return rc;
}

/* Goes on at pg->cursor. Any error but -XEN_ERESTART leaves the cursor at the refused entry, or where it was. */
static int table_validate(struct page *pg, uint64_t type)
{
	uint64_t *entry = page_to_virt(pg), value;
	struct domain *owner = pg->owner;
	const bool upper = type != PGT_l1, root = type == PGT_l4;
	unsigned int i = pg->cursor;
	int rc;

	if (i && upper && !(root && slot_is_hypervisor(i - 1))) {
		rc = table_mend(entry[i - 1], type - PGT_l1);
		if (rc)
			return rc;
	}
	for (rc = 0; !rc && i < PT_ENTRIES; i++) {
		value = entry[i];
		if (!(value & PTE_P))
			continue;
		if (root && slot_is_hypervisor(i))
			continue;
		rc = pte_get(owner, owner, type, &value);
		if (rc)
			break;
		if (value != entry[i])
			entry[i] = value;
		if (upper && i + 1 < PT_ENTRIES && preempt_check())
			rc = -XEN_ERESTART;
	}
	pg->cursor = i;
	if (rc)
		return rc;
	if (root)
		mm_install_hv_slots(pg->owner, entry);
	return 0;
}

/* First reference of a table (or of one whose validation had stopped): its count is 1 and it is ours alone. Undoing a
 * refused one may take as long as the attempt: the rest of that is left to who next asks for the page. */
static int table_first_get(struct page *pg, uint64_t type, bool had_partial)
{
	bool stopped;
	int rc;

	if (!had_partial)
		pg->cursor = 0;
	rc = table_validate(pg, type);
	if (!rc)
		atomic_or(&pg->type, PGT_validated);
	stopped = rc == -XEN_ERESTART || (rc && table_devalidate(pg, type, true));
	if (stopped && !had_partial && !page_get(pg, pg->owner)) {
		/* No room for the state's own reference: give it all back. */
		(void)table_devalidate(pg, type, false);
		stopped = false;
		rc = -XEN_EBUSY;
	}
	if (rc) {
		pg->stamp = tlb_stamp();
		atomic_store(&pg->type, stopped ? type | PGT_partial : type);
	}
	if (had_partial && !stopped)
		page_put(pg);
	return rc;
}

/* A reference on a table whose teardown has stopped: bring it back to life. */
static int table_revive(struct page *pg, uint64_t type)
{
	/* Teardown that stops gives a pin back to stand for the references that are left. */
	uint64_t pin = atomic_and(&pg->type, ~PGT_partial) & PGT_pinned;
	int rc = table_validate(pg, type);

	atomic_store(&pg->type, pin | (rc ? (type | PGT_partial | 1) : (type | PGT_validated | 2)));
	return rc;
}

int page_settle_partial(struct page *pg)
{
	uint64_t x = atomic_load(&pg->type), type = x & PGT_type_mask;
	int rc;

	if (!(x & PGT_partial) || (x & PGT_count_mask))
		return 0;
	/* Held while we work, so that nobody else starts. */
	atomic_store(&pg->type, type | 1);
	rc = table_devalidate(pg, type, true);
	pg->stamp = tlb_stamp();
	atomic_store(&pg->type, rc ? (type | PGT_partial) : type);
	if (!rc)
		page_put(pg);
	return rc;
}

/* The count is 0 and x the current word: takes the first reference. 1: the word changed, look again. */
static int type_first_get(struct page *pg, uint64_t x, uint64_t type)
{
	bool partial = x & PGT_partial;
	int rc;

	/* Not undone here: it may hold the very table that is being worked on further up, and not all who want to write
	 * hold the owner's lock. Who begins an operation has settled it before. */
	if (partial && (x & PGT_type_mask) != type)
		return -XEN_EBUSY;
	if (cmpxchg64(&pg->type, x, type | 1) != x)
		return 1;
	if ((x & PGT_type_mask) != type)
		tlb_sync(pg->stamp);
	if (type_is_table(type))
		return table_first_get(pg, type, partial);
	rc = type == PGT_seg_desc ? seg_desc_validate(pg) : 0;
	atomic_store(&pg->type, rc ? type : (type | PGT_validated | 1));
	return rc;
}

/* A page that another CPU makes writable or a descriptor page this moment, or the reverse: not for long. */
static bool in_hands(uint64_t x)
{
	return (x & PGT_count_mask) && !(x & (PGT_validated | PGT_partial)) && !type_is_table(x & PGT_type_mask);
}

/* One more reference on a page that has the type, is valid and in use: what nearly all are. */
static bool get_quickly(struct page *pg, uint64_t type)
{
	uint64_t x = atomic_load(&pg->type);

	return (x & ~(PGT_pinned | PGT_count_mask)) == (type | PGT_validated) &&
	       (x & PGT_count_mask) - 1 < TYPE_COUNT_LIMIT - 1 && cmpxchg64(&pg->type, x, x + 1) == x;
}

static __attribute__((noinline)) int get_slowly(struct page *pg, uint64_t type)
{
	uint64_t x;
	int rc;

	for (;;) {
		x = atomic_load(&pg->type);
		if (!(x & PGT_count_mask)) {
			rc = type_first_get(pg, x, type);
			if (rc <= 0)
				return rc;
			continue;
		}
		if (in_hands(x)) {
			smp_relax();
			continue;
		}
		if ((x & PGT_type_mask) != type || (x & PGT_count_mask) >= TYPE_COUNT_LIMIT)
			return -XEN_EBUSY;
		if (x & PGT_partial)
			return table_revive(pg, type);
		if (!(x & PGT_validated))
			return -XEN_EBUSY;	/* a table of an owner whose lock we do not hold */
		if (cmpxchg64(&pg->type, x, x + 1) == x)
			return 0;
	}
}

int page_get_type(struct page *pg, uint64_t type)
{
	return get_quickly(pg, type) ? 0 : get_slowly(pg, type);
}

/* The last reference goes, or the word is changing. */
static __attribute__((noinline)) int put_slowly(struct page *pg, bool preemptible)
{
	uint64_t x, type;
	int rc;

	for (;;) {
		x = atomic_load(&pg->type);
		type = x & PGT_type_mask;
		BUG_ON(!(x & PGT_count_mask));
		if ((x & PGT_count_mask) > 1) {
			if (cmpxchg64(&pg->type, x, x - 1) == x)
				return 0;
			continue;
		}
		/* Neither valid nor free: ours alone until the stamp stands. */
		if (cmpxchg64(&pg->type, x, type | 1) == x)
			break;
	}
	rc = 0;
	if (type_is_table(type)) {
		if (x & PGT_validated)
			pg->cursor = PT_ENTRIES;
		rc = table_devalidate(pg, type, preemptible);
	}
	if (!rc)
		pg->stamp = tlb_stamp();
	/* A descriptor page without users is checked again at its next use. */
	atomic_store(&pg->type, rc ? (type | PGT_partial | 1) : type);
	return rc;
}

static int type_put(struct page *pg, bool preemptible)
{
	uint64_t x = atomic_load(&pg->type);

	if ((x & PGT_count_mask) > 1 && cmpxchg64(&pg->type, x, x - 1) == x)
		return 0;
	return put_slowly(pg, preemptible);
}

void page_put_type(struct page *pg)
{
	(void)type_put(pg, false);
}

int page_put_type_preemptible(struct page *pg)
{
	return type_put(pg, true);
}

int page_get_and_type(struct page *pg, struct domain *owner, uint64_t type)
{
	int rc;

	if (!page_get(pg, owner))
		return -XEN_EINVAL;
	rc = page_get_type(pg, type);
	if (rc)
		page_put(pg);
	return rc;
}

int page_get_and_type_settled(struct page *pg, struct domain *owner, uint64_t type)
{
	uint64_t x;
	int rc;

	if (!page_get(pg, owner))
		return -XEN_EINVAL;
	x = atomic_load(&pg->type);
	rc = (x & PGT_type_mask) != type ? page_settle_partial(pg) : 0;
	if (!rc)
		rc = page_get_type(pg, type);
	if (rc)
		page_put(pg);
	return rc;
}

void page_put_and_type(struct page *pg)
{
	page_put_type(pg);
	page_put(pg);
}

int page_put_and_type_preemptible(struct page *pg)
{
	int rc = type_put(pg, true);

	if (!rc)
		page_put(pg);
	return rc;
}
