/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mapping granted frames. A mapping is a handle of the mapper: granter, reference, and the parts it consists of:
 *   host part    a page-table entry of the mapper. The entry owns the frame's references (mm/pt_update.c): a guest that
 *                overwrites it gives up the access but keeps the handle busy, which is its own loss.
 *   device part  the promise that a device may use the bus address. It has references of its own.
 * Each part is one pin on the grant. The handle holds a reference on the granter's domain, so a dead granter's table
 * outlives the last mapping of its frames.
 *
 * The mapper's death drops the pins and the device parts here; its entries fall with its page tables.
 *
 * Unmapping has two halves. The first clears the entry; from then on a CPU of the mapper can reach the frame only
 * through a stale translation. The second drops the references and the pin, and with the pin the marks that tell the
 * granter that its frame is in use. Between them come all the other elements of a batch, and one flush of the mapper's CPUs
 * for all: a granter that sees its marks gone has the frame to itself.
 *
 * Handles come from the guest: in range and in use is all that makes one valid, and what it leads to is taken from our
 * own record. map_lock covers the records; a handle being unmapped is taken out of circulation first, so two
 * vCPUs can not unmap it twice. No lock of grants is held while another one is taken, nor across the flush.
 */
#include "cpu/cpu.h"
#include "grant/internal.h"
#include "lib/util.h"

#define PTE_P		(1UL << 0)
#define PTE_RW		(1UL << 1)
#define PTE_US		(1UL << 2)
#define PTE_AD		(3UL << 5)
#define PTE_AVAIL_SHIFT	9
#define PTE_AVAIL_MASK	7u
#define PTE_NX		(1UL << 63)

#define GNTMAP_PARTS	(GNTMAP_device_map | GNTMAP_host_map)

/* ---- handles ------------------------------------------------------------------------------------------ */

static struct maptrack *track_at(struct domain_grant *g, uint32_t handle)
{
	return &g->track[handle / TRACKS_PER_FRAME][handle % TRACKS_PER_FRAME];
}

bool grant_track_grow(struct domain *d, struct domain_grant *g)
{
	uint32_t first = g->nr_track_frames * TRACKS_PER_FRAME;
	struct maptrack *frame;

	if (g->nr_track_frames >= g->max_track_frames)
		return false;
	frame = hv_alloc_pages(0);
	if (!frame)
		return false;
	hv_charge(frame, 0, d);
	for (uint32_t i = 0; i < TRACKS_PER_FRAME; i++)
		frame[i].ref = i + 1 < TRACKS_PER_FRAME ? first + i + 1 : NO_TRACK;
	g->track[g->nr_track_frames++] = frame;
	g->free_track = first;
	return true;
}

static uint32_t track_alloc(struct domain *d)
{
	struct domain_grant *g = d->grant;
	uint32_t handle = NO_TRACK;

	spin_lock(&g->map_lock);
	if (g->free_track != NO_TRACK || grant_track_grow(d, g)) {
		handle = g->free_track;
		g->free_track = track_at(g, handle)->ref;
	}
	spin_unlock(&g->map_lock);
	return handle;
}

/* Under map_lock. */
static void track_release(struct domain_grant *g, uint32_t handle)
{
	struct maptrack *t = track_at(g, handle);

	t->granter = NULL;
	t->flags = 0;
	t->ref = g->free_track;
	g->free_track = handle;
}

static void track_free(struct domain_grant *g, uint32_t handle)
{
	spin_lock(&g->map_lock);
	track_release(g, handle);
	spin_unlock(&g->map_lock);
}

/* Takes the mapping behind a handle for exclusive use: its flags are 0 until track_give_back(). */
static bool track_take(struct domain_grant *g, uint32_t handle, struct maptrack *out)
{
	unsigned int i;
	bool ok = false;

	spin_lock(&g->map_lock);
	if (idx_clamp(handle, (uint64_t)g->nr_track_frames * TRACKS_PER_FRAME, &i)) {
		struct maptrack *t = track_at(g, i);

		ok = t->granter && (t->flags & GNTMAP_PARTS);
		if (ok) {
			*out = *t;
			t->flags = 0;
		}
	}
	spin_unlock(&g->map_lock);
	return ok;
}

/* True if nothing is left of it: the reference on the granter is the caller's then. */
static bool track_give_back(struct domain_grant *g, uint32_t handle, const struct maptrack *t)
{
	bool gone = !(t->flags & GNTMAP_PARTS);

	spin_lock(&g->map_lock);
	if (gone)
		track_release(g, handle);
	else
		track_at(g, handle)->flags = t->flags;
	spin_unlock(&g->map_lock);
	return gone;
}

