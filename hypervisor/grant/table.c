/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain's grant table: frames it shares with us, and beside each shared entry an active one that the guest can
 * not touch.
 *
 * The guest writes entries at any time. An entry is read as one 32-bit word (flags and domid) and marked in use by
 * compare-exchange on that word, so that what was checked is what was marked; a guest that keeps changing it is
 * refused after a few attempts. The frame is read once, after the mark; from then on the active entry tells. The marks
 * (reading, writing) go when the last use of that kind ends (pv-abi 6.1).
 *
 * Lock: g->lock, inner to nothing of grants; page references are taken outside of it.
 */
#include "asm/atomic.h"
#include "debug/log.h"
#include "grant/internal.h"
#include "lib/util.h"

#define MAX_RETRIES 5
#define PIN_LIMIT (1u << 30)

static bool add_frame(struct domain *d)
{
	struct domain_grant *g = d->grant;
	struct active *active = hv_alloc(ENTRIES_PER_FRAME * sizeof(*active));
	void *frame = hv_alloc_pages(0);

	if (!active || !frame) {
		hv_free(active);
		hv_free_pages(frame, 0);
		return false;
	}
	page_share(frame, d, true);
	hv_charge(active, 0, d);
	g->active[g->nr_frames] = active;
	g->shared[g->nr_frames] = frame;
	g->nr_frames++;
	return true;
}

bool grant_grow(struct domain *d, uint32_t frames)
{
	struct domain_grant *g = d->grant;

	if (frames > g->max_frames || (d->life >= DOMAIN_DYING && frames > g->nr_frames))
		return false;
	while (g->nr_frames < frames)
		if (!add_frame(d))
			return false;
	return true;
}

mfn_t grant_shared_mfn(struct domain *d, uint32_t idx)
{
	struct domain_grant *g = d->grant;
	mfn_t mfn = INVALID_MFN;
	unsigned int i;

	if (!g || idx == UINT32_MAX)
		return mfn;
	spin_lock(&g->lock);
	if (grant_grow(d, idx + 1) && idx_clamp(idx, g->nr_frames, &i))
		mfn = virt_to_mfn(g->shared[i]);
	spin_unlock(&g->lock);
	return mfn;
}

int grant_domain_init(struct domain *d)
{
	uint32_t frames = (uint32_t)d->max_grant_frames, tracks = (uint32_t)d->max_maptrack_frames;
	struct domain_grant *g = hv_alloc(sizeof(*g));

	if (!g)
		return -XEN_ENOMEM;
	d->grant = g;
	spin_init(&g->lock, RANK_GRANT);
	spin_init(&g->map_lock, RANK_MAPTRACK);
	g->shared = hv_alloc(frames * sizeof(*g->shared));
	g->active = hv_alloc(frames * sizeof(*g->active));
	g->track = hv_alloc(tracks * sizeof(*g->track));
	g->max_frames = frames;
	g->max_track_frames = tracks;
	g->free_track = NO_TRACK;
	hv_charge(g->shared, 0, d);
	hv_charge(g->active, 0, d);
	hv_charge(g->track, 0, d);
	if (!g->shared || !g->active || !g->track || (frames && !add_frame(d)) ||
	    (tracks && !grant_track_grow(d, g))) {
		grant_domain_fini(d);
		return -XEN_ENOMEM;
	}
	return 0;
}

bool grant_retract(struct domain *d)
{
	struct domain_grant *g = d->grant;

	while (g && g->nr_frames) {
		void *frame = g->shared[g->nr_frames - 1];

		if (!page_unshare(frame, d))
			return false;
		hv_free_pages(frame, 0);
		hv_free(g->active[g->nr_frames - 1]);
		g->nr_frames--;
	}
	return true;
}

void grant_domain_fini(struct domain *d)
{
	struct domain_grant *g = d->grant;

	if (!g)
		return;
	/* Frames that somebody still maps can not be reused: losing them is the lesser evil. */
	if (!grant_retract(d))
		printk("grant: domain %u: %u table frames are still mapped and stay lost\n", d->id, g->nr_frames);
	maptrack_fini(g);
	hv_free(g->track);
	hv_free(g->active);
	hv_free(g->shared);
	hv_free(g);
	d->grant = NULL;
}

/* ---- entries --------------------------------------------------------------------------------------- */

