/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Grants for the debug key: first what a domain's table has in use, then what it maps of others. The position counts
 * entries of the active table, and from TRACKS on handles. Waits for no lock.
 */
#include "debug/keys.h"
#include "debug/log.h"
#include "grant/internal.h"

#define LINES_A_PIECE	8u
#define LOOKS_A_PIECE	4096u		/* entries, most of which are free */
#define TRACKS		(1u << 31)

/* Copied under the lock and printed without it: a serial line is slow. */
struct line {
	uint32_t index;
	struct active active;
	uint32_t ref, flags;		/* of a handle; its granter is active.domid */
};

static uint32_t take_active(struct domain_grant *g, uint32_t *at, struct line *line)
{
	uint32_t end = g->nr_frames * (uint32_t)ENTRIES_PER_FRAME, n = 0, looks;

	for (looks = 0; *at < end && n < LINES_A_PIECE && looks < LOOKS_A_PIECE; looks++, ++*at) {
		const struct active *a = active_get(g, *at);

		if (a && a->pins)
			line[n++] = (struct line){ .index = *at, .active = *a };
	}
	if (*at >= end)
		*at = TRACKS;
	return n;
}

static uint32_t take_tracks(struct domain_grant *g, uint32_t *at, struct line *line, bool *more)
{
	uint32_t end = g->nr_track_frames * (uint32_t)TRACKS_PER_FRAME, n = 0, looks, i = *at - TRACKS;

	for (looks = 0; i < end && n < LINES_A_PIECE && looks < LOOKS_A_PIECE; looks++, i++) {
		const struct maptrack *t = &g->track[i / TRACKS_PER_FRAME][i % TRACKS_PER_FRAME];

		if (t->granter)
			line[n++] = (struct line){ .index = i, .active.domid = t->granter->id, .ref = t->ref,
						   .flags = t->flags };
	}
	*at = TRACKS + i;
	*more = i < end;
	return n;
}

bool grant_dump(struct domain *d, uint32_t *at)
{
	struct domain_grant *g = d->grant;
	bool first = !*at, tracks = *at >= TRACKS, more = true;
	struct line line[LINES_A_PIECE];
	struct spinlock *lock;
	uint32_t i, n;

	if (!g)
		return false;
	lock = tracks ? &g->map_lock : &g->lock;
	if (!dump_trylock(lock)) {
		printk("domain %u: (its %s are locked)\n", d->id, tracks ? "mappings" : "grants");
		*at = TRACKS;
		return !tracks;
	}
	n = tracks ? take_tracks(g, at, line, &more) : take_active(g, at, line);
	spin_unlock(lock);
	if (first)
		printk("domain %u: %u table frames of %u, %u frames of handles of %u\n", d->id, g->nr_frames, g->max_frames,
		       g->nr_track_frames, g->max_track_frames);
	for (i = 0; i < n; i++)
		if (tracks)
			printk("  handle %u: grant %u of domain %u, flags %x\n", line[i].index, line[i].ref,
			       line[i].active.domid, line[i].flags);
		else
			printk("  grant %u: frame %lx, domain %u, %u uses, %u of them writing\n", line[i].index,
			       line[i].active.mfn, line[i].active.domid, line[i].active.pins, line[i].active.writers);
	return more;
}