void maptrack_fini(struct domain_grant *g)
{
	while (g->nr_track_frames)
		hv_free_pages(g->track[--g->nr_track_frames], 0);
}

/* ---- map ------------------------------------------------------------------------------------------------- */

static uint64_t host_pte(mfn_t mfn, uint32_t flags)
{
	uint64_t pte = mfn << PAGE_SHIFT | PTE_P | PTE_AD | PTE_NX;

	if (!(flags & GNTMAP_readonly))
		pte |= PTE_RW;
	if (flags & GNTMAP_application_map)
		pte |= PTE_US;
	return pte | (uint64_t)(flags >> _GNTMAP_guest_avail0 & PTE_AVAIL_MASK) << PTE_AVAIL_SHIFT;
}

/* One part: a pin and the references that go with it. */
static int16_t part_get(struct domain *rd, uint32_t ref, struct domain *ld, bool write, mfn_t *mfn)
{
	int16_t status = grant_pin(rd, ref, ld, write, mfn);

	if (status)
		return status;
	if (grant_frame_get(rd, *mfn, write))
		return GNTST_okay;
	grant_unpin(rd, ref, write);
	return GNTST_general_error;
}

static void part_put(struct domain *rd, uint32_t ref, bool write, mfn_t mfn)
{
	grant_frame_put(mfn, write);
	grant_unpin(rd, ref, write);
}

static int16_t map_parts(struct domain *rd, struct domain *ld, const struct gnttab_map_grant_ref *op, mfn_t *mfn)
{
	bool write = !(op->flags & GNTMAP_readonly), device = op->flags & GNTMAP_device_map;
	int16_t status;

	if (device) {
		status = part_get(rd, op->ref, ld, write, mfn);
		if (status)
			return status;
	}
	if (!(op->flags & GNTMAP_host_map))
		return GNTST_okay;
	status = part_get(rd, op->ref, ld, write, mfn);
	if (!status) {
		if (!pt_grant_map(ld, op->host_addr, op->flags & GNTMAP_contains_pte, host_pte(*mfn, op->flags)))
			return GNTST_okay;
		part_put(rd, op->ref, write, *mfn);
		status = GNTST_general_error;
	}
	if (device)
		part_put(rd, op->ref, write, *mfn);
	return status;
}

void grant_map_one(struct gnttab_map_grant_ref *op, struct grant_peer *granter)
{
	struct domain *ld = current->domain, *rd;
	struct maptrack *t;
	uint32_t handle;
	mfn_t mfn = 0;

	op->status = GNTST_bad_gntref;
	if (!(op->flags & GNTMAP_PARTS))
		return;
	op->status = GNTST_bad_domain;
	rd = op->dom == DOMID_SELF ? NULL : grant_peer_get(granter, op->dom);
	if (!rd || !rd->grant)
		return;
	handle = track_alloc(ld);
	op->status = GNTST_no_space;
	if (handle == NO_TRACK)
		return;
	op->status = map_parts(rd, ld, op, &mfn);
	if (op->status) {
		track_free(ld->grant, handle);
		return;
	}
	domain_ref(rd);
	spin_lock(&ld->grant->map_lock);
	t = track_at(ld->grant, handle);
	t->granter = rd;
	t->ref = op->ref;
	t->flags = op->flags & (GNTMAP_PARTS | GNTMAP_readonly | GNTMAP_contains_pte);
	spin_unlock(&ld->grant->map_lock);
	op->handle = handle;
	op->dev_bus_addr = mfn << PAGE_SHIFT;
}

/* ---- unmap ------------------------------------------------------------------------------------------------- */

/* No lock: the mapping's own pin keeps the active entry, and its frame, as they are. */
static mfn_t mapped_mfn(const struct maptrack *t)
{
	return active_get(t->granter->grant, t->ref)->mfn;
}

/* Removes the parts that the caller names. What was removed is in *parts, also when a later one is refused. */
static int16_t clear_parts(struct domain *ld, const struct maptrack *t, uint64_t host_addr, uint64_t dev_bus_addr,
			   mfn_t mfn, uint32_t *parts)
{
	if (dev_bus_addr && (t->flags & GNTMAP_device_map)) {
		if (dev_bus_addr != mfn << PAGE_SHIFT)
			return GNTST_bad_dev_addr;
		*parts |= GNTMAP_device_map;
	}
	if (host_addr && (t->flags & GNTMAP_host_map)) {
		if (pt_grant_unmap(ld, host_addr, t->flags & GNTMAP_contains_pte, mfn, !(t->flags & GNTMAP_readonly)))
			return GNTST_general_error;
		*parts |= GNTMAP_host_map;
	}
	return GNTST_okay;
}