struct active *active_get(struct domain_grant *g, uint32_t ref)
{
	unsigned int i;

	if (!idx_clamp(ref, (uint64_t)g->nr_frames * ENTRIES_PER_FRAME, &i))
		return NULL;
	return &g->active[i / ENTRIES_PER_FRAME][i % ENTRIES_PER_FRAME];
}

struct grant_entry_v1 *grant_entry(struct domain_grant *g, uint32_t ref)
{
	return &g->shared[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

/* Marks the shared entry as read, or read and written, by ld. */
static int16_t mark_entry(struct grant_entry_v1 *e, domid_t ld, bool write)
{
	uint32_t *word = (uint32_t *)e, seen, marked;

	for (unsigned int i = 0; i < MAX_RETRIES; i++) {
		seen = READ_ONCE(*word);
		/* Low half flags, high half domid: the layout of grant_entry_v1. */
		if ((seen & GTF_type_mask) != GTF_permit_access || seen >> 16 != ld)
			return GNTST_general_error;
		if (write && (seen & GTF_readonly))
			return GNTST_general_error;
		marked = seen | GTF_reading | (write ? GTF_writing : 0);
		if (cmpxchg32(word, seen, marked) == seen)
			return GNTST_okay;
	}
	return GNTST_general_error;
}

static inline __attribute__((always_inline)) int16_t
pin_locked(struct domain_grant *g, uint32_t ref, domid_t ld, bool write, mfn_t *mfn)
{
	struct active *a = active_get(g, ref);
	struct grant_entry_v1 *e;
	int16_t status;

	if (!a)
		return GNTST_bad_gntref;
	if (a->pins && (a->domid != ld || a->pins >= PIN_LIMIT))
		return GNTST_general_error;
	if (!a->pins || (write && !a->writers)) {
		e = grant_entry(g, ref);
		status = mark_entry(e, ld, write);
		if (status)
			return status;
		if (!a->pins) {
			a->domid = ld;
			a->mfn = READ_ONCE(e->frame);
		}
	}
	a->pins++;
	a->writers += write;
	*mfn = a->mfn;
	return GNTST_okay;
}

int16_t grant_pin(struct domain *rd, uint32_t ref, const struct domain *ld, bool write, mfn_t *mfn)
{
	struct domain_grant *g = rd->grant;
	int16_t status;

	if (rd->life >= DOMAIN_DYING)
		return GNTST_general_error;
	spin_lock(&g->lock);
	status = pin_locked(g, ref, ld->id, write, mfn);
	spin_unlock(&g->lock);
	return status;
}

static inline __attribute__((always_inline)) void
unpin_locked(struct domain_grant *g, uint32_t ref, bool write)
{
	struct active *a = active_get(g, ref);
	uint16_t clear = 0;

	BUG_ON(!a || !a->pins);
	if (write && !--a->writers)
		clear |= GTF_writing;
	if (!--a->pins)
		clear |= GTF_reading;
	if (clear)
		atomic_and(&grant_entry(g, ref)->flags, (uint16_t)~clear);
}

void grant_unpin(struct domain *rd, uint32_t ref, bool write)
{
	struct domain_grant *g = rd->grant;

	spin_lock(&g->lock);
	unpin_locked(g, ref, write);
	spin_unlock(&g->lock);
}

int16_t grant_repin(struct domain *rd, uint32_t old, uint32_t ref, const struct domain *ld, bool write, mfn_t *mfn)
{
	struct domain_grant *g = rd->grant;
	int16_t status = GNTST_general_error;

	spin_lock(&g->lock);
	unpin_locked(g, old, write);
	if (rd->life < DOMAIN_DYING)
		status = pin_locked(g, ref, ld->id, write, mfn);
	spin_unlock(&g->lock);
	return status;
}

uint32_t grant_in_use(struct domain *d)
{
	struct domain_grant *g = d->grant;
	uint32_t n = 0;

	/* A frame at a time: the table's users do not wait for the whole. */
	for (uint32_t f = 0; f < READ_ONCE(g->nr_frames); f++) {
		spin_lock(&g->lock);
		for (uint32_t i = 0; f < g->nr_frames && i < ENTRIES_PER_FRAME; i++)
			n += g->active[f][i].pins > 0;
		spin_unlock(&g->lock);
	}
	return n;
}