/* Notes what the second half has to give back, and returns the handle, or what is left of it, to circulation. */
static void note_cleared(struct grant_batch *b, uint32_t handle, struct maptrack *t, mfn_t mfn, uint32_t parts)
{
	t->flags &= ~parts;
	if (parts)
		b->cleared[b->nr++] = (struct grant_cleared){
			.granter = t->granter, .ref = t->ref, .mfn = mfn, .parts = parts,
			.write = !(t->flags & GNTMAP_readonly),
		};
	/* The batch wants a reference of its own if the handle keeps its one. */
	if (parts && (t->flags & GNTMAP_PARTS))
		domain_ref(t->granter);
	(void)track_give_back(current->domain->grant, handle, t);
}

void grant_unmap_one(struct gnttab_unmap_grant_ref *op, struct grant_batch *b)
{
	struct domain *ld = current->domain;
	struct maptrack t;
	uint32_t parts = 0;
	mfn_t mfn;

	if (!track_take(ld->grant, op->handle, &t)) {
		op->status = GNTST_bad_handle;
		return;
	}
	mfn = mapped_mfn(&t);
	op->status = clear_parts(ld, &t, op->host_addr, op->dev_bus_addr, mfn, &parts);
	note_cleared(b, op->handle, &t, mfn, parts);
}

void grant_unmap_replace_one(struct gnttab_unmap_and_replace *op, struct grant_batch *b)
{
	struct domain *ld = current->domain;
	struct maptrack t;
	uint32_t parts = 0;
	mfn_t mfn;

	if (!track_take(ld->grant, op->handle, &t)) {
		op->status = GNTST_bad_handle;
		return;
	}
	mfn = mapped_mfn(&t);
	op->status = GNTST_general_error;
	/* An entry named by its machine address has no virtual one to be replaced at. */
	if ((t.flags & GNTMAP_host_map) && !(t.flags & GNTMAP_contains_pte) &&
	    !pt_grant_replace(ld, op->host_addr, mfn, !(t.flags & GNTMAP_readonly), op->new_addr)) {
		parts = GNTMAP_host_map;
		op->status = GNTST_okay;
	}
	note_cleared(b, op->handle, &t, mfn, parts);
}

static void settle_one(struct grant_cleared *c)
{
	if (c->parts & GNTMAP_device_map)
		part_put(c->granter, c->ref, c->write, c->mfn);
	if (c->parts & GNTMAP_host_map)
		part_put(c->granter, c->ref, c->write, c->mfn);
	domain_put(c->granter);
}

void grant_batch_settle(struct grant_batch *b)
{
	bool mapped = false;

	for (unsigned int i = 0; i < b->nr; i++)
		mapped |= b->cleared[i].parts & GNTMAP_host_map;
	/* Which of its vCPUs have used the translation nobody knows. */
	if (mapped)
		tlb_flush_vcpus(current->domain, NULL);
	for (unsigned int i = 0; i < b->nr; i++)
		settle_one(&b->cleared[i]);
	b->nr = 0;
}

/* ---- the mapper's end ------------------------------------------------------------------------------------------ */

static void drop_dead_mapping(struct maptrack *t)
{
	bool write = !(t->flags & GNTMAP_readonly);

	if (t->flags & GNTMAP_device_map)
		part_put(t->granter, t->ref, write, mapped_mfn(t));
	/* The entry, if it still is one, gives its references back with the page tables. */
	if (t->flags & GNTMAP_host_map)
		grant_unpin(t->granter, t->ref, write);
	t->flags = 0;
}

int grant_relinquish(struct domain *d)
{
	struct domain_grant *g = d->grant;
	struct maptrack t;

	while (g && g->drain < g->nr_track_frames * TRACKS_PER_FRAME) {
		if (track_take(g, g->drain, &t)) {
			drop_dead_mapping(&t);
			if (track_give_back(g, g->drain, &t))
				domain_put(t.granter);
		}
		g->drain++;
		if (preempt_check())
			return -XEN_ERESTART;
	}
	return 0;
}
